"""Averaging of weights over the steps of a training."""

from __future__ import annotations

import keras
import numpy as np

from tuning.training.callbacks import Logs, copy_of


class AveragedWeights(keras.callbacks.Callback):
    """Validates and keeps moving averages of the weights.

    The optimizer averages the weights over its steps (`use_ema`). The averages
    take the weights' place while an epoch is validated, until the early
    stopping before this callback has copied the best ones; the training then
    goes on from its own weights.

    Reference: B. Polyak, A. Juditsky, Acceleration of stochastic
        approximation by averaging, SIAM J. Control Optim. 1992.
    """

    def __init__(self) -> None:
        super().__init__()
        self._own: list[np.ndarray] = []

    def on_test_begin(self, logs: Logs = None) -> None:
        weights = self.model.trainable_variables
        self._own = [copy_of(variable) for variable in weights]
        self.model.optimizer.finalize_variable_values(weights)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        for variable, value in zip(self.model.trainable_variables, self._own):
            variable.assign(value)
