"""Layers of discretised labels: class posteriors, and back to values."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.layers.masking import zero_masked


@keras.saving.register_keras_serializable(package="zoo")
class LevelPosteriors(keras.layers.Dense):
    """Softmax over the levels of a discretised label, at every step.

    Args:
        levels: classes, sorted by value.

    Input shape: (batch, time, values), `mask` (batch, time) boolean.
    Output shape: (batch, time, levels); zeros in the padding.
    """

    def __init__(self, levels: int, **kwargs: Any):
        super().__init__(levels, activation="softmax", **kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        return zero_masked(super().call(zero_masked(inputs, mask)), mask)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["levels"] = config.pop("units")
        config.pop("activation")
        return config


@keras.saving.register_keras_serializable(package="zoo")
class LevelValue(keras.layers.Layer):
    """The value of the likeliest level once class imbalance is undone.

    Posteriors are divided by the classes' priors in training and renormalised
    (paper 001, section 4.2), the likeliest level is taken, and its cluster's
    mean stands for it. A class of prior zero is never taken.

    Weights (not trained; set them with `set_levels`): `means` (levels,) and
    `priors` (levels,).

    Input shape: posteriors (batch, time, levels), `mask` (batch, time).
    Output shape: (batch, time); zero in the padding.
    """

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("trainable", False)
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, posteriors, previous_mask):
        return None  # Keras would weight a (batch,) loss with it

    def build(self, input_shape):
        levels = input_shape[-1]
        self.means = self.add_weight(
            shape=(levels,), initializer="zeros", name="means"
        )
        self.priors = self.add_weight(
            shape=(levels,), initializer="ones", name="priors"
        )

    def set_levels(self, means, priors) -> None:
        """Sets the clusters' means and the classes' priors, both (levels,)."""
        self.means.assign(means)
        self.priors.assign(priors)

    def call(self, posteriors, mask=None):
        scaled = ops.divide_no_nan(posteriors, self.priors)
        # Not argmax, whose bit tricks on TensorFlow have no ONNX operator.
        _, likeliest = ops.top_k(scaled, 1)
        values = ops.take(self.means, likeliest[..., 0], axis=0)
        if mask is None:
            return values
        return ops.where(mask, values, ops.zeros((), values.dtype))

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[:-1])
