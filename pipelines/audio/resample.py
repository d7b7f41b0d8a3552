"""Resampling of waveforms with a windowed-sinc filter.

The filter is an ideal low-pass with a Kaiser window and 64 zero crossings on
each side. Its gain is 1 within 0.0002 dB up to 0.9 of the lower rate's Nyquist
frequency and below -99 dB from that Nyquist frequency on, so that aliases are
weaker than the rounding of 16-bit samples (-98 dB). Its phase is linear; it
adds no delay.

Each block of input samples is multiplied by two matrices that hold the taps of
all output phases. Resampling is thus two matrix products, several times faster
than a loop over samples and the same in NumPy and in a TensorFlow graph.
"""

from __future__ import annotations

import functools
import math

import numpy as np

ZERO_CROSSINGS = 64  # each side, counted at the lower of the two rates
BETA = 10.0  # of the Kaiser window
CUTOFF = 0.95  # of the lower Nyquist frequency, mid-way from 0.9 to 1
MAX_ENTRIES = 2**22  # of a matrix, 16 MiB; 44.1 to 16 kHz needs 2**17
MAX_PHASES = 2**16
"""Largest term of the smallest ratio of two rates that callers may resample:
383,999 to 16,000 Hz would take 18 s and 4 GB for its filter alone."""


def ratio(source: int, target: int) -> tuple[int, int]:
    """Returns the smallest (up, down) with target / source = up / down."""
    divisor = math.gcd(source, target)
    return target // divisor, source // divisor


def reach(source: int, target: int) -> int:
    """Returns how many input samples on each side an output depends on."""
    if source == target:
        return 0
    up, down = ratio(source, target)
    return math.ceil(ZERO_CROSSINGS * max(up, down) / up)


@functools.lru_cache(maxsize=8)
def taps(source: int, target: int) -> np.ndarray:
    """Returns the filter at `up` times the source rate, for `resample_poly`.

    Returns:
        float64 (2 * 64 * max(up, down) + 1,), symmetric, of sum 1.
    """
    up, down = ratio(source, target)
    side = ZERO_CROSSINGS * max(up, down)
    crossings = np.arange(-side, side + 1) / max(up, down)
    response = np.sinc(CUTOFF * crossings) * np.kaiser(2 * side + 1, BETA)
    response /= response.sum()
    response.setflags(write=False)
    return response


@functools.lru_cache(maxsize=16)
def matrices(source: int, target: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Returns the taps as matrices for blocks of the input.

    With `reach` zeros before the waveform, block i of the output is
    `block[i] @ first + block[i + 1] @ second`.

    Returns:
        Two float32 arrays (input samples, output samples) of one block, or
        None where the ratio of the rates needs matrices above `MAX_ENTRIES`
        (44,101 Hz to 16 kHz has 16,000 phases).
    """
    up, down = ratio(source, target)
    margin = reach(source, target)
    periods = math.ceil(2 * margin / down)
    size_in, size_out = periods * down, periods * up
    if size_in * size_out > MAX_ENTRIES:
        return None
    response = taps(source, target) * up
    offset = np.arange(2 * size_in)[:, None] - margin
    index = len(response) // 2 + np.arange(size_out) * down - offset * up
    inside = (index >= 0) & (index < len(response))
    both = np.where(inside, response[np.where(inside, index, 0)], 0.0)
    both = both.astype(np.float32)
    both.setflags(write=False)
    return both[:size_in], both[size_in:]


def resample(waveform: np.ndarray, source: int, target: int) -> np.ndarray:
    """Resamples a waveform.

    Args:
        waveform: float32 (samples,); silence is assumed before and after.
        source: its sampling rate in Hz.
        target: the wanted sampling rate in Hz.

    Returns:
        float32 (ceil(samples * target / source),); the waveform itself where
        the rates are the same.

    Example:
        >>> resample(np.zeros(441, np.float32), 44100, 16000).shape
        (160,)
    """
    if source == target:
        return waveform
    up, down = ratio(source, target)
    pair = matrices(source, target)
    if pair is None:
        import scipy.signal

        window = taps(source, target).astype(np.float32)
        return scipy.signal.resample_poly(waveform, up, down, window=window)
    size_in, size_out = pair[0].shape
    length = -(-len(waveform) * up // down)
    count = -(-length // size_out)
    padded = np.zeros((count + 1) * size_in, np.float32)
    margin = reach(source, target)
    padded[margin : margin + len(waveform)] = waveform
    block = padded.reshape(-1, size_in)
    return (block[:-1] @ pair[0] + block[1:] @ pair[1]).ravel()[:length]
