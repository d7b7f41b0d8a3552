"""Drop-in `keras.layers.LSTM` and `GRU` that are fast on a CPU.

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
loop where "portable" or "fused" is asked for.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
from collections.abc import Iterator
from typing import Any

import keras
from keras import ops

from zoo.layers.kernels import gru_tensorflow, lstm_cudnn, lstm_tensorflow
from zoo.layers.masking import zero_masked

IMPLEMENTATIONS = ("auto", "compiled", "cudnn", "fused", "portable")

_LARGEST_BATCH = 64

implementation = contextvars.ContextVar("implementation", default="auto")
"""The way that an exporter has chosen, for other layers to follow."""


@contextlib.contextmanager
def lstm_implementation(name: str) -> Iterator[None]:
    """Chooses how each `zoo.layers.LSTM` called or traced inside runs.

    A `zoo.layers.GRU` follows "portable" and "fused", as plain loops.

    Args:
        name: "compiled", "fused", "portable" or "cudnn", whatever the
            device; or "auto". JAX and PyTorch take no notice, nor do layers
            to which the faster ways are closed (see `LSTM`), except of
            "portable".

    Raises:
        ValueError: any other name.

    Example:
        >>> from keras import ops
        >>> from zoo.layers.recurrent import LSTM, lstm_implementation
        >>> with lstm_implementation("portable"):
        ...     outputs = LSTM(4)(ops.ones((2, 9, 3)))
        >>> tuple(outputs.shape)
        (2, 4)
    """
    if name not in IMPLEMENTATIONS:
        raise ValueError(
            f"`name` must be one of {IMPLEMENTATIONS}. Received: name={name!r}"
        )
    token = implementation.set(name)
    try:
        yield
    finally:
        implementation.reset(token)


@keras.saving.register_keras_serializable(package="zoo")
class LSTM(keras.layers.LSTM):
    """`keras.layers.LSTM`, many times faster on a CPU.

    Arguments, weights, names, outputs and gradients are Keras's own, so the
    two exchange weights and `keras.layers.Bidirectional` takes either. The
    faster ways run where they are exact: TensorFlow without a GPU, float32,
    `activation="tanh"`, `recurrent_activation="sigmoid"`, `use_bias`, no
    `recurrent_dropout`, `unroll` or `use_cudnn=True`, and no `dropout` under
    `implementation=1`. Elsewhere (cuDNN on a GPU, JAX, PyTorch) Keras's layer
    runs. Two limits: a model that holds this layer is not compiled by XLA as
    a whole (`jit_compile="auto"` sees to it), and second derivatives need
    `lstm_implementation("portable")`.

    Masks are Keras's, whatever their pattern: a masked frame leaves the state
    alone and repeats the last output (zeros before the first valid frame, and
    everywhere with `zero_output_for_mask`). What stands in a masked frame, NaN
    included, changes neither outputs nor gradients.

    Input shape: (batch, time, features), `mask` (batch, time) boolean.
    Output shape: (batch, time, units) with `return_sequences`, else (batch,
        units); with `return_state`, then the hidden and carry states.

    Example:
        >>> import keras
        >>> from keras import ops
        >>> from zoo.layers.recurrent import LSTM
        >>> layer = keras.layers.Bidirectional(LSTM(80, return_sequences=True))
        >>> tuple(layer(ops.ones((1, 9, 160))).shape)
        (1, 9, 160)
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if keras.backend.backend() == "tensorflow" and self._is_exact():
            self.supports_jit = False

    def inner_loop(self, sequences, initial_state, mask, training=False):
        sequences, mask = _clean(sequences, mask)
        way = self._way(sequences, training)
        if way == "keras":
            return super().inner_loop(
                sequences, initial_state, mask, training=training
            )
        keeps_state = self.return_state or self.stateful
        if way == "cudnn" and mask is not None and keeps_state:
            way = "portable"
        if way == "portable" and (mask is None or keeps_state):
            return keras.layers.RNN.inner_loop(
                self, sequences, initial_state, mask, training=training
            )
        if self.go_backwards:
            sequences = ops.flip(sequences, axis=1)
            mask = None if mask is None else ops.flip(mask, axis=1)
        if way == "portable":
            run = functools.partial(lstm_tensorflow.portable, training=training)
        else:
            room = lstm_cudnn if way == "cudnn" else lstm_tensorflow
            run = getattr(room, way)
            sequences = _drop(self, sequences, training)
        hiddens, states = run(self.cell, sequences, initial_state, mask)
        if mask is not None:
            hiddens = zero_masked(hiddens, _shown(self, mask))
        return hiddens[:, -1], hiddens, states

    def _way(self, sequences, training):
        """The way to run; "keras" where Keras's layer decides."""
        way = implementation.get()
        if keras.backend.backend() != "tensorflow":
            return "keras"
        if way == "portable":
            return way
        if not self._is_exact():
            return "keras"
        if way != "auto":
            return way
        batch, time, _ = sequences.shape
        if has_gpu() or (batch or 0) > _LARGEST_BATCH:
            return "keras"
        return "compiled" if training or (batch and time) else "fused"

    def _is_exact(self):
        """Whether the faster ways compute what the arguments ask for."""
        return _is_exact(self)


@keras.saving.register_keras_serializable(package="zoo")
class GRU(keras.layers.GRU):
    """`keras.layers.GRU`, faster on a CPU.

    Arguments, weights, names, outputs, gradients and masks are Keras's own,
    as `LSTM` has it, and so are the arguments that open the faster way, with
    `reset_after=True`. It runs in training and where batch and time are known
    numbers, for batches of up to 64 if that is known.

    Input shape: (batch, time, features), `mask` (batch, time) boolean.
    Output shape: (batch, time, units) with `return_sequences`, else (batch,
        units); with `return_state`, then the state.

    Example:
        >>> from keras import ops
        >>> from zoo.layers.recurrent import GRU
        >>> tuple(GRU(4)(ops.ones((2, 9, 3))).shape)
        (2, 4)
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if keras.backend.backend() == "tensorflow" and self._is_exact():
            self.supports_jit = False

    def inner_loop(self, sequences, initial_state, mask, training=False):
        sequences, mask = _clean(sequences, mask)
        if implementation.get() in ("portable", "fused"):
            return keras.layers.RNN.inner_loop(
                self, sequences, initial_state, mask, training=training
            )
        if not self._is_compiled(sequences, training):
            return super().inner_loop(
                sequences, initial_state, mask, training=training
            )
        if self.go_backwards:
            sequences = ops.flip(sequences, axis=1)
            mask = None if mask is None else ops.flip(mask, axis=1)
        states = gru_tensorflow.compiled(
            self.cell, _drop(self, sequences, training), initial_state[0], mask
        )
        last = states[:, -1]
        if mask is not None:
            states = zero_masked(states, _shown(self, mask))
        return states[:, -1], states, [last]

    def _is_compiled(self, sequences, training) -> bool:
        batch, time, _ = sequences.shape
        return (
            (training or bool(batch and time))
            and keras.backend.backend() == "tensorflow"
            and implementation.get() in ("auto", "compiled")
            and self._is_exact()
            and (batch or 0) <= _LARGEST_BATCH
            and not has_gpu()
        )

    def _is_exact(self):
        """Whether the faster way computes what the arguments ask for."""
        return _is_exact(self) and self.reset_after


def _clean(sequences, mask):
    """Sequences without what stands in masked frames, and a boolean mask."""
    if isinstance(mask, (list, tuple)):
        mask = mask[0]
    if mask is None:
        return sequences, None
    mask = ops.reshape(ops.cast(mask, "bool"), ops.shape(sequences)[:2])
    return zero_masked(sequences, mask), mask


def _is_exact(layer) -> bool:
    """Whether a layer's arguments are those that the faster ways know."""
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


def _drop(layer, sequences, training):
    """Keras's dropout of inputs: one pattern for all frames of a row."""
    if not (training and layer.dropout):
        return sequences
    kept = layer.cell.get_dropout_mask(sequences[:, 0])
    return sequences * ops.expand_dims(kept, axis=1)


def _shown(layer, mask):
    """The frames whose output is the state; others give zeros."""
    if layer.zero_output_for_mask:
        return mask
    return ops.cumsum(ops.cast(mask, "int32"), axis=1) > 0


def has_gpu() -> bool:
    """Whether TensorFlow sees a GPU."""
    import tensorflow as tf

    return bool(tf.config.list_logical_devices("GPU"))
