"""Log Mel energies of a recording, by the zoo's own front end."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.features.checks import check_waveform
from zoo.frontends import LogMelFilterBank

RATE = 16_000
BINS = 40


@functools.cache
def _bank() -> LogMelFilterBank:
    return LogMelFilterBank(BINS)


def log_mel(waveform: ArrayLike) -> NDArray[np.float32]:
    """Computes 40 log Mel energies every 10 ms, over windows of 25 ms.

    Args:
        waveform: mono audio at 16 kHz, floats of full scale -1 to 1.

    Input shape: (samples,).

    Output shape: (frames, 40), frames as of `LogMelFilterBank`; a signal
        shorter than one window is padded with silence and has one frame.

    Raises:
        ValueError: `waveform` is not one-dimensional, is empty, holds no
            floats, or values that are not finite or far beyond full scale.

    Example:
        >>> log_mel(np.zeros(16000, "float32")).shape
        (98, 40)
    """
    samples = check_waveform(waveform).astype(np.float32)
    return np.asarray(_bank()(samples[None]))[0]
