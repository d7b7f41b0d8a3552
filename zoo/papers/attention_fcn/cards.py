"""Classes and cards shared by the models of this paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras

from zoo.common import arguments
from zoo.common.tensors import Tensor
from zoo.layers import Annotation, TemperedSoftmax
from zoo.registry import Card, Port

PAPER = (
    "Z. Zhao, Y. Zheng, Z. Zhang, H. Wang, Y. Zhao, C. Li. Exploring "
    "Spatio-Temporal Representations by Integrating Attention-based "
    "Bidirectional-LSTM-RNNs and FCNs for Speech Emotion Recognition. "
    "Interspeech 2018."
)
IEMOCAP = ("angry", "happy", "sad", "neutral")
CHEAVD = (
    *("neutral", "angry", "happy", "sad"),
    *("worried", "anxious", "surprise", "disgust"),
)
EMOTION = "emotion"
"""The output."""
VALUES = 743
"""Features of a frame."""
HOP = 512 / 16000


def emotion_card(paper: str, summary: str, corpus: str) -> Card:
    """Returns the card of a model that tells the emotion of an utterance.

    Args: as in `Card`.
    """
    return Card(
        summary=summary,
        paper=paper,
        corpus=corpus,
        frontend=None,
        inputs=(
            Port(
                "features",
                (None, VALUES),
                "float32",
                "of each frame: 27 YAAFE features, 1024 samples every 512 at "
                "16 kHz",
            ),
            Port("lengths", (), "int32", "valid frames"),
        ),
        loss="categorical_crossentropy",
        monitor=("val_uar", "max"),
        sampling_rate=None,
        hop=HOP,
    )


def emotion_posteriors(
    vector: Tensor,
    labels: Sequence[str],
    temperatures: Mapping[str, float] | None,
    offsets: Mapping[str, Sequence[float]] | None,
) -> dict[str, Tensor]:
    """Adds the softmax over the emotions; returns it as the model's output.

    Args:
        vector: (B, values).
        labels: names of the emotions.
        temperatures, offsets: of the output "emotion", where there are some
            (`zoo.layers.TemperedSoftmax`).
    """
    heat = arguments.check_temperatures(temperatures, [EMOTION])
    shifts = arguments.check_offsets(offsets, {EMOTION: labels})
    logits = keras.layers.Dense(len(labels), name="classes")(vector)
    softmax = TemperedSoftmax(heat[EMOTION], shifts[EMOTION], name="softmax")
    return {EMOTION: Annotation("probability", labels)(softmax(logits))}
