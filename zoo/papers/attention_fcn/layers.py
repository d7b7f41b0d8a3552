"""Principal components of unit variance, inside the network."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Shape, Tensor
from zoo.layers.masking import zero_masked

LARGEST = 3.4e38
"""Stands for no bound; float32 holds it, and so do ONNX and JSON."""


@keras.saving.register_keras_serializable(package="zoo")
class Whitening(keras.layers.Layer):
    """Brings features to the principal components that training found.

    Each value is clipped to [`low`, `high`], `mean` is subtracted and the
    rest multiplied by `matrix`; NaN and infinite values become the mean. A
    served model so takes features as a front end writes them.

    Weights (not trained; set them with `set_whitening`): `low`, `high` and
    `mean` (values,), `matrix` (values, components). At first nothing is
    clipped or moved, and the first features are the components.

    Args:
        components: how many; `None` for as many as features.

    Input shape: (batch, time, values), `mask` (batch, time) boolean.
    Output shape: (batch, time, components); zeros in the padding.
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
        """Sets what `pipelines.normalise.Whitening` found, by its names.

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
    """Makes features the steps and frames the vector of a step.

    The valid frames of each row are first brought to `steps` by linear
    interpolation, the first and the last one staying where they are; as many
    frames as `steps` stay unchanged.

    Args:
        steps: frames after the interpolation.

    Input shape: (batch, time, values), `mask` (batch, time) boolean, True
        from the front.
    Output shape: (batch, values, steps). A row without a valid frame gives
        zeros.
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
        # In whole numbers, so that no frame is missed by a rounding.
        places = ops.arange(self.steps, dtype="int32")[None] * last[:, None]
        apart = max(self.steps - 1, 1)
        before = places // apart
        share = ops.cast(places - before * apart, inputs.dtype) / apart
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
