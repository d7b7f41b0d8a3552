"""Late fusion: posteriors of several systems made one.

What a method learns, it learns for each fold from the fold's own development
partition, which holds no speaker of its test partition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from tuning.experiments import class_scores, classes
from tuning.runs.fused import System

ROUNDS = 20
"""Systems that `selected` draws, with replacement."""
LEAST = 1e-6
"""Smallest posterior, whose logarithm `stacked` takes."""
Fused = tuple[np.ndarray, dict[str, list[float]]]
"""Posteriors, and the weight of each system by fold where there are any."""


def mean(systems: Sequence[System]) -> Fused:
    """Returns the mean posteriors of all systems, and no weights."""
    own = [system.splits[system.scored].posteriors for system in systems]
    return np.mean(own, axis=0), {}


def selected(systems: Sequence[System]) -> Fused:
    """Returns weighted means, the weights of each fold chosen on its dev.

    Systems are added one by one, with replacement: the one with which the
    mean posteriors have the best UA on dev, averaged over tasks; of equal ones
    the first.

    Reference: R. Caruana, A. Niculescu-Mizil, G. Crew, A. Ksikes: Ensemble
        selection from libraries of models. ICML 2004, section 2.2.
    """
    tasks = systems[0].tasks
    weights: dict[str, list[float]] = {}

    def fuse(
        dev: np.ndarray, y_true: np.ndarray, test: np.ndarray, fold: str
    ) -> np.ndarray:
        own = _weights(dev, y_true, tasks)
        weights[fold] = own.tolist()
        return np.tensordot(own, test, axes=1)

    return _by_fold(systems, fuse), weights


def stacked(systems: Sequence[System]) -> Fused:
    """Returns posteriors of a logistic regression, fitted on each fold's dev.

    Its inputs are the logarithms of all systems' posteriors of a task; classes
    have equal weights.

    Raises:
        ValueError: a fold whose dev lacks a class.

    Reference: D. H. Wolpert: Stacked generalization. Neural Networks 5(2),
        1992.
    """
    tasks = systems[0].tasks

    def fuse(
        dev: np.ndarray, y_true: np.ndarray, test: np.ndarray, fold: str
    ) -> np.ndarray:
        by_task = []
        for i, (task, names) in enumerate(tasks.items()):
            if len(np.unique(y_true[:, i])) < len(names):
                raise ValueError(
                    "Every class must be in dev of every fold to stack. "
                    f"Received: {fold!r} without some of {task}. Choose "
                    "--by mean."
                )
            model = LogisticRegression(class_weight="balanced", max_iter=1000)
            model.fit(_inputs(dev, i), y_true[:, i])
            by_task.append(model.predict_proba(_inputs(test, i)))
        return np.stack(by_task, axis=1)

    return _by_fold(systems, fuse), {}


METHODS: Mapping[str, Callable[[Sequence[System]], Fused]] = {
    "mean": mean,
    "selected": selected,
    "stacked": stacked,
}


def _by_fold(
    systems: Sequence[System],
    fuse: Callable[[np.ndarray, np.ndarray, np.ndarray, str], np.ndarray],
) -> np.ndarray:
    """Returns the fused posteriors of test, each fold's learnt on its dev.

    Args:
        systems: on the same folds.
        fuse: from posteriors (systems, utterances, tasks, classes) of dev,
            its classes, the posteriors of test and the fold's name to fused
            posteriors of test.

    Raises:
        ValueError: there is no test partition beside dev.
    """
    if systems[0].scored != "test":
        raise ValueError(
            "Weights are chosen on dev, so that test must be scored. Received: "
            "runs without a test partition. Choose --by mean."
        )
    dev, test = (_stacked(systems, split) for split in ("dev", "test"))
    first = systems[0].splits
    posteriors = np.empty_like(test[0])
    # What is fitted is small: waiting threads would cost far more.
    with threadpool_limits(1):
        for fold in dict.fromkeys(first["test"].folds.tolist()):
            learns = first["dev"].folds == fold
            is_tested = first["test"].folds == fold
            posteriors[is_tested] = fuse(
                dev[:, learns],
                first["dev"].y_true[learns],
                test[:, is_tested],
                fold,
            )
    return posteriors


def _stacked(systems: Sequence[System], split: str) -> np.ndarray:
    posteriors = [system.splits[split].posteriors for system in systems]
    return np.stack(posteriors).astype("float64")


def _weights(
    posteriors: np.ndarray, y_true: np.ndarray, tasks: classes.Tasks
) -> np.ndarray:
    """Returns the weights of systems by ensemble selection, (systems,)."""
    counts = np.zeros(len(posteriors))
    total = np.zeros(posteriors.shape[1:])
    for _ in range(ROUNDS):
        scores = [
            _mean_recall(y_true, total + own, tasks) for own in posteriors
        ]
        best = int(np.argmax(scores))
        counts[best] += 1
        total += posteriors[best]
    return counts / ROUNDS


def _mean_recall(
    y_true: np.ndarray, posteriors: np.ndarray, tasks: classes.Tasks
) -> float:
    """Returns the mean UA over tasks."""
    recalls = class_scores.recalls_of(y_true, posteriors, tasks)
    return float(np.mean([*recalls.values()]))


def _inputs(posteriors: np.ndarray, task: int) -> np.ndarray:
    """Returns log posteriors of a task, (utterances, systems · classes)."""
    own = np.log(np.maximum(posteriors[:, :, task], LEAST))
    return np.moveaxis(own, 0, 1).reshape(own.shape[1], -1)
