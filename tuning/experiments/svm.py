"""Support vector machines, and how they are trained without tested speakers.

Over eGeMAPS functionals they are Zhang et al.'s baseline.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from pipelines.corpora.base import Utterance
from tuning.protocols.folds import Fold, check_classes, dealt
from zoo.metrics import calibration, classification

INNER_FOLDS = 5

Settings = Mapping[str, Any]
Grid = Sequence[Settings]
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


@dataclasses.dataclass(frozen=True)
class Predicted:
    """What the machines of all folds predict.

    Attributes:
        posteriors: (utterances, classes) float64, a softmax of the decision
            values; NaN for utterances that no fold tests.
        chosen: settings of each fold's machine.
    """

    posteriors: np.ndarray
    chosen: list[Settings]

    @property
    def classes(self) -> np.ndarray:
        """The likeliest classes, (utterances,) int; -1 where none is tested.

        They are those of scikit-learn's `SVC.predict`, with `break_ties`.
        """
        is_tested = np.isfinite(self.posteriors).all(axis=1)
        likeliest = np.nan_to_num(self.posteriors).argmax(axis=1)
        return np.where(is_tested, likeliest, -1)


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
    speakers dealt round-robin; of equal ones the first is taken. The same
    inner folds give the softmax its temperature, which is 1 where there is
    nothing to choose. Every scaler is fitted on the training partition of its
    classifier.

    Args:
        features: (utterances, values).
        y_true: (utterances,) classes from 0.
        names: of the classes.
        utterances: whose ids the folds name, in this order.
        folds: which together test every utterance at most once.
        grid: arguments of scikit-learn's `SVC`, at least one set.
        progress: called with a line after every fold.

    Raises:
        ValueError: too few speakers to choose settings by, or a training
            partition without one of the classes.
    """
    index_of = {
        utterance.id: index for index, utterance in enumerate(utterances)
    }
    posteriors = np.full((len(utterances), len(names)), np.nan)
    chosen = []

    def indices(ids: Sequence[str]) -> list[int]:
        return sorted(index_of[name] for name in ids)

    # The classifiers are small: waiting threads would cost far more.
    with threadpool_limits(1):
        for done, fold in enumerate(folds, start=1):
            train, test = indices(fold.train), indices(fold.test)
            known = [utterances[index] for index in train]
            settings, temperature = _choice(
                features[train], y_true[train], names, known, grid, fold.name
            )
            classifier = make_pipeline(StandardScaler(), SVC(**settings))
            classifier.fit(features[train], y_true[train])
            values = _decision_values(classifier, features[test], len(names))
            posteriors[test] = _softmax(values / temperature)
            chosen.append(settings)
            progress(f"fold {done} of {len(folds)}")
    return Predicted(posteriors, chosen)


def _decision_values(
    classifier: Pipeline, features: np.ndarray, classes: int
) -> np.ndarray:
    """Returns values (utterances, classes), the largest of the likeliest.

    A class that was not in the training has -inf.
    """
    values = classifier.decision_function(features)
    if values.ndim == 1:  # of two classes
        values = np.stack([-values, values], axis=1)
    of_all = np.full((len(values), classes), -np.inf)
    of_all[:, classifier.classes_] = values
    return of_all


def _softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    posteriors: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return posteriors


def majority(
    y_true: np.ndarray,
    utterances: Sequence[Utterance],
    folds: Sequence[Fold],
) -> np.ndarray:
    """Returns the most frequent class of each fold's training for its test.

    Args:
        y_true, utterances, folds: as of `predict`.

    Returns:
        (utterances,) int, -1 for utterances that no fold tests.
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
) -> tuple[Settings, float]:
    """Returns the best settings on folds of the training speakers.

    The second value is the temperature of their posteriors, fitted on the
    predictions of the same folds.
    """
    if len(grid) == 1:
        return grid[0], 1.0
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
    predicted = [
        predict(features, y_true, names, utterances, inner, [settings])
        for settings in grid
    ]

    def score(own: Predicted) -> float:
        matrix = classification.confusion(y_true, own.classes, len(names))
        return classification.unweighted_average_recall(matrix)

    best = max(predicted, key=score)
    temperature = calibration.fit_temperature(y_true, best.posteriors)
    return best.chosen[0], temperature
