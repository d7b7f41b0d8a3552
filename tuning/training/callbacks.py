"""Callbacks: the papers' early stopping and schedules, and checkpoints."""

from __future__ import annotations

import json
import math
import pathlib
from collections.abc import Mapping
from zipfile import BadZipFile

import keras
import numpy as np

from zoo.common import files

Logs = dict[str, float] | None
"""What an epoch logs, by name."""
SCHEDULES = ("constant", "plateau", "cosine")
"""Names of learning-rate schedules; "cosine" is that of
`tuning.training.schedules`, the others are of `EarlyStopping`."""
PLATEAU = 3
"""Epochs without a better score after which "plateau" halves the rate."""


def copy_of(variable: keras.Variable) -> np.ndarray:
    """Returns the values of a variable, which it no longer changes."""
    return np.array(keras.ops.convert_to_numpy(variable))


class MeanOfTasks(keras.callbacks.Callback):
    """Logs the mean of a measure over a network's outputs.

    Where there are outputs "arousal" and "valence", "val_uar" becomes the
    mean of "val_arousal_uar" and "val_valence_uar", and "uar" likewise.

    Args:
        measure: name of the metric.
    """

    def __init__(self, measure: str):
        super().__init__()
        self.measure = measure

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = {} if logs is None else logs
        for prefix in ("", "val_"):
            own = [
                value
                for name, value in logs.items()
                if name.endswith(f"_{self.measure}")
                and name.startswith("val_") == bool(prefix)
                and name != f"val_{self.measure}"
            ]
            if own:
                logs[prefix + self.measure] = float(np.mean(own))


class EarlyStopping(keras.callbacks.Callback):
    """Keeps the best weights and stops after `patience` epochs without better.

    The development partition decides when to stop (Khorram et al. 2017,
    section 6.1).
    Keras's own callback does the same, but cannot be resumed.

    A development partition of few recordings scores some epochs well by
    chance; the mean of `window` epochs is less noisy.

    Args:
        monitor: the logged development score.
        patience: epochs without a better score.
        mode: "max" where a higher score is better, "min" where a lower is.
        window: number of epochs, the current one included, whose mean score
            an epoch is judged by; fewer at the start.
        schedule: of the learning rate, one of `SCHEDULES`: "plateau" halves
            it after every `PLATEAU` epochs without a better score.
    """

    def __init__(
        self,
        monitor: str,
        patience: int,
        mode: str = "max",
        window: int = 1,
        schedule: str = "constant",
    ):
        super().__init__()
        self.monitor = monitor
        self.patience = patience
        self.mode = mode
        self.window = window
        self.schedule = schedule
        self.recent: list[float] = []
        self.best = -math.inf if mode == "max" else math.inf
        self.best_epoch = 0
        self.best_weights: list[np.ndarray] = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.recent = [*self.recent, float((logs or {})[self.monitor])]
        self.recent = self.recent[-self.window :]
        score = float(np.mean(self.recent))
        if self._is_better(score) or not self.best_weights:
            self.best = self.best if math.isnan(score) else score
            self.best_epoch = epoch
            self.best_weights = [copy_of(v) for v in self.model.weights]
        waited = epoch - self.best_epoch
        if self.schedule == "plateau" and waited and waited % PLATEAU == 0:
            rate = self.model.optimizer.learning_rate
            rate.assign(rate / 2)
        if self.is_over(epoch + 1):
            self.model.stop_training = True

    def _is_better(self, score: float) -> bool:
        """Returns whether a score is the best so far; NaN never is."""
        return score > self.best if self.mode == "max" else score < self.best

    def is_over(self, epochs: int) -> bool:
        """Returns whether training ends after so many epochs."""
        return epochs - 1 - self.best_epoch >= self.patience

    def restore(self) -> None:
        """Sets the model's weights to the best ones."""
        for variable, value in zip(self.model.weights, self.best_weights):
            variable.assign(value)


class AllEpochs(EarlyStopping):
    """Trains all epochs and keeps the last weights, without a dev score.

    Weights that the optimizer averages (`tuning.training.averaging`) are kept
    as averages. `best` is the last epoch's training loss.
    """

    def __init__(self) -> None:
        super().__init__("loss", patience=0, mode="min")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.best, self.best_epoch = float((logs or {})["loss"]), epoch
        variables = self.model.trainable_variables
        own = [copy_of(variable) for variable in variables]
        self.model.optimizer.finalize_variable_values(variables)
        self.best_weights = [copy_of(v) for v in self.model.weights]
        for variable, value in zip(variables, own):
            variable.assign(value)

    def is_over(self, epochs: int) -> bool:
        return False


class TwoStage(EarlyStopping):
    """The two-stage schedule of Le et al. 2017, section 4.2.

    The first trains for `first_stage` epochs at the given learning rate. The
    second starts from the best weights so far and halves the rate after every
    epoch without a better development score; it ends when the rate falls
    below `lowest_rate`.

    Args:
        monitor: the logged development score; higher is better.
        first_stage: number of its epochs.
        lowest_rate: learning rate below which training ends.
    """

    def __init__(
        self, monitor: str, first_stage: int = 20, lowest_rate: float = 1e-5
    ):
        super().__init__(monitor, patience=0)
        self.first_stage = first_stage
        self.lowest_rate = lowest_rate

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        super().on_epoch_end(epoch, logs)
        if epoch + 1 == self.first_stage:
            self.restore()
        elif epoch + 1 > self.first_stage and self.best_epoch != epoch:
            rate = self.model.optimizer.learning_rate
            rate.assign(rate / 2)
            self.model.stop_training = self.is_over(epoch + 1)

    def is_over(self, epochs: int) -> bool:
        rate = float(self.model.optimizer.learning_rate)
        return epochs > self.first_stage and rate < self.lowest_rate


class Checkpoint(keras.callbacks.Callback):
    """Writes the state that resumes a training, after every epoch.

    The file is replaced atomically, so that a process that dies leaves the
    state of the last whole epoch. It holds only numbers (no pickle).

    Args:
        path: of the file, `.npz`.
        stopping: the early stopping, whose state is written too.
    """

    def __init__(self, path: pathlib.Path, stopping: EarlyStopping):
        super().__init__()
        self.path = path
        self.stopping = stopping
        self.history: list[dict[str, float]] = []

    def restore(self) -> bool:
        """Restores a saved state; returns whether there is one.

        Raises:
            ValueError: the file is damaged or of another model.
        """
        if not self.path.exists():
            return False
        try:
            with open(self.path, "rb") as file:
                with np.load(file, allow_pickle=False) as arrays:
                    self._take(arrays)
        except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
            raise ValueError(
                f"{self.path} is not a state of this run ({error}). Delete it "
                "or start over with --fresh."
            ) from error
        return True

    def _take(self, arrays: Mapping[str, np.ndarray]) -> None:
        plain = json.loads(str(arrays["plain"]))
        for index, variable in enumerate(self._variables()):
            variable.assign(arrays[f"variable/{index}"])
        for index, variable in enumerate(self._random_states()):
            name = f"random/{index}"
            if name in arrays:  # older states have none
                variable.assign(arrays[name])
        self.history = plain["history"]
        self.stopping.best = plain["best"]
        self.stopping.best_epoch = plain["best_epoch"]
        self.stopping.recent = plain["recent"]
        self.stopping.best_weights = [
            arrays[f"best/{index}"] for index in range(plain["kept"])
        ]

    def _variables(self) -> list[keras.Variable]:
        return [*self.model.weights, *self.model.optimizer.variables]

    def _random_states(self) -> list[keras.Variable]:
        """Returns what dropout draws from, which is no weight."""
        weights = {id(variable) for variable in self.model.weights}
        return [own for own in self.model.variables if id(own) not in weights]

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = {name: float(value) for name, value in (logs or {}).items()}
        self.history.append({"epoch": epoch, **logs})
        plain = {
            "history": self.history,
            "best": self.stopping.best,
            "best_epoch": self.stopping.best_epoch,
            "recent": self.stopping.recent,
            "kept": len(self.stopping.best_weights),
        }
        arrays = {
            f"variable/{index}": copy_of(variable)
            for index, variable in enumerate(self._variables())
        }
        for index, variable in enumerate(self._random_states()):
            arrays[f"random/{index}"] = copy_of(variable)
        for index, value in enumerate(self.stopping.best_weights):
            arrays[f"best/{index}"] = value
        with files.replacing(self.path) as part, open(part, "wb") as file:
            np.savez(file, plain=np.array(json.dumps(plain)), **arrays)
