"""Layers of the classifier: posteriors of levels, and their values."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.common.arguments import check_choice
from zoo.common.tensors import Shape, Tensor
from zoo.decoding import LevelDecoder
from zoo.layers import zero_masked

READOUTS = ("likeliest", "expected")
_NO_DECODER = keras.initializers.Constant(-1.0)


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
    """Turns the posteriors of levels into values, and keeps their decoder.

    "likeliest" divides posteriors by the levels' priors in training and
    returns the mean label of the level with the largest quotient, as the
    paper does; a level of prior zero is never chosen. "expected" returns the
    mean over levels, weighted by the posteriors, which has a gradient.

    Weights (not trained): `means` and `priors` (levels,), set by `set_levels`;
    `transitions` (levels, levels), `ngrams` (levels + 1, levels + 1, levels)
    and `alpha`, set by `set_decoder`, with which the layer's own output does
    nothing: see `zoo.decoding.LevelDecoder`. So they lie in every file of
    weights, and a decoder lasts as long as its network.

    Args:
        readout: "likeliest" or "expected".

    Input shape: posteriors (batch, time, levels), `mask` (batch, time).
    Output shape: (batch, time); zero in the padding. It hands no mask on.

    Example:
        >>> import numpy as np
        >>> layer = LevelValue()
        >>> layer.build((None, None, 2))
        >>> layer.set_levels([-0.5, 0.5], [0.9, 0.1])
        >>> layer(np.array([[[0.8, 0.2]]], "float32")).numpy().tolist()
        [[0.5]]

    Reference: D. Le et al., Interspeech 2017, sections 4.2 and 4.3.
    """

    def __init__(self, readout: str = "likeliest", **kwargs: Any) -> None:
        check_choice("readout", readout, READOUTS)
        kwargs.setdefault("trainable", False)
        super().__init__(**kwargs)
        self.readout = readout
        self.supports_masking = True

    def compute_mask(self, posteriors: Tensor, previous_mask: Tensor) -> None:
        return None  # Keras would weight a (batch,) loss with it

    def build(self, input_shape: Shape) -> None:
        levels = input_shape[-1] or 0  # never unknown
        self.means = self.add_weight(
            shape=(levels,), initializer="zeros", name="means"
        )
        self.priors = self.add_weight(
            shape=(levels,), initializer="ones", name="priors"
        )
        self.transitions = self.add_weight(
            shape=(levels, levels), initializer="zeros", name="transitions"
        )
        self.ngrams = self.add_weight(
            shape=(levels + 1, levels + 1, levels),
            initializer="zeros",
            name="ngrams",
        )
        self.alpha = self.add_weight(
            shape=(), initializer=_NO_DECODER, name="alpha"
        )

    def set_levels(self, means: Tensor, priors: Tensor) -> None:
        """Sets the levels' mean labels and their priors, both (levels,)."""
        self.means.assign(means)
        self.priors.assign(priors)

    def set_decoder(self, decoder: LevelDecoder) -> None:
        """Keeps a decoder, with its levels and priors."""
        for name, value in vars(decoder).items():
            getattr(self, name).assign(value)

    def decoder(self) -> LevelDecoder | None:
        """Returns the decoder that the layer keeps; `None` without one."""
        arrays = {
            name: np.asarray(
                ops.convert_to_numpy(getattr(self, name)), np.float64
            )
            for name in ("means", "priors", "transitions", "ngrams", "alpha")
        }
        alpha = float(arrays.pop("alpha"))
        return LevelDecoder(**arrays, alpha=alpha) if alpha >= 0 else None

    def steps_read(self, first: int, last: int) -> tuple[int, int]:
        """Returns the input steps that some output steps depend on."""
        return first, last

    def call(self, posteriors: Tensor, mask: Tensor = None) -> Tensor:
        if self.readout == "expected":
            values = ops.sum(posteriors * self.means, axis=-1)
        else:
            scaled = ops.divide_no_nan(posteriors, self.priors)
            # Not argmax, whose bit tricks on TensorFlow have no ONNX operator.
            _, likeliest = ops.top_k(scaled, 1)
            values = ops.take(self.means, likeliest[..., 0], axis=0)
        if mask is None:
            return values
        return ops.where(mask, values, ops.zeros((), values.dtype))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape[:-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "readout": self.readout}
