"""Recordings of one's own, with raters' traces, as a manifest lists them."""

from __future__ import annotations

import csv
import pathlib
from collections.abc import Sequence

import numpy as np
import soundfile

HEAD = ("file", "speaker", "traces")
RATES = (16_000, 22_050, 44_100)
SPEAKERS = ("ann", "ben", "cleo")
DELAY = 1.2
"""Seconds by which the raters are late."""


def raters(
    seed: int, seconds: float
) -> list[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Returns time and ratings in [-1, 1] of two raters, at odd rates."""
    rng = np.random.default_rng(seed)
    traces = []
    for rate in (10.0, 7.3):
        time = np.append(np.arange(0, seconds, 1 / rate), seconds)
        noise = rng.normal(0, 0.05, (2, len(time)))
        arousal = 0.6 * _mood(seed, time - DELAY) + noise[0]
        valence = 0.5 * np.cos(time / 2 + seed) + 0.1 * noise[1]
        ratings = {"arousal": arousal + 0.1, "valence": valence}
        traces.append(
            (time, {k: np.clip(v, -1, 1) for k, v in ratings.items()})
        )
    return traces


def _mood(seed: int, time: np.ndarray) -> np.ndarray:
    return np.sin(0.9 * time + seed) * np.cos(0.37 * time)


def write(root: pathlib.Path, seconds: float = 6.0) -> pathlib.Path:
    """Writes three recordings with two raters' traces each, and their table.

    Args:
        root: folder, made where it is missing.
        seconds: length of the recordings.
    """
    root.mkdir(exist_ok=True)
    rows = []
    for seed, (speaker, rate) in enumerate(zip(SPEAKERS, RATES)):
        time = np.arange(round(seconds * rate)) / rate
        noise = np.random.default_rng(seed).normal(size=len(time))
        level = 0.05 * np.exp(_mood(seed, time))
        soundfile.write(root / f"{speaker}.wav", level * noise, rate)
        names = [f"{speaker}_{number}.csv" for number in (1, 2)]
        for name, (times, ratings) in zip(names, raters(seed, seconds)):
            write_trace(root / name, times, ratings)
        rows.append((f"{speaker}.wav", speaker, ";".join(names)))
    write_rows(root / "manifest.csv", HEAD, rows)
    return root


def write_trace(
    path: pathlib.Path, time: np.ndarray, ratings: dict[str, np.ndarray]
) -> None:
    """Writes one rater's trace."""
    columns = (time, *ratings.values())
    rows = [[repr(float(value)) for value in row] for row in zip(*columns)]
    write_rows(path, ("time", *ratings), rows)


def write_rows(
    path: pathlib.Path, head: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """Writes a table."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])
