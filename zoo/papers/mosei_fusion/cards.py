"""Cards shared by the models of this paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo.registry import Card, Port

PAPER = (
    "J. Williams, S. Kleinegesse, R. Comanescu, O. Radu. Recognizing Emotions "
    "in Video Using Multimodal DNN Feature Fusion. Grand Challenge and "
    "Workshop on Human Multimodal Language, ACL 2018."
)
VALUES = {"t": 300, "a": 74, "v": 35}
"""Features of a word by modality: GloVe, COVAREP, FACET 4.2."""


def fusion_card(summary: str) -> Card:
    """Returns the card of a model of words; the summary is as in `Card`."""
    return Card(
        summary=summary,
        paper=PAPER,
        corpus="CMU-MOSEI (ACL 2018 challenge)",
        frontend=None,
        inputs=(
            Port(
                "features",
                (None, sum(VALUES.values())),
                "float32",
                "of each word: text, audio, video, those that it takes; by "
                "default GloVe 300, COVAREP 74, FACET 35",
            ),
            Port("lengths", (), "int32", "valid words"),
        ),
        loss="mean_absolute_error",
        monitor=("val_loss", "min"),
        sampling_rate=None,
        hop=None,
    )


def modality_suffix(arguments: Mapping[str, Any]) -> str:
    """Returns the suffix of packaged weights for some of the modalities."""
    given = arguments.get("modalities") or "tav"
    letters = "".join(letter for letter in VALUES if letter in given)
    return "" if letters == "tav" else f"-{letters}"
