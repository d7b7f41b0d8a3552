"""Intervals over utterances and over speakers, of one classifier on EmoTale.

A support vector machine over the mean and standard deviation of 743 Yaafe
features tells four emotions apart, one speaker left out. Bootstraps over
utterances take a speaker's utterances for independent, which they are not.
Run it as `python tests/bench/bench_intervals.py FOLDER`, with a copy of
EmoTale; the features take minutes at first and are kept with `--features`.
"""

from __future__ import annotations

import argparse

import numpy as np

from pipelines.corpora.emotale import EmoTale
from pipelines.features import extraction
from tuning.experiments import svm
from tuning.protocols import folds
from zoo.metrics import bootstrap, classification

CLASSES = ("angry", "happy", "sad", "neutral")
GRID = [{"kernel": "linear", "C": 0.001, "class_weight": "balanced"}]


def functionals(frames: np.ndarray) -> np.ndarray:
    """Mean and standard deviation of the signed logarithm of features."""
    log = np.sign(frames) * np.log1p(1000 * np.abs(frames))
    return np.concatenate([log.mean(axis=0), log.std(axis=0)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--features")
    arguments = parser.parse_args()
    corpus = EmoTale(arguments.data)
    utterances = [
        u for u in corpus.utterances if u.labels["emotion"] in CLASSES
    ]
    frames = extraction.extract(corpus, utterances, cache=arguments.features)
    y_true = np.array([CLASSES.index(u.labels["emotion"]) for u in utterances])
    y_pred = svm.predict(
        np.stack([functionals(own) for own in frames]),
        y_true,
        CLASSES,
        utterances,
        folds.leave_one_speaker_out(utterances),
        GRID,
    ).classes
    for name, units in {
        "utterances": list(range(len(utterances))),
        "speakers": [u.speaker for u in utterances],
    }.items():
        _, sums = classification.unit_confusions(y_true, y_pred, 4, units)
        measure = classification.unweighted_average_recall
        low, high = bootstrap.interval(sums, measure, 4000) or (0, 0)
        print(
            f"UA {100 * bootstrap.total(sums, measure):.1f}; "
            f"{100 * low:.1f} to {100 * high:.1f} over {len(sums)} {name}"
        )
    right = classification.weighted_average_recall(sums)
    print(f"accuracy of speakers: {right.min():.2f} to {right.max():.2f}")


if __name__ == "__main__":
    main()
