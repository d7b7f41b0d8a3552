"""The softmax of a classifier, with what is fitted to it on dev."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from zoo.common.arguments import check_finite, check_positive
from zoo.common.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="zoo")
class TemperedSoftmax(keras.layers.Layer):
    """Softmax of logits with offsets, over a temperature.

    Networks are trained at 1 and are then too sure of themselves. A
    temperature fitted on dev (`zoo.metrics.calibration`) makes confidences
    frequencies: above 1 takes confidence away; no decision changes. Offsets
    of the classes (`zoo.metrics.class_offsets`) do change decisions.

    Args:
        temperature: above 0; at 1 this is the softmax.
        offsets: of each class, added to its logit; `None` for none.

    Input shape: (..., classes), logits.
    Output shape: the same, probabilities.

    Raises:
        ValueError: a temperature that is not a number above 0, or offsets
            that are not finite or not as many as the classes.

    Example:
        >>> from keras import ops
        >>> from zoo.layers import TemperedSoftmax
        >>> logits = ops.log(ops.array([[0.9, 0.1]]))
        >>> TemperedSoftmax(2.0)(logits).numpy().round(4).tolist()
        [[0.75, 0.25]]

    Reference: Guo et al., On Calibration of Modern Neural Networks, ICML
    2017, equation 9.
    """

    def __init__(
        self,
        temperature: float = 1.0,
        offsets: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_positive("temperature", temperature)
        check_finite("offsets", () if offsets is None else offsets)
        self.temperature = float(temperature)
        self.offsets = None if offsets is None else [float(n) for n in offsets]

    def build(self, input_shape: Shape) -> None:
        if self.offsets is not None and len(self.offsets) != input_shape[-1]:
            raise ValueError(
                "`offsets` must have a number for each of the "
                f"{input_shape[-1]} classes. Received: offsets={self.offsets}"
            )

    def call(self, logits: Tensor) -> Tensor:
        if self.offsets is not None:
            logits = logits + ops.convert_to_tensor(self.offsets, logits.dtype)
        if self.temperature != 1:
            logits = logits / self.temperature
        return keras.activations.softmax(logits)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "temperature": self.temperature,
            "offsets": self.offsets,
        }
