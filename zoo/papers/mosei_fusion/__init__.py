"""Early fusion of text, audio and video for six emotions (Williams 2018).

J. Williams, S. Kleinegesse, R. Comanescu, O. Radu: Recognizing Emotions in
Video Using Multimodal DNN Feature Fusion. Grand Challenge and Workshop on
Human Multimodal Language, ACL 2018.

    features (B, T, 409): of each word, text 300, audio 74, video 35
        |
    cleaning and scaling, zeros for what is missing
        |
    batch normalisation
        |
        |   mosei_lstm      mosei_blstm        mosei_cnn
        |
        |   LSTM 64         BLSTM 64 + 64      convolution, 3 words, ReLU
        |     ... 1 to 3      ... 1 to 3       maximum of 2 words
        |   last state      last states          ... 1 to 3 times
        |                                      maximum over all words
        |
    dense 100, ReLU, dropout ... 1 to 3 times
        |
    dense 6, bounded to [0, 3]
        |
    emotions (B, 6): anger, disgust, fear, happy, sad, surprise

A row is a segment of speech, its words padded at the end. Padding changes
nothing, the moments of the batch normalisation included. A modality whose
values are all NaN is missing (`join_modalities`), in a word or everywhere.

Where this departs from the paper, or what the paper leaves open:
- the sizes of the trimodal BLSTM of Tables 4 and 5: here one recurrent layer,
  two dense ones and dropout of 0.1. The authors' published script
  varies the recurrent layers from 1 to 3 above one dense layer;
- dropout "between fully connected layers" follows each dense layer of 100,
  also the last one before the output;
- "a linear activation bounded values between 0 and 3" (the script bounds
  nothing, and Figure 2 has values below 0): here `Bounded`, which clips but
  lets gradients pass. The output's bias starts at the value in the range
  nearest to 0, here 0 itself;
- the convolutions' filters: 128, as in the authors' script for CMU-MOSI, and
  ReLU. That script convolves without padding and flattens rows of one fixed
  length; here rows keep their length ("same"), and the maximum over all words
  follows, as in Kim 2014, which the paper cites;
- the authors normalise padding too, and concatenate video, audio, text;
- the normalisation's moving moments have momentum 0.9, not Keras's 0.99, with
  which a few hundred segments leave them far from the features' moments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from zoo.common import arguments
from zoo.common.tensors import Tensor
from zoo.layers import (
    LSTM,
    Annotation,
    Conv1D,
    GlobalMaxPooling1D,
    MaxPooling1D,
    Scaling,
    SequenceMask,
)
from zoo.metrics.intensities import EMOTIONS
from zoo.papers.mosei_fusion.cards import VALUES, fusion_card, modality_suffix
from zoo.papers.mosei_fusion.inputs import join_modalities
from zoo.papers.mosei_fusion.layers import Bounded, MissingModalities
from zoo.registry import register

UNITS = 64
FILTERS = 128
DENSE = 100
KERNEL = 3
POOL = 2
MOMENTUM = 0.9
Network = Callable[[Any, Any, int], Any]


@register(
    fusion_card("LSTM over words, voice, face, or some of them."),
    modality_suffix,
)
def mosei_lstm(
    depth: int = 1, dense: int = 2, dropout: float = 0.1, **kwargs: Any
) -> keras.Model:
    """Builds the LSTM of 64 units (section 4.1)."""
    return fusion(lstm, depth, dense, dropout, name="mosei_lstm", **kwargs)


@register(
    fusion_card("BLSTM over words, voice, face, or some of them."),
    modality_suffix,
)
def mosei_blstm(
    depth: int = 1, dense: int = 2, dropout: float = 0.1, **kwargs: Any
) -> keras.Model:
    """Builds the BLSTM of 64 + 64 units, the challenge system (section 4.1)."""
    return fusion(blstm, depth, dense, dropout, name="mosei_blstm", **kwargs)


@register(
    fusion_card("Convolutions over words, voice, face, or some of them."),
    modality_suffix,
)
def mosei_cnn(
    depth: int = 1, dense: int = 2, dropout: float = 0.1, **kwargs: Any
) -> keras.Model:
    """Builds the CNN: filters of 3 words, maxima of 2 (section 4.4)."""
    return fusion(cnn, depth, dense, dropout, name="mosei_cnn", **kwargs)


def fusion(
    network: Network,
    depth: int,
    dense: int,
    dropout: float,
    modalities: str = "tav",
    values: int | Mapping[str, int] = VALUES,
    labels: Sequence[str] = EMOTIONS,
    low: float = 0.0,
    high: float = 3.0,
    name: str = "mosei_fusion",
) -> keras.Model:
    """Builds an early-fusion network.

    Args:
        network: from features (B, T, values), their mask (B, T) and `depth`
            to one vector a row, (B, units).
        depth: number of recurrent or convolutional layers.
        dense: number of dense layers of 100 units after them.
        dropout: dropout rate after each dense layer.
        modalities: letters of the modalities in the features, in any order:
            t text, a audio, v video.
        values: number of features of a word by letter, or of all
            `modalities` together, which can only be missing together then.
        labels: names of the outputs.
        low, high: range of every label.
        name: of the model.

    Returns:
        A model from {"features": (B, T, values), "lengths": (B,)} to
        {"emotions": (B, labels)}. The order of a word's features is text,
        audio, video. `set_scaling` and `set_medians` adapt it to training
        data.

    Raises:
        ValueError: an argument out of range.
    """
    arguments.check_whole("depth", depth)
    arguments.check_whole("dense", dense)
    arguments.check_share("dropout", dropout)
    arguments.check_names("labels", labels, EMOTIONS)
    counts = _counts(modalities, values)
    width = sum(counts)
    features = keras.Input((None, width), name="features", dtype="float32")
    lengths = keras.Input((), name="lengths", dtype="int32")
    mask = SequenceMask(name="mask")(features, lengths)
    scaled = Scaling(name="scaling")(features, mask=mask)
    sequence = MissingModalities(counts, name="missing")(features, scaled)
    normalisation = keras.layers.BatchNormalization(
        momentum=MOMENTUM, name="normalisation"
    )
    vector = network(normalisation(sequence, mask=mask), mask, int(depth))
    vector = _dense(vector, int(dense), dropout)
    inputs = {"features": features, "lengths": lengths}
    outputs = {"emotions": _bounded(vector, labels, low, high)}
    return keras.Model(inputs, outputs, name=name)


def set_scaling(model: keras.Model, offset: Any, scale: Any) -> None:
    """Sets the scale of the features that a model was trained on.

    Args:
        model: one of this module's.
        offset: (values,), subtracted from the features of every word.
        scale: (values,), what the rest is divided by.
    """
    model.get_layer("scaling").set_scale(offset, scale)


def set_medians(model: keras.Model, medians: Any) -> None:
    """Sets the bias of the last dense layer, where predictions start.

    No constant has a smaller absolute error than the medians of the labels.

    Args:
        model: one of this module's.
        medians: (labels,).
    """
    model.get_layer("intensities").bias.assign(medians)


def linear(model: keras.Model) -> keras.Model:
    """Returns the model up to its linear outputs, which nothing bounds."""
    outputs = {"emotions": model.get_layer("intensities").output}
    return keras.Model(model.input, outputs, name=model.name)


def _dense(vector: Tensor, layers: int, dropout: float) -> Tensor:
    """Stacks dense layers with dropout."""
    for layer in range(layers):
        dense = keras.layers.Dense(DENSE, "relu", name=f"dense_{layer}")
        drop = keras.layers.Dropout(dropout, name=f"dropout_{layer}")
        vector = drop(dense(vector))
    return vector


def _bounded(
    vector: Tensor, labels: Sequence[str], low: float, high: float
) -> Tensor:
    """Adds the output layer; its bias starts nearest to 0 within the bounds."""
    bounded = Bounded(low, high, name="bounded")
    start = keras.initializers.Constant(min(max(0.0, low), high))
    linear = keras.layers.Dense(
        len(labels), bias_initializer=start, name="intensities"
    )
    unit = f"intensity in [{low:g}, {high:g}]"
    return Annotation(unit, labels)(bounded(linear(vector)))


def lstm(sequence: Tensor, mask: Tensor, depth: int) -> Tensor:
    """Stacks LSTM layers; returns the state after the last word."""
    for layer in range(depth):
        sequence = LSTM(
            UNITS, return_sequences=layer < depth - 1, name=f"lstm_{layer}"
        )(sequence, mask=mask)
    return sequence


def blstm(sequence: Tensor, mask: Tensor, depth: int) -> Tensor:
    """Stacks BLSTM layers; returns the last states of both directions."""
    for layer in range(depth):
        sequence = keras.layers.Bidirectional(
            LSTM(UNITS, return_sequences=layer < depth - 1),
            name=f"blstm_{layer}",
        )(sequence, mask=mask)
    return sequence


def cnn(sequence: Tensor, mask: Tensor, depth: int) -> Tensor:
    """Stacks convolutions with pooling; returns the maximum over all words."""
    for layer in range(depth):
        sequence = Conv1D(
            FILTERS,
            KERNEL,
            padding="same",
            activation="relu",
            name=f"convolution_{layer}",
        )(sequence, mask=mask)
        pooling = MaxPooling1D(POOL, name=f"pool_{layer}")
        sequence, mask = pooling(sequence, mask)
    return GlobalMaxPooling1D(name="maximum")(sequence, mask)


def _counts(modalities: str, values: int | Mapping[str, int]) -> list[int]:
    """Returns the numbers of features of a word, of each modality or of all."""
    letters = set(modalities)
    if not letters or len(letters) < len(modalities) or letters - set(VALUES):
        raise ValueError(
            f"`modalities` must be some of {', '.join(VALUES)}, each once. "
            f"Received: modalities={modalities!r}"
        )
    if not isinstance(values, Mapping):
        arguments.check_whole("values", values)
        return [int(values)]
    missing = [letter for letter in VALUES if letter in letters - set(values)]
    if missing:
        raise ValueError(
            "`values` must name every one of `modalities`. Missing: "
            f"{', '.join(missing)}. Received: values={dict(values)}"
        )
    for letter in modalities:
        arguments.check_whole(f"values[{letter!r}]", values[letter])
    return [int(values[letter]) for letter in VALUES if letter in letters]
