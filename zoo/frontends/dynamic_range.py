"""The dynamic range of log energies, bounded below their highest value."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Shape, Tensor
from zoo.layers.masking import lengths_to_mask

NEPERS = math.log(10) / 10
"""Natural logarithm of a decibel, of energies."""


@keras.saving.register_keras_serializable(package="zoo")
class DynamicRange(keras.layers.Layer):
    """Lifts log energies that lie too far below the highest one of their row.

    Digital silence has no energy: its logarithm is the smallest that the
    filter bank gives, however loud the speech beside it is. A recording's mean
    and deviation, and so all that a network hears of it, would then depend on
    the gain of the microphone. Pauses at so many decibels below the loudest
    frame do not: every recording is the same at any gain.

    Args:
        decibels: from the highest energy of a row to the lowest that is kept.

    Input shape: (batch, frames, values) natural logarithms of energies,
        `lengths` (batch,) in frames where rows are padded.
    Output shape: the same; undefined in the padding.

    Raises:
        ValueError: a range that is not above 0.

    Example:
        >>> import numpy as np
        >>> from zoo.frontends import DynamicRange
        >>> frames = np.log(np.array([[[1.0], [1e-12]]], "float32"))
        >>> lifted = DynamicRange(80.0)(frames).numpy().ravel()
        >>> (10 * lifted / np.log(10)).round(3).tolist()
        [0.0, -80.0]
    """

    def __init__(self, decibels: float = 80.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not decibels > 0:
            raise ValueError(
                f"`decibels` must be above 0. Received: decibels={decibels}"
            )
        self.decibels = decibels

    def call(self, frames: Tensor, lengths: Tensor = None) -> Tensor:
        known = frames
        if lengths is not None:
            mask = lengths_to_mask(lengths, frames)[..., None]
            known = ops.where(mask, frames, -1e9)
        highest = ops.max(known, axis=(1, 2), keepdims=True)
        return ops.maximum(frames, highest - self.decibels * NEPERS)

    def compute_output_shape(
        self, frames_shape: Shape, lengths_shape: Shape | None = None
    ) -> Shape:
        return frames_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "decibels": self.decibels}
