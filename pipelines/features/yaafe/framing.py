"""Frames, their spectra and shape statistics, shared by the features."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Array = NDArray[np.float64]
Spectrum = NDArray[np.complex128]

SAMPLING_RATE = 16000
BLOCK = 1024
STEP = 512
BINS = BLOCK // 2 + 1
BIN_WIDTH = SAMPLING_RATE / BLOCK
EPSILON = float(np.finfo(np.float64).eps)
# Number of earlier frames that the features of a frame depend on.
HISTORY = 2
# A variance below this share of the mean square index is rounding noise.
SINGLE_INDEX = 1e-14


class Stretch(NamedTuple):
    """Successive frames of a signal with their spectra.

    `spectrum` and `magnitude` hold the two frames before the stretch as well.

    Attributes:
        samples: (512 * (frames + 1),), the signal under the frames.
        frames: (frames, 1024), not windowed.
        spectrum: (frames + 2, 513), of the Hann-windowed frames, unscaled.
        magnitude: (frames + 2, 513), of the spectrum, epsilon for 0.
    """

    samples: Array
    frames: Array
    spectrum: Spectrum
    magnitude: Array


def frame_count(samples: int) -> int:
    """Returns the number of frames of a signal: ceil(samples / 512)."""
    return -(-samples // STEP)


def pad(waveform: Array) -> Array:
    """Pads a signal with zeros, so that frame t is centred on sample 512 * t.

    Half a frame of zeros precedes the signal, and before that the `HISTORY`
    frames that the features of the first frames depend on.
    """
    end = frame_count(len(waveform)) * STEP - len(waveform)
    return np.pad(waveform, ((HISTORY + 1) * STEP, end))


def stretch(padded: Array, start: int, stop: int) -> Stretch:
    """Returns frames `start` to `stop` (excluded) of a padded signal."""
    samples = padded[start * STEP : (stop + HISTORY + 1) * STEP]
    windows = np.lib.stride_tricks.sliding_window_view(samples, BLOCK)
    frames = windows[::STEP]
    spectrum = scipy.fft.rfft(frames * _window())
    magnitude = np.abs(spectrum)
    magnitude[magnitude == 0] = EPSILON
    return Stretch(
        samples=samples[HISTORY * STEP :],
        frames=np.ascontiguousarray(frames[HISTORY:]),
        spectrum=spectrum,
        magnitude=magnitude,
    )


def shape_statistics(weights: Array) -> Array:
    """Centroid, spread, skewness and kurtosis of the index under weights.

    In units of the index. The kurtosis is the toolbox's own: its second term
    has the mean where the fourth central moment has the squared mean, so it is
    not invariant to shifts and reaches large negative values where the spread
    is small. Weights on a single index, and weights that are all 0 (which
    count as a single index 0), have the spread epsilon, the skewness 0 and
    the kurtosis -3.

    Input shape: (frames, length), not negative.

    Output shape: (frames, 4).

    Reference: Gillet and Richard, ICASSP 2004.
    """
    moments = weights @ _index_powers(weights.shape[1])
    total = moments[:, :1]
    m1, m2, m3, m4 = (moments[:, 1:] / np.where(total == 0, EPSILON, total)).T
    variance = m2 - m1**2
    single = variance <= SINGLE_INDEX * m2
    spread = np.where(single, EPSILON, np.sqrt(np.maximum(variance, 0)))
    third = 2 * m1**3 - 3 * m1 * m2 + m3
    fourth = -3 * m1**4 + 6 * m1 * m2 - 4 * m1 * m3 + m4
    skewness = np.where(single, 0, third / spread**3)
    kurtosis = np.where(single, 0, fourth / spread**4) - 3
    return np.stack([m1, spread, skewness, kurtosis], axis=1)


def hann(turns: Array) -> Array:
    """The raised cosine: 0 at 0, 1 at half a turn, 0 at a turn."""
    return 0.5 * (1 - np.cos(2 * np.pi * turns))


@functools.cache
def _window() -> Array:
    """Periodic Hann window of a block."""
    return hann(np.arange(BLOCK) / BLOCK)


@functools.cache
def _index_powers(length: int) -> Array:
    """Powers 0 to 4 of the index, (length, 5)."""
    return np.arange(length, dtype=np.float64)[:, None] ** np.arange(5)
