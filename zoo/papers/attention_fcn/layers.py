"""PCA whitening and the dimension shuffle."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Shape, Tensor
from zoo.layers.masking import zero_masked

LARGEST = 3.4e38
"""Means no bound: float32, ONNX and JSON can hold it, unlike infinity."""


@keras.saving.register_keras_serializable(package="zoo")
class Whitening(keras.layers.Layer):
    """Projects features on whitened principal components of the training set.

    Each value is clipped to [`low`, `high`], `mean` is subtracted and the
    difference is multiplied by `matrix`; NaN and infinite values become the
    mean. So a served model takes features as a front end writes them.

    Weights (not trained; `set_whitening` sets them): `low`, `high` and `mean`
    (values,), `matrix` (values, components). Initially nothing is clipped or
    subtracted, and the components are the first features.

    Args:
        components: number of components; `None` for as many as features.

    Input shape: (batch, time, values), `mask` (batch, time) boolean.
    Output shape: (batch, time, components); zeros in the padding. It hands no
        mask on.

    Example:
        >>> import numpy as np
        >>> from zoo.papers.attention_fcn.layers import Whitening
        >>> tuple(Whitening(3)(np.ones((2, 9, 7))).shape)
        (2, 9, 3)
    """

    def __init__(self, components: int | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("trainable", False)
        super().__init__(**kwargs)
        self.components = components
        self.supports_masking = True

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> None:
        return None  # the networks hand their own mask on

    def build(self, input_shape: Shape) -> None:
        values = input_shape[-1]

        def add(name: str, value: float) -> keras.Variable:
            return self.add_weight(
                shape=(values,),
                initializer=keras.initializers.Constant(value),
                name=name,
            )

        self.low, self.high = add("low", -LARGEST), add("high", LARGEST)
        self.mean = add("mean", 0.0)
        self.matrix = self.add_weight(
            shape=(values, self.components or values),
            initializer="identity",
            name="matrix",
        )

    def set_whitening(
        self, low: Tensor, high: Tensor, mean: Tensor, matrix: Tensor
    ) -> None:
        """Sets the weights, as fitted on training data.

        Args:
            low, high, mean: (values,).
            matrix: (values, components).

        Raises:
            ValueError: another shape than the layer's weights have.
        """
        self.low.assign(low)
        self.high.assign(high)
        self.mean.assign(mean)
        self.matrix.assign(matrix)

    def call(self, inputs: Tensor, mask: Tensor = None) -> Tensor:
        clipped = ops.minimum(ops.maximum(inputs, self.low), self.high)
        finite = ops.where(ops.isfinite(inputs), clipped, self.mean)
        return zero_masked(ops.matmul(finite - self.mean, self.matrix), mask)

    def compute_output_spec(
        self, inputs: Tensor, mask: Tensor = None
    ) -> keras.KerasTensor:
        *rows, values = inputs.shape
        shape = (*rows, self.components or values)
        return keras.KerasTensor(shape, inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "components": self.components}


@keras.saving.register_keras_serializable(package="zoo")
class DimensionShuffle(keras.layers.Layer):
    """Transposes rows: features become steps, frames the vector of a step.

    The valid frames of each row are first interpolated linearly to `steps`
    frames, from the first to the last one; a row of `steps` frames is
    unchanged.

    Args:
        steps: number of frames after the interpolation.

    Input shape: (batch, time, values), `mask` (batch, time) boolean, True
        from the front.
    Output shape: (batch, values, steps), without a mask. A row without a
        valid frame gives zeros.

    Example:
        >>> import numpy as np
        >>> from zoo.papers.attention_fcn.layers import DimensionShuffle
        >>> mask = np.ones((2, 9), bool)
        >>> tuple(DimensionShuffle(300)(np.ones((2, 9, 7)), mask).shape)
        (2, 7, 300)

    Reference: Z. Zhao et al., Interspeech 2018, section 3.2.
    """

    def __init__(self, steps: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.steps = steps
        self.supports_masking = True

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> None:
        return None

    def call(self, inputs: Tensor, mask: Tensor) -> Tensor:
        batch, time, values = ops.shape(inputs)
        flat = ops.reshape(zero_masked(inputs, mask), (-1, values))
        last = ops.maximum(ops.sum(ops.cast(mask, "int32"), axis=1) - 1, 0)
        # In integers, so that rounding misses no frame.
        places = ops.arange(self.steps, dtype="int32")[None] * last[:, None]
        intervals = max(self.steps - 1, 1)
        before = places // intervals
        share = ops.cast(places - before * intervals, inputs.dtype) / intervals
        after = ops.minimum(before + 1, last[:, None])
        rows = (ops.arange(batch, dtype="int32") * time)[:, None]
        start = ops.take(flat, rows + before, axis=0)
        end = ops.take(flat, rows + after, axis=0)
        frames = start + (end - start) * ops.expand_dims(share, -1)
        return ops.transpose(frames, (0, 2, 1))

    def compute_output_spec(
        self, inputs: Tensor, mask: Tensor
    ) -> keras.KerasTensor:
        batch, _, values = inputs.shape
        return keras.KerasTensor((batch, values, self.steps), inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "steps": self.steps}
