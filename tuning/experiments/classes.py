"""Classes of utterances: which there are, what they weigh, how they score."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

import zoo
from pipelines.corpora.base import Corpus
from pipelines.datasets.utterances import EMOTION, UtteranceSample
from tuning.experiments.base import Scores
from tuning.plots import classes
from zoo.common import cli
from zoo.metrics import classification

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Tasks = Mapping[str, Sequence[str]]
MEASURES = {
    "uar": "UA (recall of a class)",
    "wa": "WA",
    "low": "UA, 95 % from",
    "high": "to",
    "wa_low": "WA, 95 % from",
    "wa_high": "to",
}
ENDS = ("low", "high", "wa_low", "wa_high")
"""Of the intervals, which are bootstraps over utterances."""
CLASS_WEIGHTS = ("none", "balanced")


def of_card(
    card: zoo.Card,
    corpus: Corpus,
    names: Sequence[str] | None,
    task: str | None,
) -> dict[str, tuple[str, ...]]:
    """The tasks of a model on a corpus, and the classes of each.

    Args:
        card: of the model.
        corpus: whose emotions are taken where it has not all of the card's.
        names: of emotions, instead.
        task: instead of the one task that the card has.

    Raises:
        UsageError: names of emotions for a model that tells levels, or a
            task for one that learns several.
    """
    found = {port.name: tuple(port.labels) for port in card.outputs}
    if EMOTION in found:
        if task not in (None, EMOTION):
            raise cli.UsageError(
                f"--task {task}: {card.name} tells the {EMOTION}."
            )
        if names is None and not set(found[EMOTION]) <= {*corpus.emotions}:
            names = corpus.emotions
        return {EMOTION: several(names or found[EMOTION], corpus)}
    if names is not None:
        raise cli.UsageError(
            f"--classes is for emotions; {card.name} tells levels of "
            f"{', '.join(found)}."
        )
    if task is None:
        return found
    if len(found) > 1:
        raise cli.UsageError(
            f"--task {task}: {card.name} learns {', '.join(found)} at once."
        )
    (levels,) = found.values()
    return {task: levels}


def named(text: str | None, corpus: Corpus) -> Sequence[str] | None:
    """The emotions that `--classes` names; `None` where it is not given.

    Raises:
        UsageError: fewer than two different ones.
    """
    if text is None:
        return None
    if text == "all":
        return corpus.emotions
    names = [each.strip() for each in text.split(",")]
    if len(set(names)) < max(2, len(names)) or "" in names:
        raise cli.UsageError(
            "--classes must be two or more different emotions joined by "
            f"commas. Received: {text!r}"
        )
    return names


def several(names: Sequence[str], corpus: Corpus) -> tuple[str, ...]:
    """Classes to tell apart, at least two.

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


def remarks(left_out: Mapping[str, int], sizes: Mapping[str, Any]) -> list[str]:
    """What a report says of the utterances.

    Args:
        left_out: how many have another emotion, or none ("").
        sizes: of each class, by task, as `sizes` gives them.
    """
    told = [f"{task}: {_listed(each)}" for task, each in sizes.items()]
    known = list(sizes.get(EMOTION, ()))
    others = []
    for name, count in left_out.items():
        like = difflib.get_close_matches(name, known, 1, 0.75)
        meant = f" (is it {like[0]}?)" if like else ""
        others.append(f"{count} {name or 'without a label'}{meant}")
    if others:
        told.append(f"left out of {EMOTION}: {', '.join(others)}")
    return told


def _listed(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sizes.items())


def sizes(
    utterances: Sequence[UtteranceSample], tasks: Tasks
) -> dict[str, Any]:
    """How many utterances each class has, by task and class."""
    found = true(utterances, list(tasks))
    return {
        task: dict(
            zip(names, np.bincount(found[:, i], minlength=len(names)).tolist())
        )
        for i, (task, names) in enumerate(tasks.items())
    }


def true(
    utterances: Sequence[UtteranceSample], tasks: Sequence[str]
) -> np.ndarray:
    """The classes of utterances, (utterances, tasks)."""
    rows = [[each.classes[task] for task in tasks] for each in utterances]
    return np.array(rows, int).reshape(len(utterances), len(tasks))


def weights(
    utterances: Sequence[UtteranceSample], tasks: Tasks, scheme: str
) -> dict[str, np.ndarray]:
    """What an utterance of each class weighs in the loss.

    Args:
        utterances: of the training.
        tasks: name to classes.
        scheme: "none", or "balanced", where all classes of a task weigh the
            same together and an utterance weighs one on average.

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
    found = {}
    for task, each in sizes(utterances, tasks).items():
        counts = np.array(list(each.values()), "float32")
        shares = np.divide(
            counts.sum(), counts, out=np.zeros_like(counts), where=counts > 0
        )
        found[task] = shares / np.count_nonzero(counts)
    return found


def scale(heard: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Offset and scale of features, or of samples as one value.

    A value that never varies is left as it is.
    """
    flat = [each if each.ndim == 2 else each[:, None] for each in heard]
    count = sum(len(each) for each in flat)
    total = sum(each.sum(axis=0, dtype="float64") for each in flat)
    mean = total / count
    square = sum(np.square(each - mean).sum(axis=0) for each in flat) / count
    deviation = np.sqrt(square)
    return {
        "offset": mean,
        "scale": np.where(deviation > 1e-8, deviation, 1.0),
    }


def scores(found: np.ndarray, posteriors: np.ndarray, tasks: Tasks) -> Scores:
    """UA and WA of each task with their intervals, and every recall.

    Args:
        found: true classes, (utterances, tasks).
        posteriors: (utterances, tasks, classes).
        tasks: name to classes.
    """
    result: Scores = {}
    likeliest = posteriors.argmax(axis=-1)
    for place, (task, names) in enumerate(tasks.items()):
        matrix = classification.confusion(
            found[:, place], likeliest[:, place], len(names)
        )
        weighted = classification.weighted_average_recall
        low, high = classification.interval(matrix)
        wa_low, wa_high = classification.interval(matrix, weighted)
        result[task] = {
            "uar": classification.unweighted_average_recall(matrix),
            "wa": weighted(matrix),
            "low": low,
            "high": high,
            "wa_low": wa_low,
            "wa_high": wa_high,
        }
        for name, recall in zip(names, classification.recalls(matrix)):
            if np.isfinite(recall):
                result[f"{task}: {name}"] = {"uar": float(recall)}
    return result


def pictures(
    found: np.ndarray, posteriors: np.ndarray, told: tuple[str, Tasks, str]
) -> dict[str, tuple[str, Figure]]:
    """The confusions of every task."""
    split, tasks, note = told
    matrices = {
        task: classification.confusion(
            found[:, place], posteriors[:, place].argmax(axis=-1), len(names)
        )
        for place, (task, names) in enumerate(tasks.items())
    }
    drawn = classes.confusions(matrices, tasks, note)
    return {f"Confusions of {split}": ("confusion.png", drawn)}


def attention(
    model: keras.Model,
    heard: Mapping[str, tuple[np.ndarray, np.ndarray]],
    port: str,
    note: str,
) -> dict[str, tuple[str, Figure]]:
    """What the network attends to in some utterances; none without attention.

    Args:
        model: with layers whose names begin with "attention".
        heard: of each utterance by id, what the network takes, and its
            waveform at 16 kHz.
        port: the name of the input.
        note: what must be known of the data, or "".
    """
    layers = {
        layer.name: layer.output[1]
        for layer in model.layers
        if layer.name.startswith("attention")
    }
    if not layers or not heard:
        return {}
    listener = keras.Model(model.input, layers)
    weights = []
    for each, _ in heard.values():
        lengths = np.array([len(each)], "int32")
        found = listener({port: each[None], "lengths": lengths})
        weights.append(
            {n: keras.ops.convert_to_numpy(v)[0] for n, v in found.items()}
        )
    waveforms = {name: waveform for name, (_, waveform) in heard.items()}
    shuffled = any(layer.name == "shuffle" for layer in model.layers)
    drawn = classes.attention(waveforms, weights, note, not shuffled)
    return {"Attention": ("attention.png", drawn)}
