"""Decoding of a classifier's posteriors into smooth traces.

Transitions and an n-gram model of regions are counted from labels, the n-gram's
order and its weight alpha are chosen on dev, for all four tasks alike, and a
trace is the mean over tasks of the decoded levels' values (Le et al. 2017,
section 4.3).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.datasets.traces import TraceSample
from pipelines.labels import Levels, priors
from zoo import decoding
from zoo.metrics import concordance_cc

ORDERS = (2, 3)
ALPHAS = tuple(range(0, 15, 2))
Posteriors = Mapping[int, np.ndarray]
"""(steps, classes) of one recording, by the task's number of classes."""


@dataclasses.dataclass(frozen=True)
class Grammar:
    """Statistics of one task's labels that decoding needs.

    Attributes:
        levels: of the task.
        priors: of its classes in training.
        transitions: log probabilities from frame to frame, in training.
        models: of regions, by order.
    """

    levels: Levels
    priors: np.ndarray
    transitions: np.ndarray
    models: Mapping[int, decoding.LanguageModel]

    def decoder(self, order: int, alpha: float) -> decoding.LevelDecoder:
        """Returns the decoder of one setting, in the precision of files."""
        means = self.levels.values(np.arange(self.levels.clusters))
        return decoding.LevelDecoder(
            _single(means),
            _single(self.priors),
            _single(self.transitions),
            _single(self.models[order].table),
            float(alpha),
        )


def _single(array: np.ndarray) -> np.ndarray:
    """Returns values rounded to single precision."""
    return array.astype("float32").astype("float64")


def learn(
    dimension: str,
    samples: Mapping[str, Sequence[TraceSample]],
    levels: Mapping[int, Levels],
    partitions: Sequence[str],
) -> dict[int, Grammar]:
    """Counts transitions and regions of a dimension's labels.

    Args:
        dimension: name of the traces.
        samples: by partition, with traces.
        levels: of each task.
        partitions: that regions are counted in; transitions and priors are
            counted in training.
    """
    grammars = {}
    for classes, kmeans in levels.items():
        labels = {
            split: [
                kmeans.levels(sample.traces[dimension])
                for sample in samples[split]
            ]
            for split in {*partitions, "train"}
        }
        regions = [
            decoding.regions(recording)
            for split in partitions
            for recording in labels[split]
        ]
        grammars[classes] = Grammar(
            kmeans,
            priors(np.concatenate(labels["train"]), classes),
            decoding.transition_log_probabilities(labels["train"], classes),
            {
                order: decoding.LanguageModel(order).fit(regions, classes)
                for order in ORDERS
            },
        )
    return grammars


def decode_all(
    decoders: decoding.Decoders, networks: Sequence[Sequence[Posteriors]]
) -> list[np.ndarray]:
    """Returns a trace for each recording: the mean over tasks and networks.

    Args:
        decoders: by task.
        networks: for each, the posteriors of every recording.
    """
    return [
        decoding.decode_trace(decoders, recording)
        for recording in zip(*networks)
    ]


def decode(
    grammars: Mapping[int, Grammar],
    networks: Sequence[Posteriors],
    order: int,
    alphas: Sequence[float],
) -> np.ndarray:
    """Returns one recording's trace for each weight, (weights, steps).

    Args:
        grammars: by task.
        networks: posteriors of the recording by each.
        order: of the n-grams.
        alphas: their weights, which are all searched in one pass.
    """
    traces = []
    for classes, grammar in grammars.items():
        rows = np.stack([posteriors[classes] for posteriors in networks])
        scaled = decoding.posteriors_over_priors(rows, grammar.priors)
        labels = decoding.decode_many(
            decoding.log_probabilities(scaled),
            grammar.transitions,
            grammar.models[order],
            alphas,
        )
        traces.append(grammar.levels.values(labels).mean(1))
    return np.asarray(np.mean(traces, axis=0))


def sweep(
    grammars: Mapping[int, Grammar],
    networks: Sequence[Sequence[Posteriors]],
    y_true: Sequence[np.ndarray],
    progress: Callable[[str], None] = lambda line: None,
) -> list[dict[str, Any]]:
    """Returns dev CCC of every order and alpha, best first.

    Without a weight (alpha 0) the order makes no difference and is tried
    once.
    """
    joined = np.concatenate(y_true)
    trials = []
    for order in ORDERS:
        alphas = [a for a in ALPHAS if a or order == ORDERS[0]]
        traces = []
        for number, recording in enumerate(zip(*networks), 1):
            progress(
                f"decoding recording {number} of {len(y_true)} with order "
                f"{order} and {len(alphas)} weights"
            )
            traces.append(decode(grammars, recording, order, alphas))
        for alpha, trace in zip(alphas, np.concatenate(traces, axis=1)):
            ccc = concordance_cc(joined, trace)
            trials.append({"order": order, "alpha": alpha, "dev_ccc": ccc})
    return sorted(trials, key=lambda trial: -trial["dev_ccc"])
