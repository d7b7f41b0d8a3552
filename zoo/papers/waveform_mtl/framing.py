"""The convolutions of the network of Figure 1, in two framings."""

from __future__ import annotations

from typing import TypeAlias

import keras

from zoo.common.tensors import Tensor
from zoo.layers import Conv1D, MaxPooling1D, SequenceMask
from zoo.papers.waveform_mtl.layers import (
    CrossChannelMaxPooling,
    Fold,
    Unfold,
    Windows,
)

WINDOW = 640
HOP = 160
FILTERS = 40
KERNEL = 40
NEIGHBOURS = 2
CHANNELS = 10
Penalty: TypeAlias = keras.regularizers.L2 | None


def exact(
    samples: Tensor, lengths: Tensor, norm: Penalty
) -> tuple[Tensor, Tensor]:
    """Cuts windows and convolves each; returns (B, L, 1280) and its mask."""
    windows, mask = Windows(WINDOW, HOP, name="windows")(samples, lengths)
    sequence = Unfold(name="each_window")(windows)
    sequence = _convolution(sequence, None, 0, norm)
    pooling = keras.layers.MaxPooling1D(NEIGHBOURS, name="neighbours")
    sequence = pooling(sequence)
    sequence = _convolution(sequence, None, 1, norm)
    sequence = CrossChannelMaxPooling(CHANNELS, name="channels")(sequence)
    return Fold(name="all_windows")(sequence, mask), mask


def shared(
    samples: Tensor, lengths: Tensor, norm: Penalty
) -> tuple[Tensor, Tensor]:
    """Convolves all samples and cuts windows; returns as `exact` does."""
    mask = SequenceMask(name="samples")(samples, lengths)
    sequence = _convolution(samples, mask, 0, norm)
    pooling = MaxPooling1D(NEIGHBOURS, name="neighbours")
    sequence, mask = pooling(sequence, mask)
    sequence = _convolution(sequence, mask, 1, norm)
    sequence = CrossChannelMaxPooling(CHANNELS, name="channels")(sequence)
    windows = Windows(WINDOW // NEIGHBOURS, HOP // NEIGHBOURS, name="windows")
    return windows(sequence, lengths // NEIGHBOURS)


def _convolution(
    sequence: Tensor,
    mask: Tensor,
    number: int,
    norm: Penalty,
) -> Tensor:
    return Conv1D(
        FILTERS,
        KERNEL,
        padding="same",
        activation="relu",
        **all_penalised(norm),
        name=f"convolution_{number}",
    )(sequence, mask=mask)


def all_penalised(norm: Penalty) -> dict[str, Penalty]:
    """Returns the arguments that penalise a layer's kernel and bias."""
    return {"kernel_regularizer": norm, "bias_regularizer": norm}
