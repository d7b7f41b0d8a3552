"""Features of the whole spectrum, and of its change from frame to frame.

Unless stated otherwise, they take magnitudes or powers (frames, 513)
without zeros, and return (frames,), or (frames, 4) for a shape.
"""

from __future__ import annotations

import functools

import numpy as np

from pipelines.features.yaafe.framing import (
    BIN_WIDTH,
    BINS,
    Array,
    Spectrum,
    shape_statistics,
)

ROLLOFF = 0.99


def complex_domain_onset(spectrum: Spectrum, magnitude: Array) -> Array:
    """Distance from the spectrum that the two frames before let expect.

    Each bin is expected to keep its magnitude and its advance in phase; the
    phase of a bin that is 0 counts as 0.

    Input shape: (frames + 2, 513), spectrum and magnitude alike.

    Output shape: (frames,).

    Reference: Duxbury, Bello, Davies and Sandler, DAFx 2003.
    """
    past = spectrum[:-1]
    phase = past * (1 / magnitude[:-1])
    phase += past == 0
    change = past[1:] * phase[1:]
    change *= np.conj(phase[:-1])
    change -= spectrum[2:]
    return np.abs(change).sum(axis=1)


def spectral_decrease(magnitude: Array) -> Array:
    """Magnitudes relative to that at 0 Hz, over the bin number, over the sum.

    Reference: Peeters, CUIDADO project report, IRCAM, 2004.
    """
    return magnitude @ _decrease_weights() / magnitude[:, 1:].sum(axis=1)


def spectral_flatness(magnitude: Array) -> Array:
    """Geometric over arithmetic mean of the magnitudes."""
    geometric = np.exp(np.log(magnitude).mean(axis=1))
    return geometric / magnitude.mean(axis=1)


def spectral_flux(magnitude: Array) -> Array:
    """Squared distance between neighbouring spectra over their norms.

    Input shape: (frames + 1, 513).

    Output shape: (frames,).
    """
    change = np.diff(magnitude, axis=0)
    return _dot(change, change) / _neighbouring_norms(magnitude)


def spectral_variation(magnitude: Array) -> Array:
    """One minus the cosine between neighbouring spectra.

    Input shape: (frames + 1, 513).

    Output shape: (frames,).

    Reference: Peeters, CUIDADO project report, IRCAM, 2004.
    """
    product = _dot(magnitude[1:], magnitude[:-1])
    return 1 - product / _neighbouring_norms(magnitude)


def spectral_rolloff(power: Array) -> Array:
    """Frequency in Hz below which at most 99 % of the power lies."""
    below = np.cumsum(power, axis=1)
    kept = below <= ROLLOFF * below[:, -1:]
    return BIN_WIDTH * np.count_nonzero(kept, axis=1)


def spectral_shape(magnitude: Array) -> Array:
    """Shape of the magnitudes over frequency, in bins."""
    return shape_statistics(magnitude)


def spectral_slope(magnitude: Array) -> Array:
    """Slope of the magnitudes' regression on Hz, over their sum.

    Reference: Peeters, CUIDADO project report, IRCAM, 2004.
    """
    frequency = BIN_WIDTH * np.arange(BINS)
    total = magnitude.sum(axis=1)
    covariance = BINS * (magnitude @ frequency) - frequency.sum() * total
    variance = BINS * (frequency @ frequency) - frequency.sum() ** 2
    return covariance / (total * variance)


def features(spectrum: Spectrum, magnitude: Array) -> dict[str, Array]:
    """All features of the whole spectrum.

    Args:
        spectrum: (frames + 2, 513), from two frames before the first on.
        magnitude: (frames + 2, 513), its magnitudes without zeros.
    """
    present = magnitude[2:]
    onset = complex_domain_onset(spectrum, magnitude)
    return {
        "ComplexDomainOnsetDetection": onset,
        "MagnitudeSpectrum": present,
        "SpectralDecrease": spectral_decrease(present),
        "SpectralFlatness": spectral_flatness(present),
        "SpectralFlux": spectral_flux(magnitude[1:]),
        "SpectralRolloff": spectral_rolloff(present**2),
        "SpectralShapeStatistics": spectral_shape(present),
        "SpectralSlope": spectral_slope(present),
        "SpectralVariation": spectral_variation(magnitude[1:]),
    }


def _dot(a: Array, b: Array) -> Array:
    return np.einsum("tk,tk->t", a, b)


def _neighbouring_norms(magnitude: Array) -> Array:
    """Product of the norms of each spectrum and the one before."""
    norms = np.sqrt(_dot(magnitude, magnitude))
    return norms[1:] * norms[:-1]


@functools.cache
def _decrease_weights() -> Array:
    inverse = 1 / np.arange(1, BINS)
    return np.concatenate([[-inverse.sum()], inverse])
