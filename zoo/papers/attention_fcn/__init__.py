"""Attention-based BLSTM beside an FCN: the emotion of an utterance (Zhao 2018).

Z. Zhao, Y. Zheng, Z. Zhang, H. Wang, Y. Zhao, C. Li: Exploring
Spatio-Temporal Representations by Integrating Attention-based
Bidirectional-LSTM-RNNs and FCNs for Speech Emotion Recognition. Interspeech
2018.

    features (B, T, 743): of each frame of 1024 samples at 16 kHz
        |
    whitened (B, T, components)
        |                                   |
    dimension shuffle (B, C, 300)       convolution 128, of 8 frames
        |                               batch normalisation, ReLU
    BLSTM 64 + 64                           |
        |                               convolution 64, of 5 frames
    attention (equations 1 and 2)       batch normalisation, ReLU
        |                                   |
    dropout 0.5                         mean over all frames
        |                                   |
        +---------------- joined -----------+
                             |
                      dense 64, ReLU
                             |
                      dense 4 or 8, softmax
                             |
                 emotion (B, 4) or (B, 8)

A row is an utterance, its frames padded at the end. Padding changes nothing,
the moments of the batch normalisation included.

The dimension shuffle transposes a row: its components become the steps of the
BLSTM, and its frames the vector of a step ("a multiple time series with a
single time step"). A vector has one length, an utterance any: the frames of
each row are interpolated linearly to 300 (9.6 s), so that nothing is cut off,
and a row of 300 frames is unchanged. With `shuffle=False` the BLSTM reads
frame by frame, and attention weighs frames, not components.

Where the network departs from the paper, or what the paper leaves open (the
list of training and protocols is in `tuning.papers.attention_fcn`):
- whitening: "whitened with PCA" says neither of what nor how many components
  are kept. Here features are clipped to the middle 99.8 % of the training
  frames and standardised first, and all components are kept; those without
  variance (7 of EmoTale's 743) are zero. The whitening is part of the network
  and changes nothing until `set_whitening`;
- the dimension shuffle: the paper does not say how utterances of different
  length get vectors of one length. Here they are interpolated to 300 frames;
- the convolutions' kernels: not given; 8 and 5 frames, the first two of Wang
  et al. 2017 (reference 23). The paper's FCN treats an utterance as "a
  univariate time series with multiple time steps"; here features are the
  channels of its steps;
- the activation: ReLU (section 3.4), not PReLU (section 3.3 allows either);
- the cells: 64 in each direction; the paper says "a cell size of 64";
- the DNN: not described; one layer of 64 with ReLU below the softmax;
- Table 2's single branches keep that DNN;
- Table 3's "three pooling strategies": max and average pooling replace
  attention in the recurrent branch alone. The FCN keeps its average pooling;
- the normalisation's moving moments keep 0.9 a step, not Keras's 0.99; the
  paper gives no momentum;
- with `statistics=True` a third vector is joined, which the paper lacks: mean
  and deviation of each feature over the utterance (`statistics.py`).

Baselines: `attentive_cnn` (Neumann and Vu 2017);
`tuning.experiments.dnn_elm` (Han et al. 2014).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from zoo.common import arguments
from zoo.common.tensors import Tensor
from zoo.layers import (
    LSTM,
    AttentionPooling,
    Conv1D,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
)
from zoo.papers.attention_fcn.attentive_cnn import iemocap_attentive_cnn
from zoo.papers.attention_fcn.cards import (
    CHEAVD,
    IEMOCAP,
    PAPER,
    VALUES,
    emotion_card,
    emotion_posteriors,
)
from zoo.papers.attention_fcn.inputs import ALL, check_sizes, whitened
from zoo.papers.attention_fcn.layers import DimensionShuffle
from zoo.papers.attention_fcn.statistics import (
    set_statistics,
    utterance_statistics,
)
from zoo.registry import register

SUMMARY = "Attention-BLSTM (or `branches`, `pooling`) beside an FCN."
BRANCHES = ("blstm+fcn", "lstm+fcn", "blstm", "lstm", "fcn")
"""The networks of Table 2."""
POOLINGS = ("attention", "average", "max")
"""The pooling strategies of Table 3."""

STEPS = 300
UNITS = 64
FILTERS = (128, 64)
KERNELS = (8, 5)
DENSE = 64
MOMENTUM = 0.9


@register(emotion_card(PAPER, SUMMARY, "IEMOCAP"))
def iemocap_attention_blstm_fcn(
    labels: Sequence[str] = IEMOCAP, **kwargs: Any
) -> keras.Model:
    """Builds the network for four emotions (section 5.3)."""
    return attention_fcn(labels, name="iemocap_attention_blstm_fcn", **kwargs)


@register(emotion_card(PAPER, SUMMARY, "CHEAVD 2.0"))
def cheavd_attention_blstm_fcn(
    labels: Sequence[str] = CHEAVD, **kwargs: Any
) -> keras.Model:
    """Builds the network for eight emotions (section 5.2)."""
    return attention_fcn(labels, name="cheavd_attention_blstm_fcn", **kwargs)


def attention_fcn(
    labels: Sequence[str],
    branches: str = "blstm+fcn",
    pooling: str = "attention",
    shuffle: bool = True,
    values: int = VALUES,
    components: int | str = ALL,
    steps: int = STEPS,
    units: int = UNITS,
    first_kernel: int = KERNELS[0],
    second_kernel: int = KERNELS[1],
    dense: int = DENSE,
    dense_layers: int = 1,
    dropout: float = 0.5,
    statistics: bool = False,
    temperatures: Mapping[str, float] | None = None,
    offsets: Mapping[str, Sequence[float]] | None = None,
    name: str = "attention_fcn",
) -> keras.Model:
    """Builds the network of Figure 1, or a part of it.

    Args:
        labels: names of the classes.
        branches: one of `BRANCHES`, the rows of Table 2.
        pooling: of the recurrent branch over its steps, one of `POOLINGS`,
            the rows of Table 3.
        shuffle: whether the recurrent branch's steps are features, as in the
            paper, or frames.
        values: number of features of a frame.
        components: number of principal components; "all" for as many as
            features.
        steps: number of frames that the shuffle interpolates a row to.
        units: number of cells of the recurrent layer, in each direction.
        first_kernel, second_kernel: frames that the convolutions span.
        dense: units of each hidden layer of the DNN.
        dense_layers: number of its hidden layers.
        dropout: dropout rate after the recurrent branch's pooling.
        statistics: whether the DNN sees mean and deviation of each feature
            over the utterance, too, which is not in the paper.
        temperatures, offsets: of the output's softmax
            (`zoo.layers.TemperedSoftmax`).
        name: of the model.

    Returns:
        A model from {"features": (B, T, values), "lengths": (B,)} to
        {"emotion": (B, labels)}, probabilities. `set_whitening` and, with
        `statistics`, `set_statistics` adapt it to training data;
        `zoo.layers.attention_weights` gives the weights of the
        frames, or of the components after a shuffle.

    Raises:
        ValueError: an argument out of range.
    """
    arguments.check_choice("branches", branches, BRANCHES)
    arguments.check_choice("pooling", pooling, POOLINGS)
    arguments.check_names("labels", labels, IEMOCAP)
    check_sizes(values=values, steps=steps, units=units)
    check_sizes(first_kernel=first_kernel, second_kernel=second_kernel)
    check_sizes(dense=dense, dense_layers=dense_layers)
    arguments.check_share("dropout", dropout)
    inputs, sequence, mask = whitened(values, components)
    kernels = (first_kernel, second_kernel)
    order = steps if shuffle else None
    vectors = []
    for kind in branches.split("+"):
        if kind == "fcn":
            vectors.append(_convolutional(sequence, mask, kernels))
            continue
        states, valid = _recurrent(kind, sequence, mask, order, units)
        vectors.append(_pooled(states, valid, pooling, dropout))
    if statistics:
        vectors.append(utterance_statistics(inputs["features"], mask, dropout))
    vector = _dnn(vectors, dense, dense_layers)
    outputs = emotion_posteriors(vector, labels, temperatures, offsets)
    return keras.Model(inputs, outputs, name=name)


def set_whitening(
    model: keras.Model, low: Any, high: Any, mean: Any, matrix: Any
) -> None:
    """Sets the whitening of the features that a model was trained on.

    Args:
        model: one of this module's.
        low, high: (values,), what features are clipped to.
        mean: (values,), subtracted from the clipped features.
        matrix: (values, components), what the rest is multiplied by; where
            it has fewer components than the model, the others are zero.
    """
    layer = model.get_layer("whitening")
    matrix = np.asarray(matrix)
    missing = layer.matrix.shape[1] - matrix.shape[1]
    if missing > 0:
        matrix = np.pad(matrix, ((0, 0), (0, missing)))
    layer.set_whitening(low, high, mean, matrix)


def is_shuffled(model: keras.Model) -> bool:
    """Says whether attention weighs components, not frames."""
    return any(isinstance(layer, DimensionShuffle) for layer in model.layers)


def _recurrent(
    kind: str, sequence: Tensor, mask: Tensor, steps: int | None, units: int
) -> tuple[Tensor, Tensor]:
    """Returns the recurrent layer's states and their mask.

    `steps` is that of the shuffle; `None` for none.
    """
    if steps is not None:
        sequence = DimensionShuffle(steps, name="shuffle")(sequence, mask)
        mask = None
    if kind == "lstm":
        layer = LSTM(units, return_sequences=True, name=kind)
    else:
        layer = keras.layers.Bidirectional(
            LSTM(units, return_sequences=True), name=kind
        )
    return layer(sequence, mask=mask), mask


def _pooled(
    states: Tensor, mask: Tensor, pooling: str, dropout: float
) -> Tensor:
    """Pools the states of each row to one vector and applies dropout."""
    if pooling == "attention":
        vector, _ = AttentionPooling(name="attention")(states, mask=mask)
    else:
        average = pooling == "average"
        layer = GlobalAveragePooling1D if average else GlobalMaxPooling1D
        vector = layer(name=pooling)(states, mask=mask)
    return keras.layers.Dropout(dropout, name="dropout")(vector)


def _convolutional(
    sequence: Tensor, mask: Tensor, kernels: Sequence[int]
) -> Tensor:
    """Applies two blocks and takes the mean over all frames (section 3.4)."""
    for block, (filters, kernel) in enumerate(zip(FILTERS, kernels)):
        convolution = Conv1D(
            filters, kernel, padding="same", name=f"convolution_{block}"
        )
        normalisation = keras.layers.BatchNormalization(
            momentum=MOMENTUM, name=f"normalisation_{block}"
        )
        sequence = convolution(sequence, mask=mask)
        sequence = normalisation(sequence, mask=mask)
        sequence = keras.layers.ReLU(name=f"relu_{block}")(sequence)
    return GlobalAveragePooling1D(name="mean")(sequence, mask)


def _dnn(vectors: list[Tensor], units: int, layers: int) -> Tensor:
    """Joins the branches' vectors and applies the hidden layers."""
    vector = vectors[0]
    if len(vectors) > 1:
        vector = keras.layers.Concatenate(name="joined")(vectors)
    for layer in range(layers):
        name = f"dense_{layer}" if layer else "dense"
        vector = keras.layers.Dense(units, "relu", name=name)(vector)
    return vector
