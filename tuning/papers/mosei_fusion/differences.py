"""Paired differences in test MAE: more modalities, and the constant."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping

import numpy as np

from pipelines.corpora.word_base import WordCorpus
from tuning.experiments import unit_scores
from tuning.experiments.unit_scores import UnitSums
from tuning.experiments.words import TARGET
from tuning.papers.mosei_fusion.label_counts import labels_of
from tuning.runs.figures import signed
from tuning.runs.report import table
from zoo.metrics import intensity_sums

NOTE = (
    "MAE of the first minus MAE of the second, both ensembles on the same test "
    "segments, so that below 0 the first is better. An interval that holds 0 "
    "shows no difference."
)


def section(
    corpus: WordCorpus, folders: Mapping[str, Mapping[str, pathlib.Path]]
) -> str:
    """Returns each network's gain by more modalities, and over the median.

    Args:
        corpus: of the runs.
        folders: of finished runs, by network and by letters of modalities.

    Returns:
        Markdown; "" without a run.
    """
    y_true = labels_of(corpus, "test")
    medians = np.median(labels_of(corpus, "train"), axis=0)
    constant = _sums(corpus, y_true, np.tile(medians, (len(y_true), 1)))
    label = "overall" if len(corpus.dimensions) > 1 else corpus.dimensions[0]
    rows = []
    for network, by_letters in folders.items():
        sums = {
            letters: _sums(corpus, y_true, _predictions(folder, corpus))
            for letters, folder in by_letters.items()
        }
        for first, second in _pairs(list(sums)):
            other = sums[second] if second else constant
            difference = unit_scores.difference(
                sums[first], other, label, "mae"
            )
            rows.append(
                [network, first, second or "median", signed(difference)]
            )
    if not rows:
        return ""
    head = ["network", "first", "second", "difference"]
    return (
        f"## Differences in test MAE, paired over videos\n\n{NOTE}\n\n"
        f"{table(head, rows)}"
    )


def _pairs(sets: list[str]) -> list[tuple[str, str]]:
    """Returns what is compared: a set with each part of it, and with none.

    Example:
        >>> _pairs(["a", "v", "av"])
        [('a', ''), ('v', ''), ('av', ''), ('av', 'a'), ('av', 'v')]
    """
    parts = [
        (whole, part) for whole in sets for part in sets if {*part} < {*whole}
    ]
    return [*((letters, "") for letters in sets), *parts]


def _sums(
    corpus: WordCorpus, y_true: np.ndarray, y_pred: np.ndarray
) -> UnitSums:
    return UnitSums(
        *intensity_sums.unit_sums(
            y_true,
            y_pred,
            [utterance.speaker for utterance in corpus.split("test")],
            corpus.dimensions,
            corpus.rating_scale,
        )
    )


def _predictions(folder: pathlib.Path, corpus: WordCorpus) -> np.ndarray:
    """Returns a run's test predictions, (segments, labels), in corpus order.

    Raises:
        ValueError: the run predicted other segments.
    """
    path = folder / "predictions.npz"
    with np.load(path, allow_pickle=False) as arrays:
        names, values = arrays["test/id"].tolist(), arrays[f"test/{TARGET}"]
    by_id = dict(zip(names, values))
    wanted = [utterance.id for utterance in corpus.split("test")]
    if set(wanted) != by_id.keys():
        raise ValueError(
            f"{path} has predictions of {len(by_id)} test segments; "
            f"{corpus.name} has {len(wanted)}, not all the same. Repeat the "
            "run on this copy with --fresh."
        )
    return np.array([by_id[name] for name in wanted])
