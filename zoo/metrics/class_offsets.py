"""Offsets of classes, fitted on dev, that a classifier decides by.

A network may hardly ever answer a class, though it ranks the utterances of that
class well. An offset for each class is added to the logarithms of posteriors,
which are then normalised again; with two classes it is a threshold other than
one half.

Reference: M. Saerens, P. Latinne, C. Decaestecker: Adjusting the Outputs of a
Classifier to New a Priori Probabilities, Neural Computation 14 (2002),
equation 2.4; here the ratios of priors are fitted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from zoo.metrics.calibration import checked

_SMALLEST = 1e-12
_STEPS = 50
"""Of Newton's method, which needs about ten."""
_FARTHEST = 2.0
"""A step's largest change of an offset: full steps may go too far at first."""


def shifted(posteriors: ArrayLike, offsets: ArrayLike) -> np.ndarray:
    """Returns posteriors with the offset of each class, of the same shape.

    Args:
        posteriors: (..., classes), rows adding up to 1.
        offsets: (classes,), added to the natural logarithms.

    Example:
        >>> shifted([0.8, 0.2], [0.0, np.log(4)]).round(6).tolist()
        [0.5, 0.5]
    """
    logits = np.log(np.maximum(np.asarray(posteriors, "float64"), _SMALLEST))
    logits = logits + np.asarray(offsets, "float64")
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def fit_offsets(y_true: ArrayLike, posteriors: ArrayLike) -> np.ndarray:
    """Returns the offsets with the least balanced cross-entropy.

    Every class has the same weight, so that none is given up for being rare.
    A penalty of their mean square over the number of utterances keeps the
    offsets of few utterances small; a class that does not occur has the
    offset 0.

    Args:
        y_true: class of each utterance, whole numbers from 0; of dev, never of
            test.
        posteriors: (utterances, classes), each row adding up to 1.

    Returns:
        (classes,) float64, with mean 0 over the classes that occur.

    Raises:
        ValueError: unequal numbers, no utterance, a class out of range, or
            posteriors that are none.

    Example:
        >>> posteriors = np.tile([[0.9, 0.1], [0.6, 0.4]], (50, 1))
        >>> offsets = fit_offsets([0, 1] * 50, posteriors)
        >>> shifted(posteriors, offsets).argmax(axis=1)[:2].tolist()
        [0, 1]
    """
    true, values = checked(y_true, posteriors)
    classes = values.shape[1]
    counts = np.bincount(true, minlength=classes)
    occurs = counts > 0
    weights = 1.0 / counts[true] / occurs.sum()
    labels = np.eye(classes)[true][:, occurs]
    penalty = 2.0 / occurs.sum() / len(true)
    offsets = np.zeros(classes)
    for _ in range(_STEPS):
        moved = shifted(values, offsets)[:, occurs]
        weighted = weights[:, None] * moved
        slope = (weighted - weights[:, None] * labels).sum(axis=0)
        slope += penalty * offsets[occurs]
        curvature = np.diag(weighted.sum(axis=0) + penalty)
        step = np.linalg.solve(curvature - weighted.T @ moved, slope)
        step *= min(1.0, _FARTHEST / max(np.abs(step).max(), _SMALLEST))
        offsets[occurs] -= step
        if np.abs(step).max() < _SMALLEST**0.5:
            break
    offsets[occurs] -= offsets[occurs].mean()
    return offsets
