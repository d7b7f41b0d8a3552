"""Receptive field and rate of an output, computed from the layers of a model.

The graph is followed back from the output. Every layer says which steps of its
input one step of its output reads: a convolution those under its filter, a
pooling those of its window, a recurrent layer the whole recording. Masks and
lengths are left out, since they carry no values.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import keras

from zoo.common.tensors import Tensor
from zoo.layers import (
    GRU,
    LSTM,
    Annotation,
    MaxPooling1D,
    Scaling,
)

Steps = tuple[int, int]
"""First and last step that are read; the last precedes the first where none
is."""
POINTWISE = (
    keras.layers.Activation,
    keras.layers.Add,
    keras.layers.Average,
    keras.layers.BatchNormalization,
    keras.layers.Concatenate,
    keras.layers.Dense,
    keras.layers.Dropout,
    keras.layers.Multiply,
    keras.layers.ReLU,
    Annotation,
    Scaling,
)
"""Layers whose output at a step depends on their input at that step alone."""


@dataclasses.dataclass(frozen=True)
class ReceptiveField:
    """What one step of an output depends on.

    Attributes:
        steps: the largest number of input steps that one output step reads;
            `None`: the whole recording.
        stride: input steps from one output step to the next; `None` for an
            output without steps.
        coarsest: input steps of one step of the slowest layer on the way.
    """

    steps: int | None
    stride: Fraction | None
    coarsest: Fraction


def of_output(output: Tensor) -> ReceptiveField:
    """Returns the receptive field of an output of a functional model.

    Args:
        output: symbolic tensor, one of `model.output`. It has steps where the
            size of its second axis is variable.

    Example:
        >>> import zoo
        >>> from zoo import receptive_field
        >>> model = zoo.get("recola_downup", weights=None, depth=3, factor=2)
        >>> field = receptive_field.of_output(model.output["arousal"])
        >>> field.steps, int(field.stride), int(field.coarsest)
        (46, 1, 8)
    """
    strides = _strides(output)
    coarsest = max(strides.values(), default=Fraction(1))
    if len(output.shape) < 2 or output.shape[1] is not None:
        return ReceptiveField(None, None, coarsest)
    stride = strides[id(output)]
    reads = read_steps(output)
    # Further on, the same numbers of steps come again.
    places = range(max(int(coarsest / stride), 1))
    spans = [reads(place) for place in places]
    if None in spans:
        return ReceptiveField(None, stride, coarsest)
    sizes = (span[1] - span[0] + 1 for span in spans if span is not None)
    return ReceptiveField(max(0, *sizes), stride, coarsest)


def _sources(tensor: Tensor) -> Iterator[Tensor]:
    """Yields the sequences of values that a tensor was computed from."""
    operation, node, _ = tensor._keras_history
    for source in operation._inbound_nodes[node].input_tensors:
        if len(source.shape) > 1 and "float" in str(source.dtype):
            yield source


def _strides(output: Tensor) -> dict[int, Fraction]:
    """Returns input steps per step of every tensor on the way, by its id."""
    strides: dict[int, Fraction] = {}

    def add(tensor: Tensor) -> Fraction:
        if id(tensor) not in strides:
            layer = tensor._keras_history.operation
            above = [add(source) for source in _sources(tensor)]
            strides[id(tensor)] = max(above, default=Fraction(1)) * _rate(layer)
        return strides[id(tensor)]

    add(output)
    return strides


def _rate(layer: Any) -> Fraction:
    """Returns a layer's input steps per output step."""
    if isinstance(layer, MaxPooling1D):
        return Fraction(layer.factor)
    if isinstance(layer, keras.layers.Conv1DTranspose):
        return Fraction(1, layer.strides[0])
    if isinstance(layer, keras.layers.Conv1D):
        return Fraction(layer.strides[0])
    return Fraction(1)


def read_steps(output: Tensor) -> Callable[[int], Steps | None]:
    """Returns a function from an output step to the input steps it reads.

    `None`: all of the recording.
    """

    @functools.cache
    def reads(key: int, first: int, last: int) -> Steps | None:
        layer = tensors[key]._keras_history.operation
        sources = list(_sources(tensors[key]))
        if isinstance(layer, keras.layers.InputLayer) or not sources:
            return first, last
        span = _layer_reads(layer, first, last)
        if span is None:
            return None
        spans = []
        for source in sources:
            tensors[id(source)] = source
            below = reads(id(source), *span) if span[0] <= span[1] else span
            if below is None:
                return None
            spans.append(below)
        return min(s[0] for s in spans), max(s[1] for s in spans)

    tensors = {id(output): output}
    return lambda step: reads(id(output), step, step)


def _layer_reads(layer: Any, first: int, last: int) -> Steps | None:
    """Returns which input steps some output steps of a layer read.

    A layer of a paper's own may say so itself, by a method `steps_read`.
    `None`: all of the recording, also of a layer that is not known.
    """
    if hasattr(layer, "steps_read"):
        steps: Steps | None = layer.steps_read(first, last)
        return steps
    if isinstance(layer, (LSTM, GRU)):
        return None
    if isinstance(layer, keras.layers.Conv1DTranspose):
        return _transposed_reads(layer, first, last)
    if isinstance(layer, keras.layers.Conv1D):
        return _convolution_reads(layer, first, last)
    if isinstance(layer, MaxPooling1D):
        factor = layer.factor
        return first * factor, last * factor + factor - 1
    return (first, last) if isinstance(layer, POINTWISE) else None


def _convolution_reads(layer: Any, first: int, last: int) -> Steps:
    """Returns the steps under a filter, at any padding."""
    (stride,), (dilation,) = layer.strides, layer.dilation_rate
    reach = (layer.kernel_size[0] - 1) * dilation
    before = {
        "same": max(reach + 1 - stride, 0) // 2,
        "causal": reach,
        "valid": 0,
    }[layer.padding]
    return first * stride - before, last * stride - before + reach


def _transposed_reads(layer: Any, first: int, last: int) -> Steps:
    """Returns the steps whose filters, a stride apart, reach some outputs.

    With a filter shorter than the stride no filter reaches some outputs.
    """
    (stride,), (kernel,) = layer.strides, layer.kernel_size
    before = max(kernel - stride, 0) // 2 if layer.padding == "same" else 0
    return -((kernel - 1 - first - before) // stride), (last + before) // stride
