"""GRU baseline over eGeMAPS descriptors.

Z. Zhang, B. Wu, B. Schuller: Attention-Augmented End-to-End Multi-Task
Learning for Emotion Prediction from Speech. ICASSP 2019, section 4.3
("OS+RNNs" of Table 1).

    low-level descriptors (B, T, 25), one every 10 ms
        |
    standardised by the training set's mean and deviation
        |
    dropout, GRU 128, GRU 128
        |
    last output
        |
    for each task: dense 3, softmax
        |
    arousal, valence, dominance (B, 3): low, middle, high

A row is an utterance, padded at the end. Padding changes nothing.

Where this departs from the paper, or what the paper leaves open:
- the paper gives neither sizes nor the kind of these recurrent layers: here
  they are those of its own network;
- it counts 23 descriptors; openSMILE's eGeMAPSv02 has 25.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from zoo.common import arguments
from zoo.layers import GRU, Scaling, SequenceMask
from zoo.papers.waveform_mtl.cards import (
    LEVELS,
    TASKS,
    level_card,
    level_posteriors,
)
from zoo.papers.waveform_mtl.layers import LastStep
from zoo.registry import Card, Port, register

VALUES = 25
HOP = 0.01
UNITS = 128
DEPTH = 2


def _card() -> Card:
    features = Port(
        "features",
        (None, VALUES),
        "float32",
        "eGeMAPSv02 low-level descriptors, one row every 10 ms",
    )
    lengths = Port("lengths", (), "int32", "valid rows")
    return level_card(
        "GRUs over eGeMAPS descriptors, paper 004's baseline.",
        (features, lengths),
        None,
        HOP,
    )


@register(_card())
def iemocap_egemaps_rnn(
    tasks: Sequence[str] = TASKS[:1], **kwargs: Any
) -> keras.Model:
    """Builds the baseline (section 4.3); by default for arousal."""
    return egemaps_rnn(tasks, name="iemocap_egemaps_rnn", **kwargs)


def egemaps_rnn(
    tasks: Sequence[str],
    units: int = UNITS,
    dropout: float = 0.1,
    temperatures: Mapping[str, float] | None = None,
    offsets: Mapping[str, Sequence[float]] | None = None,
    name: str = "egemaps_rnn",
) -> keras.Model:
    """Builds the baseline of Table 1.

    Args:
        tasks: names of the outputs.
        units: number of cells of each of the two recurrent layers.
        dropout: dropout rate of the descriptors.
        temperatures, offsets: of the outputs' softmax
            (`zoo.layers.TemperedSoftmax`).
        name: of the model.

    Returns:
        A model from {"features": (B, T, 25), "lengths": (B,)} to {task:
        (B, 3)}, probabilities of the three levels.
        `zoo.papers.waveform_mtl.set_scaling` adapts it to training data.

    Raises:
        ValueError: an argument out of range.
    """
    arguments.check_names("tasks", tasks, TASKS)
    arguments.check_whole("units", units)
    arguments.check_share("dropout", dropout)
    heat = arguments.check_temperatures(temperatures, tasks)
    shifts = arguments.check_offsets(offsets, dict.fromkeys(tasks, LEVELS))
    features = keras.Input((None, VALUES), name="features", dtype="float32")
    lengths = keras.Input((), name="lengths", dtype="int32")
    mask = SequenceMask(name="mask")(features, lengths)
    sequence = Scaling(name="scaling")(features, mask=mask)
    sequence = keras.layers.Dropout(dropout, name="dropout")(sequence)
    for layer in range(DEPTH):
        # Forwards, with padding at the end: no mask is needed.
        sequence = GRU(units, return_sequences=True, name=f"gru_{layer}")(
            sequence
        )
    vector = LastStep(name="last")(sequence, mask)
    outputs = {
        task: level_posteriors(vector, task, heat[task], shifts[task])
        for task in tasks
    }
    inputs = {"features": features, "lengths": lengths}
    return keras.Model(inputs, outputs, name=name)
