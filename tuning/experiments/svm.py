"""Paper 004's other baseline: support vector machines over functionals.

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
from tuning.protocols import folds as made
from tuning.protocols.folds import Fold
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
"""What the nested search chooses from; widths of rbf are scikit-learn's own."""
MACHINES: dict[str, Grid] = {"SVC()": ({},), "nested grid": GRID}
"""scikit-learn's defaults (rbf, C 1, classes unweighted), and the search."""


def predict(
    features: np.ndarray,
    true: np.ndarray,
    names: Sequence[str],
    utterances: Sequence[Utterance],
    folds: Sequence[Fold],
    grid: Grid = GRID,
    progress: Callable[[str], None] = lambda line: None,
) -> Predicted:
    """Tests every fold by a machine that was trained and chosen without it.

    Settings are chosen by UAR, pooled over up to five folds of the training
    speakers dealt round-robin; of equal ones the first is taken. Every
    scaler is fitted on the side that its machine is trained on.

    Args:
        features: (utterances, values).
        true: (utterances,) classes from 0.
        names: of the classes.
        utterances: whose ids the folds name, in this order.
        folds: which together test every utterance at most once.
        grid: arguments of scikit-learn's `SVC`, at least one set.
        progress: called with a line after every fold.

    Returns:
        Classes that the utterances were taken for, (utterances,) int, -1 for
        those that no fold tests, and the settings of each fold's machine.

    Raises:
        ValueError: too few speakers to choose by, or a training side of them
            without one of the classes.
    """
    place = {each.id: index for index, each in enumerate(utterances)}
    predicted, chosen = np.full(len(utterances), -1), []

    def places(ids: Sequence[str]) -> list[int]:
        return sorted(place[each] for each in ids)

    # The machines are small: waiting threads would cost far more.
    with threadpool_limits(1):
        for done, fold in enumerate(folds, start=1):
            train, test = places(fold.train), places(fold.test)
            known = [utterances[index] for index in train]
            settings = _choice(
                features[train], true[train], names, known, grid, fold.name
            )
            machine = make_pipeline(StandardScaler(), SVC(**settings))
            machine.fit(features[train], true[train])
            predicted[test] = machine.predict(features[test])
            chosen.append(settings)
            progress(f"fold {done} of {len(folds)}")
    return predicted, chosen


def _choice(
    features: np.ndarray,
    true: np.ndarray,
    names: Sequence[str],
    utterances: Sequence[Utterance],
    grid: Grid,
    fold: str,
) -> Settings:
    """The settings that are best on speakers of the training."""
    if len(grid) == 1:
        return grid[0]
    speakers = len({each.speaker for each in utterances})
    inner = [
        dataclasses.replace(each, name=f"{fold}, inner {each.name}")
        for each in made.dealt(utterances, max(2, min(INNER_FOLDS, speakers)))
    ]
    labels = {u.id: names[place] for u, place in zip(utterances, true)}
    made.check_classes(inner, labels, [names[i] for i in np.unique(true)])

    def score(settings: Settings) -> float:
        predicted, _ = predict(
            features, true, names, utterances, inner, [settings]
        )
        matrix = classification.confusion(true, predicted, len(names))
        return classification.unweighted_average_recall(matrix)

    return max(grid, key=score)


def functionals(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    normalisation: str,
    progress: Progress,
    cache: pathlib.Path,
) -> np.ndarray:
    """eGeMAPS functionals (utterances, 88) float32, normalised.

    Args:
        corpus: what the utterances belong to.
        utterances: to read, or to take from the cache.
        normalisation: "none" or "speaker".
        progress: where it is said how far the reading is.
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
    speakers = [each.speaker for each in utterances]
    return np.concatenate(normalise.by_name(normalisation, rows, speakers))
