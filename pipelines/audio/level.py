"""The level of speech in a recording, and recordings of one level.

How loud a recording is says more about microphone and gain than about the
speaker. A classifier of features that know the level takes a quiet recording
for a quiet voice; of recordings that all have one level it does not.
"""

from __future__ import annotations

import numpy as np

from zoo.frontends.level import FRAME, RANGE

TARGET = 0.05
"""Root mean square of the speech in a recording of equal level: -26 dB relative
to full scale, the usual level of speech in listening tests (ITU-T P.830)."""
VERSION = "1"
"""Changes whenever the samples do."""


def speech_level(waveform: np.ndarray) -> float:
    """Returns the root mean square of the frames that hold speech.

    Pauses and padding, which differ between corpora, do not count.

    Args:
        waveform: (samples,), at 16 kHz.

    Example:
        >>> tone = 0.1 * np.sin(np.arange(16_000) / 3)
        >>> padded = np.concatenate([tone, np.zeros(16_000)])
        >>> round(speech_level(tone), 3), round(speech_level(padded), 3)
        (0.071, 0.071)
    """
    samples = np.asarray(waveform, "float64")
    rest = -len(samples) % FRAME
    frames = np.pad(samples, (0, rest)).reshape(-1, FRAME)
    energy = np.square(frames).mean(axis=1)
    loudest = energy.max(initial=0.0)
    if not loudest:
        return 0.0
    speech = energy[energy >= loudest * 10 ** (-RANGE / 10)]
    return float(np.sqrt(speech.mean()))


def equal_level(waveform: np.ndarray) -> np.ndarray:
    """Returns a waveform whose speech has the level `TARGET`.

    Peaks may leave ±1, since nothing plays it. Digital silence stays silent.

    Args:
        waveform: (samples,), at 16 kHz.

    Example:
        >>> quiet = 0.001 * np.sin(np.arange(16_000) / 3)
        >>> round(speech_level(equal_level(quiet)), 3)
        0.05
    """
    level = speech_level(waveform)
    scale = TARGET / level if level else 1.0
    return np.asarray(waveform * scale, "float32")
