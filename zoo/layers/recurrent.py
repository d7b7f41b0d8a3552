"""Drop-in replacements of `keras.layers.LSTM` and `GRU`, faster on a CPU.

`zoo.layers.kernels.choice` says which kernel runs when.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Tensor
from zoo.layers.kernels import (
    choice,
    gru_tensorflow,
    lstm_cudnn,
    lstm_operations,
    lstm_tensorflow,
)
from zoo.layers.masking import zero_masked

LSTM_KERNELS = {
    "compiled": lstm_tensorflow.compiled,
    "fused": lstm_operations.fused,
    "cudnn": lstm_cudnn.cudnn,
}


@keras.saving.register_keras_serializable(package="zoo")
class LSTM(keras.layers.LSTM):
    """`keras.layers.LSTM`, many times faster on a CPU.

    Arguments, weights, names, outputs and gradients are Keras's own, so the
    two exchange weights and `keras.layers.Bidirectional` takes either. The
    faster kernels run where they are exact: TensorFlow without a GPU, float32,
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

    Args: those of `keras.layers.LSTM`.

    Input shape: (batch, time, features), `mask` (batch, time) boolean.
    Output shape: (batch, time, units) with `return_sequences`, else (batch,
        units); with `return_state`, then the hidden and carry states.

    Example:
        >>> import keras
        >>> from keras import ops
        >>> from zoo.layers import LSTM
        >>> layer = keras.layers.Bidirectional(LSTM(80, return_sequences=True))
        >>> tuple(layer(ops.ones((1, 9, 160))).shape)
        (1, 9, 160)

    Reference: S. Hochreiter, J. Schmidhuber: Long short-term memory. Neural
        Computation 9(8), 1997.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if keras.backend.backend() == "tensorflow":
            if choice.is_exact_lstm(self):
                self.supports_jit = False

    def inner_loop(
        self,
        sequences: Tensor,
        initial_state: list[Tensor],
        mask: Tensor,
        training: bool = False,
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        sequences, mask = _clean(sequences, mask)
        kernel = choice.lstm_kernel(self, sequences.shape, training)
        if kernel == "keras":
            return super().inner_loop(
                sequences, initial_state, mask, training=training
            )
        keeps_state = self.return_state or self.stateful
        if kernel == "cudnn" and mask is not None and keeps_state:
            kernel = "portable"
        if kernel == "portable" and (mask is None or keeps_state):
            return keras.layers.RNN.inner_loop(
                self, sequences, initial_state, mask, training=training
            )
        sequences, mask = _in_order(self, sequences, mask)
        if kernel == "portable":
            hiddens, states = lstm_operations.portable(
                self.cell, sequences, initial_state, mask, training
            )
        else:
            hiddens, states = LSTM_KERNELS[kernel](
                self.cell,
                _drop(self, sequences, training),
                initial_state,
                mask,
            )
        if mask is not None:
            hiddens = zero_masked(hiddens, _visible(self, mask))
        return hiddens[:, -1], hiddens, states


@keras.saving.register_keras_serializable(package="zoo")
class GRU(keras.layers.GRU):
    """`keras.layers.GRU`, faster on a CPU.

    Arguments, weights, names, outputs, gradients and masks are Keras's own,
    as in `LSTM`, and so are the arguments that allow the faster kernel, with
    `reset_after=True`. It runs in training and where batch and time are known
    numbers, for batches of up to 64 if that is known.

    Args: those of `keras.layers.GRU`.

    Input shape: (batch, time, features), `mask` (batch, time) boolean.
    Output shape: (batch, time, units) with `return_sequences`, else (batch,
        units); with `return_state`, then the state.

    Example:
        >>> from keras import ops
        >>> from zoo.layers import GRU
        >>> tuple(GRU(4)(ops.ones((2, 9, 3))).shape)
        (2, 4)

    Reference: K. Cho et al.: Learning phrase representations using RNN
        encoder-decoder for statistical machine translation. EMNLP 2014.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if keras.backend.backend() == "tensorflow":
            if choice.is_exact_gru(self):
                self.supports_jit = False

    def inner_loop(
        self,
        sequences: Tensor,
        initial_state: list[Tensor],
        mask: Tensor,
        training: bool = False,
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        sequences, mask = _clean(sequences, mask)
        kernel = choice.gru_kernel(self, sequences.shape, training)
        if kernel == "portable":
            return keras.layers.RNN.inner_loop(
                self, sequences, initial_state, mask, training=training
            )
        if kernel == "keras":
            return super().inner_loop(
                sequences, initial_state, mask, training=training
            )
        sequences, mask = _in_order(self, sequences, mask)
        states = gru_tensorflow.compiled(
            self.cell, _drop(self, sequences, training), initial_state[0], mask
        )
        last = states[:, -1]
        if mask is not None:
            states = zero_masked(states, _visible(self, mask))
        return states[:, -1], states, [last]


def _clean(sequences: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Returns sequences with zeros in masked frames, and a boolean mask."""
    if isinstance(mask, (list, tuple)):
        mask = mask[0]
    if mask is None:
        return sequences, None
    mask = ops.reshape(ops.cast(mask, "bool"), ops.shape(sequences)[:2])
    return zero_masked(sequences, mask), mask


def _in_order(
    layer: keras.layers.RNN, sequences: Tensor, mask: Tensor
) -> tuple[Tensor, Tensor]:
    """Returns frames and mask in the order in which the layer reads them."""
    if not layer.go_backwards:
        return sequences, mask
    mask = None if mask is None else ops.flip(mask, axis=1)
    return ops.flip(sequences, axis=1), mask


def _drop(layer: LSTM | GRU, sequences: Tensor, training: bool) -> Tensor:
    """Applies Keras's input dropout: one pattern for all frames of a row."""
    if not (training and layer.dropout):
        return sequences
    kept = layer.cell.get_dropout_mask(sequences[:, 0])
    return sequences * ops.expand_dims(kept, axis=1)


def _visible(layer: LSTM | GRU, mask: Tensor) -> Tensor:
    """Returns the frames whose output is the state; others give zeros."""
    if layer.zero_output_for_mask:
        return mask
    return ops.cumsum(ops.cast(mask, "int32"), axis=1) > 0
