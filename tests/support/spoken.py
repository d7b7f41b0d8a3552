"""A small corpus of utterances with classes: tones of different pitch."""

from __future__ import annotations

import csv
import pathlib

import numpy as np
import scipy.io.wavfile

RATE = 16_000
EMOTIONS = ("angry", "happy", "sad", "neutral")
SPLITS = ("train", "dev", "test")
RATINGS = {"angry": 4.5, "happy": 3.0, "sad": 1.5, "neutral": 3.5}


def write(
    folder: pathlib.Path, speakers: int = 3, each: int = 3, seed: int = 0
) -> pathlib.Path:
    """Writes a manifest and its recordings of 0.2 to 0.4 s.

    Args:
        folder: to make and fill.
        speakers: number of speakers.
        each: utterances of each speaker and emotion.
        seed: of the recordings.
    """
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    rows = []
    for speaker in range(speakers):
        for octave, emotion in enumerate(EMOTIONS):
            for number in range(each):
                name = f"{speaker}_{emotion}_{number}.wav"
                samples = _tone(rng, 200 * 2**octave, speaker)
                scipy.io.wavfile.write(folder / name, RATE, samples)
                rating = RATINGS[emotion]
                ratings = [rating, rating, 6 - rating]
                rows.append([name, speaker, emotion, *ratings])
    with open(folder / "manifest.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["file", "speaker", "emotion", "arousal", "valence", "dominance"]
        )
        writer.writerows(rows)
    return folder


def with_splits(folder: pathlib.Path) -> pathlib.Path:
    """Adds partitions to a manifest: speaker 0 trains, 1 is dev and 2 test."""
    table = folder / "manifest.csv"
    head, *rows = table.read_text().splitlines()
    lines = [f"{row},{SPLITS[int(row[0])]}" for row in rows]
    table.write_text("\n".join([f"{head},split", *lines]) + "\n")
    return folder


def _tone(rng: np.random.Generator, pitch: float, speaker: int) -> np.ndarray:
    count = int(rng.integers(0.2 * RATE, 0.4 * RATE))
    phase = 2 * np.pi * pitch * (1 + speaker / 50) * np.arange(count) / RATE
    wave = 0.3 * np.sin(phase) + 0.05 * rng.normal(size=count)
    return (wave * 32767).astype("int16")
