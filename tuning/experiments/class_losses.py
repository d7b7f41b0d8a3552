"""Losses of the classes of utterances: what a network of levels may learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from pipelines.datasets.utterances import UtteranceSample
from zoo.losses import (
    OrdinalCrossEntropy,
    SharedCrossEntropy,
    SmoothedCrossEntropy,
)

CROSS_ENTROPY, SOFT, ORDINAL = "ce", "soft", "ordinal"
OBJECTIVES = {
    CROSS_ENTROPY: keras.losses.SparseCategoricalCrossentropy,
    SOFT: SharedCrossEntropy,
    ORDINAL: OrdinalCrossEntropy,
}
"""Hyper-parameter `objective` of levels: the level of the mean rating as the
class; the levels that single raters chose as a distribution; whether the level
is above each of the others."""


def check(training: Mapping[str, Any]) -> None:
    """Refuses training values that exclude each other.

    Raises:
        ValueError: labels that are smoothed and shared or ordinal, too.
    """
    objective = training.get("objective", CROSS_ENTROPY)
    smoothing = training.get("label_smoothing", 0.0)
    if smoothing and objective != CROSS_ENTROPY:
        raise ValueError(
            f"`label_smoothing` is for objective={CROSS_ENTROPY}; labels of "
            f"objective={objective} are smooth already. Received: "
            f"label_smoothing={smoothing}. Set it to 0."
        )


def loss(training: Mapping[str, Any]) -> keras.losses.Loss:
    """Returns the loss of a task's classes."""
    check(training)
    smoothing = training.get("label_smoothing", 0.0)
    if smoothing:
        return SmoothedCrossEntropy(smoothing)
    return OBJECTIVES[training.get("objective", CROSS_ENTROPY)]()


def is_shared(training: Mapping[str, Any]) -> bool:
    """Returns whether a network learns the raters' shares."""
    return training.get("objective") == SOFT


def check_shares(
    samples: Sequence[UtteranceSample], tasks: Sequence[str]
) -> None:
    """Refuses utterances without the ratings of single raters.

    Raises:
        ValueError: names the first utterance and the task.
    """
    for sample in samples:
        missing = [task for task in tasks if task not in sample.shares]
        if missing:
            raise ValueError(
                f"objective={SOFT} needs the ratings of single raters. "
                f"{sample.id} has none of {', '.join(missing)}. Take "
                f"objective={CROSS_ENTROPY} or {ORDINAL}, or a corpus that "
                "has them, as emotale."
            )
