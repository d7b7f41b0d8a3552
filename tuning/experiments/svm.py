"""Support vector machines over eGeMAPS functionals: Zhang et al.'s baseline.

The features are eGeMAPS as of openSMILE (`pip install
'emotion-zoo[baselines]'`), whose licence covers research use only.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from pipelines import normalise
from pipelines.corpora.base import Corpus, Utterance
from pipelines.features import extraction
from tuning.protocols.folds import Fold, check_classes, dealt
from tuning.training.progress import Progress
from zoo.metrics import classification

INNER_FOLDS = 5

Settings = Mapping[str, Any]
Grid = Sequence[Settings]
Predicted = tuple[np.ndarray, list[Settings]]
GRID: Grid = tuple(
    {"kernel": kernel, "C": cost, "class_weight": weight}
    for kernel, costs in (
        ("linear", (0.001, 0.01, 0.1, 1.0)),
        ("rbf", (0.1, 1.0, 10.0, 100.0)),
    )
    for cost in costs
    for weight in (None, "balanced")
)
"""Settings that the nested search chooses from; rbf widths are the default."""
GRIDS: dict[str, Grid] = {"SVC()": ({},), "nested grid": GRID}
"""scikit-learn's defaults (rbf, C 1, unweighted classes), and the search."""


def check_speakers(
    utterances: Sequence[Utterance], folds: Sequence[Fold]
) -> None:
    """Refuses folds whose training has too few speakers to choose settings.

    Raises:
        ValueError: names the fold with a single training speaker.
    """
    speakers = {utterance.id: utterance.speaker for utterance in utterances}
    for fold in folds:
        trained = sorted({speakers[name] for name in fold.train})
        if len(trained) < 2:
            raise ValueError(
                "Every training must have at least 2 speakers, since settings "
                f"are chosen on speakers left out. Received: {trained} in "
                f"{fold.name!r}. Choose another protocol or corpus."
            )


def predict(
    features: np.ndarray,
    y_true: np.ndarray,
    names: Sequence[str],
    utterances: Sequence[Utterance],
    folds: Sequence[Fold],
    grid: Grid = GRID,
    progress: Callable[[str], None] = lambda line: None,
) -> Predicted:
    """Predicts every fold's test by a classifier trained without it.

    Settings are chosen by UAR, pooled over up to five folds of the training
    speakers dealt round-robin; of equal ones the first is taken. Every
    scaler is fitted on the training partition of its classifier.

    Args:
        features: (utterances, values).
        y_true: (utterances,) classes from 0.
        names: of the classes.
        utterances: whose ids the folds name, in this order.
        folds: which together test every utterance at most once.
        grid: arguments of scikit-learn's `SVC`, at least one set.
        progress: called with a line after every fold.

    Returns:
        Predicted classes, (utterances,) int, -1 for utterances that no fold
        tests, and the settings of each fold's classifier.

    Raises:
        ValueError: too few speakers to choose settings by, or a training
            partition without one of the classes.
    """
    index_of = {
        utterance.id: index for index, utterance in enumerate(utterances)
    }
    predicted, chosen = np.full(len(utterances), -1), []

    def indices(ids: Sequence[str]) -> list[int]:
        return sorted(index_of[name] for name in ids)

    # The classifiers are small: waiting threads would cost far more.
    with threadpool_limits(1):
        for done, fold in enumerate(folds, start=1):
            train, test = indices(fold.train), indices(fold.test)
            known = [utterances[index] for index in train]
            settings = _choice(
                features[train], y_true[train], names, known, grid, fold.name
            )
            classifier = make_pipeline(StandardScaler(), SVC(**settings))
            classifier.fit(features[train], y_true[train])
            predicted[test] = classifier.predict(features[test])
            chosen.append(settings)
            progress(f"fold {done} of {len(folds)}")
    return predicted, chosen


def majority(
    y_true: np.ndarray,
    utterances: Sequence[Utterance],
    folds: Sequence[Fold],
) -> np.ndarray:
    """Returns the most frequent class of each fold's training for its test.

    Args and Returns: as of `predict`.
    """
    index_of = {utterance.id: i for i, utterance in enumerate(utterances)}
    predicted = np.full(len(utterances), -1)
    for fold in folds:
        train, test = (
            [index_of[name] for name in ids] for ids in (fold.train, fold.test)
        )
        predicted[test] = np.bincount(y_true[train]).argmax()
    return predicted


def _choice(
    features: np.ndarray,
    y_true: np.ndarray,
    names: Sequence[str],
    utterances: Sequence[Utterance],
    grid: Grid,
    fold: str,
) -> Settings:
    """Returns the best settings on folds of the training speakers."""
    if len(grid) == 1:
        return grid[0]
    speakers = len({utterance.speaker for utterance in utterances})
    inner = [
        dataclasses.replace(part, name=f"{fold}, inner {part.name}")
        for part in dealt(utterances, max(2, min(INNER_FOLDS, speakers)))
    ]
    labels = {
        utterance.id: names[index]
        for utterance, index in zip(utterances, y_true)
    }
    check_classes(inner, labels, [names[i] for i in np.unique(y_true)])

    def score(settings: Settings) -> float:
        predicted, _ = predict(
            features, y_true, names, utterances, inner, [settings]
        )
        matrix = classification.confusion(y_true, predicted, len(names))
        return classification.unweighted_average_recall(matrix)

    return max(grid, key=score)


def functionals(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    normalisation: str,
    progress: Progress,
    cache: pathlib.Path,
) -> np.ndarray:
    """Returns eGeMAPS functionals (utterances, 88) float32, normalised.

    Args:
        corpus: of the utterances.
        utterances: to read, or to take from the cache.
        normalisation: "none" or "speaker".
        progress: shows how far the reading is.
        cache: the folder where features are kept.

    Raises:
        ValueError: no openSMILE, or a recording that cannot be read.
    """
    rows = extraction.extract(
        corpus,
        utterances,
        "egemaps",
        cache,
        lambda done, of: progress.show(f"reading utterance {done} of {of}"),
    )
    speakers = [utterance.speaker for utterance in utterances]
    return np.concatenate(normalise.by_name(normalisation, rows, speakers))
