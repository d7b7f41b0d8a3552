"""What cross-validation reads of a corpus: tasks, utterances and folds."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

from pipelines.datasets import utterances
from tuning.experiments import classes
from tuning.experiments.choices import Choices
from tuning.experiments.setup import Setup
from tuning.experiments.utterance_data import UtteranceData
from tuning.protocols import names as protocols
from tuning.protocols.folds import Fold
from tuning.training.progress import Progress


def all_speakers(folds: Sequence[Fold]) -> Fold:
    """Returns a fold whose training leaves only the first fold's dev out."""
    first = folds[0]
    train = (*first.train, *first.test)
    return Fold("all", train, first.dev, ())


def tasks_of(setup: Setup, choices: Choices) -> classes.Tasks:
    """Returns the tasks of a model and their classes."""
    names = classes.named(choices.classes, setup.corpus)
    return classes.of_card(setup.card, setup.corpus, names, choices.task)


def read(
    setup: Setup,
    tasks: classes.Tasks,
    cache: pathlib.Path | None,
    progress: Progress,
) -> UtteranceData:
    """Reads the utterances that have a class in every task."""
    return UtteranceData(
        setup.card,
        setup.recipe.front_end,
        setup.corpus,
        tasks,
        cache,
        progress.show,
    )


def folds_of(
    setup: Setup, tasks: classes.Tasks, protocol: str | None
) -> list[Fold]:
    """Returns folds, checked before a recording is read."""
    labelled = utterances.with_labels(setup.corpus, tasks)
    labels = utterances.class_names(labelled, tasks)
    name = protocol or protocols.default(setup.recipe, setup.corpus)
    folds = protocols.folds(name, labelled)
    protocols.check(folds, labels, tasks)
    return folds
