"""Whitened inputs of the networks of this paper."""

from __future__ import annotations

import keras

from zoo.common import arguments
from zoo.common.tensors import Tensor
from zoo.layers import SequenceMask
from zoo.papers.attention_fcn.layers import Whitening

ALL = "all"
"""Means as many principal components as features."""


def check_sizes(**sizes: int) -> None:
    """Refuses what is not a whole number from 1, by the argument's name."""
    for argument, size in sizes.items():
        arguments.check_whole(argument, size)


def whitened(
    values: int, components: int | str
) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """Returns a network's inputs, its whitened features and their mask.

    Args:
        values: number of features of a frame.
        components: number of principal components, or "all".

    Raises:
        ValueError: neither a whole number from 1 nor "all".
    """
    count = None if components == ALL else components
    if isinstance(count, str):
        raise ValueError(
            f"`components` must be a whole number of at least 1, or {ALL!r}. "
            f"Received: components={components!r}"
        )
    if count is not None:
        arguments.check_whole("components", count)
    features = keras.Input((None, values), name="features", dtype="float32")
    lengths = keras.Input((), name="lengths", dtype="int32")
    mask = SequenceMask(name="mask")(features, lengths)
    sequence = Whitening(count, name="whitening")(features, mask=mask)
    return {"features": features, "lengths": lengths}, sequence, mask
