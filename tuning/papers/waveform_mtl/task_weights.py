"""Random search of the weights of tasks, w_m of equation 5."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tuning.experiments.classes import ALL_TASKS, MAIN_TASK
from tuning.papers.waveform_mtl.recipe import (
    HIGHEST_WEIGHT,
    LOWEST_WEIGHT,
    TASK_WEIGHTS,
)
from tuning.tables.trained import Systems
from zoo.papers.waveform_mtl import TASKS

TRIALS = 8
"""Weights that are tried by default; the paper gives no number."""
SEED = 0
"""Of the trials' networks and of the draws."""
Weights = Mapping[str, float]
"""By task."""


@dataclasses.dataclass(frozen=True)
class Trial:
    """Weights of the tasks, and how well a network trained with them did.

    Attributes:
        weights: by task.
        scores: UAR on dev by task.
    """

    weights: Weights
    scores: Mapping[str, float]

    def score(self, main: str) -> float:
        """Returns the UAR of the main task, or the mean over tasks."""
        if main == ALL_TASKS:
            return float(np.mean(list(self.scores.values())))
        return self.scores[main]


def proposals(count: int, seed: int = SEED) -> list[Weights]:
    """Draws weights of tasks: first equal ones, then random ones.

    Args:
        count: number of proposals, at least 1.
        seed: of the draws; more proposals begin with the same ones.

    Example:
        >>> proposals(1)
        [{'arousal': 1.0, 'valence': 1.0, 'dominance': 1.0}]
    """
    rng = np.random.default_rng(seed)
    drawn: list[Weights] = [dict.fromkeys(TASKS, 1.0)]
    while len(drawn) < count:
        values = rng.uniform(LOWEST_WEIGHT, HIGHEST_WEIGHT, len(TASKS))
        drawn.append({t: round(float(v), 3) for t, v in zip(TASKS, values)})
    return drawn


def changes(weights: Weights, main: str) -> list[str]:
    """Returns weights and a main task as "NAME=VALUE" of hyper-parameters.

    Example:
        >>> changes({"arousal": 0.5}, "valence")
        ['arousal_weight=0.5', 'main_task=valence']
    """
    named = [f"{TASK_WEIGHTS[task]}={value}" for task, value in weights.items()]
    return [*named, f"{MAIN_TASK}={main}"]


def search(
    systems: Systems,
    model: str,
    own: Sequence[str],
    count: int,
    say: Callable[[str], None],
) -> list[Trial]:
    """Trains a network for each proposal, which serves every main task.

    Weights do not depend on the main task, so that one network a proposal is
    enough: it trains until the mean of the tasks' UAR on dev has stopped
    rising. Its UAR of a task is the proposal's score where that task is main.

    Args:
        systems: that trains.
        model: of several tasks.
        own: "NAME=VALUE" of the other hyper-parameters.
        count: number of proposals.
        say: called with a line after every trial.
    """
    experiment = systems.experiment(model)
    proposed = proposals(count)
    networks = systems.train_each(
        model,
        [[*own, *changes(weights, ALL_TASKS)] for weights in proposed],
        SEED,
    )
    trials = []
    for number, (weights, trained) in enumerate(zip(proposed, networks), 1):
        dev = experiment.score(trained.averaged("dev"), "dev")
        scores = {task: dev[task]["uar"] for task in TASKS}
        trials.append(Trial(weights, scores))
        figures = ", ".join(f"{t} {scores[t]:.3f}" for t in TASKS)
        say(f"{model}, task weights {number} of {count}: dev UAR {figures}")
    return trials


def best(trials: Sequence[Trial], main: str) -> Trial:
    """Returns the trial that is best on dev; of equal ones the first.

    Args:
        trials: at least one.
        main: a task, or "all" for the mean over tasks.
    """
    return max(trials, key=lambda trial: trial.score(main))
