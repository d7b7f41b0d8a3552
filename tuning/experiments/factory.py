"""Corpora and experiments, opened by what a command line says of them."""

from __future__ import annotations

import dataclasses
import inspect
import pathlib
from collections.abc import Mapping
from typing import Any

import pipelines
import zoo
from pipelines import corpora
from pipelines.corpora.base import Corpus
from pipelines.datasets import utterances as labelled
from tuning.experiments import classes
from tuning.experiments.base import Experiment
from tuning.experiments.cross_validation import CrossValidation
from tuning.experiments.traces import TraceExperiment
from tuning.experiments.utterance_data import Material
from tuning.experiments.utterances import UtteranceExperiment
from tuning.experiments.words import WordExperiment
from tuning.protocols import names as protocols
from tuning.protocols.folds import Fold
from tuning.training.progress import Progress
from tuning.training.recipe import recipe
from zoo.common import cli

EXPERIMENTS: dict[str, type[Experiment]] = {
    "traces": TraceExperiment,
    "utterances": UtteranceExperiment,
    "words": WordExperiment,
}
ASKED_BY = {
    "modalities": ("words",),
    "classes": ("utterances",),
    "task": ("utterances",),
    "protocol": ("utterances",),
}
TASKS = ("arousal", "valence", "dominance")


@dataclasses.dataclass(frozen=True)
class Choices:
    """What only some models ask about; `None` leaves it to them.

    Attributes:
        modalities: letters of those that a model of words sees.
        classes: of emotions: their names joined by commas, or "all".
        task: of a model of a single task: which one.
        protocol: of utterances, one of `tuning.protocols.PROTOCOLS`.
        features: folder where features of utterances are kept.
    """

    modalities: str | None = None
    classes: str | None = None
    task: str | None = None
    protocol: str | None = None
    features: pathlib.Path | None = None


def open_experiment(
    model: str,
    corpus: Corpus,
    epochs: int | None,
    progress: Progress,
    choices: Choices = Choices(),
) -> Experiment:
    """The experiment of the kind of data that a model learns from.

    Raises:
        UsageError: a choice that the model does not ask about.
        ValueError: a corpus without what the model needs.
    """
    data = recipe(model).data
    _check(model, data, choices)
    if data == "words":
        return WordExperiment(
            model, corpus, epochs, progress.show, choices.modalities
        )
    if data == "traces":
        return TraceExperiment(model, corpus, epochs, progress.show)
    tasks = _tasks(model, corpus, choices)
    folds = _folds(model, corpus, tasks, choices)
    material = Material(model, corpus, tasks, choices.features, progress.show)
    if len(folds) == 1:
        return UtteranceExperiment(model, corpus, material, folds[0], epochs)
    return CrossValidation(
        model, corpus, material, folds, epochs, progress.show
    )


def open_evaluation(
    config: Mapping[str, Any],
    corpus: Corpus,
    progress: Progress,
    is_own: bool,
) -> Experiment:
    """The experiment that scores a run's saved model on a corpus.

    A model of utterances is tested on all of a corpus that is not its own.

    Args:
        config: of the run.
        corpus: its own or another.
        progress: where it is said how far the reading is.
        is_own: whether the corpus is the run's.
    """
    model, arguments = config["model"], config["arguments"]
    if recipe(model).data != "utterances":
        choices = Choices(modalities=arguments.get("modalities"))
        return open_experiment(model, corpus, None, progress, choices)
    task = next(iter(arguments.get("tasks", [])), None)
    is_single = len(zoo.card(model).outputs) == 1 and task is not None
    names = ",".join(arguments.get("labels", [])) or None
    choices = Choices(classes=names, task=task if is_single else None)
    tasks = _tasks(model, corpus, choices)
    material = Material(model, corpus, tasks, progress=progress.show)
    if is_own:
        (fold,) = protocols.folds("fixed", material.utterances)
    else:
        fold = Fold("all", (), (), tuple(u.id for u in material.utterances))
    return UtteranceExperiment(model, corpus, material, fold)


def _tasks(model: str, corpus: Corpus, choices: Choices) -> classes.Tasks:
    names = classes.named(choices.classes, corpus)
    return classes.of_card(zoo.card(model), corpus, names, choices.task)


def _folds(
    model: str, corpus: Corpus, tasks: classes.Tasks, choices: Choices
) -> list[Fold]:
    """Checked before a recording is read, which may take long."""
    utterances = labelled.with_labels(corpus, tasks)
    labels = labelled.class_names(utterances, tasks)
    name = choices.protocol or protocols.default(recipe(model), corpus)
    folds = protocols.folds(name, utterances)
    protocols.check(folds, labels, tasks)
    return folds


def _check(model: str, data: str, choices: Choices) -> None:
    """Refuses what a model does not ask about."""
    for name, kinds in ASKED_BY.items():
        if getattr(choices, name) is not None and data not in kinds:
            raise cli.UsageError(
                f"--{name} is for models of {' and '.join(kinds)}; {model} "
                f"learns from {data}."
            )


def targets(model: str) -> list[str]:
    """What networks are trained for, each by itself."""
    return EXPERIMENTS[recipe(model).data].targets_of(zoo.card(model))


def open_corpus(
    name: str,
    data: str | None,
    beside: pathlib.Path = pathlib.Path("runs"),
    **options: str | None,
) -> Corpus:
    """The corpus of `--corpus`, `--data`, and its own options.

    The simulated one needs no data: it is written to a folder of its own.

    Args:
        name: of the corpus.
        data: folder of the copy.
        beside: where a simulated one is written.
        options: by the name of a command's argument, such as `folds`; `None`
            where it was not given.

    Raises:
        UsageError: an option that the corpus does not have.
    """
    kind = corpora.find(name)
    if data is None:
        if not kind.simulated:
            raise ValueError(
                f"--corpus {name} needs --data, the folder of your copy. "
                f"`python -m pipelines {name}` says how to get one."
            )
        data = str(beside / name)
    given = {n: value for n, value in options.items() if value is not None}
    for option, value in given.items():
        if option not in inspect.signature(kind).parameters:
            raise cli.UsageError(
                f"--{option} {value}: the corpus {name} is all of one piece."
            )
    return pipelines.corpus(name, data, **given)
