"""Priors, transitions and regions of frame labels."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

_TOLERANCE = 1e-3


def regions(labels: ArrayLike) -> np.ndarray:
    """Collapses runs of equal labels to regions (B in the paper).

    Args:
        labels: integers (frames,).

    Returns:
        Integers (regions,), no two neighbours equal.

    Raises:
        ValueError: another shape.

    Example:
        >>> regions([2, 2, 0, 0, 0, 2])
        array([2, 0, 2])
    """
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise ValueError(
            f"`labels` must be (frames,). Received: shape={labels.shape}"
        )
    return labels[np.append(True, labels[1:] != labels[:-1])[: len(labels)]]


def log_probabilities(probabilities: ArrayLike) -> np.ndarray:
    """Returns natural logarithms, minus infinity of zero without a warning."""
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(probabilities, dtype=np.float64))


def posteriors_over_priors(
    posteriors: ArrayLike, priors: ArrayLike
) -> np.ndarray:
    """Divides posteriors by class priors and renormalises them (section 4.2).

    A class that never occurs in training (prior 0) gets posterior 0, so that
    it is never chosen.

    Args:
        posteriors: probabilities (..., frames, classes).
        priors: probabilities (classes,), from training labels.

    Returns:
        Float64 array of the posteriors' shape, its last axis summing to one.

    Raises:
        ValueError: posteriors or priors that are no probabilities or differ
            in their number of classes; a frame without probability of a class
            that occurs in training.
    """
    priors = np.asarray(priors, dtype=np.float64)
    posteriors = np.asarray(posteriors, dtype=np.float64)
    if priors.ndim != 1 or posteriors.shape[-1:] != priors.shape:
        raise ValueError(
            "`posteriors` must be (..., classes) and `priors` (classes,). "
            f"Received: {posteriors.shape} and {priors.shape}"
        )
    check_distributions("priors", priors)
    check_distributions("posteriors", posteriors)
    occurs = priors > 0
    scaled = np.where(occurs, posteriors / np.where(occurs, priors, 1), 0)
    totals = scaled.sum(-1, keepdims=True)
    if not totals.all():
        raise ValueError(
            "`posteriors` must leave every frame some probability of a class "
            "whose prior is not 0. Received: "
            f"{np.count_nonzero(totals == 0)} frames without, priors={priors}"
        )
    return scaled / totals


def transition_log_probabilities(
    level_sequences: Iterable[ArrayLike], classes: int, smoothing: float = 1.0
) -> np.ndarray:
    """Estimates log-probabilities of transitions from frame to frame.

    Add-k smoothing: `smoothing` is added to every count. No transition is
    counted from one recording to the next.

    Args:
        level_sequences: training labels, integers (frames,) for each
            recording.
        classes: number of labels.
        smoothing: at least 0; at 0 unseen transitions are impossible.

    Returns:
        Float64 array (classes, classes): log P(column | row).

    Raises:
        ValueError: labels out of range, no recording, negative smoothing, or
            no smoothing for a label without transitions in training.
    """
    if not (np.isfinite(smoothing) and smoothing >= 0):
        raise ValueError(
            f"`smoothing` must be at least 0. Received: smoothing={smoothing}"
        )
    counts = np.full((classes, classes), float(smoothing))
    for labels in check_sequences("level_sequences", level_sequences, classes):
        np.add.at(counts, (labels[:-1], labels[1:]), 1)
    totals = counts.sum(1, keepdims=True)
    if not totals.all():
        raise ValueError(
            "`smoothing` must be above 0 where training shows no transition "
            "from a class. Received: smoothing=0, no transition from "
            f"{np.flatnonzero(totals == 0).tolist()}"
        )
    return log_probabilities(counts / totals)


def check_distributions(name: str, probabilities: np.ndarray) -> None:
    """Refuses a last axis that is no probability distribution.

    Args:
        name: of the argument, for the message.
        probabilities: array (..., classes); its sums may miss one by 0.001,
            the rounding of half-precision networks.

    Raises:
        ValueError: NaN, a negative value, a sum that is not one.
    """
    if np.isnan(probabilities).any():
        count = np.count_nonzero(np.isnan(probabilities))
        raise ValueError(f"`{name}` must not hold NaN. Received: {count} NaN")
    if probabilities.size and probabilities.min() < 0:
        raise ValueError(
            f"`{name}` must hold probabilities, at least 0. "
            f"Received: {probabilities.min()}"
        )
    sums = probabilities.sum(-1)
    worst = sums.flat[np.abs(sums - 1).argmax()] if sums.size else 1
    if abs(worst - 1) > _TOLERANCE:
        raise ValueError(
            f"`{name}` must sum to one over the classes. "
            f"Received: a sum of {worst:.6g}"
        )


def check_sequences(
    name: str, sequences: Iterable[ArrayLike], classes: int
) -> list[np.ndarray]:
    """Refuses what is not a sequence of labels for each recording.

    Args:
        name: of the argument, for the message.
        sequences: integers (length,) for each recording, from 0 to
            `classes` - 1.
        classes: number of labels.

    Returns:
        The sequences as int64 arrays.

    Raises:
        ValueError: no recording, an empty one, another shape or dtype, a
            label out of range.
    """
    arrays = [np.asarray(sequence) for sequence in sequences]
    if not arrays:
        raise ValueError(f"`{name}` must hold a recording. Received: none")
    for array in arrays:
        if array.ndim != 1 or not array.size or array.dtype.kind not in "iu":
            raise ValueError(
                f"`{name}` must hold integer labels, (length,) a recording, "
                "at least one each. "
                f"Received: shape={array.shape}, dtype={array.dtype}"
            )
        if array.min() < 0 or array.max() >= classes:
            raise ValueError(
                f"`{name}` must hold labels from 0 to {classes - 1}. "
                f"Received: {array.min()} to {array.max()}"
            )
    return [array.astype(np.int64) for array in arrays]
