"""Overlap-weighted averages against the loop over words that the SDK runs.

The input is an hour of COVAREP, 100 frames a second of 74 values, and about
9,000 words: once as one recording, once as 36 videos of 100 s, more like
CMU-MOSEI's. CMU-MultimodalSDK is not installed here, so what has to be beaten
is written out below: what `mmdataset.align` does for each word, on arrays in
memory. It is given an easy time: no reading from HDF5 and no sorting of frames
in Python, both of which the SDK does too. Of the hour in one recording every
50th word is looped over, and the time multiplied. Run it as
`python tests/bench/bench_align.py`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from timing import interleaved

from pipelines import align

RATE, VALUES = 100, 74
Recording = tuple[np.ndarray, np.ndarray, np.ndarray]


def word_by_word(
    words: np.ndarray, intervals: np.ndarray, features: np.ndarray
) -> np.ndarray:
    """The SDK's loop, with the average weighted by overlap."""
    averages = np.zeros((len(words), features.shape[1]))
    for place, word in enumerate(words):
        bounds = np.array([-word[1], word[0]])
        turned = intervals.copy()
        turned[:, 0] = -turned[:, 0]
        hit = np.all(turned - bounds > -align.EPSILON, axis=1)
        starts = np.maximum(intervals[hit, 0], word[0])
        overlap = np.minimum(intervals[hit, 1], word[1]) - starts
        kept = np.abs(overlap) > align.EPSILON
        if kept.any():
            averages[place] = np.average(
                features[hit][kept], axis=0, weights=overlap[kept]
            )
    return averages


def recording(rng: np.random.Generator, seconds: int) -> Recording:
    """Words, and intervals and features of frames."""
    frames = np.arange(seconds * RATE)
    intervals = np.stack([frames, frames + 1], axis=1) / RATE
    bounds = np.sort(rng.uniform(0, seconds, 5 * seconds))
    words = bounds.reshape(-1, 2)
    return words, intervals, rng.normal(size=(len(frames), VALUES))


def compare(
    title: str, recordings: list[Recording], every: int, rounds: int
) -> None:
    """Prints seconds and their ratio, after checking that both agree."""
    few = [(words[::every], *stream) for words, *stream in recordings]

    def run(average: Callable, some: list[Recording]) -> list[np.ndarray]:
        return [average(*each) for each in some]

    for ours, loop in zip(
        run(align.overlap_average, few), run(word_by_word, few)
    ):
        np.testing.assert_allclose(ours, loop, rtol=0, atol=1e-9)
    seconds = interleaved(
        {
            "ours": lambda: run(align.overlap_average, recordings),
            "loop": lambda: run(word_by_word, few),
        },
        rounds,
        warm_up=1,
    )
    loop = seconds["loop"] * every
    print(
        f"{title}: {seconds['ours']:.4f} s, word by word {loop:.2f} s, "
        f"{loop / seconds['ours']:.0f} times as fast"
    )


def main() -> None:
    """Prints a line for each way to have an hour."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    rng = np.random.default_rng(0)
    videos = [recording(rng, 100) for _ in range(36)]
    compare("an hour in 36 videos", videos, 1, rounds)
    compare("an hour in one recording", [recording(rng, 3600)], 50, rounds)


if __name__ == "__main__":
    main()
