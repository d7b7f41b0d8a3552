"""Convolutional networks for time-continuous emotion on RECOLA (Khorram 2017).

S. Khorram, Z. Aldeneh, D. Dimitriadis, M. McInnis, E. Mower Provost:
Capturing Long-term Temporal Dependencies with Convolutional Networks for
Continuous Emotion Recognition. Interspeech 2017.

    features (B, T, 160), one step every 40 ms
        |
        |   recola_dilated        recola_downup            recola_context
        |
        |   convolution, 2^0      convolution, pool 3      one filter of
        |   convolution, 2^1        ... 4 times            `span` steps
        |     ... 10 layers       convolution at T / 81      |
        |       |                 transposed, stride 3       |
        |       |                   ... 4 times, cut         |
        |     1 x 1                 1 x 1                  linear
        |
    one trace (B, T) a dimension

Where this departs from the paper:
- The taps of layer n = 0, 1, ... lie 2^n steps apart. Section 5.1 defines the
  dilation factor twice: "touch the input signal every k time steps", which is
  this, and by an example in which a factor of zero is an ordinary filter, so
  that taps lie 2^n + 1 apart. `between=True` builds the latter.
- Layers count from 0; the paper does not say from where.
- A dilation that would reach `longest` steps starts anew at 1, as in WaveNet,
  which the paper cites. The paper's 10 layers need 512 steps.
What the paper leaves open:
- activations are tanh, filters 3 steps wide, and the optimizer is Adam;
- n steps are pooled to ceil(n / 3), and each transposed convolution is cut to
  the length its pooling came from: T steps in give T steps out, for any T;
- filters have at least as many taps as the upsampling has steps, since a
  shorter one leaves steps that no input reaches;
- there is no batch normalisation and no dropout.
Training, partitions and figures: `tuning.papers.recola_conv`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from zoo.common.tensors import Tensor
from zoo.layers import Conv1D, MaxPooling1D, Trace
from zoo.papers._recola import (
    DIMENSIONS,
    Size,
    Weight,
    card,
    penalty,
    side_by_side,
    size,
)
from zoo.papers.recola_conv.layers import UpSampling1D
from zoo.registry import Card, register

PAPER = (
    "S. Khorram, Z. Aldeneh, D. Dimitriadis, M. McInnis, E. Mower Provost. "
    "Capturing Long-term Temporal Dependencies with Convolutional Networks "
    "for Continuous Emotion Recognition. Interspeech 2017."
)


def _card(summary: str) -> Card:
    return card(summary, PAPER, "concordance_loss")


@register(_card("Convolutions, each more widely dilated: long contexts."))
def recola_dilated(
    depth: Size = 10,
    width: Size = 32,
    kernel_size: Size = 3,
    dilation: Size = 2,
    between: bool = False,
    longest: int | None = None,
    **kwargs: Any,
) -> keras.Model:
    """Builds 10 layers of 32 filters, dilation 2^n in layer n (section 5.1)."""
    return dilated(
        depth, width, kernel_size, dilation, between, longest, **kwargs
    )


@register(_card("Convolutions down to a low rate and back: smooth traces."))
def recola_downup(
    depth: Size = 4,
    width: Size | None = None,
    kernel_size: Size = 3,
    factor: Size = 3,
    **kwargs: Any,
) -> keras.Model:
    """Builds 4 layers down, 1, 4 up by 3; width 32 and 128 (section 5.2)."""
    width = {"arousal": 32, "valence": 128} if width is None else width
    return downup(depth, width, kernel_size, factor, **kwargs)


@register(_card("One filter and a line: how much context counts."))
def recola_context(span: Size = 512, **kwargs: Any) -> keras.Model:
    """Builds one filter of `span` steps and a linear layer (section 4)."""
    return context(span, **kwargs)


def dilated(
    depth: Size,
    width: Size,
    kernel_size: Size,
    dilation: Size,
    between: bool = False,
    longest: int | None = None,
    l2: Weight = 0.0,
    dimensions: Sequence[str] = DIMENSIONS,
) -> keras.Model:
    """Builds stacked convolutions whose dilation grows from 1.

    Args:
        depth: number of dilated convolution layers.
        width: number of filters of a layer.
        kernel_size: number of taps of a filter.
        dilation: factor from one layer's dilation to the next layer's.
        between: whether dilations count the steps between two taps, which
            then lie one step further apart (see the module's docstring).
        longest: steps of the longest recording; a dilation that would reach
            them starts anew at 1. `None` for no limit.
        l2: weight of the squared kernels in the loss.
        dimensions: names of the outputs, each with a network of its own.

    Returns:
        A model from {"features": (B, T, 160), "lengths": (B,)} to a trace
        (B, T) a dimension, zero in the padding.
    """

    def network(
        sequence: Tensor, mask: Tensor, dimension: str
    ) -> dict[str, Tensor]:
        rates = dilations(
            size("depth", depth, dimension),
            size("dilation", dilation, dimension),
            between,
            longest,
        )
        for layer, rate in enumerate(rates):
            sequence = Conv1D(
                size("width", width, dimension),
                size("kernel_size", kernel_size, dimension),
                dilation_rate=rate,
                padding="same",
                activation="tanh",
                kernel_regularizer=penalty(l2, dimension),
                name=f"{dimension}_dilated_{layer}",
            )(sequence, mask=mask)
        return _trace(sequence, mask, dimension)

    return side_by_side(network, dimensions, "recola_dilated")


def dilations(
    depth: int, growth: int, between: bool = False, longest: int | None = None
) -> list[int]:
    """Returns how many steps apart the taps of each layer lie.

    Args: as of `dilated`; `growth` is its `dilation`.

    Example:
        >>> dilations(5, 2), dilations(5, 2, between=True)
        ([1, 2, 4, 8, 16], [2, 3, 5, 9, 17])
        >>> dilations(5, 2, longest=8)
        [1, 2, 4, 1, 2]
    """
    rates: list[int] = []
    rate = 1
    for _ in range(depth):
        if longest is not None and rate + between >= longest:
            rate = 1
        rates.append(rate + between)
        rate *= growth
    return rates


def downup(
    depth: Size,
    width: Size,
    kernel_size: Size,
    factor: Size,
    l2: Weight = 0.0,
    dimensions: Sequence[str] = DIMENSIONS,
) -> keras.Model:
    """Builds the network that predicts at a low rate and interpolates.

    Args:
        depth: number of convolutions with pooling, and of transposed ones.
        width: number of filters of a layer.
        kernel_size: number of taps of a filter, at least `factor`.
        factor: of pooling, and stride of the transposed convolutions.
        l2: weight of the squared kernels in the loss.
        dimensions: names of the outputs, each with a network of its own.

    Returns:
        A model as `dilated` does.

    Raises:
        ValueError: fewer taps than `factor`.
    """

    def network(
        sequence: Tensor, mask: Tensor, dimension: str
    ) -> dict[str, Tensor]:
        levels = range(size("depth", depth, dimension))
        stride = size("factor", factor, dimension)
        common: dict[str, Any] = {
            "filters": size("width", width, dimension),
            "kernel_size": size("kernel_size", kernel_size, dimension),
            "padding": "same",
            "activation": "tanh",
            "kernel_regularizer": penalty(l2, dimension),
        }
        check_taps(common["kernel_size"], stride)
        masks = [mask]
        for level in levels:
            name = f"{dimension}_down_{level}"
            sequence = Conv1D(**common, name=name)(sequence, mask=masks[-1])
            pooling = MaxPooling1D(stride, name=f"{name}_pool")
            sequence, mask = pooling(sequence, masks[-1])
            masks.append(mask)
        middle = Conv1D(**common, name=f"{dimension}_middle")
        sequence = middle(sequence, mask=masks[-1])
        for level in reversed(levels):
            up = UpSampling1D(
                **common, strides=stride, name=f"{dimension}_up_{level}"
            )
            sequence = up(sequence, masks[level + 1], masks[level])
        return _trace(sequence, masks[0], dimension)

    return side_by_side(network, dimensions, "recola_downup")


def check_taps(kernel_size: int, factor: int) -> None:
    """Refuses transposed convolutions that leave steps without a tap.

    Raises:
        ValueError: `kernel_size` is less than `factor`.
    """
    if kernel_size < factor:
        raise ValueError(
            "`kernel_size` must be at least `factor`, since upsampling by "
            "more steps than a filter has taps leaves steps that never change. "
            f"Received: kernel_size={kernel_size}, factor={factor}"
        )


def context(
    span: Size,
    l2: Weight = 0.0,
    dimensions: Sequence[str] = DIMENSIONS,
) -> keras.Model:
    """Builds a single filter of `span` steps, tanh, and a linear layer.

    Args:
        span: length of the filter, in steps of 40 ms.
        l2: weight of the squared filter in the loss.
        dimensions: names of the outputs, each with a filter of its own.

    Returns:
        A model as `dilated` does.
    """

    def network(
        sequence: Tensor, mask: Tensor, dimension: str
    ) -> dict[str, Tensor]:
        layer = Conv1D(
            1,
            size("span", span, dimension),
            padding="same",
            activation="tanh",
            kernel_regularizer=penalty(l2, dimension),
            name=f"{dimension}_filter",
        )
        return _trace(layer(sequence, mask=mask), mask, dimension)

    return side_by_side(network, dimensions, "recola_context")


def _trace(sequence: Tensor, mask: Tensor, dimension: str) -> dict:
    """Adds the 1 x 1 convolution that ends every network of the paper."""
    layer = Trace(name=f"{dimension}_trace")
    return {dimension: layer(sequence, mask=mask)}
