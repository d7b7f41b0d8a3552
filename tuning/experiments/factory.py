"""Opens the experiment by which a model is trained on a corpus."""

from __future__ import annotations

import zoo
from tuning.experiments import choices as checks
from tuning.experiments.base import Experiment
from tuning.experiments.choices import Choices
from tuning.experiments.setup import Setup
from tuning.training.progress import Progress
from tuning.training.recipe import Recipe


def open_experiment(
    setup: Setup, choices: Choices, progress: Progress
) -> Experiment:
    """Reads a corpus for a model.

    Args:
        setup: model, recipe, corpus and epochs.
        choices: that only some kinds of experiment take.
        progress: shows how far the reading is.

    Raises:
        UsageError: a choice that the model's kind of experiment lacks.
        ValueError: a corpus without what the model needs.
    """
    kind: type[Experiment] = setup.recipe.experiment
    checks.check(setup.card.name, kind.kind, choices, kind.choices)
    return kind.open(setup, choices, progress)


def targets(card: zoo.Card, recipe: Recipe) -> list[str]:
    """Returns what a model's networks are trained for, each by itself."""
    kind: type[Experiment] = recipe.experiment
    return kind.targets_of(card)
