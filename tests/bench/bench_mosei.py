"""From CMU-MOSEI's `.csd` files to the first batch of a network.

The corpus is simulated, in the real layout, rates and dimensions: a quarter,
a half and a whole hour of video. Times are those of opening it (which words
and segments there are), reading and aligning all three modalities, scaling
them, and making a batch of 64. Run it as `python tests/bench/bench_mosei.py`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import pipelines
from pipelines.corpora._io import csd
from pipelines.corpora.mosei import EMOTIONS
from pipelines.datasets import words
from pipelines.datasets.word_features import WordFeatures
from pipelines.simulation import mosei

SECONDS_A_VIDEO = 29.5


def stages(root: Path) -> tuple[int, list[float]]:
    """Number of segments, and the seconds of each stage."""
    marks = [time.perf_counter()]
    corpus = pipelines.corpus("simulated_mosei", root)
    marks.append(time.perf_counter())
    read = words.read(corpus, corpus.utterances, "tav")
    marks.append(time.perf_counter())
    segments = WordFeatures(read, "tav", maxlen=20)(read)
    marks.append(time.perf_counter())
    batches = words.batches(
        segments, {"emotions": EMOTIONS}, 64, 20, shuffle_seed=0
    )
    next(iter(batches))
    marks.append(time.perf_counter())
    return len(read), [b - a for a, b in zip(marks, marks[1:])]


def hours(root: Path) -> float:
    """Hours of voice in a copy."""
    voice = csd.ComputationalSequence(root / "CMU_MOSEI_COVAREP.csd")
    return sum(voice.shape(video)[0] for video in voice.videos) / 360_000


def main() -> None:
    """Prints a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=1.0)
    most = parser.parse_args().hours
    print("hours  segments  open    read    scale   batch   total  a hour")
    with tempfile.TemporaryDirectory() as folder:
        sizes = [most / 4, most / 4, most / 2, most]
        for number, size in enumerate(sizes):
            root = Path(folder) / str(number)
            mosei.simulate_mosei(
                root, videos=round(3600 * size / SECONDS_A_VIDEO)
            )
            segments, seconds = stages(root)
            if number:  # the first imports and warms up
                total, there = sum(seconds), hours(root)
                each = "  ".join(f"{second:.3f}s" for second in seconds)
                print(
                    f"{there:.2f}   {segments:<8}  {each}  {total:.2f}s  "
                    f"{total / there:.2f}s"
                )


if __name__ == "__main__":
    main()
