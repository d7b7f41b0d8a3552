"""Feature sequences become `tf.data` batches with lengths and weights."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Many
from typing import TYPE_CHECKING

import numpy as np

from pipelines.datasets.traces import Sequence

if TYPE_CHECKING:
    import tensorflow as tf

    from pipelines.datasets.word_inputs import Segment


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

    trace = {
        dimension: tf.TensorSpec((None, None), tf.float32)
        for dimension in dimensions
    }
    inputs = _inputs(sequences[0].features.shape[1])
    return stream(
        lambda places: _batch([sequences[i] for i in places], dimensions),
        (inputs, trace, trace),
        (len(sequences), batch_size, shuffle_seed, first_epoch),
    )


def labelled(
    segments: Many[Segment],
    outputs: Mapping[str, Many[str]],
    batch_size: int = 64,
    steps: int | None = None,
    shuffle_seed: int | None = None,
    first_epoch: int = 0,
) -> tf.data.Dataset:
    """Batches of whole utterances with a few labels each.

    Args:
        segments: all with the same number of features.
        outputs: name of a model's output to the names of its labels.
        batch_size: utterances a batch.
        steps: words to pad to at the end; `None` pads to the longest of each
            batch.
        shuffle_seed: as for `dataset`.
        first_epoch: as for `dataset`.

    Returns:
        Elements ({"features": (B, T, F), "lengths": (B,)}, (B, labels) an
        output), features and labels float32, lengths int32.

    Raises:
        ValueError: no segments, one without some label, or one longer than
            `steps`.
    """
    import tensorflow as tf

    _check_segments(segments, outputs, steps)
    inputs = _inputs(segments[0].features.shape[1], steps)
    targets = {
        output: tf.TensorSpec((None, len(names)), tf.float32)
        for output, names in outputs.items()
    }

    def batch(places: np.ndarray) -> tuple:
        chosen = [segments[place] for place in places]
        labels = {
            output: np.array(
                [[each.labels[name] for name in names] for each in chosen],
                "float32",
            )
            for output, names in outputs.items()
        }
        inputs = _padded_inputs([each.features for each in chosen], steps)
        return inputs, labels

    return stream(
        batch,
        (inputs, targets),
        (len(segments), batch_size, shuffle_seed, first_epoch),
    )


def _check_segments(
    segments: Many[Segment], outputs: Mapping[str, Many[str]], steps: int | None
) -> None:
    if not segments:
        raise ValueError("`segments` must hold at least one segment.")
    wanted = {name for names in outputs.values() for name in names}
    for segment in segments:
        missing = sorted(wanted - set(segment.labels))
        if missing:
            raise ValueError(
                f"{segment.id} has no labels of {', '.join(missing)}; it "
                "cannot be trained on or scored."
            )
        words = len(segment.dense)
        if steps is not None and words > steps:
            raise ValueError(
                f"`steps` must be at least {words}, the words of "
                f"{segment.id}. Received: steps={steps}"
            )


def stream(
    batch: Callable[[np.ndarray], tuple],
    signature: tuple,
    order: tuple[int, int, int | None, int],
    arrange: Callable[[np.ndarray], np.ndarray] = lambda places: places,
) -> tf.data.Dataset:
    """Batches of places, in the orders that `dataset` tells of.

    Args:
        batch: from places to what is fed.
        signature: of that.
        order: how many places, batch size, `shuffle_seed`, `first_epoch`.
        arrange: an epoch's places, shuffled or not, as they are to come.
    """
    import tensorflow as tf

    count, batch_size, shuffle_seed, first_epoch = order

    def batches() -> Iterator[tuple]:
        for places in _orders(count, shuffle_seed, first_epoch):
            places = arrange(places)
            for start in range(0, count, batch_size):
                yield batch(places[start : start + batch_size])

    stream = tf.data.Dataset.from_generator(batches, output_signature=signature)
    elements = -(-count // batch_size)
    if shuffle_seed is not None:
        elements = tf.data.INFINITE_CARDINALITY
    stream = stream.apply(tf.data.experimental.assert_cardinality(elements))
    return stream.prefetch(tf.data.AUTOTUNE)


def _inputs(values: int, steps: int | None = None) -> dict[str, tf.TensorSpec]:
    import tensorflow as tf

    return {
        "features": tf.TensorSpec((None, steps, values), tf.float32),
        "lengths": tf.TensorSpec((None,), tf.int32),
    }


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
    inputs = _padded_inputs([each.features for each in sequences])
    targets = {
        dimension: padded([each.traces[dimension] for each in sequences])
        for dimension in dimensions
    }
    ones = padded([np.ones(n, "float32") for n in inputs["lengths"]])
    return inputs, targets, {dimension: ones for dimension in dimensions}


def _padded_inputs(
    features: Many[np.ndarray], steps: int | None = None
) -> dict[str, np.ndarray]:
    lengths = np.array([len(each) for each in features], "int32")
    return {"features": padded(features, steps), "lengths": lengths}


def padded(arrays: Many[np.ndarray], steps: int | None = None) -> np.ndarray:
    """Arrays (time, …) as rows with zeros at their ends.

    Args:
        arrays: of one width.
        steps: length of the rows; `None` for the longest array's.
    """
    longest = steps or max(len(each) for each in arrays)
    shape = (len(arrays), longest, *arrays[0].shape[1:])
    rows = np.zeros(shape, "float32")
    for row, each in zip(rows, arrays):
        row[: len(each)] = each
    return rows
