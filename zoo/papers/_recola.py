"""What the networks of both papers on RECOLA share.

Each paper trains a network for each dimension, with sizes of its own. Here a
model holds one such network a dimension, side by side with nothing shared, so
that one call predicts both; `dimensions=("arousal",)` builds one alone. Every
size may be a number for all dimensions, or a mapping from their names. The
weights of a dimension's network all begin with its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from zoo.common.arguments import check_whole
from zoo.layers import SequenceMask
from zoo.registry import Card, Port

CORPUS = "RECOLA (AVEC 2016)"
DIMENSIONS = ("arousal", "valence")
VALUES = 160
HOP = 0.04
Size = int | Mapping[str, int]
Weight = float | Mapping[str, float]


def card(
    summary: str,
    paper: str,
    loss: str,
    receptive_field: int | None,
    posteriors: Sequence[int] = (),
) -> Card:
    """The card of a model from 40 ms steps to traces.

    Args:
        summary, paper, loss, receptive_field: as in `Card`.
        posteriors: classes of each softmax output a dimension has besides.
    """
    trace = "emotion on the labels' scale, [-1, 1] (not clipped)"
    level = "probability of each level, lowest value first"
    traces = [Port(d, (None,), "float32", trace) for d in DIMENSIONS]
    heads = [
        Port(
            f"{dimension}_{count}",
            (None, count),
            "float32",
            level,
            tuple(f"level {number}" for number in range(count)),
        )
        for dimension in DIMENSIONS
        for count in posteriors
    ]
    return Card(
        summary=summary,
        paper=paper,
        corpus=CORPUS,
        frontend="stacked_log_mel",
        inputs=(
            Port("features", (None, VALUES), "float32", "z-normalised nats"),
            Port("lengths", (), "int32", "valid steps of 40 ms"),
        ),
        outputs=(*traces, *heads),
        loss=loss,
        monitor=("val_ccc", "max"),
        sampling_rate=16000,
        hop=HOP,
        receptive_field=receptive_field,
    )


def side_by_side(
    network: Callable[..., dict[str, Any]],
    dimensions: Sequence[str],
    name: str,
) -> keras.Model:
    """Builds one network a dimension on the same inputs.

    Args:
        network: from features (B, T, 160), their mask (B, T) and a dimension
            to named outputs.
        dimensions: for each of which there is a network.
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
        outputs.update(network(features, mask, dimension))
    inputs = {"features": features, "lengths": lengths}
    return keras.Model(inputs, outputs, name=name)


def own(name: str, value: Weight, dimension: str) -> float:
    """A dimension's own value of an argument.

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
    """A dimension's own size.

    Raises:
        ValueError: not a whole number of at least 1.
    """
    number = own(name, value, dimension)
    check_whole(name, number)
    return int(number)


def penalty(weight: Weight, dimension: str) -> keras.regularizers.L2 | None:
    """A dimension's own L2 regulariser; none of weight 0."""
    weight = own("l2", weight, dimension)
    return keras.regularizers.L2(weight) if weight else None
