"""Unit and labels of a model's output, kept in its graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from zoo.common.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="zoo")
class Annotation(keras.layers.Layer):
    """Says what an output's values mean; the values pass unchanged.

    So a model that was built, saved or loaded knows its own labels, and
    `zoo.describe` reads them from it.

    Args:
        unit: meaning and range of a value.
        labels: names of the last axis; none for a trace.

    Input shape: any, with as many last values as there are `labels`; a mask
        is handed on.
    Output shape: the same.

    Example:
        >>> from keras import ops
        >>> from zoo.layers import Annotation
        >>> layer = Annotation("probability", ("angry", "sad"))
        >>> ops.convert_to_numpy(layer(ops.array([[0.25, 0.75]]))).tolist()
        [[0.25, 0.75]]
    """

    def __init__(
        self, unit: str, labels: Sequence[str] = (), **kwargs: Any
    ) -> None:
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        self.unit = unit
        self.labels = tuple(labels)
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        if self.labels and input_shape[-1] != len(self.labels):
            raise ValueError(
                f"`labels` must name the {input_shape[-1]} values of the last "
                f"axis. Received: {', '.join(self.labels)}"
            )

    def call(self, inputs: Tensor) -> Tensor:
        return inputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        labels = list(self.labels)
        return {**super().get_config(), "unit": self.unit, "labels": labels}
