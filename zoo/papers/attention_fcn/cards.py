"""Classes and cards shared by the models of this paper."""

from __future__ import annotations

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
VALUES = 743
"""Features of a frame."""


def emotion_card(
    paper: str, summary: str, corpus: str, labels: tuple[str, ...]
) -> Card:
    """Returns the card of a model that tells the emotion of an utterance.

    Args:
        paper, summary, corpus: as in `Card`.
        labels: of the output.
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
        outputs=(
            Port(
                "emotion",
                (len(labels),),
                "float32",
                "probability of " + ", ".join(labels),
                labels,
            ),
        ),
        loss="categorical_crossentropy",
        monitor=("val_uar", "max"),
        sampling_rate=None,
        hop=None,
        receptive_field=None,
    )
