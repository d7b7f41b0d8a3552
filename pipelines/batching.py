"""Feature sequences become `tf.data` batches with lengths and weights."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence as Many
from typing import TYPE_CHECKING

import numpy as np

from pipelines.sequences import Sequence

if TYPE_CHECKING:
    import tensorflow as tf


def dataset(
    sequences: Many[Sequence],
    dimensions: Many[str],
    batch_size: int = 1,
    shuffle_seed: int | None = None,
    first_epoch: int = 0,
) -> tf.data.Dataset:
    """Batches for `fit`, `evaluate` and `predict`.

    Args:
        sequences: all with traces of `dimensions`.
        dimensions: names of the targets.
        batch_size: recordings a batch, padded at the end to the longest.
        shuffle_seed: `None` gives one pass in the given order. Else an
            endless stream, each epoch in an order of its own that depends on
            the seed and on the epoch's number alone, so that a resumed run
            goes on exactly as it would have.
        first_epoch: the number of the stream's first epoch.

    Returns:
        Elements ({"features": (B, T, F), "lengths": (B,)}, a trace (B, T) a
        dimension, weights (B, T) a dimension that are 0 in the padding).
    """
    import tensorflow as tf

    if not sequences:
        raise ValueError("`sequences` must hold at least one sequence.")

    def batches() -> Iterator[tuple]:
        for order in _orders(len(sequences), shuffle_seed, first_epoch):
            for start in range(0, len(order), batch_size):
                places = order[start : start + batch_size]
                yield _batch([sequences[i] for i in places], dimensions)

    values = sequences[0].features.shape[1]
    trace = {
        dimension: tf.TensorSpec((None, None), tf.float32)
        for dimension in dimensions
    }
    inputs = {
        "features": tf.TensorSpec((None, None, values), tf.float32),
        "lengths": tf.TensorSpec((None,), tf.int32),
    }
    stream = tf.data.Dataset.from_generator(
        batches, output_signature=(inputs, trace, trace)
    )
    count = -(-len(sequences) // batch_size)
    if shuffle_seed is not None:
        count = tf.data.INFINITE_CARDINALITY
    stream = stream.apply(tf.data.experimental.assert_cardinality(count))
    return stream.prefetch(tf.data.AUTOTUNE)


def _orders(
    count: int, seed: int | None, first_epoch: int
) -> Iterator[np.ndarray]:
    if seed is None:
        yield np.arange(count)
        return
    for epoch in itertools.count(first_epoch):
        yield np.random.default_rng([seed, epoch]).permutation(count)


def _batch(sequences: Many[Sequence], dimensions: Many[str]) -> tuple:
    for sequence in sequences:
        missing = [each for each in dimensions if each not in sequence.traces]
        if missing:
            raise ValueError(
                f"{sequence.id} has no labels of {', '.join(missing)}; it "
                "cannot be trained on or scored."
            )
    inputs = {
        "features": _padded([each.features for each in sequences]),
        "lengths": np.array([len(each.features) for each in sequences], "i4"),
    }
    targets = {
        dimension: _padded([each.traces[dimension] for each in sequences])
        for dimension in dimensions
    }
    ones = _padded([np.ones(n, "float32") for n in inputs["lengths"]])
    return inputs, targets, {dimension: ones for dimension in dimensions}


def _padded(arrays: Many[np.ndarray]) -> np.ndarray:
    longest = max(len(each) for each in arrays)
    shape = (len(arrays), longest, *arrays[0].shape[1:])
    padded = np.zeros(shape, "float32")
    for row, each in zip(padded, arrays):
        row[: len(each)] = each
    return padded
