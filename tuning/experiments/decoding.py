"""Decodes a classifier's posteriors into smoother traces.

Paper 001, section 4.3: transitions and an n-gram model of regions are counted
from labels, the n-gram's order and its weight alpha are chosen on dev, for all
four tasks alike, and a trace is the mean over tasks of the decoded levels'
values.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.labels import KMeansLevels, priors
from tuning.experiments.levels import LEVELS_FROM, Splits, fit_levels
from zoo import decoding
from zoo.metrics.concordance import concordance

ORDERS = (2, 3)
ALPHAS = tuple(range(0, 15, 2))
Posteriors = Mapping[int, np.ndarray]
"""(steps, classes) of one recording, by the task's number of classes."""


@dataclasses.dataclass(frozen=True)
class Grammar:
    """What decoding knows of one task from labels.

    Attributes:
        levels: of the task.
        priors: of its classes in training.
        transitions: log probabilities from frame to frame, in training.
        models: of regions, by order.
    """

    levels: KMeansLevels
    priors: np.ndarray
    transitions: np.ndarray
    models: Mapping[int, decoding.LanguageModel]

    def decode(
        self, posteriors: np.ndarray, order: int, alpha: float
    ) -> np.ndarray:
        """The decoded levels' values, (steps,)."""
        scaled = decoding.posteriors_over_priors(posteriors, self.priors)
        labels, _ = decoding.decode(
            decoding.log_probabilities(scaled),
            self.transitions,
            self.models[order],
            alpha,
        )
        return self.levels.values(labels)


def learn(
    dimension: str, sequences: Splits, levels_from: str
) -> dict[int, Grammar]:
    """Counts transitions and regions of a dimension's labels.

    Args:
        dimension: name of the traces.
        sequences: by split, with traces.
        levels_from: where levels and regions come from, "train+dev" as the
            paper or "train"; transitions and priors come from training.
    """
    grammars = {}
    fitted = fit_levels(dimension, sequences, levels_from)
    for classes, levels in fitted.items():
        labels = {
            split: [levels.levels(s.traces[dimension]) for s in each]
            for split, each in sequences.items()
            if split in LEVELS_FROM[levels_from] or split == "train"
        }
        regions = [
            decoding.regions(each)
            for split in LEVELS_FROM[levels_from]
            for each in labels[split]
        ]
        grammars[classes] = Grammar(
            levels,
            priors(np.concatenate(labels["train"]), classes),
            decoding.transition_log_probabilities(labels["train"], classes),
            {
                order: decoding.LanguageModel(order).fit(regions, classes)
                for order in ORDERS
            },
        )
    return grammars


def decode(
    grammars: Mapping[int, Grammar],
    posteriors: Posteriors,
    order: int,
    alpha: float,
) -> np.ndarray:
    """One recording's trace, (steps,): the mean over tasks."""
    return np.mean(
        [
            grammar.decode(posteriors[classes], order, alpha)
            for classes, grammar in grammars.items()
        ],
        axis=0,
    )


def decode_all(
    grammars: Mapping[int, Grammar],
    networks: Sequence[Sequence[Posteriors]],
    order: int,
    alpha: float,
) -> list[np.ndarray]:
    """A trace a recording: the mean over networks of what each decodes to.

    Args:
        grammars: by task.
        networks: for each, the posteriors of every recording.
    """
    return [
        np.mean([decode(grammars, p, order, alpha) for p in each], axis=0)
        for each in zip(*networks)
    ]


def sweep(
    grammars: Mapping[int, Grammar],
    networks: Sequence[Sequence[Posteriors]],
    truth: Sequence[np.ndarray],
    progress: Callable[[str], None] = lambda line: None,
) -> list[dict[str, Any]]:
    """Dev CCC of every order and alpha, best first.

    Without a weight (alpha 0) the order makes no difference and is tried
    once.
    """
    joined = np.concatenate(truth)
    trials = []
    for order in ORDERS:
        for alpha in ALPHAS:
            if alpha == 0 and order != ORDERS[0]:
                continue
            progress(f"decoding with order {order} and alpha {alpha}")
            traces = decode_all(grammars, networks, order, alpha)
            ccc = concordance(joined, np.concatenate(traces))
            trials.append({"order": order, "alpha": alpha, "dev_ccc": ccc})
    return sorted(trials, key=lambda each: -each["dev_ccc"])
