"""Cards, inputs and per-dimension arguments of the networks on RECOLA.

Two papers train a network for each dimension, with sizes of its own. Here a
model holds one such network for each dimension, with no shared weights, so
that one call predicts both; `dimensions=("arousal",)` builds one alone. Every
size is a number for all dimensions, or a mapping from their names. The names
of a dimension's layers begin with the dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from zoo.common.arguments import check_whole
from zoo.common.tensors import Tensor
from zoo.layers import Annotation, SequenceMask
from zoo.registry import Card, Port

CORPUS = "RECOLA (AVEC 2016)"
DIMENSIONS = ("arousal", "valence")
VALUES = 160
HOP = 0.04
TRACE = "emotion on the labels' scale, [-1, 1] (not clipped)"
POSTERIORS = "probability of each level, lowest value first"
Size = int | Mapping[str, int]
Weight = float | Mapping[str, float]


def card(summary: str, paper: str, loss: str) -> Card:
    """Returns the card of a model from 40 ms steps to traces.

    Args: as in `Card`.
    """
    return Card(
        summary=summary,
        paper=paper,
        corpus=CORPUS,
        frontend="stacked_log_mel",
        inputs=(
            Port("features", (None, VALUES), "float32", "z-normalised nats"),
            Port("lengths", (), "int32", "valid steps of 40 ms"),
        ),
        loss=loss,
        monitor=("val_ccc", "max"),
        sampling_rate=16000,
        hop=HOP,
    )


def side_by_side(
    network: Callable[..., dict[str, Any]],
    dimensions: Sequence[str],
    name: str,
) -> keras.Model:
    """Builds one network for each dimension, on the same inputs.

    Args:
        network: from features (B, T, 160), their mask (B, T) and a dimension
            to named outputs.
        dimensions: names of the dimensions.
        name: of the model.

    Raises:
        ValueError: no dimensions.
    """
    if isinstance(dimensions, str) or not dimensions:
        raise ValueError(
            f"`dimensions` must be a sequence of names such as {DIMENSIONS}. "
            f"Received: dimensions={dimensions!r}"
        )
    features = keras.Input((None, VALUES), name="features", dtype="float32")
    lengths = keras.Input((), name="lengths", dtype="int32")
    mask = SequenceMask(name="mask")(features, lengths)
    outputs = {}
    for dimension in dimensions:
        for output, tensor in network(features, mask, dimension).items():
            outputs[output] = _annotated(output, tensor)
    inputs = {"features": features, "lengths": lengths}
    return keras.Model(inputs, outputs, name=name)


def _annotated(name: str, tensor: Tensor) -> Tensor:
    """Says that an output is a trace, or the posteriors of levels."""
    if len(tensor.shape) == 2:
        return Annotation(TRACE)(tensor)
    labels = [f"level {number}" for number in range(tensor.shape[-1])]
    return Annotation(POSTERIORS, labels)(tensor)


def own(name: str, value: Weight, dimension: str) -> float:
    """Returns a dimension's value of an argument.

    Raises:
        ValueError: a mapping that leaves the dimension out.
    """
    if not isinstance(value, Mapping):
        return value
    if dimension not in value:
        raise ValueError(
            f"`{name}` must be one value, or name every dimension. Missing: "
            f"{dimension!r}. Received: {name}={dict(value)}"
        )
    return value[dimension]


def size(name: str, value: Size, dimension: str) -> int:
    """Returns a dimension's value of a size.

    Raises:
        ValueError: not a whole number of at least 1.
    """
    number = own(name, value, dimension)
    check_whole(name, number)
    return int(number)


def penalty(weight: Weight, dimension: str) -> keras.regularizers.L2 | None:
    """Returns a dimension's L2 regulariser; `None` for weight 0."""
    weight = own("l2", weight, dimension)
    return keras.regularizers.L2(weight) if weight else None
