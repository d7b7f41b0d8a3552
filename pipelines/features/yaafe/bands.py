"""Features of frequency bands: Mel, Bark, octaves and quarter octaves.

Unless stated otherwise, they take magnitudes or powers (frames, 513) without
zeros, or the result of another function here, and return (frames, bands), or
(frames,) where there is one value.
"""

from __future__ import annotations

import functools

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from pipelines.features.yaafe.framing import (
    BIN_WIDTH,
    BINS,
    EPSILON,
    SAMPLING_RATE,
    Array,
)

MEL_FILTERS = 40
MEL_RANGE = (130.0, 6854.0)
CEPSTRA = 13
BARK_BANDS = 24
LOUDNESS_EXPONENT = 0.23
LOWEST_OCTAVE = 27.5
OCTAVES = 9
OCTAVE_FLOOR = 1e-3
LOWEST_QUARTER = 250.0


def mel_spectrum(magnitude: Array) -> Array:
    """Magnitudes under 40 triangles of unit area from 130 to 6854 Hz.

    Reference: Davis and Mermelstein, IEEE Trans. ASSP 28, 1980.
    """
    return magnitude @ _mel_filters()


def mfcc(mel: Array) -> Array:
    """Cosine transform of the Mel spectrum's base-10 logarithm, 1 to 13.

    Reference: Davis and Mermelstein, IEEE Trans. ASSP 28, 1980.
    """
    cepstrum = scipy.fft.dct(np.log10(mel), norm="ortho")
    return cepstrum[:, 1 : CEPSTRA + 1]


def loudness(power: Array) -> Array:
    """Share of each of 24 bands, equally wide in Bark, in the loudness.

    Reference: Peeters, CUIDADO project report, IRCAM, 2004.
    """
    limits = _bark_limits()
    energy = np.add.reduceat(power[:, : limits[-1]], limits[:-1], axis=1)
    specific = energy**LOUDNESS_EXPONENT
    return specific / specific.sum(axis=1, keepdims=True)


def perceptual_sharpness(loudness: Array) -> Array:
    """Centroid of the loudness over the bands, the high ones weighted.

    Reference: Zwicker and Fastl, Psychoacoustics: facts and models, 1999.
    """
    band = np.arange(1, BARK_BANDS + 1)
    weight = np.where(band < 15, 1, 0.066 * np.exp(0.171 * band))
    return 0.11 * (loudness @ (band * weight))


def perceptual_spread(loudness: Array) -> Array:
    """Squared distance of the largest share from 1.

    Reference: Peeters, CUIDADO project report, IRCAM, 2004.
    """
    return (1 - loudness.max(axis=1)) ** 2


def octave_intensity(power: Array, magnitude: Array) -> Array:
    """Log power under nine overlapping triangles an octave apart.

    At least the logarithm of a thousandth of the largest magnitude.

    Reference: Essid, PhD thesis, Universite Pierre et Marie Curie, 2005.
    """
    floor = OCTAVE_FLOOR * magnitude.max(axis=1, keepdims=True)
    return np.log(np.maximum(power @ _octave_filters(), floor))


def octave_ratio(intensity: Array) -> Array:
    """Log ratio of each octave's intensity to that of the one below."""
    return np.diff(intensity, axis=1)


def grouped_power(power: Array) -> Array:
    """Power summed over groups of bins, for the quarter-octave bands in turn.

    The bands overlap; from 1, 2 and 4 kHz up, groups hold 2, 4 and 8 bins.

    Input shape: (frames, 513).

    Output shape: (frames, 227).

    Reference: ISO/IEC 15938-4:2002, AudioSpectrumFlatness.
    """
    sums = {1: power}
    for width in (1, 2, 4):
        narrow = sums[width]
        sums[2 * width] = narrow[:, :-width] + narrow[:, width:]
    return np.concatenate(
        [
            sums[width][:, first : first + groups * width : width]
            for first, groups, width in quarter_octaves()
        ],
        axis=1,
    )


def crest_factor_per_band(groups: Array) -> Array:
    """Largest over mean power of each quarter-octave band's groups."""
    starts, counts = _group_bounds()
    largest = np.maximum.reduceat(groups, starts, axis=1)
    return largest * counts / np.add.reduceat(groups, starts, axis=1)


def flatness_per_band(groups: Array) -> Array:
    """Geometric over arithmetic mean of each quarter-octave band's groups."""
    starts, counts = _group_bounds()
    raised = groups + EPSILON
    logarithm = np.add.reduceat(np.log(raised), starts, axis=1) / counts
    mean = np.add.reduceat(raised, starts, axis=1) / counts
    return np.exp(logarithm) / mean


def features(magnitude: Array) -> dict[str, Array]:
    """All features of frequency bands.

    Args:
        magnitude: (frames, 513), without zeros.
    """
    power = magnitude**2
    mel = mel_spectrum(magnitude)
    shares = loudness(power)
    intensity = octave_intensity(power, magnitude)
    groups = grouped_power(power)
    return {
        "Loudness": shares,
        "MFCC": mfcc(mel),
        "MelSpectrum": mel,
        "OBSI": intensity,
        "OBSIR": octave_ratio(intensity),
        "PerceptualSharpness": perceptual_sharpness(shares),
        "PerceptualSpread": perceptual_spread(shares),
        "SpectralCrestFactorPerBand": crest_factor_per_band(groups),
        "SpectralFlatnessPerBand": flatness_per_band(groups),
    }


@functools.cache
def quarter_octaves() -> tuple[tuple[int, int, int], ...]:
    """First bin, number of groups and bins in a group of each band.

    Bands start at 250 Hz and are widened by 5 % on either side.
    """
    nyquist = SAMPLING_RATE / 2
    bands: list[tuple[int, int, int]] = []
    low, high = LOWEST_QUARTER, LOWEST_QUARTER * 2**0.25
    while 1.05 * high <= nyquist:
        first = _round(0.95 * low / BIN_WIDTH)
        last = _round(1.05 * high / BIN_WIDTH)
        octave = len(bands) // 4 - 1
        width = 2 ** max(octave, 0)
        bands.append((first, _round((last - first + 1) / width), width))
        low, high = (
            LOWEST_QUARTER * 2 ** ((len(bands) + end) / 4) for end in (0, 1)
        )
    return tuple(bands)


def _round(value: float) -> int:
    """The nearest integer, halves upwards."""
    return int(np.floor(value + 0.5))


@functools.cache
def _group_bounds() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each band's groups start, and how many they are."""
    counts = np.array([groups for _, groups, _ in quarter_octaves()])
    return np.cumsum(counts) - counts, counts


@functools.cache
def _mel_filters() -> Array:
    """(513, 40)."""
    low, high = (1127 * np.log(1 + edge / 700) for edge in MEL_RANGE)
    mel = np.linspace(low, high, MEL_FILTERS + 2)
    corners = 700 * (np.exp(mel / 1127) - 1)
    heights = 2 / (corners[2:] - corners[:-2])
    return heights * _triangles(BIN_WIDTH * np.arange(BINS), corners)


@functools.cache
def _octave_filters() -> Array:
    """(513, 9)."""
    octaves = LOWEST_OCTAVE * 2.0 ** np.arange(OCTAVES) / BIN_WIDTH
    corners = np.concatenate([[0], octaves, [BINS - 1]])
    return 2 * _triangles(np.arange(BINS), corners)


def _triangles(points: NDArray, corners: Array) -> Array:
    """Triangles of height 1, each from a corner over the next to the third."""
    low, top, high = corners[:-2], corners[1:-1], corners[2:]
    rise = (points[:, None] - low) / (top - low)
    fall = (high - points[:, None]) / (high - top)
    return np.maximum(np.minimum(rise, fall), 0)


@functools.cache
def _bark_limits() -> NDArray[np.intp]:
    """First bin of each band, and the bin after the last."""
    frequency = BIN_WIDTH * np.arange(BINS)
    bark = 13 * np.arctan(frequency / 1315.8)
    bark += 3.5 * np.arctan((frequency / 7518) ** 2)
    limits = np.arange(1, BARK_BANDS) * bark[-1] / BARK_BANDS
    inner = np.searchsorted(bark, limits, side="right")
    return np.concatenate([[0], inner, [BINS - 1]])
