"""Alignment in time: features with words, words with segments, labels.

Times are in seconds. Two intervals overlap where they share more than
`EPSILON`, the resolution at which CMU-MultimodalSDK compares times.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

EPSILON = 1e-5
_MAX_PAIRS = 2**25


def overlap_average(
    reference_intervals: ArrayLike, intervals: ArrayLike, features: ArrayLike
) -> np.ndarray:
    """Averages features over words, weighted by the length of overlaps.

    The average of a word is sum(overlap * feature) / sum(overlap) over the
    frames that overlap it by more than `EPSILON`, so a word that is
    covered in part only is not drawn towards zero. A word that no frame
    overlaps (a lost face, an empty stream), or that is itself shorter than
    `EPSILON`, gets zeros, as in the SDK. NaN and infinite features reach
    every word that they overlap, as in the SDK.

    Args:
        reference_intervals: (words, 2) start and end of each word, in any
            order; they may overlap each other.
        intervals: (frames, 2) start and end of each frame, likewise.
        features: (frames, values).

    Returns:
        (words, values) float64, in the order of `reference_intervals`.

    Raises:
        ValueError: intervals of another shape, not finite, or ending before
            they begin; `features` with another number of rows.

    Example:
        >>> frames = [[0.0, 0.5], [0.5, 1.0]]
        >>> overlap_average([[0.0, 0.75]], frames, [[0.0], [3.0]])
        array([[1.]])

    Reference:
        CMU-MultimodalSDK, `mmdataset.align` with an average weighted by the
        collapsed intervals, then `impute` with zeros.
    """
    words = _checked("reference_intervals", reference_intervals)
    frames = _checked("intervals", intervals)
    features = np.asarray(features)
    if features.ndim != 2 or len(features) != len(frames):
        raise ValueError(
            "`features` must have two axes, with a row for each of the "
            f"{len(frames)} `intervals`. Received: shape={features.shape}"
        )
    rows, columns, seconds = _pairs(words, frames)
    weights = seconds / np.bincount(rows, seconds)[rows]
    starts = np.searchsorted(rows, np.arange(len(words) + 1))
    shape = (len(words), len(frames))
    return sparse.csr_matrix((weights, columns, starts), shape) @ features


def words_of_segments(
    segments: ArrayLike, words: ArrayLike
) -> list[np.ndarray]:
    """Returns which words overlap each segment.

    A word that crosses a segment's border belongs to the segments on both
    sides, as in the SDK. The times of the words decide for all modalities.
    (In the SDK, the part of a word that each stream covers decides; where a
    stream covers one side of the border only, its sequences differ in
    length.)

    Args:
        segments: (segments, 2) start and end of each segment.
        words: (words, 2) start and end of each word.

    Returns:
        The indices of each segment's words, in order of their starts.

    Raises:
        ValueError: intervals of another shape, not finite, or ending before
            they begin.

    Example:
        >>> words_of_segments([[0, 2], [2, 4]], [[1, 3], [0, 1], [3, 4]])
        [array([1, 0]), array([0, 2])]
    """
    segments = _checked("segments", segments)
    rows, columns, _ = _pairs(segments, _checked("words", words))
    counts = np.bincount(rows, minlength=len(segments))
    return np.split(columns, np.cumsum(counts))[:-1]


def overlaps(
    reference: ArrayLike, intervals: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Finds all pairs of a reference interval and an overlapping interval.

    Args:
        reference: (m, 2) starts and ends.
        intervals: (n, 2) starts and ends.

    Returns:
        Row in `reference`, row in `intervals` and seconds of overlap of each
        pair, each (pairs,); by row of `reference`, then by start.

    Raises:
        ValueError: intervals of another shape, not finite, ending before they
            begin, or reaching over so many others that the pairs would not
            fit into memory.
    """
    return _pairs(
        _checked("reference", reference), _checked("intervals", intervals)
    )


def _pairs(
    reference: np.ndarray, intervals: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    order = np.argsort(intervals[:, 0], kind="stable")
    starts, ends = intervals[order].T
    # Only intervals between these two can overlap: those before end too
    # early, those after start too late.
    first = np.searchsorted(np.maximum.accumulate(ends), reference[:, 0])
    last = np.searchsorted(starts, reference[:, 1])
    counts = np.maximum(last - first, 0)
    if counts.sum() > _MAX_PAIRS:
        raise ValueError(
            "`intervals` must be short beside the whole recording. Received: "
            f"{counts.sum()} pairs for {len(reference)} reference intervals "
            f"and {len(intervals)} intervals, the longest of "
            f"{(ends - starts).max():g} s"
        )
    rows = np.repeat(np.arange(len(reference)), counts)
    before = np.cumsum(counts) - counts
    indices = np.arange(len(rows)) + np.repeat(first - before, counts)
    seconds = np.minimum(reference[rows, 1], ends[indices]) - np.maximum(
        reference[rows, 0], starts[indices]
    )
    overlapping = seconds > EPSILON
    return rows[overlapping], order[indices[overlapping]], seconds[overlapping]


def fit_to_steps(
    rows: np.ndarray, steps: int, name: str = "the labels"
) -> np.ndarray:
    """Trims label rows to the feature steps of their recording.

    A label file may have exactly as many rows as its recording has feature
    steps of 40 ms (`zoo.frontends.stacked_log_mel_steps`), or one more:
    RECOLA's 7,501st row is at the very end of 300 s, with no audio after it,
    and is dropped. Any other number means that labels and recording do not
    belong together.

    Args:
        rows: (rows, ...), one row every 40 ms from 0 s.
        steps: feature steps of the recording, at least 1.
        name: what the error calls the rows.

    Returns:
        (steps, ...), the first rows.

    Raises:
        ValueError: neither `steps` nor `steps + 1` rows, or no steps.

    Example:
        >>> fit_to_steps(np.arange(7501), 7500).shape
        (7500,)
    """
    if steps < 1:
        raise ValueError(
            f"{name}: the recording must be longer than one window of 25 ms. "
            f"Received: {steps} steps"
        )
    if len(rows) not in (steps, steps + 1):
        raise ValueError(
            f"{name}: the audio has {steps} steps of 40 ms, so there must be "
            f"{steps} or {steps + 1} rows. Received: {len(rows)} rows"
        )
    return rows[:steps]


def valid(intervals: np.ndarray) -> np.ndarray:
    """Returns which intervals are finite and end after they begin: (n,)."""
    finite = np.isfinite(intervals).all(axis=1)
    return finite & (intervals[:, 0] <= intervals[:, 1])


def _checked(name: str, intervals: ArrayLike) -> np.ndarray:
    checked = np.asarray(intervals, dtype=np.float64)
    if not checked.size:
        return np.empty((0, 2))
    if checked.ndim != 2 or checked.shape[1] != 2:
        raise ValueError(
            f"`{name}` must have the shape (rows, 2). Received: "
            f"shape={checked.shape}"
        )
    wrong = ~valid(checked)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"`{name}` must be finite and not end before they begin. "
            f"Received: {wrong.sum()} invalid of {len(checked)}, first row "
            f"{row}: {checked[row, 0]:g} to {checked[row, 1]:g} s"
        )
    return checked
