"""Augmentation of waveforms: speed, level, noise, rooms and band limits.

Each function takes a waveform (samples,) at 16 kHz and a generator of random
numbers, and returns another waveform, float32 within ±1: where it would leave
them, it is scaled down.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy import signal

RATE = 16_000
"""In Hz, of what is changed."""
VERSION = "1"
"""Changes whenever an operation's samples do."""
Range = tuple[float, float]


def speed(
    waveform: np.ndarray,
    rng: np.random.Generator,
    percent: tuple[int, int] = (90, 110),
) -> np.ndarray:
    """Plays faster or slower, which shifts the pitch too.

    Args:
        percent: range of the speed; 110 shortens to 100/110.

    Reference: T. Ko et al., Audio augmentation for speech recognition,
        Interspeech 2015.
    """
    chosen = int(rng.integers(percent[0], percent[1], endpoint=True))
    if chosen == 100:
        return _within_bounds(waveform)
    return _within_bounds(signal.resample_poly(waveform, 100, chosen))


def gain(
    waveform: np.ndarray, rng: np.random.Generator, db: Range = (-20.0, 6.0)
) -> np.ndarray:
    """Changes the level by so many decibels."""
    return _within_bounds(waveform * 10 ** (rng.uniform(*db) / 20))


def noise(
    waveform: np.ndarray, rng: np.random.Generator, snr: Range = (10.0, 30.0)
) -> np.ndarray:
    """Adds white noise at a signal-to-noise ratio in decibels.

    Digital silence stays silent.
    """
    ratio = 10 ** (-rng.uniform(*snr) / 20)
    added = rng.standard_normal(len(waveform))
    level = _level(waveform) / max(_level(added), 1e-12)
    return _within_bounds(waveform + added * level * ratio)


def room(
    waveform: np.ndarray,
    rng: np.random.Generator,
    seconds: Range = (0.2, 0.6),
    direct: Range = (3.0, 12.0),
) -> np.ndarray:
    """Adds the reverberation of a simulated room; keeps length and level.

    The room answers with decaying noise, which stands in for many reflections.

    Args:
        seconds: range of the reverberation time, in which the answer falls by
            60 dB.
        direct: range of the ratio of direct to reflected energy, in dB.
    """
    duration, ratio = rng.uniform(*seconds), rng.uniform(*direct)
    count = int(duration * RATE)
    decay = 10 ** (-3 * np.arange(count) / count)
    response = rng.standard_normal(count) * decay
    response *= 10 ** (-ratio / 20) / np.sqrt(np.square(response).sum())
    response[0] = 1.0
    reverberant = signal.fftconvolve(waveform, response)[: len(waveform)]
    level = _level(waveform) / max(_level(reverberant), 1e-12)
    return _within_bounds(reverberant * level)


def band(
    waveform: np.ndarray,
    rng: np.random.Generator,
    low: Range = (50.0, 300.0),
    high: Range = (3400.0, 7000.0),
) -> np.ndarray:
    """Limits the band, as microphones and telephones do.

    Args:
        low, high: ranges of the bounds, in Hz.
    """
    bounds = [rng.uniform(*low), rng.uniform(*high)]
    filters = signal.butter(6, bounds, "bandpass", fs=RATE, output="sos")
    return _within_bounds(signal.sosfilt(filters, waveform))


Operation = Callable[[np.ndarray, np.random.Generator], np.ndarray]
OPERATIONS: Mapping[str, Operation] = {
    "speed": speed,
    "room": room,
    "noise": noise,
    "band": band,
    "gain": gain,
}
"""By name, in the order in which sound meets them on its way."""


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """Applies each of some operations to half of the waveforms.

    Args:
        names: of operations.

    Example:
        >>> change = Augmentation(("speed", "gain"))
        >>> waveform = np.zeros(100, "float32")
        >>> len(change(waveform, np.random.default_rng(0))) in range(90, 113)
        True
    """

    names: Sequence[str]

    def __call__(
        self, waveform: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        for name, operation in OPERATIONS.items():
            if name in self.names and rng.random() < 0.5:
                waveform = operation(waveform, rng)
        return waveform


def _level(waveform: np.ndarray) -> float:
    """Returns the root of the mean square."""
    return float(np.sqrt(np.mean(np.square(waveform, dtype="float64"))))


def _within_bounds(waveform: np.ndarray) -> np.ndarray:
    """Returns the waveform, scaled down where it would be clipped."""
    peak = np.abs(waveform).max(initial=0.0)
    return np.asarray(waveform / max(peak, 1.0), "float32")
