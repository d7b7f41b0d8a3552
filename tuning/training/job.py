"""The training job of one network: data, losses, metrics, and how it runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import keras

from tuning.training.parts import in_parts

if TYPE_CHECKING:
    import tensorflow as tf

OPTIMIZERS: Mapping[str, Callable[..., keras.optimizers.Optimizer]] = {
    "adam": keras.optimizers.Adam,
    "sgd": keras.optimizers.SGD,
}
"""By name, from a learning rate; "sgd" has no momentum."""


@dataclasses.dataclass(frozen=True)
class TrainingJob:
    """What one target's network is trained on.

    Attributes:
        train: makes an endless stream of training batches from a seed and the
            number of the first epoch.
        steps: batches an epoch.
        dev: makes one pass over the development batches; `None` where nothing
            validates: all epochs are trained, and the last one is kept.
        losses: of the model's outputs, by output.
        metrics: to log, by output.
        monitor: name under which the development score is logged.
        adapt: sets what the network takes from the training data, such as the
            scale of its inputs; called with the untrained model.
        loss_weights: of the outputs' losses, by output; `None` for 1 each.
        callbacks: that add to the logs before early stopping reads them.
        optimizer: one of `OPTIMIZERS`.
        ema: share that the moving average of the weights keeps at a step, as
            of `tuning.training.averaging`; 0 for no average.
        most_steps: by input name, the steps of a batch, rows times the padded
            length, that are learnt from at once (`tuning.training.parts`);
            empty where every batch has fewer.
    """

    train: Callable[[int, int], tf.data.Dataset]
    steps: int
    dev: Callable[[], tf.data.Dataset] | None
    losses: Mapping[str, keras.losses.Loss]
    metrics: Mapping[str, list[keras.metrics.Metric]]
    monitor: str
    adapt: Callable[[keras.Model], None] = lambda model: None
    loss_weights: Mapping[str, float] | None = None
    callbacks: Sequence[keras.callbacks.Callback] = ()
    optimizer: str = "adam"
    ema: float = 0.0
    most_steps: Mapping[str, int] = dataclasses.field(default_factory=dict)

    def build(self, build: Callable[[], keras.Model]) -> keras.Model:
        """Returns an untrained network, adapted to the training data."""
        model = build()
        self.adapt(model)
        for input_name, most_steps in self.most_steps.items():
            model = in_parts(model, input_name, most_steps)
        return model

    def compile(self, model: keras.Model, learning_rate: float) -> None:
        """Compiles a model with the job's optimizer."""
        average = {"use_ema": True, "ema_momentum": self.ema}
        model.compile(
            OPTIMIZERS[self.optimizer](
                learning_rate, **(average if self.ema else {})
            ),
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
        first_epoch: int,
        epochs: int,
        callbacks: list[keras.callbacks.Callback],
    ) -> None:
        """Trains from `first_epoch` on, `epochs` in all."""
        model.fit(
            self.train(seed, first_epoch),
            steps_per_epoch=self.steps,
            initial_epoch=first_epoch,
            epochs=epochs,
            validation_data=None if self.dev is None else self.dev(),
            callbacks=callbacks,
            shuffle=False,  # the stream has its own order
            verbose=0,
        )
