"""eGeMAPS features, computed by the openSMILE toolkit.

The extended Geneva minimalistic acoustic parameter set, version 02, for 16 kHz
mono audio: 25 low-level descriptors every 10 ms, and the 88 functionals of
them over an utterance or over windows of a recording. Zhang et al.
("Attention-Augmented End-to-End Multi-Task Learning for Emotion Prediction from
Speech", section 4.3) count 23 descriptors: those of version 01b, to which
version 02 adds the bandwidths of the second and the third formant. Both have 88
functionals.

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
import pathlib
import tempfile
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.features.checks import check_waveform
from zoo import frontends

RATE = 16_000
MIN_SAMPLES = 960
"""Length of the longest window."""
STEP = frontends.STEP_SECONDS
"""Seconds between two windows."""
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

_FRAMES = f"""frameMode = fixed
frameSize = {{}}
frameStep = {STEP}
frameCenterSpecial = left
"""
"""openSMILE's configuration of windows of a length in seconds."""
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


def windows(waveform: ArrayLike, seconds: float) -> NDArray[np.float32]:
    """Computes the functionals over windows around every step of 40 ms.

    The descriptors are those of the whole recording; openSMILE slides its
    functionals over them, as AVEC 2016 did. A window lies around the middle
    of its step. The first and the last whole window stand for the steps at
    the ends whose windows would leave the recording; a recording shorter than
    one window has the functionals of the whole at every step.

    Args:
        waveform: as of `functionals`.
        seconds: length of a window.

    Input shape: (samples,).

    Output shape: (steps, 88), columns as in `NAMES["egemaps"]`, with as many
        steps as `zoo.frontends.stacked_log_mel_steps(samples)`.

    Raises:
        ValueError: as of `functionals`, or a waveform without a step.

    Reference: M. Valstar et al., AVEC 2016: Depression, Mood, and Emotion
        Recognition Workshop and Challenge. AVEC '16.
    """
    steps = frontends.stacked_log_mel_steps(len(np.asarray(waveform)))
    if not steps:
        raise ValueError(
            "`waveform` must last 25 ms at least, one step. Received: "
            f"{len(np.asarray(waveform))} samples"
        )
    if len(np.asarray(waveform)) <= seconds * RATE + MIN_SAMPLES:
        rows = functionals(waveform)
    else:
        with tempfile.TemporaryDirectory() as folder:
            frames = pathlib.Path(folder, "frames.conf.inc")
            frames.write_text(_FRAMES.format(seconds), "ascii")
            options = {"frameModeFunctionalsConf": str(frames)}
            rows = _extract(waveform, "Functionals", options)
    first = np.arange(steps) - round((seconds / STEP - 1) / 2)
    return rows[np.clip(first, 0, len(rows) - 1)]


def _extract(
    waveform: ArrayLike, level: str, options: Mapping[str, str] | None = None
) -> NDArray[np.float32]:
    samples = np.clip(check_waveform(waveform), -1, HIGHEST).astype(np.float32)
    samples = np.pad(samples, (0, max(0, MIN_SAMPLES - len(samples))))
    # openSMILE is not documented as thread-safe, and two threads of it take
    # longer than one, since it calls back for every frame.
    with _LOCK:
        smile = _new(level, options) if options else _smile(level)
        features = smile(samples, RATE)[0].T
    if not np.isfinite(features).all():
        raise ValueError(
            "`waveform` must have finite features. Received: a "
            f"waveform of {len(samples)} samples for which openSMILE gives NaN "
            "or infinite values. Leave the recording out."
        )
    return np.ascontiguousarray(features, np.float32)


@functools.cache
def _smile(level: str) -> Any:
    return _new(level, {})


def _new(level: str, options: Mapping[str, str]) -> Any:
    try:
        import opensmile
    except (ImportError, OSError) as error:
        raise ValueError(
            "eGeMAPS needs the package opensmile: pip install "
            "'emotion-zoo[baselines]' (its licence covers research use "
            f"only). Importing it failed: {error}"
        ) from error
    return opensmile.Smile(
        opensmile.FeatureSet.eGeMAPSv02,
        getattr(opensmile.FeatureLevel, level),
        options=dict(options),
    )
