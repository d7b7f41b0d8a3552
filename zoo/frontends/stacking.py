"""Frame stacking, and z-normalisation over valid steps."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.arguments import check_whole
from zoo.common.tensors import Shape, Tensor
from zoo.layers.masking import lengths_to_mask


@keras.saving.register_keras_serializable(package="zoo")
class FrameStacking(keras.layers.Layer):
    """Stacks consecutive frames to one step.

    An incomplete last step of a row is filled by repeating the row's last
    valid frame. With Kaldi's 25 ms windows every 10 ms and `count=4`, a
    recording of k times 40 ms has 4k - 2 whole windows, and so exactly k
    steps: 300 s give 29,998 frames and 7,500 steps, as RECOLA has labels.

    Args:
        count: number of frames of a step.

    Input shape: (batch, frames, values), `lengths` (batch,) in frames.
    Output shape: (batch, ceil(frames / count), count * values). A row of n
        valid frames has `steps(n)` valid steps.

    Example:
        >>> import numpy as np
        >>> from zoo.frontends import FrameStacking
        >>> tuple(FrameStacking(4)(np.zeros((1, 9, 40))).shape)
        (1, 3, 160)

    Reference: Khorram et al. 2017, section 3; Le et al. 2017, section 3.
    """

    def __init__(self, count: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_whole("count", count)
        self.count = count

    def steps(self, frames: Tensor) -> Tensor:
        """Returns the number of valid steps of `frames` (int or tensor)."""
        return (frames + self.count - 1) // self.count

    def call(self, frames: Tensor, lengths: Tensor = None) -> Tensor:
        batch, time, values = ops.shape(frames)
        if lengths is None:
            lengths = ops.zeros((batch,), "int32") + time
        last = ops.clip(ops.cast(lengths, "int32") - 1, 0, time - 1)
        repeated = ops.take_along_axis(frames, last[:, None, None], axis=1)
        steps = self.steps(time)
        padded = ops.pad(
            frames, ((0, 0), (0, steps * self.count - time), (0, 0))
        )
        place = ops.arange(steps * self.count, dtype="int32")
        valid = place[None, :, None] <= last[:, None, None]
        filled = ops.where(valid, padded, repeated)
        return ops.reshape(filled, (batch, steps, self.count * values))

    def compute_output_shape(
        self, frames_shape: Shape, lengths_shape: Shape | None = None
    ) -> Shape:
        batch, time, values = frames_shape
        steps = None if time is None else self.steps(time)
        width = None if values is None else self.count * values
        return (batch, steps, width)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "count": self.count}


@keras.saving.register_keras_serializable(package="zoo")
class Standardisation(keras.layers.Layer):
    """Z-normalises every value over the valid steps of its row.

    Args:
        floor: smallest standard deviation to divide by, so that a value that
            hardly varies (digital silence) becomes zero.

    Input shape: (batch, steps, values), `lengths` (batch,) in steps.
    Output shape: the same; zero in the padding.

    Example:
        >>> import numpy as np
        >>> from zoo.frontends import Standardisation
        >>> steps = np.array([[[1.0], [3.0]]], "float32")
        >>> Standardisation()(steps).numpy().ravel().tolist()
        [-1.0, 1.0]
    """

    def __init__(self, floor: float = 1e-3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.floor = floor

    def call(self, features: Tensor, lengths: Tensor = None) -> Tensor:
        if lengths is None:
            mean = ops.mean(features, axis=1, keepdims=True)
            centred = features - mean
            variance = ops.mean(ops.square(centred), axis=1, keepdims=True)
            return centred / ops.maximum(ops.sqrt(variance), self.floor)
        mask = lengths_to_mask(lengths, features)[..., None]
        count = ops.cast(ops.maximum(lengths, 1), features.dtype)
        count = count[:, None, None]
        features = ops.where(mask, features, 0.0)
        mean = ops.sum(features, axis=1, keepdims=True) / count
        centred = ops.where(mask, features - mean, 0.0)
        variance = ops.sum(ops.square(centred), axis=1, keepdims=True) / count
        return centred / ops.maximum(ops.sqrt(variance), self.floor)

    def compute_output_shape(
        self, features_shape: Shape, lengths_shape: Shape | None = None
    ) -> Shape:
        return features_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "floor": self.floor}
