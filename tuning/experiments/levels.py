"""K-means levels of traces, for classifiers that learn from them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np

import zoo
from pipelines.datasets.traces import TraceSample
from pipelines.labels import KMeansLevels

Splits = Mapping[str, Sequence[TraceSample]]
LEVELS_FROM = {"train+dev": ("train", "dev"), "train": ("train",)}


def fit_levels(
    dimension: str, sequences: Splits, levels_from: str
) -> dict[int, KMeansLevels]:
    """K-means levels of a dimension for each of the classifier's tasks.

    Args:
        dimension: name of the traces.
        sequences: by split.
        levels_from: "train+dev" as the paper, or "train".

    Raises:
        ValueError: another `levels_from`, or too few distinct labels.
    """
    if levels_from not in LEVELS_FROM:
        raise ValueError(
            f"`levels_from` must be one of {sorted(LEVELS_FROM)}. Received: "
            f"levels_from={levels_from!r}"
        )
    labels = np.concatenate(
        [
            each.traces[dimension]
            for split in LEVELS_FROM[levels_from]
            for each in sequences[split]
        ]
    )
    counts = tasks(dimension)
    return {count: KMeansLevels(count).fit(labels) for count in counts}


@functools.cache
def tasks(dimension: str) -> tuple[int, ...]:
    """Classes of each discretisation, from the classifier's card."""
    return tuple(
        len(port.labels)
        for port in zoo.card("recola_blstm_cls").outputs
        if port.labels and port.name.startswith(f"{dimension}_")
    )
