"""Trials over a search space, remembered on disk."""

from __future__ import annotations

import contextlib
import functools
import pathlib
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from tuning.experiments.base import Experiment
from tuning.training import hyperparameters, spaces
from tuning.training.fits import Configuration, Fit
from tuning.training.progress import Progress, clock

TUNERS = {
    "random": "RandomSearch",
    "bayesian": "BayesianOptimization",
    "hyperband": "Hyperband",
    "grid": "GridSearch",
}
ALL = sys.maxsize  # Hyperband ends by itself
PAPER = "paper"


class Search:
    """Trials over a space, each trained once and remembered on disk.

    The tuner itself keeps nothing between two runs of the command: it is
    seeded, so it proposes the same trials again, and finished ones answer
    from their folders.

    Args:
        experiment: that trains.
        out: the run's folder.
        tuner: one of `TUNERS`.
        most: trials a target.
        seed: of the tuner and of every trial.
        progress: where it is said how far the search is.
        changes: "NAME=VALUE" of hyper-parameters that stay as they are.
    """

    def __init__(
        self,
        experiment: Experiment,
        out: pathlib.Path,
        tuner: str,
        most: int,
        seed: int,
        progress: Progress,
        changes: Sequence[str] = (),
    ):
        self.experiment = experiment
        self.space = spaces.space(experiment.card.name)
        self.out = out
        self.tuner = tuner
        self.most = most
        self.seed = seed
        self.progress = progress
        self.changes = changes
        self.measure, self.direction = experiment.recipe.measure
        self.objective = f"dev_{self.measure}"
        self.trials: list[dict[str, Any]] = []
        self._started = time.monotonic()

    def record(self) -> dict[str, Any]:
        """What a report says of the search."""
        return {
            "tuner": self.tuner,
            "objective": self.objective,
            "heading": f"dev {self.experiment.measures[self.measure]}",
            "direction": self.direction,
            "trials": self.trials,
        }

    def run(self) -> dict[str, Configuration]:
        """The best configuration of each target."""
        best = {}
        for target in self.experiment.targets:
            self._search(target)
            winner = self._best(target)
            best[target] = Configuration(
                winner["arguments"], winner["training"]
            )
        self.progress.clear()
        return best

    def _search(self, target: str) -> None:
        """The paper's own values first, then what the tuner proposes."""
        model = self.experiment.card.name
        hp = hyperparameters.fixed(model, target, self.changes)
        self.trial(PAPER, target, self.space(hp, target))
        if self.most > 1:
            with warnings.catch_warnings():
                # Of KerasTuner's Gaussian process; nobody can act on it.
                warnings.simplefilter("ignore", ConvergenceWarning)
                _tuner(self, target, hp).search(verbose=0)

    def trial(
        self,
        name: str,
        target: str,
        configuration: Configuration,
        epochs: int | None = None,
    ) -> float:
        """Trains one configuration; its development score.

        A configuration that has had its trial is not tried again.
        """
        plain = {
            "arguments": dict(configuration.arguments),
            "training": dict(configuration.training),
        }
        for known in self._own(target):
            if epochs is None and plain.items() <= known.items():
                return known[self.objective]
        started = time.monotonic()
        fit = self.experiment.fit(
            self.out,
            target,
            configuration,
            self.seed,
            epochs=epochs,
            on_epoch=functools.partial(self._show, target),
        )
        seconds = round(time.monotonic() - started, 1)
        self._note(fit, {"trial": name, "seconds": seconds, **plain})
        return fit.best

    def _note(self, fit: Fit, rest: dict[str, Any]) -> None:
        """Keeps a trial and says how it went."""
        target, score = fit.target, fit.best
        found = {"target": target, self.objective: score, "epochs": fit.epochs}
        self.trials.append({**found, **rest})
        number = self._number(target, len(self._own(target)))
        measure = self.experiment.measures[self.measure]
        self.progress.say(
            f"{number}: dev {measure} {score:.3f}, {self._standing(target)}"
        )

    def _show(self, target: str, epoch: int, logs: Any) -> None:
        number = self._number(target, len(self._own(target)) + 1)
        self.progress.show(
            f"{number}, epoch {epoch + 1} of {self.experiment.epochs}, "
            f"{self._standing(target)}"
        )

    def _number(self, target: str, number: int) -> str:
        of = "" if self.most == ALL else f" of {self.most}"
        return f"{target}: trial {number}{of}"

    def _own(self, target: str) -> list[dict[str, Any]]:
        return [t for t in self.trials if t["target"] == target]

    def _best(self, target: str) -> dict[str, Any]:
        best = max if self.direction == "max" else min
        return best(self._own(target), key=lambda t: t[self.objective])

    def _standing(self, target: str) -> str:
        if not self._own(target):
            return "no best yet"
        best = self._best(target)
        standing = f"best {best[self.objective]:.3f} ({best['trial']})"
        if self.most == ALL:
            return standing
        spent = time.monotonic() - self._started
        left = self.most * len(self.experiment.targets) - len(self.trials)
        return f"{standing}, {clock(spent / len(self.trials) * left)} left"


def _tuner(search: Search, target: str, hp: Any) -> Any:
    """A KerasTuner of the asked kind whose trials are the search's own."""
    import keras_tuner

    kind: Any = getattr(keras_tuner, TUNERS[search.tuner])

    class Tuner(kind):
        def run_trial(self, trial, *args, **kwargs):
            values = trial.hyperparameters
            with _fatal():
                score = search.trial(
                    trial.trial_id,
                    target,
                    search.space(values, target),
                    values.values.get("tuner/epochs"),
                )
            return {search.objective: score}

    sizes: dict[str, Any] = {"max_trials": search.most - 1}
    if search.tuner == "hyperband":
        sizes = {"max_epochs": search.experiment.epochs}
    tuner = Tuner(
        hyperparameters=hp,
        tune_new_entries=False,
        objective=keras_tuner.Objective(search.objective, search.direction),
        seed=search.seed + 1,  # KerasTuner takes 0 for unseeded
        directory=str(search.out),
        project_name="tuner",
        overwrite=True,
        **sizes,
    )
    # A grid comes by the paper's own values once more, which is no trial.
    tuner.oracle.max_trials = search.most - (search.tuner != "grid")
    return tuner


@contextlib.contextmanager
def _fatal() -> Iterator[None]:
    """Ends the search on an error; KerasTuner would go on without a word."""
    from keras_tuner import errors

    try:
        yield
    except (ValueError, OSError) as error:
        raise errors.FatalValueError(str(error)) from error
    except Exception as error:
        raise errors.FatalError(str(error)) from error
