"""Tasks, classes and cards shared by the models of this paper."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from zoo.common.tensors import Tensor
from zoo.layers import Annotation, TemperedSoftmax
from zoo.registry import Card, Port

PAPER = (
    "Z. Zhang, B. Wu, B. Schuller. Attention-Augmented End-to-End Multi-Task "
    "Learning for Emotion Prediction from Speech. ICASSP 2019."
)
TASKS = ("arousal", "valence", "dominance")
LEVELS = ("low", "middle", "high")
"""Classes of a task: mean ratings of [1, 2], (2, 4) and [4, 5] out of 5."""


def level_card(
    summary: str,
    inputs: tuple[Port, ...],
    sampling_rate: int | None,
    hop: float,
) -> Card:
    """Returns the card of a model that classifies utterances into levels.

    Args:
        summary, inputs, sampling_rate, hop: as in `Card`.
    """
    return Card(
        summary=summary,
        paper=PAPER,
        corpus="IEMOCAP",
        frontend=None,
        inputs=inputs,
        loss="categorical_crossentropy",
        monitor=("val_uar", "max"),
        sampling_rate=sampling_rate,
        hop=hop,
    )


def level_posteriors(
    vector: Tensor,
    task: str,
    temperature: float = 1.0,
    offsets: Sequence[float] | None = None,
    **regularizers: keras.regularizers.L2 | None,
) -> Tensor:
    """Adds the softmax over the levels of a task.

    Args:
        vector: (B, values).
        task: name of the output.
        temperature, offsets: of the softmax.
        **regularizers: of the kernel and the bias, as Keras names them.
    """
    dense = keras.layers.Dense(
        len(LEVELS), **regularizers, name=f"levels_{task}"
    )
    softmax = TemperedSoftmax(temperature, offsets, name=f"softmax_{task}")
    return Annotation("probability", LEVELS)(softmax(dense(vector)))
