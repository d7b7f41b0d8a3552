"""Features of the raw frame, and of the envelope of its amplitude.

Unless stated otherwise, they take frames (frames, 1024) or envelopes
(frames, 6), and return (frames,), or (frames, 4) for a shape.
"""

from __future__ import annotations

import functools

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from pipelines.features.yaafe.framing import (
    BLOCK,
    SAMPLING_RATE,
    STEP,
    Array,
    Spectrum,
    hann,
    shape_statistics,
)

LAGS = 49
# Long enough to keep the lags' products apart, at a fast transform length.
PADDED_BLOCK = 1080
DECIMATION = 200
ENVELOPE_SAMPLES = -(-BLOCK // DECIMATION)
LOW_PASS = round(0.05 * SAMPLING_RATE)
MODULATION_BIN = SAMPLING_RATE / (BLOCK * DECIMATION)
TREMOLO = (4.0, 8.0)
GRAIN = (10.0, 40.0)


def autocorrelation(frames: Array) -> Array:
    """Lags 0 to 48 of the frame, neither normalised nor bias-corrected.

    Through the power spectrum of the frame followed by more zeros than lags.

    Input shape: (frames, 1024).

    Output shape: (frames, 49).
    """
    spectrum = scipy.fft.rfft(frames, PADDED_BLOCK)
    return (spectrum.real**2 + spectrum.imag**2) @ _lag_cosines()


def energy(frames: Array) -> Array:
    """Root mean square of the frame."""
    return np.sqrt(np.einsum("ti,ti->t", frames, frames) / BLOCK)


def zero_crossing_rate(samples: Array) -> Array:
    """Changes of sign in each frame, zeros skipped, over its 1024 samples.

    A change lies between two samples that are not 0, with nothing but zeros
    between them; it belongs to the frames that hold both.

    Input shape: (512 * (frames + 1),), the signal under the frames.

    Output shape: (frames,).

    Reference: Kedem, Proc. IEEE 74, 1986.
    """
    nonzero = samples != 0
    position = np.flatnonzero(nonzero)
    positive = (samples > 0)[nonzero]
    change = np.flatnonzero(positive[1:] != positive[:-1])
    before, after = position[change], position[change + 1]
    starts = np.arange(0, len(samples) - STEP, STEP)
    ended = np.searchsorted(after, starts + BLOCK)
    begun = np.searchsorted(before, starts)
    # A change that spans the whole frame is begun before it but never ended.
    return np.maximum(ended - begun, 0) / BLOCK


def temporal_shape(frames: Array) -> Array:
    """Shape of the frame's absolute values over time, in samples."""
    return shape_statistics(np.abs(frames))


def envelope(frames: Array) -> Array:
    """Amplitude envelope at 80 Hz: modulus, 50 ms low-pass, decimation.

    The modulus is that of the analytic signal over the frame's own samples.
    The low-pass is a correlation with a falling half window, so the oldest of
    its samples has the largest weight; outside the frame are zeros.

    Input shape: (frames, 1024).

    Output shape: (frames, 6).

    Reference: Eronen, MSc thesis, Tampere University of Technology, 2001.
    """
    spectrum = scipy.fft.rfft(frames)
    spectrum *= -1j
    spectrum[:, [0, -1]] = 0
    quadrature = scipy.fft.irfft(spectrum)
    return np.sqrt(frames**2 + quadrature**2) @ _low_pass()


def amplitude_modulation(envelope: Array) -> Array:
    """Tremolo (4 to 8 Hz) and grain (10 to 40 Hz) of the envelope.

    Four values each: the frequency of the largest magnitude in Hz, its excess
    over the mean of all bins and over that of the range's bins (both at least
    0), and the product of the first two. With six samples of envelope, the
    frequencies are nearly constant.

    Input shape: (frames, 6).

    Output shape: (frames, 8).

    Reference: Eronen, MSc thesis, Tampere University of Technology, 2001.
    """
    magnitude = np.abs(envelope @ _modulation_kernel())
    mean = magnitude.mean(axis=1)
    columns = []
    for low, high in (TREMOLO, GRAIN):
        first = _modulation_bin(low)
        band = magnitude[:, first : _modulation_bin(high) + 1]
        peak = band.max(axis=1)
        frequency = MODULATION_BIN * (first + band.argmax(axis=1))
        excess = np.maximum(peak - mean, 0)
        local = np.maximum(peak - band.mean(axis=1), 0)
        columns += [frequency, excess, local, frequency * excess]
    return np.stack(columns, axis=1)


def envelope_shape(envelope: Array) -> Array:
    """Shape of the envelope over time, in envelope samples."""
    return shape_statistics(envelope)


def features(frames: Array, samples: Array) -> dict[str, Array]:
    """All features of the raw frame but those of linear prediction.

    Args:
        frames: (frames, 1024).
        samples: (512 * (frames + 1),), the signal under the frames.
    """
    shape = envelope(frames)
    return {
        "AmplitudeModulation": amplitude_modulation(shape),
        "Energy": energy(frames),
        "Envelope": shape,
        "EnvelopeShapeStatistics": envelope_shape(shape),
        "TemporalShapeStatistics": temporal_shape(frames),
        "ZCR": zero_crossing_rate(samples),
    }


def _modulation_bin(frequency: float) -> int:
    return int(np.ceil(frequency / MODULATION_BIN)) - 1


@functools.cache
def _lag_cosines() -> Array:
    """Inverse Fourier transform of a power spectrum, its first lags only."""
    frequency = 2 * np.pi * np.arange(PADDED_BLOCK // 2 + 1) / PADDED_BLOCK
    weights = np.cos(frequency[:, None] * np.arange(LAGS)) * 2 / PADDED_BLOCK
    weights[[0, -1]] /= 2
    return weights


@functools.cache
def _low_pass() -> Array:
    """The low-pass at each output's position in the frame, (1024, 6)."""
    start = DECIMATION * (np.arange(ENVELOPE_SAMPLES) + 1) - LOW_PASS
    index = np.arange(BLOCK)[:, None] - start
    inside = (index >= 0) & (index < LOW_PASS)
    total = _falling(np.arange(LOW_PASS)).sum()
    return np.where(inside, _falling(index), 0) / total


def _falling(index: NDArray[np.int_]) -> Array:
    """The falling half of a Hann window of twice the low-pass' length."""
    return hann((LOW_PASS - index) / (2 * LOW_PASS + 1))


@functools.cache
def _modulation_kernel() -> Spectrum:
    """Hann window and Fourier transform to 512 bins in one, (6, 512)."""
    sample = np.arange(ENVELOPE_SAMPLES)[:, None]
    window = hann((sample + 1) / (ENVELOPE_SAMPLES + 1))
    turns = sample * np.arange(BLOCK // 2) / BLOCK
    return window * np.exp(-2j * np.pi * turns)
