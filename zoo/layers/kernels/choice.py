"""The one place that chooses the kernel of a recurrent or convolution layer.

Keras runs an LSTM on a CPU as a loop of dozens of operations a frame. Under
TensorFlow the same arithmetic can run in four ways:

- "compiled": one product projects all frames, then a loop that XLA has
  compiled. The fastest, above all to train. It stays in this process: a
  model server may refuse to compile.
- "fused": TensorFlow's `BlockLSTMV2`, one core operation for all frames.
- "portable": Keras's loop of plain operations, of which an ONNX export makes
  an `LSTM` node.
- "cudnn": cuDNN's operation, for an export to a GPU; it runs on one alone.

Left alone ("auto") a layer is compiled when it trains and when batch and time
are known numbers, and fused where they are open, as they are in an export. A
batch known to be larger than 64 is left to Keras, whose loop is then faster.
An exporter chooses with `lstm_implementation`.

A GRU is compiled in the same cases. Else Keras's own layer runs, its plain
loop where "portable" or "fused" is asked for. A convolution runs as
`fourier` or `overlap_save` where that takes fewer operations, but not under
"portable" or "cudnn".
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

import keras

from zoo.common.arguments import check_choice
from zoo.layers.kernels import blocks, fourier

IMPLEMENTATIONS = ("auto", "compiled", "cudnn", "fused", "portable")

_LARGEST_BATCH = 64
"""A larger batch is left to Keras, whose loop is then faster."""

_implementation = contextvars.ContextVar("implementation", default="auto")


@contextlib.contextmanager
def lstm_implementation(name: str) -> Iterator[None]:
    """Chooses the kernels of the layers that are called or traced inside.

    It holds for each `zoo.layers.LSTM`; a `zoo.layers.GRU` follows "portable"
    and "fused", as plain loops.

    Args:
        name: "compiled", "fused", "portable" or "cudnn", whatever the
            device; or "auto". JAX and PyTorch ignore it, and so do layers
            whose arguments exclude the faster kernels (see `LSTM`), except
            for "portable".

    Raises:
        ValueError: any other name.

    Example:
        >>> from keras import ops
        >>> from zoo.layers import LSTM, lstm_implementation
        >>> with lstm_implementation("portable"):
        ...     outputs = LSTM(4)(ops.ones((2, 9, 3)))
        >>> tuple(outputs.shape)
        (2, 4)
    """
    check_choice("name", name, IMPLEMENTATIONS)
    token = _implementation.set(name)
    try:
        yield
    finally:
        _implementation.reset(token)


def lstm_kernel(layer: Any, shape: tuple, training: bool) -> str:
    """Returns the kernel of an LSTM layer; "keras" for Keras's own.

    Args:
        layer: the layer.
        shape: (batch, time, features) of its input, `None` where unknown.
        training: whether it trains.
    """
    chosen = _implementation.get()
    if keras.backend.backend() != "tensorflow":
        return "keras"
    if chosen == "portable":
        return chosen
    if not is_exact_lstm(layer):
        return "keras"
    if chosen != "auto":
        return chosen
    batch, time, _ = shape
    if has_gpu() or (batch or 0) > _LARGEST_BATCH:
        return "keras"
    return "compiled" if training or (batch and time) else "fused"


def gru_kernel(layer: Any, shape: tuple, training: bool) -> str:
    """Returns the kernel of a GRU layer: "portable", "compiled" or "keras".

    Args: as of `lstm_kernel`.
    """
    chosen = _implementation.get()
    if chosen in ("portable", "fused"):
        return "portable"
    batch, time, _ = shape
    is_compiled = (
        (training or bool(batch and time))
        and keras.backend.backend() == "tensorflow"
        and chosen in ("auto", "compiled")
        and is_exact_gru(layer)
        and (batch or 0) <= _LARGEST_BATCH
        and not has_gpu()
    )
    return "compiled" if is_compiled else "keras"


def convolution_kernel(layer: Any) -> str:
    """Returns the kernel of a built convolution layer.

    "dilated" for a single dilated operation, "fourier" for the fast Fourier
    transform of one filter, "overlap_save" for matrix products, "keras" for
    Keras's own.
    """
    is_plain = (
        keras.backend.backend() == "tensorflow"
        and layer.strides == (1,)
        and layer.padding in ("same", "causal")
        and layer.data_format == "channels_last"
        and layer.groups == 1
    )
    if not is_plain:
        return "keras"
    if layer.dilation_rate != (1,):
        return "dilated"
    may_transform = (
        layer.compute_dtype == "float32"
        and _implementation.get() not in ("portable", "cudnn")
        and not has_gpu()
    )
    if not may_transform:
        return "keras"
    taps, channels, filters = layer.kernel.shape
    if fourier.pays(taps, filters):
        return "fourier"
    return "overlap_save" if blocks.pays(taps, channels, filters) else "keras"


def is_exact_lstm(layer: Any) -> bool:
    """Says whether the faster kernels compute what the arguments ask for."""
    return (
        layer.compute_dtype == "float32"
        and layer.activation is keras.activations.tanh
        and layer.recurrent_activation is keras.activations.sigmoid
        and layer.use_bias
        and not layer.recurrent_dropout
        and not layer.unroll
        and layer.use_cudnn is not True
        and not (layer.dropout and layer.cell.implementation == 1)
    )


def is_exact_gru(layer: Any) -> bool:
    """Says whether the faster kernel computes what the arguments ask for."""
    return is_exact_lstm(layer) and layer.reset_after


def has_gpu() -> bool:
    """Returns whether TensorFlow sees a GPU."""
    import tensorflow as tf

    return bool(tf.config.list_logical_devices("GPU"))
