"""Training of one network, from its initial weights to its finished fit."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import keras

from tuning.training import fits
from tuning.training.averaging import AveragedWeights
from tuning.training.callbacks import AllEpochs, Checkpoint, EarlyStopping
from tuning.training.compiled import compile_network, keep
from tuning.training.fits import Fit
from tuning.training.job import TrainingJob
from tuning.training.schedules import Schedule
from zoo.common import files
from zoo.layers.kernels import gradients

OnEpoch = Callable[[int, Mapping[str, float]], None]
"""Called at the end of an epoch with its number and what was logged."""


def train(
    folder: pathlib.Path,
    build: Callable[[], keras.Model],
    make_job: Callable[[], TrainingJob],
    rule: Callable[[str], EarlyStopping],
    target: str,
    training: Mapping[str, Any],
    seed: int,
    epochs: int,
    on_epoch: OnEpoch | None = None,
) -> Fit:
    """Trains a network, resuming where an interrupted run stopped.

    Args:
        folder: of the fit; a finished one is not trained again.
        build: makes the untrained network.
        make_job: makes its training job.
        rule: makes the early stopping from the name of the development score;
            `AllEpochs` takes its place in a job without dev.
        target: that the network predicts.
        training: the configuration's training values.
        seed: of the initial weights and the order of batches.
        epochs: at most.
        on_epoch: called with the epoch's number and what was logged.
    """
    finished = fits.finished(folder, epochs)
    if finished is not None:
        return finished
    folder.mkdir(parents=True, exist_ok=True)
    fits.forget_outputs(folder)
    job = make_job()
    compiled = compile_network(build, job, training["learning_rate"], seed)
    stopping = AllEpochs() if job.dev is None else rule(job.monitor)
    stopping.window = training.get("smoothing", stopping.window)
    stopping.schedule = training.get("schedule", stopping.schedule)
    checkpoint = Checkpoint(folder / "state.npz", stopping)
    rate, warmup = training["learning_rate"], training.get("warmup", 0)
    callbacks: list[keras.callbacks.Callback] = [
        *job.callbacks,
        stopping,
        *([AveragedWeights()] if job.ema else []),
        checkpoint,
        Schedule(
            stopping.schedule,
            rate,
            epochs,
            warmup,
            training.get("halvings", ()),
        ),
    ]
    if on_epoch is not None:
        callbacks.append(keras.callbacks.LambdaCallback(on_epoch_end=on_epoch))
    _train_missing(compiled.model, job, checkpoint, callbacks, seed, epochs)
    stopping.restore()
    with files.replacing(folder / "weights.weights.h5") as part:
        compiled.model.save_weights(part)
    keep(compiled)
    fits.write_history(folder / "history.csv", checkpoint.history)
    return fits.finish(folder, target, seed, checkpoint)


def _train_missing(
    model: keras.Model,
    job: TrainingJob,
    checkpoint: Checkpoint,
    callbacks: list[keras.callbacks.Callback],
    seed: int,
    epochs: int,
) -> None:
    """Trains the epochs that the checkpoint, a callback, has not seen."""
    for callback in callbacks:
        callback.set_model(model)
    checkpoint.restore()
    first = len(checkpoint.history)
    if first < epochs and not (first and checkpoint.stopping.is_over(first)):
        job.run(model, seed, first, epochs, callbacks)
        gradients.release()  # its graphs go when the model goes
