"""The corpora of a matrix: checked together, each with folds of its own."""

from __future__ import annotations

import dataclasses

import numpy as np

from pipelines.corpora.base import Corpus, Utterance
from pipelines.corpora.joined import Joined
from pipelines.datasets import utterances
from pipelines.datasets.utterances import UtteranceSample
from tuning.experiments import classes, fold_data, same_recordings
from tuning.experiments.cross_validation import CrossValidation
from tuning.experiments.setup import Setup
from tuning.protocols import names as protocols
from tuning.protocols.folds import Fold
from tuning.runs.request import RunRequest
from tuning.training.progress import Progress


@dataclasses.dataclass(frozen=True)
class Member:
    """A corpus of the matrix.

    Attributes:
        name: in the matrix.
        corpus: with labels of every task.
        protocol: name of the evaluation protocol within the corpus.
        folds: of the protocol, each with a dev partition.
        labelled: the utterances that have a class in every task.
    """

    name: str
    corpus: Corpus
    protocol: str
    folds: tuple[Fold, ...]
    labelled: tuple[Utterance, ...]

    @property
    def split(self) -> str:
        """The partition that is scored within the corpus."""
        return "test" if any(fold.test for fold in self.folds) else "dev"


def members(request: RunRequest, joined: Joined) -> dict[str, Member]:
    """Returns the corpora with their folds, before a recording is read.

    Raises:
        UsageError: classes or a task that the model does not take.
        ValueError: a label that a corpus lacks or has no utterance of,
            recordings that two corpora share, or too few speakers.
    """
    setup = _setup(request, joined)
    tasks = fold_data.tasks_of(setup, request.choices)
    labelled = utterances.with_labels(joined, tasks)
    same_recordings.check(joined.members)
    for name in joined.members:
        own = [u for u in labelled if joined.member_of(u) == name]
        _check_classes(name, own, tasks)
    return {
        name: _member(name, corpus, request, tasks)
        for name, corpus in joined.members.items()
    }


def tasks_of(request: RunRequest, joined: Joined) -> classes.Tasks:
    """Returns the tasks of the matrix, and the classes of each."""
    return fold_data.tasks_of(_setup(request, joined), request.choices)


def read(
    request: RunRequest,
    member: Member,
    tasks: classes.Tasks,
    progress: Progress,
) -> CrossValidation:
    """Reads a corpus; returns the experiment on its folds and its whole."""
    setup = _setup(request, member.corpus)
    data = fold_data.read(setup, tasks, request.choices.features, progress)
    return CrossValidation(setup, data, member.folds, progress.show)


def samples(
    experiment: CrossValidation, normalisation: str
) -> list[UtteranceSample]:
    """Returns all utterances of a corpus, normalised without any other."""
    return list(experiment.data.normalised(normalisation).values())


def y_true(experiment: CrossValidation) -> np.ndarray:
    """Returns the classes of `samples`, (utterances, tasks)."""
    return classes.y_true(
        samples(experiment, "none"), list(experiment.data.tasks)
    )


def _setup(request: RunRequest, corpus: Corpus) -> Setup:
    return Setup(request.card, request.recipe, corpus, request.epochs)


def _member(
    name: str, corpus: Corpus, request: RunRequest, tasks: classes.Tasks
) -> Member:
    protocol = request.choices.protocol or protocols.default(
        request.recipe, corpus
    )
    try:
        folds = fold_data.folds_of(_setup(request, corpus), tasks, protocol)
    except ValueError as error:
        raise ValueError(f"Corpus {name}: {error}") from error
    labelled = utterances.with_labels(corpus, tasks)
    return Member(name, corpus, protocol, tuple(folds), tuple(labelled))


def _check_classes(
    name: str, labelled: list[Utterance], tasks: classes.Tasks
) -> None:
    """Refuses a corpus that has no utterance of a class."""
    by_task = utterances.class_names(labelled, tasks)
    for task, names in tasks.items():
        present = {*by_task[task].values()}
        lacking = [n for n in names if n not in present]
        if lacking:
            raise ValueError(
                f"Every corpus must have utterances of every class of {task}. "
                f"Received: {name} without {', '.join(lacking)}. Leave the "
                "class or the corpus out."
            )
