"""From CMU-MOSEI's `.csd` files to the first batch of a network.

A copy as large as CMU-MOSEI (3,227 videos, 65 hours) is tiled from simulated
videos in the real layout, rates and dimensions, and opened twice, each time by
a process of its own: the first aligns the words and writes the cache, the
second maps it. Each stage's time, processor time and peak of memory are
printed: opening the copy (which words and segments there are), reading its
words, scaling them, and making a batch of 64. Run it as
`python tests/bench/bench_mosei.py --hours 65 --folder FOLDER`; the folder takes
0.19 GB an hour, and a complete one is used again.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np

import pipelines
from pipelines.corpora._io import csd
from pipelines.corpora.mosei import EMOTIONS, folds
from pipelines.datasets import words
from pipelines.datasets.word_features import WordFeatures
from pipelines.simulation.mosei import simulate_mosei

HOURS = 65.0
SOURCES = 40
PARTS = 3
"""Simulated videos of about 22 s that make one of CMU-MOSEI's 72 s."""


def tile(folder: Path, hours: float) -> Path:
    """Writes a copy of the standard videos' shares of so many hours."""
    copy = folder / f"copy_{hours:g}"
    if (copy / "complete").exists():
        return copy
    copy.mkdir(parents=True, exist_ok=True)
    source = simulate_mosei(folder / "source", videos=SOURCES)
    videos = list(folds.standard_folds())
    videos = videos[:: max(1, round(len(videos) * 72 / (3600 * hours)))]
    for path in sorted(source.glob("*.csd")):
        _tile_file(path, copy / path.name, videos)
    (copy / "complete").touch()
    return copy


def _tile_file(source: Path, target: Path, videos: list[str]) -> None:
    file = csd.ComputationalSequence(source)
    is_text = file.root == "words"
    streams = [
        (
            file.intervals(video),
            file.texts(video)[:, None].astype("S")
            if is_text
            else file.features(video),
        )
        for video in file.videos
    ]
    with h5py.File(target, "w") as copy, h5py.File(source) as original:
        for number, video in enumerate(videos):
            parts = [
                streams[(PARTS * number + part) % len(streams)]
                for part in range(PARTS)
            ]
            group = copy.create_group(f"{file.root}/data/{video}")
            group["features"] = np.concatenate([part[1] for part in parts])
            group["intervals"] = np.concatenate(
                [part[0] + 24.0 * i for i, part in enumerate(parts)]
            )
        original.copy(f"{file.root}/metadata", copy[file.root])


def stages(copy: Path, cache: Path) -> None:
    """Prints the stages up to the first batch."""
    import tensorflow  # noqa: F401, so that no stage imports it

    marks = [_mark("start")]
    corpus = pipelines.corpus("mosei", copy, partial=True)
    marks.append(_mark("open"))
    samples = {
        split: words.read(corpus, corpus.split(split), "tav", cache=cache)
        for split in ("train", "dev", "test")
    }
    marks.append(_mark("read"))
    features = WordFeatures(samples["train"], "tav", maxlen=20)
    marks.append(_mark("scale"))
    batches = words.batches(
        features(samples["train"]), {"emotions": EMOTIONS}, 64, 20, 0
    )
    next(iter(batches))
    marks.append(_mark("batch"))
    print(f"{len(corpus.speakers)} videos, {len(corpus.utterances)} segments")
    for (name, *now), (_, *before) in zip(marks[1:], marks):
        _show(name, now, before)
    _show("total", marks[-1][1:], marks[0][1:])


def _mark(name: str) -> tuple[str, float, float, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return name, time.perf_counter(), time.process_time(), peak


def _show(name: str, now: list[float], before: list[float]) -> None:
    seconds, processor = now[0] - before[0], now[1] - before[1]
    print(f"{name:6} {seconds:7.1f} s, {processor:6.1f} s CPU, {now[2]:.2f} GB")


def main() -> None:
    """Prints the first and the second run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=HOURS)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    copy = tile(arguments.folder, arguments.hours)
    if arguments.cache:
        stages(copy, arguments.cache)
        return
    cache = arguments.folder / f"features_{time.time():.0f}"
    for run in ("first", "second"):
        print(f"{run} run of {arguments.hours:g} hours")
        subprocess.run(
            [sys.executable, *sys.argv, f"--cache={cache}"], check=True
        )


if __name__ == "__main__":
    main()
