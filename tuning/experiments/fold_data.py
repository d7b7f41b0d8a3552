"""What cross-validation reads of a corpus: tasks, utterances and folds."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

from pipelines.datasets import utterances
from tuning.experiments import classes, same_recordings, trained_on
from tuning.experiments.choices import Choices
from tuning.experiments.setup import Setup
from tuning.experiments.trained_on import TrainedOn
from tuning.experiments.utterance_data import UtteranceData
from tuning.protocols import names as protocols
from tuning.protocols.folds import Fold
from tuning.training.progress import Progress


def all_speakers(folds: Sequence[Fold]) -> Fold:
    """Returns a fold whose training leaves only the first fold's dev out."""
    first = folds[0]
    train = (*first.train, *first.test)
    return Fold("all", train, first.dev, ())


def everyone(folds: Sequence[Fold]) -> Fold:
    """Returns a fold that trains on all utterances and validates on none."""
    names = dict.fromkeys(
        name for fold in folds for name in (*fold.train, *fold.dev, *fold.test)
    )
    return Fold("all", tuple(names), (), ())


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
    setup: Setup,
    tasks: classes.Tasks,
    protocol: str | None,
    validators: int | None = None,
) -> list[Fold]:
    """Returns folds, checked before a recording is read."""
    same_recordings.check(setup.corpus.members)
    labelled = utterances.with_labels(setup.corpus, tasks)
    labels = utterances.class_names(labelled, tasks)
    name = protocol or protocols.default(setup.recipe, setup.corpus)
    folds = protocols.folds(name, setup.corpus, labelled, validators)
    protocols.check(folds, labels, tasks)
    return folds


def seen(setup: Setup, tasks: classes.Tasks, trained: TrainedOn) -> Fold:
    """Returns what a saved model has learnt from, was chosen by, or is new.

    Raises:
        ValueError: nothing is new to the model of a cross-validation.
    """
    labelled = utterances.with_labels(setup.corpus, tasks)
    ids: dict[str, list[str]] = {"train": [], "dev": [], "test": []}
    for item in trained_on.recordings(setup.corpus, labelled):
        split = trained.partition(setup.corpus.name, item) or "test"
        ids[split].append(item.id)
    if trained.crossed and not ids["test"]:
        raise ValueError(
            "The model was trained on, or chosen by, all utterances of "
            f"{setup.corpus.name} that it would be tested on. The figures of "
            "its folds are in the run's report.md; name other utterances with "
            "--corpus and --data."
        )
    return Fold("saved", *(tuple(own) for own in ids.values()))
