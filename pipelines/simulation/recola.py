"""Simulated recordings with traces, in the layout of RECOLA.

A recording is one simulated speaker whose voice follows slowly varying
arousal and valence (`pipelines.simulation.voice`). Six simulated raters follow
the voice with a lag of 1 to 3 s, each with a gain, a bias and noise; their
mean is the gold standard.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.io.wavfile

from pipelines import gold_standard
from pipelines.simulation import folders, voice
from zoo.common.arguments import check_whole

VERSION = 1  # grows when the same options give other recordings
SECONDS = 30.0
MAX_SECONDS = 300.0
_SPLITS = ("train", "dev", "test")
_DIMENSIONS = ("arousal", "valence")
_LABEL_RATE = 25
_STEP = voice.RATE // _LABEL_RATE
_LEAD = 6  # seconds simulated before the recording begins
_RATERS = 6


def simulate_recola(
    out: str | Path,
    seed: int = 0,
    seconds: float = SECONDS,
    recordings: int = 9,
    report: Callable[[str], None] = lambda message: None,
) -> Path:
    """Writes a simulated corpus in RECOLA's layout (`folders.make`).

    Args:
        out: the folder to make.
        seed: of the random numbers, at least 0.
        seconds: length of a recording, 1 to 300.
        recordings: number in each of train, dev and test; an intact RECOLA
            has 9. Test recordings have labels too.
        report: called with the name of each recording that is done.

    Returns:
        The folder; errors are raised as by `folders.make`.

    Raises:
        ValueError: an option out of range.
    """
    check_whole("seed", seed, 0)
    check_whole("recordings", recordings)
    if not 1 <= seconds <= MAX_SECONDS:
        raise ValueError(
            f"`seconds` must be from 1 to {MAX_SECONDS:g}. Received: "
            f"seconds={seconds}"
        )
    manifest = {
        "made_by": f"pipelines.simulate {VERSION}",
        "corpus": "recola",
        "seed": int(seed),
        "seconds": float(seconds),
        "recordings": int(recordings),
    }
    samples = round(seconds * voice.RATE)
    return folders.make(
        out,
        manifest,
        lambda folder: _write_all(folder, seed, samples, recordings, report),
    )


def _write_all(
    folder: Path,
    seed: int,
    samples: int,
    recordings: int,
    report: Callable[[str], None],
) -> None:
    for dimension in _DIMENSIONS:
        (folder / "ratings_gold_standard" / dimension).mkdir(parents=True)
    (folder / "recordings_audio").mkdir()
    names = [
        f"{split}_{number}"
        for split in _SPLITS
        for number in range(1, recordings + 1)
    ]
    write = functools.partial(_write, folder, seed, samples)
    for name in folders.in_threads(write, names, range(len(names))):
        report(name)


def _write(
    folder: Path, seed: int, samples: int, name: str, number: int
) -> str:
    rng = np.random.default_rng([seed, number])
    emotion = _emotion(rng, samples)
    arousal, valence = emotion[:, _LEAD * voice.CONTROL_RATE :]
    speaker = voice.draw_speaker(rng)
    waveform = voice.speak(rng, speaker, arousal, valence, samples)
    scipy.io.wavfile.write(
        folder / "recordings_audio" / f"{name}.wav", voice.RATE, waveform
    )
    for dimension, values in zip(_DIMENSIONS, emotion):
        path = folder / "ratings_gold_standard" / dimension / f"{name}.arff"
        trace = _mean_rating(rng, samples, values)
        path.write_text(gold_standard.arff(name, trace, 1 / _LABEL_RATE))
    return name


def _emotion(rng: np.random.Generator, samples: int) -> np.ndarray:
    """Draws arousal and valence at 100 Hz, from `_LEAD` s before 0.

    Returns:
        (2, frames) in (-1, 1).
    """
    rate = voice.CONTROL_RATE
    frames = _LEAD * rate + voice.control_frames(samples)
    arousal, other = (
        voice.slow_noise(rng, frames, rate, 0.12) for _ in _DIMENSIONS
    )
    valence = 0.2 * arousal + np.sqrt(1 - 0.2**2) * other
    mood = rng.normal(0, 0.15, (2, 1))
    return np.tanh(0.4 * np.stack([arousal, valence]) + mood)


def _mean_rating(
    rng: np.random.Generator, samples: int, emotion: np.ndarray
) -> np.ndarray:
    """Returns the raters' mean, (rows,): one more than steps of 40 ms."""
    time = np.arange(samples // _STEP + 1) / _LABEL_RATE
    known = np.arange(len(emotion)) / voice.CONTROL_RATE - _LEAD
    ratings = [
        rng.uniform(0.8, 1.2) * np.interp(time - lag, known, emotion)
        + rng.normal(0, 0.05)
        + 0.08 * voice.slow_noise(rng, len(time), _LABEL_RATE, 0.3)
        for lag in rng.uniform(1, 3, _RATERS)
    ]
    return np.clip(np.mean(ratings, axis=0), -1, 1)
