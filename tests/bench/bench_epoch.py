"""Seconds of an epoch of batches: held in memory, from lists, from disk.

`python tests/bench/bench_epoch.py EMOTALE`: nothing is learnt, so that what
reading costs is seen whole. "lists" are arrays that Python threads have read
and a generator pads, without the pipeline. The first epoch from disk decodes
every recording with libsndfile; the same in the graph, by tensorflow-io where
it loads, stands beside it.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf

import pipelines
from pipelines import stored
from pipelines.audio import graph
from pipelines.corpora.base import Corpus
from pipelines.datasets import batching, utterances
from pipelines.datasets.audio import READERS, Recordings
from pipelines.datasets.utterances import EMOTION, UtteranceSample

BATCH = 16


def batches(samples: list[UtteranceSample], tasks: dict) -> tf.data.Dataset:
    """Returns the endless shuffled batches of the pipeline."""
    weights = {EMOTION: np.ones(len(samples), "float32")}
    return utterances.batches(
        samples, "waveform", [EMOTION], BATCH, weights, shuffle_seed=0
    )


def of_lists(arrays: list[np.ndarray]) -> tf.data.Dataset:
    """Returns endless batches of arrays, padded in a generator."""
    lengths = np.array([len(array) for array in arrays])

    def elements() -> Iterator[dict[str, np.ndarray]]:
        for epoch in itertools.count():
            order = np.random.default_rng([0, epoch]).permutation(len(arrays))
            order = batching.bucketed(order, lengths, BATCH)
            for start in range(0, len(order), BATCH):
                own = order[start : start + BATCH]
                steps = -(-lengths[own].max() // 1600) * 1600
                rows = [arrays[index] for index in own]
                yield batching.padded_inputs(rows, steps, "waveform")

    signature = batching.input_signature((), name="waveform")
    dataset = tf.data.Dataset.from_generator(
        elements, output_signature=signature
    )
    return dataset.prefetch(tf.data.AUTOTUNE)


def take(iterator: Iterator, steps: int) -> float:
    """Returns the seconds of one epoch."""
    started = time.perf_counter()
    for _ in range(steps):
        next(iterator)
    return time.perf_counter() - started


def timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def reading(corpus: Corpus, rounds: int) -> dict[str, float]:
    """Returns the seconds of reading all recordings, by way of reading."""
    names = [str(utterance.files[0]) for utterance in corpus.utterances]

    def in_the_graph() -> None:
        dataset = tf.data.Dataset.from_tensor_slices(names).map(
            lambda name: graph.decode(tf.io.read_file(name)),
            num_parallel_calls=READERS,
        )
        for _ in dataset:
            pass

    def by_libsndfile() -> None:
        for _ in Recordings(corpus.utterances, corpus.waveform).waveforms():
            pass

    def by_threads() -> None:
        with ThreadPoolExecutor(READERS) as pool:
            list(pool.map(corpus.waveform, corpus.utterances))

    calls = {
        "libsndfile in tf.data": by_libsndfile,
        "tensorflow-io in tf.data": in_the_graph,
        "libsndfile in threads": by_threads,
    }
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            seconds[name].append(timed(call))
    return {name: statistics.median(own) for name, own in seconds.items()}


def main() -> None:
    """Prints the seconds of an epoch, and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    corpus = pipelines.corpus("emotale", arguments.data)
    tasks = {EMOTION: corpus.emotions}
    for name, seconds in reading(corpus, 3).items():
        print(f"reading by {name}: {seconds:.2f} s", flush=True)

    held = utterances.read(corpus, corpus.utterances, tasks)
    stored.SHARE = 0
    apart = pipelines.corpus("emotale", arguments.data)
    streamed = utterances.read(apart, apart.utterances, tasks)
    arrays = [np.asarray(sample.inputs) for sample in held]
    streams = {
        "lists": iter(of_lists(arrays)),
        "held": iter(batches(held, tasks)),
        "from disk": iter(batches(streamed, tasks)),
    }
    steps = -(-len(held) // BATCH)
    seconds: dict[str, list[float]] = {name: [] for name in streams}
    for _ in range(arguments.rounds + 1):
        for name, iterator in streams.items():
            seconds[name].append(take(iterator, steps))
    lists = statistics.median(seconds["lists"][1:])
    for name, own in seconds.items():
        median = statistics.median(own[1:])
        print(
            f"{name}: first epoch {own[0]:.2f} s, then {median:.2f} s, "
            f"{median / lists:.2f} x lists"
        )


if __name__ == "__main__":
    main()
