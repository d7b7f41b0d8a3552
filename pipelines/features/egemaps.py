"""eGeMAPS features, computed by the openSMILE toolkit.

The extended Geneva minimalistic acoustic parameter set, version 02, for 16 kHz
mono audio: 25 low-level descriptors every 10 ms, and the 88 functionals of
them over an utterance. Zhang et al. ("Attention-Augmented End-to-End
Multi-Task Learning for Emotion Prediction from Speech", section 4.3) count 23
descriptors: those of version 01b, to which version 02 adds the bandwidths of
the second and the third formant. Both have 88 functionals.

It needs the package `opensmile` (`pip install 'emotion-zoo[baselines]'`),
whose licence by audEERING covers research, teaching and personal use: no
commercial product may use it, nor features or models made with it. This module
only calls it.

Values are openSMILE's own. It takes 16-bit samples, so values beyond full
scale are clipped here; openSMILE would wrap them around. A signal shorter than
60 ms, the window of the pitch, is padded with silence to that length. In
digital silence all values are finite, and those of voiced frames are 0.

Reference: Eyben et al., The Geneva Minimalistic Acoustic Parameter Set
    (GeMAPS) for Voice Research and Affective Computing. IEEE Transactions on
    Affective Computing 7 (2), 2016.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.features.checks import check_waveform

RATE = 16_000
MIN_SAMPLES = 960
"""Length of the longest window."""
HIGHEST = 1 - 2.0**-15
"""Value of the highest 16-bit sample."""

_SPECTRAL = (
    "alphaRatio hammarbergIndex slope{}0-500 slope{}500-1500 spectralFlux"
).split()
_CEPSTRA = [f"mfcc{order}" for order in range(1, 5)]
_VOICE = (
    "jitterLocal shimmerLocaldB HNRdBACF logRelF0-H1-H2 logRelF0-H1-A3"
).split()
_FORMANTS = [
    f"F{number}{quantity}"
    for number in (1, 2, 3)
    for quantity in ("frequency", "bandwidth", "amplitudeLogRelF0")
]
_PITCH = "F0semitoneFrom27.5Hz"
_MEANS = ("amean", "stddevNorm")
_SHAPE = (
    *_MEANS,
    "percentile20.0",
    "percentile50.0",
    "percentile80.0",
    "pctlrange0-2",
    "meanRisingSlope",
    "stddevRisingSlope",
    "meanFallingSlope",
    "stddevFallingSlope",
)


def _over(kind: str) -> list[str]:
    """Names the spectral descriptors of voiced (V) or unvoiced (UV) frames."""
    names = [n.format(kind) if "{}" in n else n + kind for n in _SPECTRAL]
    return [f"{name}_sma3nz" for name in names]


_ALWAYS = [f"{name.format('')}_sma3" for name in (*_SPECTRAL, *_CEPSTRA)]
_VOICED = [f"{name}_sma3nz" for name in (*_VOICE, *_FORMANTS)]
_PAIRED = [
    *_ALWAYS[4:],
    *_VOICED,
    *_over("V"),
    *(f"{name}V_sma3nz" for name in _CEPSTRA),
]
NAMES = {
    "egemaps": (
        *(f"{_PITCH}_sma3nz_{statistic}" for statistic in _SHAPE),
        *(f"loudness_sma3_{statistic}" for statistic in _SHAPE),
        *(f"{name}_{mean}" for name in _PAIRED for mean in _MEANS),
        *(f"{name}_amean" for name in _over("UV")),
        "loudnessPeaksPerSec",
        "VoicedSegmentsPerSec",
        "MeanVoicedSegmentLengthSec",
        "StddevVoicedSegmentLengthSec",
        "MeanUnvoicedSegmentLength",
        "StddevUnvoicedSegmentLength",
        "equivalentSoundLevel_dBp",
    ),
    "egemaps_lld": (
        "Loudness_sma3",
        *_ALWAYS,
        f"{_PITCH}_sma3nz",
        *_VOICED,
    ),
}
"""openSMILE's names of the 88 functionals and the 25 descriptors, in order."""

_LOCK = threading.Lock()


def functionals(waveform: ArrayLike) -> NDArray[np.float32]:
    """Computes statistics of the descriptors over a whole utterance.

    Args:
        waveform: mono audio at 16 kHz, floats of full scale -1 to 1. Used
            without removing the mean or changing the level.

    Input shape: (samples,).

    Output shape: (1, 88), columns as in `NAMES["egemaps"]`.

    Raises:
        ValueError: `waveform` is not one-dimensional, is empty, holds no
            floats, or values that are not finite or far beyond full scale;
            or the package `opensmile` is not installed.
    """
    return _extract(waveform, "Functionals")


def low_level_descriptors(waveform: ArrayLike) -> NDArray[np.float32]:
    """Computes descriptors every 10 ms, smoothed over three frames.

    Args and Raises: as of `functionals`.

    Input shape: (samples,).

    Output shape: (frames, 25), columns as in `NAMES["egemaps_lld"]`, with
        frames = (samples - 960) // 160 + 2. Pitch, voice and formants are 0
        in unvoiced frames.
    """
    return _extract(waveform, "LowLevelDescriptors")


def _extract(waveform: ArrayLike, level: str) -> NDArray[np.float32]:
    samples = np.clip(check_waveform(waveform), -1, HIGHEST).astype(np.float32)
    samples = np.pad(samples, (0, max(0, MIN_SAMPLES - len(samples))))
    # openSMILE is not documented as thread-safe, and two threads of it take
    # longer than one, since it calls back for every frame.
    with _LOCK:
        features = _smile(level)(samples, RATE)[0].T
    if not np.isfinite(features).all():
        raise ValueError(
            "`waveform` must have finite features. Received: a "
            f"waveform of {len(samples)} samples for which openSMILE gives NaN "
            "or infinite values. Leave the recording out."
        )
    return np.ascontiguousarray(features, np.float32)


@functools.cache
def _smile(level: str) -> Any:
    try:
        import opensmile
    except (ImportError, OSError) as error:
        raise ValueError(
            "eGeMAPS needs the package opensmile: pip install "
            "'emotion-zoo[baselines]' (its licence covers research use "
            f"only). Importing it failed: {error}"
        ) from error
    return opensmile.Smile(
        opensmile.FeatureSet.eGeMAPSv02, getattr(opensmile.FeatureLevel, level)
    )
