"""Attentive CNN, which paper 003 compares its network with (Table 4).

M. Neumann, N. T. Vu: Attentive Convolutional Neural Network based Speech
Emotion Recognition: A Study on the Impact of Input Features, Signal Length,
and Acted Speech. Interspeech 2017 (reference 34 of Zhao et al. 2018).

    features (B, T, 743)
        |
    whitened (B, T, components)
        |
    convolution of 200 filters over all values, ReLU
        |
    max pooling over time
        |
    attention
        |
    dropout
        |
    dense, softmax
        |
    emotion (B, labels)

A row is an utterance, its frames padded at the end. Padding changes nothing.

Where this departs from Neumann and Vu, or from what Zhao et al. say of it:
- the features are those of Zhao et al., 743 a frame of 64 ms every 32 ms, so
  that the systems of a table differ by their networks alone. Neumann and Vu
  compare log Mel filter banks, MFCC, eGeMAPS and prosody every 10 ms;
- Zhao et al. quote its published figures and give no sizes. The filters'
  number, their span of 8 frames (a quarter of a second), the pooling of 4
  frames and the dropout are ours;
- an utterance is taken whole, not cut or padded to a fixed length;
- it learns emotions alone, without the second task (arousal or valence).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from zoo.common import arguments
from zoo.layers import AttentionPooling, Conv1D, MaxPooling1D
from zoo.papers.attention_fcn.cards import (
    IEMOCAP,
    VALUES,
    emotion_card,
    emotion_posteriors,
)
from zoo.papers.attention_fcn.inputs import ALL, check_sizes, whitened
from zoo.registry import register

PAPER = (
    "M. Neumann, N. T. Vu. Attentive Convolutional Neural Network based "
    "Speech Emotion Recognition: A Study on the Impact of Input Features, "
    "Signal Length, and Acted Speech. Interspeech 2017."
)
SUMMARY = "Attentive CNN, a baseline of paper 003."


@register(emotion_card(PAPER, SUMMARY, "IEMOCAP"))
def iemocap_attentive_cnn(
    labels: Sequence[str] = IEMOCAP, **kwargs: Any
) -> keras.Model:
    """Builds the baseline for four emotions (Table 4 of Zhao et al. 2018)."""
    return attentive_cnn(labels, name="iemocap_attentive_cnn", **kwargs)


def attentive_cnn(
    labels: Sequence[str],
    values: int = VALUES,
    components: int | str = ALL,
    filters: int = 200,
    kernel: int = 8,
    pool: int = 4,
    dropout: float = 0.5,
    temperatures: Mapping[str, float] | None = None,
    offsets: Mapping[str, Sequence[float]] | None = None,
    name: str = "attentive_cnn",
) -> keras.Model:
    """Builds a convolution, max pooling and attention over time.

    Args:
        labels: names of the classes.
        values: number of features of a frame.
        components: number of principal components; "all" for as many as
            features.
        filters: of the convolution.
        kernel: frames that a filter spans.
        pool: frames of a window of the max pooling, at least 2.
        dropout: dropout rate after attention.
        temperatures, offsets: of the output's softmax
            (`zoo.layers.TemperedSoftmax`).
        name: of the model.

    Returns:
        A model from {"features": (B, T, values), "lengths": (B,)} to
        {"emotion": (B, labels)}, probabilities.
        `zoo.papers.attention_fcn.set_whitening` adapts it to training data.

    Raises:
        ValueError: an argument out of range.
    """
    arguments.check_names("labels", labels, IEMOCAP)
    check_sizes(values=values, filters=filters, kernel=kernel)
    arguments.check_whole("pool", pool, 2)
    arguments.check_share("dropout", dropout)
    inputs, sequence, mask = whitened(values, components)
    convolution = Conv1D(
        filters, kernel, padding="same", activation="relu", name="convolution"
    )
    sequence = convolution(sequence, mask=mask)
    sequence, mask = MaxPooling1D(pool, name="pooling")(sequence, mask)
    vector, _ = AttentionPooling(name="attention")(sequence, mask=mask)
    vector = keras.layers.Dropout(dropout, name="dropout")(vector)
    outputs = emotion_posteriors(vector, labels, temperatures, offsets)
    return keras.Model(inputs, outputs, name=name)
