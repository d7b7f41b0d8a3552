"""Experiments and targets by the name of a model."""

from __future__ import annotations

from typing import Any

import zoo
from tuning.experiments import factory
from tuning.experiments.base import Experiment
from tuning.experiments.choices import Choices
from tuning.experiments.setup import Setup
from tuning.training.progress import Progress
from tuning.training.recipe import recipe


def open_experiment(
    model: str, corpus: Any, epochs: int | None = None, **choices: Any
) -> Experiment:
    """Returns a model's experiment on a corpus, as a command opens it."""
    return factory.open_experiment(
        Setup(zoo.card(model, None), recipe(model), corpus, epochs),
        Choices(**choices),
        Progress(),
    )


def targets(model: str) -> list[str]:
    """Returns the targets of a model's networks."""
    return factory.targets(zoo.card(model, None), recipe(model))
