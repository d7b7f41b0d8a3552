"""A recording as a client sends it: one channel at the model's rate."""

from __future__ import annotations

import math
import pathlib

import numpy as np

LOUDEST = 10.0
"""Times full scale; a file beyond it was written at another scale."""


def read(path: pathlib.Path, rate: int) -> np.ndarray:
    """Reads a recording.

    Channels are averaged; another rate is brought to `rate` by a polyphase
    filter, which is not quite the one that models were trained with.

    Args:
        path: what libsndfile knows: WAV, FLAC, OGG, MP3.
        rate: wanted samples a second.

    Returns:
        float32 (samples,), full scale being [-1, 1).

    Raises:
        FileNotFoundError: nothing is there.
        ValueError: it is not sound, or has no samples.
    """
    import soundfile

    if not path.is_file():
        raise FileNotFoundError(
            f"{path} must be an audio file. There is none of that name."
        )
    try:
        samples, source = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(
            f"{path} must be WAV, FLAC, OGG or MP3 audio "
            f"({error.error_string}) Get it again or convert it to FLAC."
        ) from error
    waveform = samples.mean(axis=1)
    if not waveform.size or not np.isfinite(waveform).all():
        raise ValueError(
            f"{path} must hold finite samples. Received: {waveform.size} "
            f"samples, {int((~np.isfinite(waveform)).sum())} not finite. Get "
            "it again or repair what is not a number."
        )
    if np.abs(waveform).max() > LOUDEST:
        raise ValueError(
            f"{path} must hold samples of full scale 1. Received: up to "
            f"{np.abs(waveform).max():.3g}"
        )
    return resampled(waveform, source, rate)


def resampled(waveform: np.ndarray, source: int, rate: int) -> np.ndarray:
    """A waveform at another rate."""
    from scipy import signal

    if source == rate:
        return waveform
    common = math.gcd(source, rate)
    made = signal.resample_poly(waveform, rate // common, source // common)
    return made.astype("float32")
