"""What one network is trained on, and how that is run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import keras

if TYPE_CHECKING:
    import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Task:
    """What one target's network is trained on.

    Attributes:
        train: from a seed and the number of the first epoch to an endless
            stream of batches.
        steps: batches an epoch.
        dev: one pass over the development batches.
        losses: of the model's outputs, by name.
        metrics: to log, by output.
        monitor: the name under which the development score is logged.
        prepare: called with the model before training.
        loss_weights: of the outputs' losses, by name; `None` for one each.
        callbacks: that add to what is logged, before the rule looks at it.
    """

    train: Callable[[int, int], tf.data.Dataset]
    steps: int
    dev: Callable[[], tf.data.Dataset]
    losses: Mapping[str, keras.losses.Loss]
    metrics: Mapping[str, list[keras.metrics.Metric]]
    monitor: str
    prepare: Callable[[keras.Model], None] = lambda model: None
    loss_weights: Mapping[str, float] | None = None
    callbacks: Sequence[keras.callbacks.Callback] = ()

    def compile(self, model: keras.Model, learning_rate: float) -> None:
        """Readies a model for training; Adam learns."""
        model.compile(
            keras.optimizers.Adam(learning_rate),
            loss=dict(self.losses),
            loss_weights=dict(self.loss_weights) if self.loss_weights else None,
            weighted_metrics=dict(self.metrics),
            jit_compile=False,  # XLA compiles anew for every length
        )
        model.optimizer.build(model.trainable_variables)

    def run(
        self,
        model: keras.Model,
        seed: int,
        span: tuple[int, int],
        callbacks: list[keras.callbacks.Callback],
    ) -> None:
        """Trains from the first epoch of `span` to before the last."""
        model.fit(
            self.train(seed, span[0]),
            steps_per_epoch=self.steps,
            initial_epoch=span[0],
            epochs=span[1],
            validation_data=self.dev(),
            callbacks=callbacks,
            shuffle=False,  # the stream has its own order
            verbose=0,
        )
