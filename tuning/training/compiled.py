"""Compiled networks, which several fits of one process use in turn.

TensorFlow takes seconds to compile a network's training step. Folds and seeds
of one network differ in nothing but the values of variables, so each takes
over the compiled network of the fit before, with values of its own.
"""

from __future__ import annotations

import dataclasses
import gc
import json
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tuning.training.job import TrainingJob


@dataclasses.dataclass(frozen=True)
class Compiled:
    """A compiled network.

    Attributes:
        key: all that its training step depends on, but the values of
            variables.
        model: the network.
        optimizer: the initial values of its optimizer's variables.
    """

    key: str
    model: keras.Model
    optimizer: list[np.ndarray]

    def start(self, fresh: keras.Model) -> None:
        """Takes the values of a network that has just been built."""
        for variable, value in zip(
            self.model.variables, fresh.variables, strict=True
        ):
            variable.assign(value)
        for variable, value in zip(
            self.model.optimizer.variables, self.optimizer, strict=True
        ):
            variable.assign(value)


_kept: list[Compiled] = []
"""The network of the last finished fit, or nothing."""


def compile_network(
    build: Callable[[], keras.Model],
    job: TrainingJob,
    learning_rate: float,
    seed: int,
) -> Compiled:
    """Returns a compiled network with its initial values.

    It is that of the last fit where nothing but values differs; these are the
    same as in a network that has been compiled by itself.

    Args:
        build: makes the untrained network.
        job: its training job.
        learning_rate: of the optimizer.
        seed: of the initial weights, and of dropout.
    """
    keras.backend.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    model = job.build(build)
    key = _key(model, job, learning_rate)
    # A fit that fails leaves no network behind: it may be in any state.
    kept = _kept.pop() if _kept else None
    if kept is not None and kept.key == key:
        kept.start(model)
        return kept
    del kept
    gc.collect()
    job.compile(model, learning_rate)
    values = [
        np.array(keras.ops.convert_to_numpy(variable))
        for variable in model.optimizer.variables
    ]
    return Compiled(key, model, values)


def keep(compiled: Compiled) -> None:
    """Keeps the network of a finished fit for the next one."""
    _kept[:] = [compiled]


def _key(model: keras.Model, job: TrainingJob, learning_rate: float) -> str:
    """Returns all that a training step depends on but variables' values."""
    parts: dict[str, Any] = {
        "model": [type(model).__name__, model.get_config()],
        "losses": {name: _settings(own) for name, own in job.losses.items()},
        "weights": job.loss_weights,
        "metrics": {
            name: [_settings(metric) for metric in own]
            for name, own in job.metrics.items()
        },
        "optimizer": [job.optimizer, learning_rate, job.ema],
        "most_steps": dict(job.most_steps),
    }
    return json.dumps(parts, sort_keys=True, default=repr)


def _settings(part: keras.losses.Loss | keras.metrics.Metric) -> list[Any]:
    return [type(part).__name__, part.get_config()]
