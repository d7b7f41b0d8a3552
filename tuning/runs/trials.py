"""Trials of a search: configurations that are trained and stored."""

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
from tuning.runs import networks
from tuning.runs.networks import Network
from tuning.training import hyperparameters
from tuning.training.fits import Configuration, Fit
from tuning.training.pool import Pool
from tuning.training.progress import Progress, clock

TUNERS = {
    "random": "RandomSearch",
    "bayesian": "BayesianOptimization",
    "hyperband": "Hyperband",
    "grid": "GridSearch",
}
NO_LIMIT = sys.maxsize  # Hyperband ends by itself
PAPER = "paper"


class Search:
    """Trials over a search space, each trained once.

    The tuner keeps no state between two runs of the command: it is seeded, so
    it proposes the same trials again, and finished ones are read from their
    folders.

    Args:
        experiment: that trains.
        out: the run's folder.
        tuner: one of `TUNERS`.
        max_trials: trials a target.
        seed: of the tuner and of every trial.
        progress: shows how far the search is.
        pool: of processes that train.
        changes: "NAME=VALUE" of hyper-parameters that are not searched.
    """

    def __init__(
        self,
        experiment: Experiment,
        out: pathlib.Path,
        tuner: str,
        max_trials: int,
        seed: int,
        progress: Progress,
        pool: Pool,
        changes: Sequence[str] = (),
    ):
        self.experiment = experiment
        self.recipe = experiment.recipe
        self.out = out
        self.tuner = tuner
        self.max_trials = max_trials
        self.seed = seed
        self.progress = progress
        self.pool = pool
        self.changes = changes
        self.measure, self.direction = self.recipe.measure
        self.objective = f"dev_{self.measure}"
        self.trials: list[dict[str, Any]] = []
        self._started = time.monotonic()

    def record(self) -> dict[str, Any]:
        """Returns the search as a report has it."""
        return {
            "tuner": self.tuner,
            "objective": self.objective,
            "heading": f"dev {self.experiment.measures[self.measure]}",
            "direction": self.direction,
            "trials": self.trials,
        }

    def run(self) -> dict[str, Configuration]:
        """Searches, and returns the best configuration of each target."""
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
        """Tries the paper's own values first, then the tuner's proposals."""
        hp = hyperparameters.fixed(self.recipe, target, self.changes)
        self.trial(PAPER, target, self.recipe.configuration(hp, target))
        if self.max_trials > 1:
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
        """Trains one configuration and returns its development score.

        A configuration, or one that trains the same network, is not trained
        again in a second trial.
        """
        configuration = self.experiment.distinct(configuration)
        plain = {
            "arguments": dict(configuration.arguments),
            "training": dict(configuration.training),
        }
        for earlier in self._trials_of(target):
            if epochs is None and plain.items() <= earlier.items():
                return earlier[self.objective]
        started = time.monotonic()
        (fit,) = networks.train(
            self.experiment,
            self.out,
            [Network(target, configuration, self.seed, epochs)],
            self.pool,
            functools.partial(self._show, target),
        )
        seconds = round(time.monotonic() - started, 1)
        self._record(fit, {"trial": name, "seconds": seconds, **plain})
        return fit.best

    def _record(self, fit: Fit, details: dict[str, Any]) -> None:
        """Keeps a trial and prints its score."""
        target, score = fit.target, fit.best
        scored = {"target": target, self.objective: score, "epochs": fit.epochs}
        self.trials.append({**scored, **details})
        number = self._number(target, len(self._trials_of(target)))
        measure = self.experiment.measures[self.measure]
        self.progress.say(
            f"{number}: dev {measure} {score:.3f}, {self._standing(target)}"
        )

    def _show(self, target: str, line: str) -> None:
        number = self._number(target, len(self._trials_of(target)) + 1)
        self.progress.show(f"{number}, {self._standing(target)}; {line}")

    def _number(self, target: str, number: int) -> str:
        of = "" if self.max_trials == NO_LIMIT else f" of {self.max_trials}"
        return f"{target}: trial {number}{of}"

    def _trials_of(self, target: str) -> list[dict[str, Any]]:
        return [t for t in self.trials if t["target"] == target]

    def _best(self, target: str) -> dict[str, Any]:
        choose = max if self.direction == "max" else min
        return choose(self._trials_of(target), key=lambda t: t[self.objective])

    def _standing(self, target: str) -> str:
        if not self._trials_of(target):
            return "no best yet"
        best = self._best(target)
        standing = f"best {best[self.objective]:.3f} ({best['trial']})"
        if self.max_trials == NO_LIMIT:
            return standing
        spent = time.monotonic() - self._started
        left = self.max_trials * len(self.experiment.targets) - len(self.trials)
        return f"{standing}, {clock(spent / len(self.trials) * left)} left"


def _tuner(search: Search, target: str, hp: Any) -> Any:
    """Returns a KerasTuner whose trials are the search's."""
    import keras_tuner

    kind: Any = getattr(keras_tuner, TUNERS[search.tuner])

    class Tuner(kind):
        def run_trial(
            self, trial: Any, *args: Any, **kwargs: Any
        ) -> dict[str, float]:
            values = trial.hyperparameters
            with _fatal():
                score = search.trial(
                    trial.trial_id,
                    target,
                    search.recipe.configuration(values, target),
                    values.values.get("tuner/epochs"),
                )
            return {search.objective: score}

    sizes: dict[str, Any] = {"max_trials": search.max_trials - 1}
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
    # A grid proposes the paper's own values again, which is no new trial.
    tuner.oracle.max_trials = search.max_trials - (search.tuner != "grid")
    return tuner


@contextlib.contextmanager
def _fatal() -> Iterator[None]:
    """Ends the search on an error, which KerasTuner would ignore."""
    from keras_tuner import errors

    try:
        yield
    except (ValueError, OSError) as error:
        raise errors.FatalValueError(str(error)) from error
    except Exception as error:
        raise errors.FatalError(str(error)) from error
