"""Pieces of search spaces that several papers share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras_tuner

RATES = (1e-4, 3e-4, 1e-3, 3e-3)
"""Learning rates of Adam."""
L2_WEIGHTS = [0.0, 1e-5, 1e-4, 1e-3]

NO_AUGMENTATION = "none"
"""Value of `augment`: recordings are learnt from as they are."""
FOR_SMALL_CORPORA = {
    "ema": 0.0,
    "label_smoothing": 0.0,
    "thresholds": False,
    "warmup": 0,
}
"""Training values that suit small corpora, and what turns them off."""


def utterance_training(
    hp: keras_tuner.HyperParameters,
    batch_size: int,
    class_weights: str,
    learning_rate: float = 1e-3,
    rates: Sequence[float] = RATES,
    schedule: str = "constant",
) -> dict[str, Any]:
    """Returns the training values of models of utterances.

    `smoothing` is the number of epochs whose mean development score an epoch
    is judged by: more than one where few speakers validate. The values of
    `FOR_SMALL_CORPORA` are no paper's and change nothing by default.

    Args:
        hp: hyper-parameters.
        batch_size: utterances a batch.
        class_weights: "none" or "balanced".
        learning_rate: the default.
        rates: learning rates that the search tries.
        schedule: of the learning rate, the default.
    """
    return {
        "learning_rate": hp.Choice(
            "learning_rate", list(rates), default=learning_rate
        ),
        "smoothing": hp.Fixed("smoothing", 1),
        "batch_size": hp.Fixed("batch_size", batch_size),
        "normalisation": hp.Fixed("normalisation", "none"),
        "class_weights": hp.Fixed("class_weights", class_weights),
        "schedule": hp.Fixed("schedule", schedule),
        **{
            name: hp.Fixed(name, own) for name, own in FOR_SMALL_CORPORA.items()
        },
    }
