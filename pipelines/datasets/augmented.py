"""Augmentation of waveforms in batches, while a network trains."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.datasets import batching
from pipelines.datasets.audio import READERS

if TYPE_CHECKING:
    import tensorflow as tf

NAME = "waveform"
Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def augmented(
    batches: tf.data.Dataset,
    change: Change,
    multiple: int,
    seed: int,
    first: int = 0,
) -> tf.data.Dataset:
    """Returns batches with augmented waveforms.

    What happens to a row depends on the seed, on its batch's number and on its
    place, so a resumed training sees what an uninterrupted one would.

    Args:
        batches: of `pipelines.datasets.utterances.batches`, of waveforms.
        change: from a waveform (samples,) and a generator of random numbers
            to one of any length.
        multiple: of steps that a batch's length is.
        seed: of the training.
        first: number of the first batch, counted from the training's start.
    """
    import tensorflow as tf

    def rows(number: int, waveforms: Any, lengths: Any) -> tuple[Any, Any]:
        arrays = [
            change(row[:length], np.random.default_rng([seed, number, place]))
            for place, (row, length) in enumerate(zip(waveforms, lengths))
        ]
        longest = max(len(array) for array in arrays)
        steps = -(-longest // multiple) * multiple
        inputs = batching.padded_inputs(arrays, steps, NAME)
        return inputs[NAME], inputs["lengths"]

    @tf.autograph.experimental.do_not_convert
    def changed(number: tf.Tensor, batch: tuple[Any, ...]) -> tuple[Any, ...]:
        inputs, *rest = batch
        waveforms, lengths = tf.numpy_function(
            rows,
            [number, inputs[NAME], inputs["lengths"]],
            [tf.float32, tf.int32],
            stateful=False,
        )
        shaped = {
            NAME: tf.ensure_shape(waveforms, [None, None]),
            "lengths": tf.ensure_shape(lengths, [None]),
        }
        return (shaped, *rest)

    numbered = batches.enumerate(first)
    return numbered.map(
        changed, num_parallel_calls=READERS, deterministic=True
    ).prefetch(tf.data.AUTOTUNE)
