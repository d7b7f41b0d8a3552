"""Order, padding and `tf.data` streams of the batches of all datasets."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.datasets.audio import READERS
from pipelines.stored import Array

if TYPE_CHECKING:
    import tensorflow as tf

BUCKET = 8
"""How many batches are sorted by length together."""


def stream(
    batch: Callable[[np.ndarray], tuple[Any, ...]],
    signature: tuple[Any, ...],
    count: int,
    batch_size: int = 1,
    shuffle_seed: int | None = None,
    first_epoch: int = 0,
    lengths: np.ndarray | None = None,
    most_steps: int | None = None,
    is_stored: bool = False,
) -> tf.data.Dataset:
    """Returns a dataset of batches.

    Args:
        batch: makes the element of a batch from the indices of its samples.
        signature: `tf.TensorSpec`s of such an element.
        count: number of samples.
        batch_size: samples a batch; the last one of an epoch may have fewer.
        shuffle_seed: `None` gives one pass in the given order. A number gives
            an endless stream, in which the order of an epoch depends on the
            seed and on the epoch's number alone, so that a resumed run
            continues as an uninterrupted one would.
        first_epoch: number of the stream's first epoch.
        lengths: (samples,), to draw shuffled batches from samples of similar
            length (`bucketed`); `None` to draw them from all samples.
        most_steps: of a batch that is not shuffled, padding included: those
            of more are divided, which needs `lengths`; `None` for any number.
            Shuffled batches keep their size, which is part of the training.
        is_stored: whether `batch` reads from disk, so that several batches
            are read side by side.
    """
    import tensorflow as tf

    def divided(order: np.ndarray) -> list[np.ndarray]:
        if shuffle_seed is None and lengths is not None:
            return bounded(order, lengths, batch_size, most_steps)
        if lengths is not None:
            order = bucketed(order, lengths, batch_size)
        return np.split(order, range(batch_size, count, batch_size))

    def indices() -> Iterator[np.ndarray]:
        for order in _orders(count, shuffle_seed, first_epoch):
            yield from divided(order)

    if is_stored:
        dataset = _read_side_by_side(batch, signature, indices)
    else:
        dataset = tf.data.Dataset.from_generator(
            lambda: map(batch, indices()), output_signature=signature
        )
    cardinality = tf.data.INFINITE_CARDINALITY
    if shuffle_seed is None:
        cardinality = len(divided(np.arange(count)))
    dataset = dataset.apply(
        tf.data.experimental.assert_cardinality(cardinality)
    )
    return dataset.prefetch(tf.data.AUTOTUNE)


def _read_side_by_side(
    batch: Callable[[np.ndarray], tuple[Any, ...]],
    signature: tuple[Any, ...],
    indices: Callable[[], Iterator[np.ndarray]],
) -> tf.data.Dataset:
    """Returns a dataset of batches, several of which are read at once."""
    import tensorflow as tf

    specs = tf.nest.flatten(signature)

    @tf.autograph.experimental.do_not_convert
    def read(chosen: tf.Tensor) -> tuple[Any, ...]:
        arrays = tf.numpy_function(
            lambda own: tf.nest.flatten(batch(own)),
            [chosen],
            [spec.dtype for spec in specs],
            stateful=False,
        )
        shaped = [
            tf.ensure_shape(array, spec.shape)
            for array, spec in zip(arrays, specs)
        ]
        packed: tuple[Any, ...] = tf.nest.pack_sequence_as(signature, shaped)
        return packed

    dataset = tf.data.Dataset.from_generator(
        indices, output_signature=tf.TensorSpec((None,), tf.int64)
    )
    return dataset.map(read, num_parallel_calls=READERS, deterministic=True)


def _orders(
    count: int, seed: int | None, first_epoch: int
) -> Iterator[np.ndarray]:
    if seed is None:
        yield np.arange(count)
        return
    for epoch in itertools.count(first_epoch):
        yield np.random.default_rng([seed, epoch]).permutation(count)


def bucketed(
    order: np.ndarray, lengths: np.ndarray, batch_size: int
) -> np.ndarray:
    """Reorders samples so that each batch holds samples of similar length.

    Args:
        order: indices of the samples in random order, (samples,).
        lengths: length of each sample, (samples,).
        batch_size: samples a batch.

    Returns:
        The same indices. Those of every `BUCKET` batches are sorted by
        length; the batches then follow the random order of their first
        samples. The last batch is the one that may be smaller.
    """
    whole = len(order) // batch_size * batch_size
    batches: list[np.ndarray] = []
    for start in range(0, whole, BUCKET * batch_size):
        bucket = order[start : min(start + BUCKET * batch_size, whole)]
        ranked = bucket[np.argsort(lengths[bucket], kind="stable")]
        batches += np.split(ranked, len(ranked) // batch_size)
    rank = np.empty(len(lengths), int)
    rank[order] = np.arange(len(order))
    batches.sort(key=lambda batch: rank[batch].min())
    return np.concatenate([*batches, order[whole:]])


def bounded(
    order: np.ndarray,
    lengths: np.ndarray,
    batch_size: int,
    most_steps: int | None = None,
) -> list[np.ndarray]:
    """Divides samples into batches of limited rows and steps.

    Args:
        order: indices of the samples, (samples,).
        lengths: length of each sample, (samples,).
        batch_size: samples a batch at most.
        most_steps: of a batch at most, its rows times its longest row; a
            single sample may have more. `None` for any number.

    Returns:
        The indices of each batch, in the given order.

    Example:
        >>> order, lengths = np.arange(4), np.array([5, 5, 5, 9])
        >>> [own.tolist() for own in bounded(order, lengths, 3, 14)]
        [[0, 1], [2], [3]]
    """
    batches: list[list[int]] = []
    longest = 0
    for index in order:
        longest = max(longest, lengths[index])
        steps = longest * (len(batches[-1]) + 1) if batches else 0
        is_full = not batches or len(batches[-1]) == batch_size
        if is_full or (most_steps is not None and steps > most_steps):
            batches.append([])
            longest = lengths[index]
        batches[-1].append(index)
    return [np.array(own) for own in batches]


def padded(arrays: Sequence[Array], steps: int | None = None) -> np.ndarray:
    """Stacks arrays (time, …), padded with zeros at the end.

    Args:
        arrays: the arrays, equal in all but the length.
        steps: length of the rows; `None` for that of the longest array.

    Returns:
        (arrays, time, …) float32.
    """
    longest = steps or max(len(array) for array in arrays)
    shape = (len(arrays), longest, *arrays[0].shape[1:])
    rows = np.zeros(shape, "float32")
    for row, array in zip(rows, arrays):
        row[: len(array)] = np.asarray(array)
    return rows


def padded_inputs(
    arrays: Sequence[Array],
    steps: int | None = None,
    name: str = "features",
) -> dict[str, np.ndarray]:
    """Returns the model inputs {name: padded arrays, "lengths": (B,) int32}.

    Args:
        arrays: the arrays, equal in all but the length.
        steps: length of the rows; `None` for that of the longest array.
        name: of the input.
    """
    lengths = np.array([len(array) for array in arrays], "int32")
    return {name: padded(arrays, steps), "lengths": lengths}


def input_signature(
    step: tuple[int, ...], steps: int | None = None, name: str = "features"
) -> dict[str, tf.TensorSpec]:
    """Returns the `tf.TensorSpec`s of `padded_inputs`.

    Args:
        step: shape of one step.
        steps: length of the rows; `None` where it differs between batches.
        name: of the input.
    """
    import tensorflow as tf

    return {
        name: tf.TensorSpec((None, steps, *step), tf.float32),
        "lengths": tf.TensorSpec((None,), tf.int32),
    }


def check_labels(
    sample: str, names: Sequence[str], labels: Sequence[str]
) -> None:
    """Refuses a sample that lacks labels.

    Args:
        sample: its id.
        names: of the labels it must have.
        labels: names of those it has.

    Raises:
        ValueError: names the sample and the missing labels.
    """
    missing = [name for name in names if name not in labels]
    if missing:
        raise ValueError(
            f"{sample} has no labels of {', '.join(missing)}; it cannot be "
            "trained on or scored."
        )
