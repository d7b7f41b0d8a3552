"""Classes of utterances: their names, counts and weights in the loss."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import zoo
from pipelines.corpora.base import Corpus
from pipelines.datasets.utterances import EMOTION, UtteranceSample
from zoo.common import cli

Tasks = Mapping[str, Sequence[str]]
"""The classes of each task, by the task's name."""
CLASS_WEIGHTS = ("none", "balanced")
MAIN_TASK = "main_task"
"""Hyper-parameter: the task whose development score ends the training."""
ALL_TASKS = "all"
"""The mean over tasks ends the training, without a main task."""


def of_card(
    card: zoo.Card,
    corpus: Corpus,
    names: Sequence[str] | None,
    task: str | None,
) -> dict[str, tuple[str, ...]]:
    """Returns the tasks of a model on a corpus, and the classes of each.

    Args:
        card: of the model.
        corpus: whose emotions are taken where it has not all of the card's,
            unless several are joined: then all must have the card's.
        names: of emotions, instead.
        task: instead of the one task that the card has.

    Raises:
        UsageError: names of emotions for a model that tells levels, or a
            task for one that learns several.
    """
    tasks = {port.name: tuple(port.labels) for port in card.outputs}
    if EMOTION in tasks:
        if task not in (None, EMOTION):
            raise cli.UsageError(
                f"--task {task}: {card.name} tells the {EMOTION}."
            )
        is_lacking = not set(tasks[EMOTION]) <= {*corpus.emotions}
        if names is None and is_lacking and len(corpus.members) == 1:
            names = corpus.emotions
        return {EMOTION: at_least_two(names or tasks[EMOTION], corpus)}
    if names is not None:
        raise cli.UsageError(
            f"--classes is for emotions; {card.name} tells levels of "
            f"{', '.join(tasks)}."
        )
    if task is None:
        return tasks
    if len(tasks) > 1:
        raise cli.UsageError(
            f"--task {task}: {card.name} learns {', '.join(tasks)} at once."
        )
    (levels,) = tasks.values()
    return {task: levels}


def named(text: str | None, corpus: Corpus) -> Sequence[str] | None:
    """Returns the emotions that `--classes` names; `None`: not given.

    Raises:
        UsageError: fewer than two different ones.
    """
    if text is None:
        return None
    if text == "all":
        return corpus.emotions
    names = [name.strip() for name in text.split(",")]
    if len(set(names)) < max(2, len(names)) or "" in names:
        raise cli.UsageError(
            "--classes must be two or more different emotions joined by "
            f"commas. Received: {text!r}"
        )
    return names


def at_least_two(names: Sequence[str], corpus: Corpus) -> tuple[str, ...]:
    """Returns the classes, of which there must be at least two.

    Raises:
        ValueError: there is one, or none.
    """
    if len(names) < 2:
        raise ValueError(
            f"{corpus.name!r} must have at least two emotions to tell apart. "
            f"Received: {', '.join(names) or 'none'}. Label more of it, or "
            "choose another corpus."
        )
    return tuple(names)


def notes(
    left_out: Mapping[str, int], counts: Mapping[str, Mapping[str, int]]
) -> list[str]:
    """Returns notes on the utterances for a report.

    Args:
        left_out: number of utterances by emotion that no class stands for;
            "" for those without a label.
        counts: of each class, by task, as `counts` gives them.
    """
    lines = [
        f"{task}: {', '.join(f'{count} {name}' for name, count in own.items())}"
        for task, own in counts.items()
    ]
    known = list(counts.get(EMOTION, ()))
    others = []
    for name, count in left_out.items():
        close = difflib.get_close_matches(name, known, 1, 0.75)
        hint = f" (is it {close[0]}?)" if close else ""
        others.append(f"{count} {name or 'without a label'}{hint}")
    if others:
        lines.append(f"left out of {EMOTION}: {', '.join(others)}")
    return lines


def counts(
    samples: Sequence[UtteranceSample], tasks: Tasks
) -> dict[str, dict[str, int]]:
    """Returns the number of utterances of each class, by task and class."""
    classes = y_true(samples, list(tasks))
    return {
        task: dict(
            zip(
                names,
                np.bincount(classes[:, i], minlength=len(names)).tolist(),
            )
        )
        for i, (task, names) in enumerate(tasks.items())
    }


def y_true(
    samples: Sequence[UtteranceSample], tasks: Sequence[str]
) -> np.ndarray:
    """Returns the classes of utterances, (utterances, tasks)."""
    rows = [[sample.classes[task] for task in tasks] for sample in samples]
    return np.array(rows, int).reshape(len(samples), len(tasks))


def monitor(tasks: Tasks, training: Mapping[str, Any]) -> str:
    """Returns the name under which the development score is logged.

    Args:
        tasks: of the network.
        training: the configuration's training values, perhaps with a main
            task.

    Raises:
        ValueError: a main task that the network does not learn.

    Example:
        >>> tasks = {"arousal": ("low", "high"), "valence": ("low", "high")}
        >>> monitor(tasks, {"main_task": "valence"}), monitor(tasks, {})
        ('val_valence_uar', 'val_uar')
    """
    main = training.get(MAIN_TASK, ALL_TASKS)
    if main not in (ALL_TASKS, *tasks):
        raise ValueError(
            f"`{MAIN_TASK}` must be {ALL_TASKS} or one of {', '.join(tasks)}. "
            f"Received: {MAIN_TASK}={main!r}"
        )
    if main == ALL_TASKS or len(tasks) == 1:
        return "val_uar"
    return f"val_{main}_uar"


class SampleWeights:
    """Weights of utterances in the loss: of classes, in equal corpora.

    Where several corpora are joined, each has the same total weight, and the
    classes are weighted within each: a small corpus counts as much as a large
    one, and none says how frequent a class is. Weights, not repeated rows: an
    epoch has every utterance once, no small corpus is learnt by heart, and
    nothing is drawn, so that batches depend on the seed as they do without.

    Args:
        train: utterances of the training.
        tasks: name to classes.
        scheme: as of `weights`.

    Raises:
        ValueError: no such scheme.
    """

    def __init__(
        self, train: Sequence[UtteranceSample], tasks: Tasks, scheme: str
    ):
        self._tasks = tasks
        by_corpus: dict[str, list[UtteranceSample]] = {}
        for sample in train:
            by_corpus.setdefault(sample.corpus, []).append(sample)
        self._by_corpus = {
            corpus: {
                task: own * len(train) / len(by_corpus) / len(members)
                for task, own in weights(members, tasks, scheme).items()
            }
            for corpus, members in by_corpus.items()
        }

    def of(self, samples: Sequence[UtteranceSample]) -> dict[str, np.ndarray]:
        """Returns the weight of each sample by task, (samples,) float32.

        Those of a corpus that no training utterance is of have 1.
        """
        ones = {t: np.ones(len(n)) for t, n in self._tasks.items()}
        return {
            task: np.array(
                [
                    self._by_corpus.get(s.corpus, ones)[task][s.classes[task]]
                    for s in samples
                ],
                "float32",
            )
            for task in self._tasks
        }


def weights(
    samples: Sequence[UtteranceSample], tasks: Tasks, scheme: str
) -> dict[str, np.ndarray]:
    """Returns the weight in the loss of an utterance of each class.

    Args:
        samples: of the training.
        tasks: name to classes.
        scheme: "none": 1 each. "balanced": all classes of a task have the
            same total weight, and the average weight is 1.

    Returns:
        (classes,) float32 a task; zero for a class that never occurs.

    Raises:
        ValueError: no such scheme.
    """
    if scheme not in CLASS_WEIGHTS:
        raise ValueError(
            f"`class_weights` must be one of {', '.join(CLASS_WEIGHTS)}. "
            f"Received: class_weights={scheme!r}"
        )
    if scheme == "none":
        return {t: np.ones(len(n), "float32") for t, n in tasks.items()}
    by_task = {}
    for task, own in counts(samples, tasks).items():
        sizes = np.array(list(own.values()), "float32")
        shares = np.divide(
            sizes.sum(), sizes, out=np.zeros_like(sizes), where=sizes > 0
        )
        by_task[task] = shares / np.count_nonzero(sizes)
    return by_task
