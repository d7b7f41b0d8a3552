"""The voice of a made-up speaker, moved by arousal and valence.

Glottal pulses and breath go through moving formants, in syllables and pauses.
Arousal moves pitch, level, tempo, pauses and spectral tilt; valence, more
faintly, formants, intonation and breathiness. A manner adds to both.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import scipy.fft
from scipy.ndimage import gaussian_filter1d

RATE = 16_000
CONTROL_RATE = 100
_HOP = RATE // CONTROL_RATE
_FFT = 512
_VOWELS = np.array(  # F1, F2, F3 in Hz of a, e, i, o, u, y, schwa
    [
        [730, 1250, 2500],
        [480, 1950, 2600],
        [290, 2250, 2950],
        [470, 850, 2500],
        [310, 780, 2350],
        [280, 1800, 2200],
        [500, 1450, 2450],
    ],
    np.float32,
)
_BANDWIDTHS = (70, 90, 130, 200, 260)


@dataclasses.dataclass(frozen=True)
class Speaker:
    """What stays the same in all that somebody says.

    Attributes:
        pitch: in Hz.
        tract: factor of the formants.
        level: root mean square of neutral speech.
        floor: the same of the room's noise.
    """

    pitch: float
    tract: float
    level: float
    floor: float


@dataclasses.dataclass(frozen=True)
class Manner:
    """What a way of speaking adds to arousal and valence; 0 is nothing.

    Attributes:
        pitch: in semitones.
        intonation: how far the pitch moves; 1 is twice as far.
        level: in dB.
        tempo: of syllables; 1 is twice as fast.
        tilt: of the spectrum, in dB an octave.
        breath: in dB.
        pauses: more of them, in deviations of what decides on them.
    """

    pitch: float = 0.0
    intonation: float = 0.0
    level: float = 0.0
    tempo: float = 0.0
    tilt: float = 0.0
    breath: float = 0.0
    pauses: float = 0.0


@dataclasses.dataclass(frozen=True)
class _Score:
    """What the voice does, (frames,) or (frames, formants), at 100 Hz."""

    pitch: np.ndarray
    formants: np.ndarray
    voiced: np.ndarray
    hiss: np.ndarray
    hiss_at: np.ndarray
    breath: np.ndarray
    tilt: np.ndarray
    level: np.ndarray


def draw_speaker(rng: np.random.Generator, low: bool | None = None) -> Speaker:
    """Draws a speaker, with a low or a high voice; either where not asked."""
    if low is None:
        low = rng.random() < 0.5
    return Speaker(
        pitch=(110 if low else 195) * 2 ** rng.normal(0, 0.12),
        tract=(1.0 if low else 1.14) * 2 ** rng.normal(0, 0.05),
        level=10 ** (rng.normal(-24, 2) / 20),
        floor=10 ** (rng.uniform(-72, -60) / 20),
    )


def slow_noise(
    rng: np.random.Generator, count: int, rate: float, corner: float
) -> np.ndarray:
    """(count,): Gaussian noise of variance 1 that moves slowly.

    Args:
        rng: where it is drawn from.
        count: number of values.
        rate: of the values, in Hz.
        corner: standard deviation of its Gaussian spectrum, in Hz.
    """
    padded = scipy.fft.next_fast_len(count + int(2 * rate / corner))
    gain = np.exp(-0.5 * (scipy.fft.rfftfreq(padded, 1 / rate) / corner) ** 2)
    gain[0] = 0.0
    power = 2 * np.sum(gain**2) / padded
    noise = scipy.fft.rfft(rng.standard_normal(padded)) * gain
    return scipy.fft.irfft(noise, padded)[:count] / np.sqrt(power)


def control_frames(samples: int) -> int:
    """Values at `CONTROL_RATE` that `speak` needs for so many samples."""
    return -(-samples // _HOP) + 1


def speak(
    rng: np.random.Generator,
    speaker: Speaker,
    arousal: np.ndarray,
    valence: np.ndarray,
    samples: int,
    manner: Manner = Manner(),
) -> np.ndarray:
    """Speech-like sound that follows two traces.

    Args:
        rng: where words and noise are drawn from.
        speaker: who speaks.
        arousal: (`control_frames(samples)`,) in [-1, 1], at `CONTROL_RATE`.
        valence: the same.
        samples: how many to make.
        manner: how it is said throughout.

    Returns:
        (samples,) int16 at 16 kHz.
    """
    score = _compose(rng, arousal, valence, speaker, manner)
    pulses, noise = _excitation(rng, score, samples)
    sound = _levelled(_filtered(pulses, _tract(score)), score.voiced)
    hiss = _filtered(noise, _fricative(score))
    sound += 0.3 * _levelled(hiss, score.hiss)
    sound *= speaker.level * _at_samples(score.level, samples)
    sound += speaker.floor * rng.standard_normal(samples, np.float32)
    return (np.clip(sound, -1, 32767 / 32768) * 32768).astype(np.int16)


def _levelled(signal: np.ndarray, envelope: np.ndarray) -> np.ndarray:
    """The signal with a root mean square of 1 where its envelope is 1."""
    power, wanted = np.mean(signal**2), np.mean(envelope**2)
    return signal * np.float32(np.sqrt(wanted / power) if power else 0.0)


def _at_samples(curve: np.ndarray, samples: int) -> np.ndarray:
    at = np.arange(samples) / _HOP
    return np.interp(at, np.arange(len(curve)), curve).astype(np.float32)


def _smooth(curve: np.ndarray, seconds: float) -> np.ndarray:
    return gaussian_filter1d(curve, seconds * CONTROL_RATE, axis=0)


def _compose(
    rng: np.random.Generator,
    arousal: np.ndarray,
    valence: np.ndarray,
    speaker: Speaker,
    manner: Manner,
) -> _Score:
    frames = len(arousal)
    slow = functools.partial(slow_noise, rng, frames, CONTROL_RATE)
    tempo = 4.2 * 2 ** (0.5 * arousal + 0.15 * slow(0.5) + manner.tempo)
    position = np.cumsum(tempo) / CONTROL_RATE
    syllable, within = position.astype(int), position % 1
    count = syllable[-1] + 1
    eager = slow(0.6) + 0.6 * arousal - manner.pauses
    speaking = _smooth(1.0 * (eager > -0.6), 0.03)
    onset = (within < 0.25) & (rng.random(count) < 0.5)[syllable]
    swell = 0.1 + 0.9 * np.sin(np.pi * within) ** 2
    accent = rng.normal(0, 1, count)[syllable]
    lively = 1.6 * np.exp(0.9 * valence) * 2**manner.intonation
    semitones = (
        4 * arousal
        + 0.8 * valence
        + lively * (0.7 * slow(1.0) + 0.5 * _smooth(accent, 0.06))
    )
    vowels = _VOWELS[rng.integers(len(_VOWELS), size=count)[syllable]]
    upper = np.tile([3500, 4500], (frames, 1))
    scale = speaker.tract * (1 + 0.05 * valence)
    formants = np.concatenate([_smooth(vowels, 0.03), upper], 1)
    hiss_at = rng.uniform(2500, 6000, count)[syllable]
    loud = 6 * arousal + 2.5 * slow(0.15) + 1.5 * accent + manner.level
    return _Score(
        pitch=speaker.pitch * 2 ** ((semitones + manner.pitch) / 12),
        formants=formants * scale[:, None],
        voiced=speaking * _smooth(swell * ~onset, 0.008),
        hiss=speaking * _smooth(1.0 * onset, 0.01),
        hiss_at=hiss_at,
        breath=10 ** ((-14 - 6 * valence + manner.breath) / 20),
        tilt=1 + 3 * arousal + manner.tilt,
        level=10 ** (loud / 20),
    )


def _excitation(
    rng: np.random.Generator, score: _Score, samples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Glottal pulses with breath, and the noise of fricatives."""
    phase = np.cumsum(_at_samples(score.pitch, samples), dtype=float) / RATE
    phase %= 1
    opening = 0.5 - 0.5 * np.cos(np.pi * phase / 0.4)
    closing = np.cos(np.pi / 2 * (phase - 0.4) / 0.16)
    flow = np.where(phase < 0.4, opening, closing * (phase < 0.56))
    pulses = np.diff(flow, prepend=0.0) / 0.05
    noise = rng.standard_normal((2, samples), np.float32)
    breath = _at_samples(score.breath, samples) * noise[0]
    voiced = _at_samples(score.voiced, samples) * (pulses + breath)
    return voiced, _at_samples(score.hiss, samples) * noise[1]


def _tract(score: _Score) -> np.ndarray:
    """(frames, bins) complex64: formants in cascade and the spectral tilt."""
    hertz = scipy.fft.rfftfreq(_FFT, 1 / RATE).astype(np.float32)
    response = np.ones((len(score.tilt), len(hertz)), np.complex64)
    for centre, width in zip(score.formants.T, _BANDWIDTHS):
        square = (centre**2).astype(np.float32)[:, None]
        response *= square / (square - hertz**2 + 1j * width * hertz)
    octaves = np.log2(np.maximum(hertz, 100) / 500)
    tilt = score.tilt.astype(np.float32)[:, None]
    return response * 10 ** (tilt * octaves / 20)


def _fricative(score: _Score) -> np.ndarray:
    """(frames, bins) float32: a broad band around each fricative's centre."""
    hertz = scipy.fft.rfftfreq(_FFT, 1 / RATE).astype(np.float32)
    centre = score.hiss_at.astype(np.float32)[:, None]
    return 1 / (1 + ((hertz - centre) / 1000) ** 2)


def _filtered(signal: np.ndarray, response: np.ndarray) -> np.ndarray:
    """The signal through a filter that changes every 10 ms, overlap-added."""
    samples, frames = len(signal), len(response)
    padded = np.zeros((frames + 1) * _HOP, np.float32)
    padded[_HOP : _HOP + samples] = signal
    window = np.hanning(2 * _HOP + 1)[:-1].astype(np.float32)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, 2 * _HOP)
    spectra = scipy.fft.rfft(pieces[::_HOP] * window, _FFT) * response
    blocks = scipy.fft.irfft(spectra, _FFT)
    blocks = np.pad(blocks, ((0, 0), (0, -_FFT % _HOP)))
    blocks = blocks.reshape(frames, -1, _HOP)
    out = np.zeros((frames + blocks.shape[1], _HOP), np.float32)
    for offset in range(blocks.shape[1]):
        out[offset : offset + frames] += blocks[:, offset]
    return out.ravel()[_HOP : _HOP + samples]
