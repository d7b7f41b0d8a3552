"""Gold standard of a recording from the traces of several raters."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import ArrayLike

_LEAST_AGREEMENT = 1e-9
_HEADER = """@relation GOLDSTANDARD

@attribute Instance_name string
@attribute frameTime numeric
@attribute GoldStandard numeric

@data
"""
_PLAIN_NAME = re.compile(r"[\w.@-]+")


def gold_standard(ratings: ArrayLike) -> np.ndarray:
    """Joins the raters' traces of one recording, as AVEC 2016 and 2018 do.

    With m[r] the mean of rater r over the recording, and w[r] the mean of that
    rater's concordance (CCC) with each of the others in this recording, the
    gold standard of a step is the mean of its ratings, minus the mean of all
    ratings of the recording, plus sum(w m) / sum(w). Raters thus share one
    mean, to which those who agree with the others contribute more. A single
    rater's trace is its own gold standard.

    Nothing is taken from other recordings. Two raters who hold the same value
    throughout have no concordance; the pair is left out of w. Weights may be
    negative, as in the challenge's scripts.

    Args:
        ratings: (raters, steps), one dimension of one recording.

    Returns:
        (steps,) float64, on the scale of the ratings.

    Raises:
        ValueError: ratings of another shape, not finite, or without agreement,
            so that the weights sum to zero.

    Example:
        >>> gold_standard([[0.0, 0.5, 1.0], [0.25, 0.5, 0.75]]).tolist()
        [0.125, 0.5, 0.875]

    Reference:
        AVEC 2018's `scripts_GES/GoldStandardCreation/GSCreation.py`, which
        repeats the labels of M. Valstar et al., AVEC 2016. The formula was
        taken from that script; its result was not compared with the
        challenge's released labels, which need a licence. Variances divide by
        the number of steps; the challenge's Matlab script divides some by one
        less, a relative difference of 1e-4 in 7,501 steps.
    """
    ratings = _checked(ratings)
    if len(ratings) == 1:
        return ratings[0].copy()
    means = ratings.mean(axis=1)
    weights = agreement(ratings)
    total = float(weights.sum())
    if not abs(total) > _LEAST_AGREEMENT:  # also refuses NaN
        raise ValueError(
            "`ratings` must be of raters who agree to some degree, so that "
            f"they can be weighted. Received: {len(ratings)} raters with a sum "
            f"of mean concordances of {total:.3g}. Leave out a rater whose "
            "trace never changes."
        )
    centre = weights @ means / total
    return ratings.mean(axis=0) - means.mean() + centre


def agreement(ratings: ArrayLike) -> np.ndarray:
    """Returns each rater's mean concordance (CCC) with the other raters.

    Args:
        ratings: (raters, steps), of two raters at least.

    Returns:
        (raters,) float64 in [-1, 1]; NaN for a rater without any concordance,
        as when all hold the same value throughout.

    Raises:
        ValueError: as by `gold_standard`.

    Example:
        >>> agreement([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]).tolist()
        [0.0, 0.0, -1.0]
    """
    ratings = _checked(ratings)
    means = ratings.mean(axis=1)
    centred = ratings - means[:, None]
    covariances = centred @ centred.T / ratings.shape[1]
    variances = np.diag(covariances)
    spreads = variances[:, None] + variances[None]
    spreads = spreads + np.square(means[:, None] - means[None])
    others = (spreads > 0) & ~np.eye(len(ratings), dtype=bool)
    concordances = np.zeros_like(covariances)
    np.divide(2 * covariances, spreads, out=concordances, where=others)
    counts = others.sum(axis=1)
    return np.divide(
        concordances.sum(axis=1),
        counts,
        out=np.full(len(ratings), np.nan),
        where=counts > 0,
    )


def advance(trace: np.ndarray, steps: int) -> np.ndarray:
    """Moves a trace earlier, to make up for the time that raters take.

    The last value is held at the end, as by AVEC's baseline systems.

    Args:
        trace: (steps, ...).
        steps: by how many steps, at least 0.

    Returns:
        As long as `trace`.

    Raises:
        ValueError: fewer than 0 steps, or as many as the trace has.

    Example:
        >>> advance(np.array([1, 2, 3, 4]), 2).tolist()
        [3, 4, 4, 4]
    """
    if not 0 <= steps < len(trace):
        raise ValueError(
            "A trace can be moved earlier by 0 steps up to all but one. "
            f"Received: {steps} steps of a trace of {len(trace)}"
        )
    return np.concatenate([trace[steps:], np.repeat(trace[-1:], steps, axis=0)])


def arff(name: str, trace: np.ndarray, hop: float) -> str:
    """Returns a trace as an ARFF file of AVEC's relation `GOLDSTANDARD`.

    Labels and submissions of the challenge have this format: a row holds the
    recording's name, the time of the frame in seconds and the value.

    Args:
        name: of the recording, of letters, digits and ``. _ @ -``.
        trace: (rows,).
        hop: seconds from one row to the next.

    Raises:
        ValueError: another name, or a value that is not finite.

    Example:
        >>> print(arff("test_1", np.array([0.5, -0.25]), 0.04))
        @relation GOLDSTANDARD
        <BLANKLINE>
        @attribute Instance_name string
        @attribute frameTime numeric
        @attribute GoldStandard numeric
        <BLANKLINE>
        @data
        test_1,0.00,0.500000
        test_1,0.04,-0.250000
        <BLANKLINE>
    """
    if not _PLAIN_NAME.fullmatch(name):
        raise ValueError(
            "`name` must be of letters, digits, '.', '_', '@' and '-'. "
            f"Received: name={name!r}"
        )
    if not np.isfinite(trace).all():
        row = int(np.argmin(np.isfinite(trace)))
        raise ValueError(
            f"The trace of {name} must be finite numbers. Received: "
            f"{trace[row]} in row {row + 1}"
        )
    rows = (
        f"{name},{row * hop:.2f},{value:.6f}\n"
        for row, value in enumerate(trace)
    )
    return _HEADER + "".join(rows)


def _checked(ratings: ArrayLike) -> np.ndarray:
    checked = np.asarray(ratings, dtype=np.float64)
    if checked.ndim != 2 or not checked.size:
        raise ValueError(
            "`ratings` must have the shape (raters, steps). Received: "
            f"shape={checked.shape}"
        )
    if not np.isfinite(checked).all():
        rater, step = np.argwhere(~np.isfinite(checked))[0]
        raise ValueError(
            "`ratings` must be finite numbers. Received: "
            f"{checked[rater, step]} of rater {rater + 1} in step {step + 1}"
        )
    return checked
