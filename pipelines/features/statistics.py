"""Statistics of features over an utterance."""

from __future__ import annotations

import numpy as np

from pipelines.stored import Array


def utterance_statistics(features: Array) -> np.ndarray:
    """Returns mean and standard deviation of each value over an utterance.

    Values are compressed first by the inverse hyperbolic sine, a logarithm
    with a sign that is y itself near zero, since acoustic features have long
    tails. A support vector machine over such vectors is hard to beat on small
    corpora.

    Args:
        features: (steps, values), finite, at least one step.

    Returns:
        (2 · values,) float64: all means, then all deviations.

    Example:
        >>> utterance_statistics(np.sinh([[0.0, 3.0], [2.0, 3.0]])).tolist()
        [1.0, 3.0, 1.0, 0.0]
    """
    compressed = np.arcsinh(np.asarray(features, "float64"))
    return np.concatenate([compressed.mean(axis=0), compressed.std(axis=0)])
