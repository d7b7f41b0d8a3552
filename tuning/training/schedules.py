"""Learning-rate schedules of fixed form."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras

from tuning.training.callbacks import Logs


class Schedule(keras.callbacks.Callback):
    """Sets the learning rate at the start of an epoch.

    In each of the `warmup` first epochs the rate rises by the same amount, to
    `rate` in the first epoch after them. "cosine" then lowers it by half a
    cosine, to nearly zero in the last epoch; any other schedule leaves it to
    `tuning.training.callbacks.EarlyStopping`.

    The rate depends on the epoch's number alone, so a resumed training goes on
    as an uninterrupted one would.

    Args:
        schedule: one of `tuning.training.callbacks.SCHEDULES`.
        rate: the learning rate.
        epochs: at most; what "cosine" spans.
        warmup: number of epochs.
        halvings: how often the rate has been halved before each epoch, where
            no development score decides it.

    Example:
        >>> cosine = Schedule("cosine", rate=1.0, epochs=6, warmup=2)
        >>> [round(cosine.rate_of(epoch), 2) for epoch in range(6)]
        [0.33, 0.67, 1.0, 0.85, 0.5, 0.15]

    Reference: I. Loshchilov, F. Hutter, SGDR, ICLR 2017, equation 5, without
        restarts.
    """

    def __init__(
        self,
        schedule: str,
        rate: float,
        epochs: int,
        warmup: int = 0,
        halvings: Sequence[float] = (),
    ):
        super().__init__()
        self.schedule = schedule
        self.rate = rate
        self.epochs = epochs
        self.warmup = warmup
        self.halvings = halvings

    def rate_of(self, epoch: int) -> float | None:
        """Returns the rate of an epoch, counted from 0; `None`: as it is."""
        if epoch < self.warmup:
            return self.rate * (epoch + 1) / (self.warmup + 1)
        if self.schedule == "cosine":
            done = (epoch - self.warmup) / max(1, self.epochs - self.warmup)
            return self.rate * (1 + math.cos(math.pi * done)) / 2
        if self.halvings:
            return self.rate / 2 ** self.halvings[epoch]
        return self.rate if 0 < self.warmup == epoch else None

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        rate = self.rate_of(epoch)
        if rate is not None:
            self.model.optimizer.learning_rate.assign(rate)
