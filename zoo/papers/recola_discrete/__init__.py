"""BLSTM classifier and regressors of discretised emotion on RECOLA (Le 2017).

D. Le, Z. Aldeneh, E. Mower Provost: Discretized Continuous Speech Emotion
Recognition with Multi-Task Deep Recurrent Neural Network. Interspeech 2017.

    features (B, T, 160), one step every 40 ms
        |
    BLSTM 80 + 80, 3 to 5 layers
        |
        |   recola_blstm_cls                    recola_blstm_mse, _ccc
        |
        |-- softmax 4  -- value of its level --.
        |-- softmax 6  -- value of its level --|  mean       linear
        |-- softmax 8  -- value of its level --|    |           |
        '-- softmax 10 -- value of its level --'    |           |
                                                    |           |
    one trace (B, T) a dimension  <-----------------'-----------'

The classifier's outputs are the traces and all posteriors. Its levels
(k-means clusters of the labels) are weights of the model, and so is the
decoder of a trained one (CLS-Decoded): `decoders` returns it for NumPy and for
streams (`zoo.decoding`), `decoded` as a model. With `networks=3` a dimension
has the paper's three networks, whose predictions are averaged.

Where this departs from the paper:
    - Equation 6 sums over frames; here the loss is the mean over frames and
      the sum over tasks, without which the published L2 weight has no effect
      (`zoo.losses.CostSensitiveCrossEntropy`).
    - The paper does not say what L2 regularises: here the kernels and the
      recurrent kernels.
    - Its search is a beam, here it is exact; how it smooths its transitions
      and n-grams it does not say (`zoo.decoding`).
    - It averages "the prediction" of three networks: here each network is
      decoded, and the traces are averaged.
    - One order and one weight alpha are chosen for the four tasks together, by
      the CCC of their mean, a dimension at a time.
    - Bins, other losses and the expected value as `readout` are options that
      the paper discusses or announces, and no part of its own system.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from zoo.common.arguments import check_whole
from zoo.common.tensors import Tensor
from zoo.layers import LSTM, Trace
from zoo.papers._recola import (
    DIMENSIONS,
    Size,
    Weight,
    card,
    penalty,
    side_by_side,
    size,
)
from zoo.papers.recola_discrete.decoding import (
    decoded,
    decoders,
    set_decoders,
)
from zoo.papers.recola_discrete.layers import LevelPosteriors, LevelValue
from zoo.registry import register

__all__ = [
    "LEVELS",
    "LevelPosteriors",
    "LevelValue",
    "blstm",
    "classifier",
    "decoded",
    "decoders",
    "join",
    "regressor",
    "set_decoders",
    "set_levels",
]

UNITS = 80
LEVELS = (4, 6, 8, 10)
PAPER = (
    "D. Le, Z. Aldeneh, E. Mower Provost. Discretized Continuous Speech "
    "Emotion Recognition with Multi-Task Deep Recurrent Neural Network. "
    "Interspeech 2017."
)


CLASSIFIER = card(
    "BLSTM that classifies several discretisations at once.",
    PAPER,
    "cost_sensitive_cross_entropy",
)
ON_MSE = card("BLSTM regressor trained on MSE.", PAPER, "frame_squared_error")
ON_CCC = card("BLSTM regressor trained on CCC.", PAPER, "concordance_loss")


@register(CLASSIFIER, decoded=decoded)
def recola_blstm_cls(depth: Size = 3, **kwargs: Any) -> keras.Model:
    """Builds 3, 4 or 5 layers of 80 + 80 and four softmax heads (4.2)."""
    return classifier(depth, **kwargs)


@register(ON_MSE)
def recola_blstm_mse(depth: Size = 3, **kwargs: Any) -> keras.Model:
    """Builds the same layers with a linear head, REG-MSE (section 4.4)."""
    return regressor(depth, name="recola_blstm_mse", **kwargs)


@register(ON_CCC)
def recola_blstm_ccc(depth: Size = 3, **kwargs: Any) -> keras.Model:
    """Builds the same layers with a linear head, REG-CCC (section 4.4)."""
    return regressor(depth, name="recola_blstm_ccc", **kwargs)


def classifier(
    depth: Size,
    l2: Weight = 0.0,
    dimensions: Sequence[str] = DIMENSIONS,
    levels: Sequence[int] = LEVELS,
    readout: str = "likeliest",
    networks: int = 1,
) -> keras.Model:
    """Builds the multi-task classifier.

    Args:
        depth: number of BLSTM layers.
        l2: weight of the squared kernels in the loss.
        dimensions: names of the traces, each with a network of its own.
        levels: number of classes of each discretisation.
        readout: of a trace, the "likeliest" level or the "expected" value.
        networks: of each dimension, whose traces and posteriors are averaged:
            1 to train, the number of seeds in the ensemble that is kept.

    Returns:
        A model from {"features": (B, T, 160), "lengths": (B,)} to, for each
        dimension, the trace (B, T) under its name and the posteriors (B, T,
        levels) under names such as "arousal_4"; zeros in the padding.
        `set_levels` adapts it to training data.
    """
    check_whole("networks", networks)

    def network(
        sequence: Tensor, mask: Tensor, dimension: str
    ) -> dict[str, Tensor]:
        values = []
        posteriors: dict[int, list[Tensor]] = {count: [] for count in levels}
        value = {
            count: LevelValue(readout, name=f"{dimension}_{count}_value")
            for count in levels
        }
        for prefix in prefixes(dimension, networks):
            hidden = blstm(sequence, mask, depth, l2, dimension, prefix)
            for count in levels:
                name = f"{prefix}_{count}_posteriors"
                output = LevelPosteriors(count, name=name)(hidden, mask=mask)
                posteriors[count].append(output)
                values.append(value[count](output, mask=mask))
        means = {
            f"{dimension}_{count}": _mean(outputs, f"{dimension}_{count}_mean")
            for count, outputs in posteriors.items()
        }
        return {dimension: _mean(values, f"{dimension}_mean"), **means}

    return side_by_side(network, dimensions, "recola_blstm_cls")


def prefixes(dimension: str, networks: int) -> list[str]:
    """Returns what the names of each network's layers begin with."""
    if networks == 1:
        return [dimension]
    return [f"{dimension}_seed_{number}" for number in range(networks)]


def _mean(tensors: Sequence[Tensor], name: str) -> Tensor:
    if len(tensors) == 1:
        return tensors[0]
    return keras.layers.Average(name=name)(tensors)


def regressor(
    depth: Size,
    l2: Weight = 0.0,
    dimensions: Sequence[str] = DIMENSIONS,
    name: str = "recola_blstm_ccc",
) -> keras.Model:
    """Builds the regressor: the classifier's layers and a linear one.

    Args and inputs as `classifier`; the outputs are the traces alone.
    """

    def network(
        sequence: Tensor, mask: Tensor, dimension: str
    ) -> dict[str, Tensor]:
        sequence = blstm(sequence, mask, depth, l2, dimension)
        layer = Trace(name=f"{dimension}_trace")
        return {dimension: layer(sequence, mask=mask)}

    return side_by_side(network, dimensions, name)


def blstm(
    sequence: Tensor,
    mask: Tensor,
    depth: Size,
    l2: Weight,
    dimension: str,
    prefix: str | None = None,
) -> Tensor:
    """Stacks bidirectional LSTM layers (equations 2 and 3)."""
    for layer in range(size("depth", depth, dimension)):
        sequence = keras.layers.Bidirectional(
            LSTM(
                UNITS,
                return_sequences=True,
                kernel_regularizer=penalty(l2, dimension),
                recurrent_regularizer=penalty(l2, dimension),
            ),
            name=f"{prefix or dimension}_blstm_{layer}",
        )(sequence, mask=mask)
    return sequence


def set_levels(
    model: keras.Model, dimension: str, classes: int, means: Any, priors: Any
) -> None:
    """Sets the levels of one discretisation of a classifier.

    Args:
        model: made by `classifier`.
        dimension: name of the trace.
        classes: levels of the discretisation.
        means: (classes,), the mean label of each level, ascending.
        priors: (classes,), the share of each level in training.
    """
    layer = model.get_layer(f"{dimension}_{classes}_value")
    layer.set_levels(means, priors)


def join(
    model: keras.Model, dimension: str, networks: Sequence[keras.Model]
) -> None:
    """Gives an ensemble the weights of its networks.

    Args:
        model: made by `classifier` for so many `networks`.
        dimension: name of the trace.
        networks: of that dimension alone, one a seed, with the same levels.
    """
    names = prefixes(dimension, len(networks))
    for prefix, network in zip(names, networks, strict=True):
        for layer in network.layers:
            if not layer.weights:
                continue
            name = layer.name
            if not isinstance(layer, LevelValue):
                name = prefix + name.removeprefix(dimension)
            model.get_layer(name).set_weights(layer.get_weights())
