"""Configurations that a KerasTuner proposes for one target."""

from __future__ import annotations

import itertools
import pathlib
import sys
import warnings
from typing import Any

from sklearn.exceptions import ConvergenceWarning

TUNERS = {
    "random": "RandomSearch",
    "bayesian": "BayesianOptimization",
    "hyperband": "Hyperband",
    "grid": "GridSearch",
}
INDEPENDENT = ("random", "grid")
"""Tuners whose proposals do not depend on any score."""
NO_LIMIT = sys.maxsize  # Hyperband ends by itself


class Proposals:
    """Asks a tuner for configurations and tells it their scores.

    Those of an independent tuner can be asked for before any is trained.

    Args:
        tuner: one of `TUNERS`.
        hp: the hyper-parameters, in which some may be fixed.
        objective: name of the score.
        direction: "max" or "min", of the score.
        most: number of proposals; `NO_LIMIT` for Hyperband.
        epochs: of the longest trial.
        seed: of the tuner.
        folder: for the tuner's files, which nobody reads.
    """

    def __init__(
        self,
        tuner: str,
        hp: Any,
        objective: str,
        direction: str,
        most: int,
        epochs: int,
        seed: int,
        folder: pathlib.Path,
    ):
        import keras_tuner

        kind: Any = getattr(keras_tuner, TUNERS[tuner])

        class Tuner(kind):
            def run_trial(self, *args: Any, **kwargs: Any) -> None:
                """Is never called: the search trains."""

        sizes: dict[str, Any] = {"max_trials": most}
        if tuner == "hyperband":
            sizes = {"max_epochs": epochs}
        self.is_independent = tuner in INDEPENDENT
        self._objective = objective
        self._numbers = itertools.count()
        self._oracle = Tuner(
            hyperparameters=hp,
            tune_new_entries=False,
            objective=keras_tuner.Objective(objective, direction),
            seed=seed + 1,  # KerasTuner takes 0 for unseeded
            directory=str(folder),
            project_name="tuner",
            overwrite=True,
            **sizes,
        ).oracle
        self._oracle.max_trials = most
        self._oracle.verbose = 0

    def ask(self) -> Any:
        """Returns the tuner's next trial; `None`: there is none."""
        with warnings.catch_warnings():
            # Of KerasTuner's Gaussian process; nobody can act on it.
            warnings.simplefilter("ignore", ConvergenceWarning)
            trial = self._oracle.create_trial(f"tuner{next(self._numbers)}")
        return trial if trial.status == "RUNNING" else None

    def tell(self, trial: Any, score: float) -> None:
        """Ends a trial with its score."""
        self._oracle.update_trial(trial.trial_id, {self._objective: score})
        trial.status = "COMPLETED"
        self._oracle.end_trial(trial)
