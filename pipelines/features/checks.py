"""What every front end asks of a waveform, and what it is warned of."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

LARGEST_PEAK = 256.0
"""Above it lie 16-bit samples that nobody divided by their full scale."""
FULL_SCALE = 0.99
"""A peak from here on may have been cut off."""
CUT = 3
"""So many samples in a row at the peak were cut off: speech has no plateau."""
LARGEST_OFFSET = 0.1
"""Times the deviation: above it the mean is no accident of the speech."""


def checked(waveform: ArrayLike) -> np.ndarray:
    """The waveform as an array, if a front end can take it.

    Args:
        waveform: (samples,) floats, full scale being [-1, 1).

    Raises:
        ValueError: another shape or type, NaN or infinite samples, or a peak
            that floats of full scale never have.
    """
    given = np.asarray(waveform)
    if given.ndim != 1 or given.size == 0:
        raise ValueError(
            "`waveform` must have the shape (samples,), with one channel and "
            f"at least one sample. Received: shape={given.shape}"
        )
    if given.dtype.kind != "f":
        raise ValueError(
            "`waveform` must hold floats of full scale -1 to 1; divide "
            f"16-bit samples by 32768. Received: dtype={given.dtype}"
        )
    wrong = np.flatnonzero(~np.isfinite(given))
    if wrong.size:
        raise ValueError(
            f"`waveform` must be finite. Received: {wrong.size} of "
            f"{given.size} samples are not, the first at {wrong[0]}"
        )
    peak = np.abs(given).max()
    if peak > LARGEST_PEAK:
        raise ValueError(
            "`waveform` must have the full scale -1 to 1; divide 16-bit "
            f"samples by 32768. Received: a peak of {peak:g}"
        )
    return given


def is_clipped(waveform: np.ndarray) -> bool:
    """Whether peaks of a waveform (samples,) were cut off at full scale.

    To be asked of samples as they were recorded: mixing down and resampling
    leave no plateau.
    """
    size = np.abs(waveform)
    peak = size.max(initial=0.0)
    at_peak = np.flatnonzero(size >= 0.9999 * peak)
    in_a_row = at_peak[CUT - 1 :] - at_peak[: 1 - CUT] == CUT - 1
    return bool(peak >= FULL_SCALE and in_a_row.any())


def has_offset(waveform: np.ndarray) -> bool:
    """Whether a waveform (samples,) does not swing about zero."""
    mean = waveform.mean(dtype="float64")
    return bool(abs(mean) > max(LARGEST_OFFSET * waveform.std(), 1e-3))
