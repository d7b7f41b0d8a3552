"""Utterances of like length become batches with classes and weights."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipelines.datasets.batching import padded, stream
from pipelines.datasets.utterances import Classified

if TYPE_CHECKING:
    import tensorflow as tf

BUCKET = 8
"""Batches that are sorted by length together."""
STEPS = {"features": 32, "waveform": 1600}
"""Utterances are padded to multiples of so many."""


def dataset(
    utterances: Sequence[Classified],
    port: str,
    tasks: Sequence[str],
    batch_size: int,
    weights: Mapping[str, np.ndarray],
    shuffle_seed: int | None = None,
    first_epoch: int = 0,
) -> tf.data.Dataset:
    """Batches for `fit`, `evaluate` and `predict`.

    Args:
        utterances: all with classes of `tasks`.
        port: the name of what is heard, "features" or "waveform".
        tasks: names of the outputs.
        batch_size: utterances a batch.
        weights: of each class, by task.
        shuffle_seed: `None` gives one pass in the given order. Else an
            endless stream as of `pipelines.batching.dataset`, in which
            utterances of like length come together (`bucketed`).
        first_epoch: the number of the stream's first epoch.

    Returns:
        Elements ({port: (B, T, F) or (B, T), "lengths": (B,)}, classes (B,)
        int32 a task, weights (B,) float32 a task). T is a multiple of
        `STEPS`, so that few shapes are compiled for.

    Raises:
        ValueError: no utterances.
    """
    if not utterances:
        raise ValueError("`utterances` must hold at least one utterance.")
    lengths = np.array([len(each.heard) for each in utterances])

    def batch(places: np.ndarray) -> tuple:
        own = [utterances[place] for place in places]
        true = {
            task: np.array([each.classes[task] for each in own], "int32")
            for task in tasks
        }
        longest = -(-max(lengths[places]) // STEPS[port]) * STEPS[port]
        inputs = {
            port: padded([each.heard for each in own], longest),
            "lengths": lengths[places].astype("int32"),
        }
        return inputs, true, {t: weights[t][true[t]] for t in tasks}

    arrange = functools.partial(
        bucketed, lengths=lengths, batch_size=batch_size
    )
    return stream(
        batch,
        _signature(port, utterances[0].heard.shape[1:], tasks),
        (len(utterances), batch_size, shuffle_seed, first_epoch),
        (lambda places: places) if shuffle_seed is None else arrange,
    )


def _signature(port: str, step: tuple[int, ...], tasks: Sequence[str]) -> tuple:
    import tensorflow as tf

    inputs = {
        port: tf.TensorSpec((None, None, *step), tf.float32),
        "lengths": tf.TensorSpec((None,), tf.int32),
    }
    true = {task: tf.TensorSpec((None,), tf.int32) for task in tasks}
    costs = {task: tf.TensorSpec((None,), tf.float32) for task in tasks}
    return inputs, true, costs


def bucketed(
    places: np.ndarray, lengths: np.ndarray, batch_size: int
) -> np.ndarray:
    """An order in which consecutive batches hold utterances of like length.

    Args:
        places: a random order, (utterances,).
        lengths: of each place.
        batch_size: utterances a batch.

    Returns:
        The same places: those of every `BUCKET` batches sorted by length and
        then, batch by batch, back in the order of their first ones. The last
        batch of all is the one that may be smaller.
    """
    whole = len(places) // batch_size * batch_size
    batches: list[np.ndarray] = []
    for start in range(0, whole, BUCKET * batch_size):
        own = places[start : min(start + BUCKET * batch_size, whole)]
        ranked = own[np.argsort(lengths[own], kind="stable")]
        batches += np.split(ranked, len(ranked) // batch_size)
    rank = np.empty(len(lengths), int)
    rank[places] = np.arange(len(places))
    batches.sort(key=lambda batch: rank[batch].min())
    return np.concatenate([*batches, places[whole:]])
