"""What every front end asks of a waveform."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

LARGEST_PEAK = 256.0
"""Above it lie 16-bit samples that nobody divided by their full scale."""


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
