"""BLSTM classifier and regressors of discretised emotion on RECOLA (Le 2017).

D. Le, Z. Aldeneh, E. Mower Provost: Discretized Continuous Speech Emotion
Recognition with Multi-Task Deep Recurrent Neural Network. Interspeech 2017.

    features (B, T, 160), one step every 40 ms
        |
    BLSTM 80 + 80, 3 to 5 layers
        |
        |   recola_blstm_cls                    recola_blstm_mse, _ccc
        |
        |-- softmax 4  -- value of its level --.
        |-- softmax 6  -- value of its level --|  mean       linear
        |-- softmax 8  -- value of its level --|    |           |
        '-- softmax 10 -- value of its level --'    |           |
                                                    |           |
    one trace (B, T) a dimension  <-----------------'-----------'

The classifier's outputs are the traces and all posteriors. Its levels
(k-means clusters of the labels) are weights of the model; `zoo.decoding`
makes smoother traces from the posteriors.

Where this departs from the paper: nowhere that is known. The paper does not
say what L2 regularises: here the kernels and the recurrent kernels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Shape, Tensor
from zoo.layers import LSTM, Trace, zero_masked
from zoo.papers._recola import (
    DIMENSIONS,
    Size,
    Weight,
    card,
    penalty,
    side_by_side,
    size,
)
from zoo.registry import register

UNITS = 80
LEVELS = (4, 6, 8, 10)
PAPER = (
    "D. Le, Z. Aldeneh, E. Mower Provost. Discretized Continuous Speech "
    "Emotion Recognition with Multi-Task Deep Recurrent Neural Network. "
    "Interspeech 2017."
)


CLASSIFIER = card(
    "BLSTM that classifies several discretisations at once.",
    PAPER,
    "cost_sensitive_cross_entropy",
)
ON_MSE = card("BLSTM regressor trained on MSE.", PAPER, "frame_squared_error")
ON_CCC = card("BLSTM regressor trained on CCC.", PAPER, "concordance_loss")


@register(CLASSIFIER)
def recola_blstm_cls(depth: Size = 3, **kwargs: Any) -> keras.Model:
    """Builds 3, 4 or 5 layers of 80 + 80 and four softmax heads (4.2)."""
    return classifier(depth, **kwargs)


@register(ON_MSE)
def recola_blstm_mse(depth: Size = 3, **kwargs: Any) -> keras.Model:
    """Builds the same layers with a linear head, REG-MSE (section 4.4)."""
    return regressor(depth, name="recola_blstm_mse", **kwargs)


@register(ON_CCC)
def recola_blstm_ccc(depth: Size = 3, **kwargs: Any) -> keras.Model:
    """Builds the same layers with a linear head, REG-CCC (section 4.4)."""
    return regressor(depth, name="recola_blstm_ccc", **kwargs)


def classifier(
    depth: Size,
    l2: Weight = 0.0,
    dimensions: Sequence[str] = DIMENSIONS,
    levels: Sequence[int] = LEVELS,
) -> keras.Model:
    """Builds the multi-task classifier.

    Args:
        depth: number of BLSTM layers.
        l2: weight of the squared kernels in the loss.
        dimensions: names of the traces, each with a network of its own.
        levels: number of classes of each discretisation.

    Returns:
        A model from {"features": (B, T, 160), "lengths": (B,)} to, for each
        dimension, the trace (B, T) under its name and the posteriors (B, T,
        levels) under names such as "arousal_4"; zeros in the padding.
        `set_levels` adapts it to training data.
    """

    def network(
        sequence: Tensor, mask: Tensor, dimension: str
    ) -> dict[str, Tensor]:
        sequence = blstm(sequence, mask, depth, l2, dimension)
        outputs, values = {}, []
        for count in levels:
            name = f"{dimension}_{count}"
            layer = LevelPosteriors(count, name=f"{name}_posteriors")
            outputs[name] = layer(sequence, mask=mask)
            value = LevelValue(name=f"{name}_value")
            values.append(value(outputs[name], mask=mask))
        mean = keras.layers.Average(name=f"{dimension}_mean")
        trace = mean(values) if len(values) > 1 else values[0]
        return {dimension: trace, **outputs}

    return side_by_side(network, dimensions, "recola_blstm_cls")


def regressor(
    depth: Size,
    l2: Weight = 0.0,
    dimensions: Sequence[str] = DIMENSIONS,
    name: str = "recola_blstm_ccc",
) -> keras.Model:
    """Builds the regressor: the classifier's layers and a linear one.

    Args and inputs as `classifier`; the outputs are the traces alone.
    """

    def network(
        sequence: Tensor, mask: Tensor, dimension: str
    ) -> dict[str, Tensor]:
        sequence = blstm(sequence, mask, depth, l2, dimension)
        layer = Trace(name=f"{dimension}_trace")
        return {dimension: layer(sequence, mask=mask)}

    return side_by_side(network, dimensions, name)


def blstm(
    sequence: Tensor, mask: Tensor, depth: Size, l2: Weight, dimension: str
) -> Tensor:
    """Stacks bidirectional LSTM layers (equations 2 and 3)."""
    for layer in range(size("depth", depth, dimension)):
        sequence = keras.layers.Bidirectional(
            LSTM(
                UNITS,
                return_sequences=True,
                kernel_regularizer=penalty(l2, dimension),
                recurrent_regularizer=penalty(l2, dimension),
            ),
            name=f"{dimension}_blstm_{layer}",
        )(sequence, mask=mask)
    return sequence


def set_levels(
    model: keras.Model, dimension: str, classes: int, means: Any, priors: Any
) -> None:
    """Sets the levels of one discretisation of a classifier.

    Args:
        model: made by `classifier`.
        dimension: name of the trace.
        classes: levels of the discretisation.
        means: (classes,), the mean label of each level, ascending.
        priors: (classes,), the share of each level in training.
    """
    layer = model.get_layer(f"{dimension}_{classes}_value")
    layer.set_levels(means, priors)


@keras.saving.register_keras_serializable(package="zoo")
class LevelPosteriors(keras.layers.Dense):
    """Predicts the level of a discretised label at each step, by a softmax.

    Args:
        levels: number of levels, sorted by value.

    Input shape: (batch, time, values), `mask` (batch, time) boolean.
    Output shape: (batch, time, levels); zeros in the padding.

    Example:
        >>> import numpy as np
        >>> tuple(LevelPosteriors(4)(np.ones((2, 9, 7))).shape)
        (2, 9, 4)
    """

    def __init__(self, levels: int, **kwargs: Any) -> None:
        super().__init__(levels, activation="softmax", **kwargs)
        self.supports_masking = True

    def call(self, inputs: Tensor, mask: Tensor = None) -> Tensor:
        return zero_masked(super().call(zero_masked(inputs, mask)), mask)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["levels"] = config.pop("units")
        config.pop("activation")
        return config


@keras.saving.register_keras_serializable(package="zoo")
class LevelValue(keras.layers.Layer):
    """Returns the mean label of the likeliest level, after scaling by priors.

    Posteriors are divided by the levels' priors in training; the output is
    the mean label of the level with the largest quotient. A level of prior
    zero is never chosen.

    Weights (not trained; `set_levels` sets them): `means` (levels,) and
    `priors` (levels,).

    Input shape: posteriors (batch, time, levels), `mask` (batch, time).
    Output shape: (batch, time); zero in the padding. It hands no mask on.

    Example:
        >>> import numpy as np
        >>> layer = LevelValue()
        >>> layer.build((None, None, 2))
        >>> layer.set_levels([-0.5, 0.5], [0.9, 0.1])
        >>> layer(np.array([[[0.8, 0.2]]], "float32")).numpy().tolist()
        [[0.5]]

    Reference: D. Le et al., Interspeech 2017, section 4.2.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("trainable", False)
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, posteriors: Tensor, previous_mask: Tensor) -> None:
        return None  # Keras would weight a (batch,) loss with it

    def build(self, input_shape: Shape) -> None:
        levels = input_shape[-1]
        self.means = self.add_weight(
            shape=(levels,), initializer="zeros", name="means"
        )
        self.priors = self.add_weight(
            shape=(levels,), initializer="ones", name="priors"
        )

    def set_levels(self, means: Tensor, priors: Tensor) -> None:
        """Sets the levels' mean labels and their priors, both (levels,)."""
        self.means.assign(means)
        self.priors.assign(priors)

    def steps_read(self, first: int, last: int) -> tuple[int, int]:
        """Returns the input steps that some output steps depend on."""
        return first, last

    def call(self, posteriors: Tensor, mask: Tensor = None) -> Tensor:
        scaled = ops.divide_no_nan(posteriors, self.priors)
        # Not argmax, whose bit tricks on TensorFlow have no ONNX operator.
        _, likeliest = ops.top_k(scaled, 1)
        values = ops.take(self.means, likeliest[..., 0], axis=0)
        if mask is None:
            return values
        return ops.where(mask, values, ops.zeros((), values.dtype))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape[:-1])
