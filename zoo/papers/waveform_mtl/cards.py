"""Tasks, classes and cards shared by the models of this paper."""

from __future__ import annotations

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
    tasks: tuple[str, ...],
    sampling_rate: int | None,
) -> Card:
    """Returns the card of a model that classifies utterances into levels.

    Args:
        summary, inputs, sampling_rate: as in `Card`.
        tasks: names of the outputs.
    """
    outputs = tuple(
        Port(
            task,
            (len(LEVELS),),
            "float32",
            f"probability of {', '.join(LEVELS)} {task}",
            LEVELS,
        )
        for task in tasks
    )
    return Card(
        summary=summary,
        paper=PAPER,
        corpus="IEMOCAP",
        frontend=None,
        inputs=inputs,
        outputs=outputs,
        loss="categorical_crossentropy",
        monitor=("val_uar", "max"),
        sampling_rate=sampling_rate,
        hop=None,
        receptive_field=None,
    )
