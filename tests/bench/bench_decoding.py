"""Exact decoding against beams: score and time.

The input is what the decoder meets: labels from a slow random walk, and
posteriors whose peak wanders around them. One recording of RECOLA is 7,500
frames of 40 ms. Run it as `python tests/bench/bench_decoding.py`.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from zoo import decoding


def recording(
    rng: np.random.Generator, frames: int, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Labels (frames,) of a random walk and log posteriors around them."""
    walk = np.cumsum(rng.normal(size=frames))
    walk = (walk - walk.min()) / np.ptp(walk) * (classes - 1)
    noise = np.convolve(rng.normal(size=frames + 24), np.ones(25) / 5, "valid")
    offsets = np.arange(classes) - (walk + noise)[:, None]
    weights = np.exp(-0.5 * (offsets / 1.5) ** 2) + 1e-6
    posteriors = weights / weights.sum(1, keepdims=True)
    return np.rint(walk).astype(int), np.log(posteriors)


def row(
    order: int, beam: int | None, repeats: int, inputs: dict[str, Any]
) -> str:
    """Decodes a few times; the table's row of one search."""
    method = "exact" if beam is None else "beam"
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        labels, score = decoding.decode(**inputs, method=method, beam=beam)
        seconds.append(time.perf_counter() - start)
    return (
        f"{order:<6} {method:>5} {beam or '':<4} {score:<12.3f} "
        f"{len(decoding.regions(labels)):<8} {min(seconds):.3f}"
    )


def main() -> None:
    """Prints a row for each n-gram order and search."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=7500)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--alpha", type=float, default=2.0)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()

    rng = np.random.default_rng(0)
    shape = arguments.frames, arguments.classes
    training = [recording(rng, *shape)[0] for _ in range(9)]
    sequences = [decoding.regions(labels) for labels in training]
    transitions = decoding.transition_log_probabilities(training, shape[1])
    truth, posteriors = recording(rng, *shape)
    print(f"{shape[0]} frames, {shape[1]} classes, alpha {arguments.alpha:g}")
    print(f"regions in truth: {len(decoding.regions(truth))}")
    print("order  search     score        regions  seconds (best)")
    for order in (2, 3):
        model = decoding.LanguageModel(order).fit(sequences, shape[1])
        inputs = {
            "log_posteriors": posteriors,
            "log_transitions": transitions,
            "language_model": model,
            "alpha": arguments.alpha,
        }
        for beam in (None, 10, 100, 1000):
            print(row(order, beam, arguments.repeats, inputs), flush=True)


if __name__ == "__main__":
    main()
