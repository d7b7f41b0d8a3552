"""Losses of the classes of utterances."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.arguments import check_share
from zoo.common.tensors import Tensor


@keras.saving.register_keras_serializable(package="zoo")
class SharedCrossEntropy(keras.losses.Loss):
    """Cross-entropy with labels that several raters share.

    Where one of three raters calls an utterance low and two call it middle,
    the label is a third low and two thirds middle.

    Args:
        name: of the loss.

    Input shape: `y_true` (batch, classes), each class's share of the raters,
        or (batch,) class indices where there is one rater; `y_pred` (batch,
        classes) probabilities; `sample_weight` (batch,).

    Example:
        >>> import numpy as np
        >>> from zoo.losses import SharedCrossEntropy
        >>> shares, posteriors = np.array([[0.5, 0.5]]), np.array([[0.5, 0.5]])
        >>> round(float(SharedCrossEntropy()(shares, posteriors)), 3)
        0.693
    """

    def __init__(
        self, name: str = "shared_cross_entropy", **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        if len(y_true.shape) < len(y_pred.shape):
            return keras.losses.sparse_categorical_crossentropy(y_true, y_pred)
        return keras.losses.categorical_crossentropy(y_true, y_pred)


@keras.saving.register_keras_serializable(package="zoo")
class SmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy with labels that are sure of themselves in part alone.

    The class of the label has the probability 1 - s + s / classes, and every
    other class s / classes. Keras smooths labels of one value a class alone,
    not indices.

    Args:
        smoothing: s, from 0 to below 1.
        name: of the loss.

    Input shape: `y_true` (batch,) class indices, `y_pred` (batch, classes)
        probabilities, `sample_weight` (batch,).

    Example:
        >>> import numpy as np
        >>> from zoo.losses import SmoothedCrossEntropy
        >>> label, sure = np.array([0]), np.array([[1.0, 0.0]])
        >>> round(float(SmoothedCrossEntropy(0.1)(label, sure)), 1)
        0.8

    Raises:
        ValueError: a smoothing out of its range.

    Reference: C. Szegedy et al., Rethinking the Inception Architecture for
        Computer Vision, CVPR 2016, section 7.
    """

    def __init__(
        self,
        smoothing: float,
        name: str = "smoothed_cross_entropy",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        check_share("smoothing", smoothing)
        self.smoothing = smoothing

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        labels = ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1])
        return keras.losses.categorical_crossentropy(
            labels, y_pred, label_smoothing=self.smoothing
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "smoothing": self.smoothing}
