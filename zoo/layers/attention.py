"""Attention pooling over time."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Shape, Tensor
from zoo.layers.masking import zero_masked
from zoo.layers.pooling import LOWEST


@keras.saving.register_keras_serializable(package="zoo")
class AttentionPooling(keras.layers.Layer):
    """Pools each row by attention: a weighted mean of its steps.

    The weights are the softmax, over the valid steps of the row, of the
    products of the steps with a learnt vector:

        weights_i = exp(vector . step_i) / sum_j exp(vector . step_j)

    Weights: `vector` (values, 1), initialised as in a dense layer.

    Args:
        vector_regularizer: of the vector, as of Keras's layers.

    Input shape: (batch, time, values), `mask` (batch, time) boolean; without
        a mask every step is valid.
    Output shape: (batch, values) and the weights, (batch, time), which sum
        to one over a row and are zero in the padding. A row without a valid
        step gives zeros in both.

    Example:
        >>> import keras
        >>> from keras import ops
        >>> import zoo.layers
        >>> steps = keras.Input((None, 4))
        >>> layer = zoo.layers.AttentionPooling(name="attention")
        >>> model = keras.Model(steps, layer(steps)[0])
        >>> weights = zoo.layers.attention_weights(model)["attention"]
        >>> tuple(keras.Model(steps, weights)(ops.ones((2, 9, 4))).shape)
        (2, 9)

    Reference: Z. Zhao et al., Interspeech 2018, equations 1 and 2; Z. Zhang,
        B. Wu, B. Schuller, ICASSP 2019, equations 3 and 4.
    """

    def __init__(self, vector_regularizer: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vector_regularizer = keras.regularizers.get(vector_regularizer)
        self.supports_masking = True

    def compute_mask(
        self, inputs: Tensor, previous_mask: Tensor
    ) -> tuple[None, None]:
        return None, None

    def build(self, input_shape: Shape) -> None:
        self.vector = self.add_weight(
            shape=(input_shape[-1], 1),
            initializer="glorot_uniform",
            regularizer=self.vector_regularizer,
            name="vector",
        )

    def call(
        self, inputs: Tensor, mask: Tensor = None
    ) -> tuple[Tensor, Tensor]:
        inputs = zero_masked(inputs, mask)
        scores = ops.squeeze(ops.matmul(inputs, self.vector), axis=-1)
        if mask is not None:
            scores = ops.where(mask, scores, ops.cast(LOWEST, scores.dtype))
        # Not ops.softmax, which warns about rows of one step.
        largest = ops.max(scores, axis=-1, keepdims=True)
        weights = ops.exp(scores - ops.stop_gradient(largest))
        if mask is not None:
            weights = ops.where(mask, weights, ops.zeros_like(weights))
        # At least 1 where a step is valid, since the largest weight is 1.
        total = ops.sum(weights, axis=-1, keepdims=True)
        weights = weights / ops.maximum(total, 0.5)
        pooled = ops.matmul(ops.expand_dims(weights, 1), inputs)
        return ops.squeeze(pooled, axis=1), weights

    def compute_output_spec(
        self, inputs: Tensor, mask: Tensor = None
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        batch, time, values = inputs.shape
        return (
            keras.KerasTensor((batch, values), dtype=inputs.dtype),
            keras.KerasTensor((batch, time), dtype=inputs.dtype),
        )

    def get_config(self) -> dict[str, Any]:
        regularizer = keras.regularizers.serialize(self.vector_regularizer)
        return {**super().get_config(), "vector_regularizer": regularizer}


def attention_weights(model: keras.Model) -> dict[str, Tensor]:
    """Returns the weights of a model's attention layers, as symbolic tensors.

    Args:
        model: a functional model.

    Returns:
        The (batch, time) weights of each `AttentionPooling` layer by the
        layer's name; empty without any. `keras.Model(model.input,
        attention_weights(model))` computes them.
    """
    return {
        layer.name: layer.output[1]
        for layer in model.layers
        if isinstance(layer, AttentionPooling)
    }
