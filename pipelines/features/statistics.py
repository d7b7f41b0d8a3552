"""Statistics of features over an utterance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipelines.stored import Array


def signed_log(values: np.ndarray) -> np.ndarray:
    """Compresses values of any sign: sign(y) log(1 + 1000 |y|).

    Example:
        >>> signed_log(np.array([-0.001, 0.0, 0.001])).round(2).tolist()
        [-0.69, 0.0, 0.69]
    """
    compressed: np.ndarray = np.sign(values) * np.log1p(1000 * np.abs(values))
    return compressed


def utterance_statistics(
    features: Array, compress: Callable[[np.ndarray], np.ndarray] = np.arcsinh
) -> np.ndarray:
    """Returns mean and standard deviation of each value over an utterance.

    Values are compressed first by the inverse hyperbolic sine, a logarithm
    with a sign that is y itself near zero, since acoustic features have long
    tails. A support vector machine over such vectors is hard to beat on small
    corpora.

    Args:
        features: (steps, values), finite, at least one step.
        compress: from values (steps, values) to compressed ones.

    Returns:
        (2 · values,) float64: all means, then all deviations.

    Example:
        >>> utterance_statistics(np.sinh([[0.0, 3.0], [2.0, 3.0]])).tolist()
        [1.0, 3.0, 1.0, 0.0]
    """
    compressed = compress(np.asarray(features, "float64"))
    return np.concatenate([compressed.mean(axis=0), compressed.std(axis=0)])
