"""The 743 acoustic features of the Yaafe toolbox with its default settings.

All 27 features of version 0.70 for 16 kHz mono audio in blocks of 1024
samples every 512, in alphabetical order. Frame t is centred on sample 512 t;
a signal of N samples has ceil(N / 512) frames. No feature is normalised.

All values are finite. In digital silence magnitudes are epsilon, shapes have
the centroid 0 and the spread epsilon, and linear prediction predicts nothing
(LPC 0, LSF i pi / 11). SpectralFlux and SpectralVariation of the first frame
are 0, since no frame precedes it. Heavy tails remain: SpectralFlux reaches
1e13 where silence ends, a kurtosis -1e12 where its spread is small; clip or
compress them before standardising. Samples below 1e-20 count as zeros.

Reference: Mathieu, Essid, Fillon, Prado and Richard, YAAFE, an easy to use
    and efficient audio feature extraction software, ISMIR 2010.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.features.checks import check_waveform
from pipelines.features.yaafe import bands, prediction, spectral, temporal
from pipelines.features.yaafe.framing import HISTORY, frame_count, pad, stretch

DIMENSIONS = {
    "AmplitudeModulation": 8,
    "AutoCorrelation": 49,
    "ComplexDomainOnsetDetection": 1,
    "Energy": 1,
    "Envelope": 6,
    "EnvelopeShapeStatistics": 4,
    "LPC": 2,
    "LSF": 10,
    "Loudness": 24,
    "MFCC": 13,
    "MagnitudeSpectrum": 513,
    "MelSpectrum": 40,
    "OBSI": 9,
    "OBSIR": 8,
    "PerceptualSharpness": 1,
    "PerceptualSpread": 1,
    "SpectralCrestFactorPerBand": 19,
    "SpectralDecrease": 1,
    "SpectralFlatness": 1,
    "SpectralFlatnessPerBand": 19,
    "SpectralFlux": 1,
    "SpectralRolloff": 1,
    "SpectralShapeStatistics": 4,
    "SpectralSlope": 1,
    "SpectralVariation": 1,
    "TemporalShapeStatistics": 4,
    "ZCR": 1,
}
COLUMNS = {
    feature: slice(end - size, end)
    for (feature, size), end in zip(
        DIMENSIONS.items(), itertools.accumulate(DIMENSIONS.values())
    )
}
NAMES = tuple(
    f"{feature}.{index}"
    for feature, size in DIMENSIONS.items()
    for index in range(size)
)

# Frames a chunk: enough to make calls cheap, few enough for the CPU cache.
CHUNK = 192
RETAINED_BYTES = 1 << 24
# Between it and the largest accepted peak, every feature is finite in single
# precision.
SMALLEST_SAMPLE = 1e-20


def extract(waveform: ArrayLike) -> NDArray[np.float32]:
    """Computes all features of every frame of a signal.

    They are computed in double precision and returned in single precision.

    Args:
        waveform: mono audio at 16 kHz, floats of full scale -1 to 1. Used
            without removing the mean, pre-emphasis or change of level.

    Input shape: (samples,).

    Output shape: (frames, 743), columns as in `NAMES` and `COLUMNS`.

    Raises:
        ValueError: `waveform` is not one-dimensional, is empty, holds no
            floats, or values that are not finite or far beyond full scale.

    Example:
        >>> tone = 0.1 * np.sin(0.1 * np.arange(16000))
        >>> features = extract(tone)
        >>> features.shape
        (32, 743)
        >>> features[10, COLUMNS["Energy"]].round(4)
        array([0.0704], dtype=float32)
    """
    # Tiny samples count as zeros.
    samples = check_waveform(waveform).astype(np.float64)
    samples[np.abs(samples) < SMALLEST_SAMPLE] = 0
    _retain_memory()
    padded = pad(samples)
    features = np.empty((frame_count(len(samples)), len(NAMES)), np.float32)
    lags = np.empty((len(features), temporal.LAGS))
    for start in range(0, len(features), CHUNK):
        part = stretch(padded, start, min(start + CHUNK, len(features)))
        rows = slice(start, start + len(part.frames))
        lags[rows] = temporal.autocorrelation(part.frames)
        _write(features[rows], temporal.features(part.frames, part.samples))
        _write(features[rows], spectral.features(part.spectrum, part.magnitude))
        _write(features[rows], bands.features(part.magnitude[HISTORY:]))
    _write(features, {"AutoCorrelation": lags, **prediction.features(lags)})
    for change in ("SpectralFlux", "SpectralVariation"):
        features[0, COLUMNS[change]] = 0
    return features


def _retain_memory() -> None:
    """Makes the allocator keep freed memory for the next chunk.

    The GNU C library returns large blocks to the system when they are freed,
    and page faults on new ones take half of the time, until a block as large
    as this one has been allocated and freed. Its pages are never touched.
    """
    np.empty(RETAINED_BYTES, np.uint8)


def _write(
    rows: NDArray[np.float32], values: dict[str, NDArray[np.float64]]
) -> None:
    for feature, columns in values.items():
        rows[:, COLUMNS[feature]] = columns.reshape(len(rows), -1)
