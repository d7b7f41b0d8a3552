"""Features of a folder of recordings with one and with two workers.

Prints seconds and the processors that were busy (CPU seconds over seconds),
of this process and of those that it started; the least of several rounds. Run
it as `python tests/bench/bench_extraction.py`; it makes 60 recordings of 20 s.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
import time
from pathlib import Path

import soundfile
from bench_yaafe import voice

import pipelines
from pipelines.features import extraction


def corpus(root: Path, recordings: int, seconds: float) -> pipelines.Corpus:
    """Writes a corpus of voice-like signals and opens it."""
    signal = voice(seconds)
    rows = [["file", "speaker", "emotion"]]
    for number in range(recordings):
        soundfile.write(root / f"{number}.wav", signal, 16_000)
        rows.append([f"{number}.wav", "speaker", "sad"])
    with open(root / "manifest.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    return pipelines.corpus("manifest", root)


def main() -> None:
    """Prints seconds and busy processors by number of workers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    best: dict[int, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        data = corpus(Path(folder), arguments.recordings, arguments.seconds)
        for _ in range(arguments.rounds):
            for workers in (1, 2):
                started, before = time.perf_counter(), sum(os.times()[:4])
                extraction.extract(data, data.utterances, workers=workers)
                seconds = time.perf_counter() - started
                busy = (sum(os.times()[:4]) - before) / seconds
                best[workers] = min(
                    best.get(workers, (1e9, 0.0)), (seconds, busy)
                )
    for workers, (seconds, busy) in best.items():
        print(f"{workers} workers: {seconds:.2f} s, {busy:.2f} processors busy")
    print(f"ratio {best[1][0] / best[2][0]:.2f}")


if __name__ == "__main__":
    main()
