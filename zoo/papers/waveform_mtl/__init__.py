"""Raw waveform to arousal, valence and dominance of an utterance (Zhang 2019).

Z. Zhang, B. Wu, B. Schuller: Attention-Augmented End-to-End Multi-Task
Learning for Emotion Prediction from Speech. ICASSP 2019.

    waveform (B, samples) at 16 kHz
        |
    standardised by the training set's mean and deviation
        |
    windows of 640 samples every 160 (B, L, 640)
        |                                             for each window:
    convolution, 40 filters of 40, ReLU                  640 x 40
    maximum of 2 neighbours                              320 x 40
    convolution, 40 filters of 40, ReLU                  320 x 40
    maximum of 10 filters                                320 x 4
        |
    (B, L, 1280), dropout 0.1
        |
    GRU 128, GRU 128
        |
        |   e2e_stl, e2e_mtl          e2e_stl_att, e2e_mtl_att
        |
        |   last output               attention for each task (equation 4)
        |
    for each task: dense 3, softmax
        |
    arousal, valence, dominance (B, 3): low, middle, high

A row is an utterance, padded at the end. Padding changes nothing. A row has
1 + (samples - 640) // 160 windows; the samples after the last whole window are
not used. An utterance shorter than one window is padded to 640 samples with
silence (the training set's mean).

`framing="exact"` is the paper's: every window is convolved alone, with zero
padding. `framing="shared"` convolves the whole waveform once and cuts its
feature map into the same windows, a fourth of the arithmetic: only values near
the edges of a window differ, where its neighbours replace the zero padding.
Memory is proportional to the longest row: a minute takes about 3 GB in the
exact framing, 1.2 GB in the shared one. `tuning` refuses longer ones.

The training set standardises the waveform, not the utterance: an offset or
clipping stays in it. Samples that are not finite become zeros. `level`, which
is not the paper's, then brings the speech of every utterance to one level, so
that the gain of a recording changes no output.

Where this departs from the paper, or what the paper leaves open:
- both convolutions keep the length ("zero-padding"), as 320 and 1280 imply;
- the second ReLU precedes the maximum (section 3.1); either order is the same;
- `l2` is lambda of equation 5, which the paper does not give; without it there
  is no penalty. Scale and offset of the waveform are not learnt and have none;
- weights of tasks in the loss: see `tuning.papers.waveform_mtl`;
- initial weights and GRUs (`reset_after=True`) are Keras's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from zoo.common import arguments
from zoo.common.tensors import Tensor
from zoo.frontends import EqualLevel
from zoo.layers import (
    GRU,
    AttentionPooling,
    Scaling,
    SequenceMask,
)
from zoo.papers.waveform_mtl.cards import (
    LEVELS,
    PAPER,
    TASKS,
    level_card,
    level_posteriors,
)
from zoo.papers.waveform_mtl.egemaps_rnn import iemocap_egemaps_rnn
from zoo.papers.waveform_mtl.framing import (
    HOP,
    WINDOW,
    Penalty,
    all_penalised,
    exact,
    shared,
)
from zoo.papers.waveform_mtl.layers import AtLeast, LastStep
from zoo.registry import Card, Port, register

FRAMINGS = ("exact", "shared")

RATE = 16000
UNITS = 128
DEPTH = 2


def _card(summary: str) -> Card:
    waveform = Port(
        "waveform", (None,), "float32", f"samples in [-1, 1) at {RATE} Hz"
    )
    lengths = Port("lengths", (), "int32", "valid samples")
    return level_card(summary, (waveform, lengths), RATE, 1 / RATE)


@register(_card("Waveform to one task, from the last output."))
def iemocap_e2e_stl(
    tasks: Sequence[str] = TASKS[:1], **kwargs: Any
) -> keras.Model:
    """Builds the network of one task (section 3.1); by default arousal."""
    return waveform_mtl(
        tasks, attention=False, name="iemocap_e2e_stl", **kwargs
    )


@register(_card("Waveform to one task, by attention."))
def iemocap_e2e_stl_att(
    tasks: Sequence[str] = TASKS[:1], **kwargs: Any
) -> keras.Model:
    """Builds it with attention (section 3.2); by default for arousal."""
    return waveform_mtl(
        tasks, attention=True, name="iemocap_e2e_stl_att", **kwargs
    )


@register(_card("Waveform to several tasks, from the last output."))
def iemocap_e2e_mtl(tasks: Sequence[str] = TASKS, **kwargs: Any) -> keras.Model:
    """Builds the network of all tasks without attention (section 3.3)."""
    return waveform_mtl(
        tasks, attention=False, name="iemocap_e2e_mtl", **kwargs
    )


@register(_card("Waveform to several tasks, attention of each."))
def iemocap_e2e_mtl_att(
    tasks: Sequence[str] = TASKS, **kwargs: Any
) -> keras.Model:
    """Builds the paper's system: all tasks with attention (section 3.3)."""
    return waveform_mtl(
        tasks, attention=True, name="iemocap_e2e_mtl_att", **kwargs
    )


def waveform_mtl(
    tasks: Sequence[str],
    attention: bool,
    framing: str = "exact",
    units: int = UNITS,
    dropout: float = 0.1,
    l2: float = 0.0,
    level: bool = False,
    temperatures: Mapping[str, float] | None = None,
    offsets: Mapping[str, Sequence[float]] | None = None,
    name: str = "waveform_mtl",
) -> keras.Model:
    """Builds the network of Figure 1.

    Args:
        tasks: names of the outputs.
        attention: whether each task has an attention layer; else all tasks
            use the last output.
        framing: one of `FRAMINGS`.
        units: number of cells of each of the two recurrent layers.
        dropout: dropout rate of a window's 1280 values.
        l2: weight, in the loss, of the sum of squares of all trainable
            parameters (lambda of equation 5): kernels, biases and the vectors
            of attention.
        level: whether every utterance is brought to one level of speech
            (`zoo.frontends.EqualLevel`).
        temperatures, offsets: of the outputs' softmax
            (`zoo.layers.TemperedSoftmax`).
        name: of the model.

    Returns:
        A model from {"waveform": (B, samples), "lengths": (B,)} to {task:
        (B, 3)}, probabilities of the three levels. `set_scaling` adapts it to
        training data; `zoo.layers.attention_weights` gives the weights of the
        windows.

    Raises:
        ValueError: an argument out of range.
    """
    arguments.check_names("tasks", tasks, TASKS)
    arguments.check_choice("framing", framing, FRAMINGS)
    arguments.check_whole("units", units)
    arguments.check_share("dropout", dropout)
    arguments.check_weight("l2", l2)
    heat = arguments.check_temperatures(temperatures, tasks)
    shifts = arguments.check_offsets(offsets, dict.fromkeys(tasks, LEVELS))
    waveform = keras.Input((None,), name="waveform", dtype="float32")
    lengths = keras.Input((), name="lengths", dtype="int32")
    samples = ops.expand_dims(waveform, -1)
    mask = SequenceMask(name="mask")(samples, lengths)
    samples = Scaling(name="scaling")(samples, mask=mask)
    if level:
        samples = EqualLevel(name="level")(samples, mask=mask)
    samples, valid = AtLeast(WINDOW, name="filled")(samples, lengths)
    norm = keras.regularizers.L2(l2) if l2 else None
    framed = exact if framing == "exact" else shared
    sequence, mask = framed(samples, valid, norm)
    sequence = keras.layers.Dropout(dropout, name="dropout")(sequence)
    vectors = _recurrent(sequence, mask, tasks, attention, units, norm)
    outputs = {
        task: level_posteriors(
            vectors[task],
            task,
            heat[task],
            shifts[task],
            **all_penalised(norm),
        )
        for task in tasks
    }
    inputs = {"waveform": waveform, "lengths": lengths}
    return keras.Model(inputs, outputs, name=name)


def set_scaling(model: keras.Model, offset: Any, scale: Any) -> None:
    """Sets the scale of the inputs that a model was trained on.

    Args:
        model: one of this module's, `iemocap_egemaps_rnn` included.
        offset: subtracted from the inputs: (1,) of samples, (values,) of
            descriptors.
        scale: of the same shape, what the rest is divided by.
    """
    model.get_layer("scaling").set_scale(offset, scale)


def _recurrent(
    sequence: Tensor,
    mask: Tensor,
    tasks: Sequence[str],
    attention: bool,
    units: int,
    norm: Penalty,
) -> dict[str, Tensor]:
    """Returns one vector for each task.

    The recurrent layers run forwards and padding is at the end, so they need
    no mask: no padding precedes a valid window.
    """
    for layer in range(DEPTH):
        sequence = GRU(
            units,
            return_sequences=True,
            recurrent_regularizer=norm,
            **all_penalised(norm),
            name=f"gru_{layer}",
        )(sequence)
    if not attention:
        last = LastStep(name="last")(sequence, mask)
        return {task: last for task in tasks}
    return {
        task: AttentionPooling(norm, name=f"attention_{task}")(
            sequence, mask=mask
        )[0]
        for task in tasks
    }
