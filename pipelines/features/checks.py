"""Checks of waveforms: valid input, clipping, offset."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

LARGEST_PEAK = 256.0
"""A larger peak means 16-bit samples not divided by their full scale."""
FULL_SCALE = 0.99
"""A peak of at least this size may be clipped."""
PLATEAU = 3
"""Number of successive samples at the peak that means clipping."""
LARGEST_OFFSET = 0.1
"""Largest mean of a waveform, in standard deviations."""


def check_waveform(waveform: ArrayLike) -> np.ndarray:
    """Returns the waveform as an array that a front end can take.

    Args:
        waveform: (samples,) floats, full scale being [-1, 1).

    Raises:
        ValueError: another shape or type, NaN or infinite samples, or a peak
            that floats of full scale never have.
    """
    array = np.asarray(waveform)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(
            "`waveform` must have the shape (samples,), with one channel and "
            f"at least one sample. Received: shape={array.shape}"
        )
    if array.dtype.kind != "f":
        raise ValueError(
            "`waveform` must hold floats of full scale -1 to 1; divide "
            f"16-bit samples by 32768. Received: dtype={array.dtype}"
        )
    wrong = np.flatnonzero(~np.isfinite(array))
    if wrong.size:
        raise ValueError(
            f"`waveform` must be finite. Received: {wrong.size} of "
            f"{array.size} samples are not, the first at {wrong[0]}"
        )
    peak = np.abs(array).max()
    if peak > LARGEST_PEAK:
        raise ValueError(
            "`waveform` must have the full scale -1 to 1; divide 16-bit "
            f"samples by 32768. Received: a peak of {peak:g}"
        )
    return array


def is_clipped(waveform: np.ndarray) -> bool:
    """Whether peaks of a waveform (samples,) were clipped at full scale.

    The samples must be as recorded: mixing down and resampling leave no
    plateau.
    """
    size = np.abs(waveform)
    peak = size.max(initial=0.0)
    at_peak = np.flatnonzero(size >= 0.9999 * peak)
    in_a_row = at_peak[PLATEAU - 1 :] - at_peak[: 1 - PLATEAU] == PLATEAU - 1
    return bool(peak >= FULL_SCALE and in_a_row.any())


def has_offset(waveform: np.ndarray) -> bool:
    """Whether the mean of a waveform (samples,) is far from zero."""
    mean = waveform.mean(dtype="float64")
    return bool(abs(mean) > max(LARGEST_OFFSET * waveform.std(), 1e-3))
