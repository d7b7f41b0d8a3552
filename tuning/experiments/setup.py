"""The setup of an experiment: a model, its recipe and a corpus."""

from __future__ import annotations

import dataclasses

import zoo
from pipelines.corpora.base import Corpus
from tuning.training.recipe import Recipe


@dataclasses.dataclass(frozen=True)
class Setup:
    """Arguments of every experiment.

    Attributes:
        card: of the model.
        recipe: by which it is trained.
        corpus: with labels of what the model predicts.
        epochs: at most; `None` for the recipe's.
    """

    card: zoo.Card
    recipe: Recipe
    corpus: Corpus
    epochs: int | None = None
