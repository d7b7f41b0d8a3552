"""Losses of ordered levels, of frames or of utterances."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.arguments import check_choice
from zoo.common.tensors import Tensor
from zoo.losses.frames import FrameLoss

COSTS = ("distance", "constant")


@keras.saving.register_keras_serializable(package="zoo")
class CostSensitiveCrossEntropy(FrameLoss):
    """Cross-entropy weighted by the distance of the predicted level.

    A frame whose likeliest level is `d` levels from the true one of `N`
    has weight 1 + d / N. The gradient treats the weight as a constant.

    The loss is the mean over frames, to which Keras adds those of the tasks.
    Equation 6 writes a sum over both; the paper names no toolkit, and those of
    its day average over frames and add up outputs. Adam does not see the
    factor, but the L2 penalty does: its published weight of 0.00002 is a few
    per cent of a mean, and a millionth of a sum over 7,500 frames, which would
    make half of the paper's grid a copy of the other half. The paper also
    shares the grid with its regressors, whose losses are means.

    Args:
        cost: "distance" as above, or "constant" for plain cross-entropy (the
            regular loss that the paper compares with).
        name: of the loss.

    Input shape: `y_true` (batch, time), levels from 0 sorted by value;
        `y_pred` (batch, time, levels), probabilities; `sample_weight`
        (batch, time).

    Example:
        >>> import numpy as np
        >>> posteriors = np.array([[[0.25, 0.75]]])
        >>> loss = CostSensitiveCrossEntropy()(np.array([[0]]), posteriors)
        >>> round(float(loss), 3)  # -(1 + 1 / 2) log 0.25
        2.079

    Reference: Le et al. 2017, equations 6 and 7.
    """

    def __init__(
        self,
        cost: str = "distance",
        name: str = "cost_sensitive_cross_entropy",
        **kwargs: Any,
    ) -> None:
        check_choice("cost", cost, COSTS)
        kwargs.setdefault("reduction", "mean_with_sample_weight")
        super().__init__(name=name, **kwargs)
        self.cost = cost

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        levels = y_pred.shape[-1]
        labels = ops.cast(y_true, "int32")
        cost = 1.0
        if self.cost == "distance":
            likeliest = ops.cast(ops.argmax(y_pred, axis=-1), "int32")
            distance = ops.cast(ops.abs(likeliest - labels), y_pred.dtype)
            cost = ops.stop_gradient(1.0 + distance / levels)
        correct = ops.sum(
            ops.one_hot(labels, levels, dtype=y_pred.dtype) * y_pred, axis=-1
        )
        return -cost * ops.log(ops.maximum(correct, keras.config.epsilon()))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cost": self.cost}


@keras.saving.register_keras_serializable(package="zoo")
class SoftLevelCrossEntropy(FrameLoss):
    """Cross-entropy with labels that neighbouring levels share.

    The label of level `i` where `l` is the true one is proportional to
    exp(-|i - l|), so that a near miss costs less than a far one.

    Args:
        name: of the loss.

    Input shape: as of `CostSensitiveCrossEntropy`.

    Example:
        >>> import numpy as np
        >>> posteriors = np.array([[[0.5, 0.5]]])
        >>> loss = SoftLevelCrossEntropy()(np.array([[0]]), posteriors)
        >>> round(float(loss), 3)  # -log 0.5
        0.693

    Reference: R. Díaz and A. Marathe, "Soft labels for ordinal regression",
    CVPR 2019, equation 2, with the distance of levels.
    """

    def __init__(
        self, name: str = "soft_level_cross_entropy", **kwargs: Any
    ) -> None:
        kwargs.setdefault("reduction", "mean_with_sample_weight")
        super().__init__(name=name, **kwargs)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        levels = ops.arange(y_pred.shape[-1], dtype=y_pred.dtype)
        labels = ops.expand_dims(ops.cast(y_true, y_pred.dtype), -1)
        soft = ops.softmax(-ops.abs(levels - labels), axis=-1)
        likely = ops.maximum(y_pred, keras.config.epsilon())
        return -ops.sum(soft * ops.log(likely), axis=-1)


@keras.saving.register_keras_serializable(package="zoo")
class OrdinalCrossEntropy(FrameLoss):
    """Cross-entropy of the questions whether the level is above each other.

    Posteriors of N levels give N - 1 probabilities that the level is above
    0, …, N - 2; the loss is the sum of their binary cross-entropies.

    Args:
        name: of the loss.

    Input shape: as of `CostSensitiveCrossEntropy`.

    Example:
        >>> import numpy as np
        >>> posteriors = np.array([[[0.5, 0.25, 0.25]]])
        >>> loss = OrdinalCrossEntropy()(np.array([[2]]), posteriors)
        >>> round(float(loss), 3)  # -log 0.5 - log 0.25
        2.079

    Reference: E. Frank and M. Hall, "A simple approach to ordinal
    classification", ECML 2001, with one network for all questions.
    """

    def __init__(
        self, name: str = "ordinal_cross_entropy", **kwargs: Any
    ) -> None:
        kwargs.setdefault("reduction", "mean_with_sample_weight")
        super().__init__(name=name, **kwargs)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        thresholds = ops.arange(y_pred.shape[-1] - 1, dtype=y_pred.dtype)
        labels = ops.expand_dims(ops.cast(y_true, y_pred.dtype), -1)
        at_most = ops.cumsum(y_pred, axis=-1)[..., :-1]
        correct = ops.where(labels > thresholds, 1.0 - at_most, at_most)
        likely = ops.maximum(correct, keras.config.epsilon())
        return -ops.sum(ops.log(likely), axis=-1)
