"""Opens the experiment by which a model is trained on a corpus."""

from __future__ import annotations

import zoo
from pipelines.corpora.base import Corpus
from tuning.experiments import choices as checks
from tuning.experiments.base import Experiment
from tuning.experiments.choices import Choices
from tuning.training.progress import Progress
from tuning.training.recipe import Recipe


def open_experiment(
    card: zoo.Card,
    recipe: Recipe,
    corpus: Corpus,
    epochs: int | None,
    choices: Choices,
    progress: Progress,
) -> Experiment:
    """Reads a corpus for a model.

    Args:
        card: of the model.
        recipe: by which it is trained.
        corpus: with labels of what the model predicts.
        epochs: at most; `None` for the recipe's.
        choices: that only some kinds of experiment take.
        progress: shows how far the reading is.

    Raises:
        UsageError: a choice that the model's kind of experiment lacks.
        ValueError: a corpus without what the model needs.
    """
    kind: type[Experiment] = recipe.experiment
    checks.check(card.name, kind.kind, choices, kind.choices)
    return kind.open(card, recipe, corpus, epochs, choices, progress)


def targets(card: zoo.Card, recipe: Recipe) -> list[str]:
    """Returns what a model's networks are trained for, each by itself."""
    kind: type[Experiment] = recipe.experiment
    return kind.targets_of(card)
