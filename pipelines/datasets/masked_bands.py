"""SpecAugment of stacked log Mel energies in batches, while a network trains.

Bands of the Mel filters and spans of time are masked; time is not warped,
since the labels follow it.

Reference:
    D. S. Park et al., SpecAugment: a simple data augmentation method for
    automatic speech recognition, Interspeech 2019, section 2.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.datasets.audio import READERS

if TYPE_CHECKING:
    import tensorflow as tf

NAME = "features"
FRAMES, FILTERS = 4, 40
"""Of a step of `zoo.frontends.stacked_log_mel`: frames, one after another,
and Mel filters of each."""
BANDS, WIDEST_BAND = 2, 8
"""Masked bands of a recording, and filters of each at most: the share of the
filters that the paper's mild policy for Switchboard masks, two bands of at
most 15 of 80. Its policies for LibriSpeech, 27 of 80, are for corpora a
hundred times as large as those with traces."""
LONGEST_SPAN = 25
"""Steps of a masked span at most: a second, as the paper's for LibriSpeech,
whose utterances have up to 35."""
MOST_TIME = 0.05
"""Share of a recording's steps that the spans cover at most. Recordings with
traces have minutes, not seconds: there are as many spans as this allows, so
that the masked share does not depend on how a corpus is cut."""


def mask(features: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Returns a recording's features with bands and spans of time masked.

    A band is masked in all frames of a step and in all steps, a span in all
    values. Masked values are 0, the mean of z-normalised features.

    Args:
        features: (steps, 160), z-normalised.
        rng: draws widths and places, all being equally likely.

    Example:
        >>> features = np.ones((100, 160), "float32")
        >>> masked_features = mask(features, np.random.default_rng(0))
        >>> is_masked = masked_features.reshape(100, 4, 40) == 0
        >>> is_masked.all(axis=0).sum(axis=1).tolist()  # filters of a frame
        [11, 11, 11, 11]
        >>> int(is_masked.all(axis=(1, 2)).sum())  # steps
        1
    """
    masked_features = features.copy()
    frames = masked_features.reshape(-1, FRAMES, FILTERS)
    for _ in range(BANDS):
        frames[:, :, _span(FILTERS, WIDEST_BAND, rng)] = 0
    steps = len(features)
    most = int(MOST_TIME * steps)
    for _ in range(max(1, most // LONGEST_SPAN)):
        frames[_span(steps, min(LONGEST_SPAN, most), rng)] = 0
    return masked_features


def _span(count: int, widest: int, rng: np.random.Generator) -> slice:
    """Draws a width from 0 to `widest`, and its place among `count`."""
    width = rng.integers(widest + 1)
    start = rng.integers(count - width + 1)
    return slice(start, start + width)


def _masked_rows(
    seed: int, number: int, features: np.ndarray, lengths: np.ndarray
) -> np.ndarray:
    """Masks the valid steps of each row of the batch of that number."""
    rows = features.copy()
    for place, (row, length) in enumerate(zip(rows, lengths)):
        rng = np.random.default_rng([seed, number, place])
        row[:length] = mask(row[:length], rng)
    return rows


def masked(
    batches: tf.data.Dataset, seed: int, first: int = 0
) -> tf.data.Dataset:
    """Returns batches with masked features; all else is as it was.

    What is masked in a row depends on the seed, on its batch's number and on
    its place, so a resumed training sees what an uninterrupted one would.

    Args:
        batches: of `pipelines.datasets.traces.batches`, of stacked log Mel
            energies, z-normalised.
        seed: of the training.
        first: number of the first batch, counted from the training's start.

    Raises:
        ValueError: features of another front end.
    """
    import tensorflow as tf

    spec = batches.element_spec[0][NAME]
    if spec.shape[-1] != FRAMES * FILTERS:
        raise ValueError(
            f"`batches` must hold stacked log Mel energies, {FRAMES * FILTERS} "
            f"values a step. Received: {spec.shape[-1]} values a step"
        )

    @tf.autograph.experimental.do_not_convert
    def changed(number: tf.Tensor, batch: tuple[Any, ...]) -> tuple[Any, ...]:
        inputs, *rest = batch
        features = tf.numpy_function(
            functools.partial(_masked_rows, seed),
            [number, inputs[NAME], inputs["lengths"]],
            tf.float32,
            stateful=False,
        )
        shaped = tf.ensure_shape(features, spec.shape)
        return ({**inputs, NAME: shaped}, *rest)

    numbered = batches.enumerate(first)
    return numbered.map(
        changed, num_parallel_calls=READERS, deterministic=True
    ).prefetch(tf.data.AUTOTUNE)
