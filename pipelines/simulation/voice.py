"""Synthesis of speech-like audio that depends on arousal and valence.

Glottal pulses and breath noise pass through moving formants, in syllables and
pauses. Arousal changes pitch, level, tempo, pauses and spectral tilt; valence,
more weakly, formants, intonation and breathiness. A manner adds to both.
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
    """The constant properties of a speaker.

    Attributes:
        pitch: in Hz.
        tract: factor of the formants.
        level: root mean square of neutral speech.
        floor: root mean square of background noise.
    """

    pitch: float
    tract: float
    level: float
    floor: float


@dataclasses.dataclass(frozen=True)
class Manner:
    """Changes of the voice in addition to those of arousal and valence.

    Attributes:
        pitch: in semitones.
        intonation: of the pitch range; 1 doubles it.
        level: in dB.
        tempo: of the syllables; 1 doubles it.
        tilt: of the spectrum, in dB an octave.
        breath: in dB.
        pauses: shift of the threshold of pauses, in standard deviations;
            positive values give more pauses.
    """

    pitch: float = 0.0
    intonation: float = 0.0
    level: float = 0.0
    tempo: float = 0.0
    tilt: float = 0.0
    breath: float = 0.0
    pauses: float = 0.0


@dataclasses.dataclass(frozen=True)
class _Controls:
    """Control curves, (frames,) or (frames, formants), at 100 Hz."""

    pitch: np.ndarray
    formants: np.ndarray
    voiced: np.ndarray
    fricative: np.ndarray
    fricative_hertz: np.ndarray
    breath: np.ndarray
    tilt: np.ndarray
    level: np.ndarray


def draw_speaker(rng: np.random.Generator, low: bool | None = None) -> Speaker:
    """Draws a speaker with a low or high voice, at random where `None`."""
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
    """Draws low-pass Gaussian noise of variance 1, (count,).

    Args:
        rng: of the random numbers.
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
    """Returns how many values at `CONTROL_RATE` `speak` needs."""
    return -(-samples // _HOP) + 1


def speak(
    rng: np.random.Generator,
    speaker: Speaker,
    arousal: np.ndarray,
    valence: np.ndarray,
    samples: int,
    manner: Manner = Manner(),
) -> np.ndarray:
    """Synthesises speech-like audio that follows two traces.

    Args:
        rng: of the random numbers.
        speaker: the speaker.
        arousal: (`control_frames(samples)`,) in [-1, 1], at `CONTROL_RATE`.
        valence: likewise.
        samples: number of samples.
        manner: of speaking, for the whole utterance.

    Returns:
        (samples,) int16 at 16 kHz.
    """
    controls = _draw_controls(rng, arousal, valence, speaker, manner)
    pulses, noise = _excitation(rng, controls, samples)
    waveform = _levelled(_filtered(pulses, _tract(controls)), controls.voiced)
    fricative = _filtered(noise, _fricative(controls))
    waveform += 0.3 * _levelled(fricative, controls.fricative)
    waveform *= speaker.level * _at_samples(controls.level, samples)
    waveform += speaker.floor * rng.standard_normal(samples, np.float32)
    return (np.clip(waveform, -1, 32767 / 32768) * 32768).astype(np.int16)


def has_speech(waveform: np.ndarray, speaker: Speaker) -> bool:
    """Whether half of the frames of 10 ms are louder than the noise floor."""
    whole = len(waveform) // 160 * 160
    frames = waveform[:whole].reshape(-1, 160) / 32768
    return np.sum(frames.std(axis=1) > 2 * speaker.floor) > len(frames) / 2


def _levelled(signal: np.ndarray, envelope: np.ndarray) -> np.ndarray:
    """Scales a signal to a root mean square of 1 where its envelope is 1."""
    power, target = np.mean(signal**2), np.mean(envelope**2)
    return signal * np.float32(np.sqrt(target / power) if power else 0.0)


def _at_samples(curve: np.ndarray, samples: int) -> np.ndarray:
    frames = np.arange(samples) / _HOP
    return np.interp(frames, np.arange(len(curve)), curve).astype(np.float32)


def _smooth(curve: np.ndarray, seconds: float) -> np.ndarray:
    return gaussian_filter1d(curve, seconds * CONTROL_RATE, axis=0)


def _draw_controls(
    rng: np.random.Generator,
    arousal: np.ndarray,
    valence: np.ndarray,
    speaker: Speaker,
    manner: Manner,
) -> _Controls:
    frames = len(arousal)
    slow = functools.partial(slow_noise, rng, frames, CONTROL_RATE)
    tempo = 4.2 * 2 ** (0.5 * arousal + 0.15 * slow(0.5) + manner.tempo)
    position = np.cumsum(tempo) / CONTROL_RATE
    syllable, within = position.astype(int), position % 1
    count = syllable[-1] + 1
    activity = slow(0.6) + 0.6 * arousal - manner.pauses
    speaking = _smooth(1.0 * (activity > -0.6), 0.03)
    onset = (within < 0.25) & (rng.random(count) < 0.5)[syllable]
    loudness = 0.1 + 0.9 * np.sin(np.pi * within) ** 2
    accent = rng.normal(0, 1, count)[syllable]
    pitch_range = 1.6 * np.exp(0.9 * valence) * 2**manner.intonation
    semitones = (
        4 * arousal
        + 0.8 * valence
        + pitch_range * (0.7 * slow(1.0) + 0.5 * _smooth(accent, 0.06))
    )
    vowels = _VOWELS[rng.integers(len(_VOWELS), size=count)[syllable]]
    upper = np.tile([3500, 4500], (frames, 1))
    scale = speaker.tract * (1 + 0.05 * valence)
    formants = np.concatenate([_smooth(vowels, 0.03), upper], 1)
    fricative_hertz = rng.uniform(2500, 6000, count)[syllable]
    decibels = 6 * arousal + 2.5 * slow(0.15) + 1.5 * accent + manner.level
    return _Controls(
        pitch=speaker.pitch * 2 ** ((semitones + manner.pitch) / 12),
        formants=formants * scale[:, None],
        voiced=speaking * _smooth(loudness * ~onset, 0.008),
        fricative=speaking * _smooth(1.0 * onset, 0.01),
        fricative_hertz=fricative_hertz,
        breath=10 ** ((-14 - 6 * valence + manner.breath) / 20),
        tilt=1 + 3 * arousal + manner.tilt,
        level=10 ** (decibels / 20),
    )


def _excitation(
    rng: np.random.Generator, controls: _Controls, samples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns glottal pulses with breath, and the noise of fricatives."""
    phase = np.cumsum(_at_samples(controls.pitch, samples), dtype=float) / RATE
    phase %= 1
    opening = 0.5 - 0.5 * np.cos(np.pi * phase / 0.4)
    closing = np.cos(np.pi / 2 * (phase - 0.4) / 0.16)
    flow = np.where(phase < 0.4, opening, closing * (phase < 0.56))
    pulses = np.diff(flow, prepend=0.0) / 0.05
    noise = rng.standard_normal((2, samples), np.float32)
    breath = _at_samples(controls.breath, samples) * noise[0]
    voiced = _at_samples(controls.voiced, samples) * (pulses + breath)
    return voiced, _at_samples(controls.fricative, samples) * noise[1]


def _tract(controls: _Controls) -> np.ndarray:
    """Response of formants in cascade and spectral tilt, (frames, bins)."""
    hertz = scipy.fft.rfftfreq(_FFT, 1 / RATE).astype(np.float32)
    response = np.ones((len(controls.tilt), len(hertz)), np.complex64)
    for centre, width in zip(controls.formants.T, _BANDWIDTHS):
        square = (centre**2).astype(np.float32)[:, None]
        response *= square / (square - hertz**2 + 1j * width * hertz)
    octaves = np.log2(np.maximum(hertz, 100) / 500)
    tilt = controls.tilt.astype(np.float32)[:, None]
    return response * 10 ** (tilt * octaves / 20)


def _fricative(controls: _Controls) -> np.ndarray:
    """Response of a broad band around each fricative, (frames, bins)."""
    hertz = scipy.fft.rfftfreq(_FFT, 1 / RATE).astype(np.float32)
    centre = controls.fricative_hertz.astype(np.float32)[:, None]
    return 1 / (1 + ((hertz - centre) / 1000) ** 2)


def _filtered(signal: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Filters a signal with a response that changes every 10 ms."""
    samples, frames = len(signal), len(response)
    padded = np.zeros((frames + 1) * _HOP, np.float32)
    padded[_HOP : _HOP + samples] = signal
    window = np.hanning(2 * _HOP + 1)[:-1].astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _HOP)
    spectra = scipy.fft.rfft(windows[::_HOP] * window, _FFT) * response
    blocks = scipy.fft.irfft(spectra, _FFT)
    blocks = np.pad(blocks, ((0, 0), (0, -_FFT % _HOP)))
    blocks = blocks.reshape(frames, -1, _HOP)
    out = np.zeros((frames + blocks.shape[1], _HOP), np.float32)
    for offset in range(blocks.shape[1]):
        out[offset : offset + frames] += blocks[:, offset]
    return out.ravel()[_HOP : _HOP + samples]
