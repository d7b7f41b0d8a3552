"""Nested selection: figures of a search whose settings saw no test label.

A cross-validated search chooses one configuration by the mean development
score of all folds. The test speaker of one fold validates another, so that
mean has seen its labels. Here every fold chooses for itself, by the scores
that its own networks have on its own development partition, which holds none
of its test speakers, nor does its training partition. These networks are those
of the search's trials, so no other network has to be trained for the choice;
only seeds of a fold's choice that no trial has trained are. One development
partition judges worse than the mean of all, so the figure is of a procedure
that chooses less well: honest, and if anything too low.

The configurations must not depend on scores either, since a tuner that follows
them follows the mean of all folds: a random search or a grid.
"""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from tuning.experiments.classification import TARGET
from tuning.experiments.cross_validation import CrossValidation
from tuning.experiments.predictions import Predictions
from tuning.runs.proposals import INDEPENDENT
from tuning.runs.trials import Search, Trial
from tuning.training.pool import Pool
from tuning.training.progress import Progress
from tuning.training.recipe import Recipe
from zoo.common import cli

SPLIT = "test"


def check(recipe: Recipe, tuner: str, max_trials: int) -> None:
    """Refuses a nested selection that would have no meaning.

    Whether the corpus is cross-validated is known later, once it is open
    (`CrossValidation.open`).

    Raises:
        UsageError: names the reason.
    """
    if recipe.experiment.kind != "utterances":
        raise cli.UsageError(
            f"--nested is for cross-validation; {recipe.model} is tested on a "
            "partition that no search sees. Leave it out."
        )
    if tuner not in INDEPENDENT:
        raise cli.UsageError(
            f"--nested needs --tuner {' or '.join(INDEPENDENT)}: what {tuner} "
            "proposes depends on the scores of all folds."
        )
    if max_trials < 2:
        raise cli.UsageError(
            "--nested chooses between configurations: --trials must be 2 or "
            f"more. Received: {max_trials}"
        )


def choose(search: Search, number: int) -> Trial:
    """Returns the trial that is best on the dev partition of one fold.

    Args:
        search: that has run.
        number: of the fold.
    """
    best = max if search.direction == "max" else min
    return best(search.trials, key=lambda trial: score(trial, number))


def score(trial: Trial, number: int) -> float:
    """Returns a trial's mean development score over the seeds on one fold."""
    return float(np.mean([f.folds[number].best for f in trial.fits.values()]))


def evaluate(
    experiment: CrossValidation,
    search: Search,
    out: pathlib.Path,
    seeds: Sequence[int],
    progress: Progress,
    pool: Pool,
) -> dict[str, Any]:
    """Scores every fold's test by the networks of the fold's own choice.

    Args:
        experiment: that trains and predicts.
        search: that has run.
        out: the run's folder.
        seeds: of the networks whose predictions are averaged.
        progress: shows how far the training is.
        pool: of processes.

    Returns:
        What a report has of it: for each fold the trial that it chose, and the
        metrics of the averaged predictions and of every seed.
    """
    numbers = range(len(experiment.parts))
    chosen = [choose(search, number) for number in numbers]
    by_seed = _posteriors(experiment, chosen, out, seeds, progress, pool)

    def scores(posteriors: np.ndarray) -> dict[str, Any]:
        predictions: Predictions = {TARGET: posteriors}
        return {SPLIT: experiment.score(predictions, SPLIT)}

    return {
        "metrics": scores(np.mean(by_seed, axis=0)),
        "runs": [
            {"seed": seed, "metrics": scores(posteriors)}
            for seed, posteriors in zip(seeds, by_seed)
        ],
        "folds": [
            {
                "fold": experiment.parts[number].fold.name,
                "trial": chosen[number].name,
                search.objective: score(chosen[number], number),
            }
            for number in numbers
        ],
    }


def _posteriors(
    experiment: CrossValidation,
    chosen: Sequence[Trial],
    out: pathlib.Path,
    seeds: Sequence[int],
    progress: Progress,
    pool: Pool,
) -> list[np.ndarray]:
    """Returns the posteriors of all folds' test, by seed, in fold order."""
    requests = [
        experiment.requests(
            out, TARGET, trial.configuration, seed, predicts=True
        )[number]
        for number, trial in enumerate(chosen)
        for seed in seeds
    ]
    fits = pool.train(experiment, requests, progress.show)
    progress.clear()
    outputs = [
        experiment.parts[request.fold].outputs_of(fit, request.configuration)
        for request, fit in zip(requests, fits)
    ]
    return [
        np.concatenate([own[SPLIT][TARGET] for own in outputs[i :: len(seeds)]])
        for i in range(len(seeds))
    ]
