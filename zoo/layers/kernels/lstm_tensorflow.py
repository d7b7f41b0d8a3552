"""The recurrence of an LSTM in TensorFlow, in each way of `recurrent`.

Every way takes what a `keras.layers.LSTM` holds and gives the hidden state
after each frame; `zoo.layers.recurrent.LSTM` is the layer around them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras

from zoo.common.tensors import Tensor
from zoo.layers.kernels import xla_loop


def compiled(
    cell: keras.layers.Layer,
    sequences: Tensor,
    states: list[Tensor],
    mask: Tensor,
) -> tuple[Tensor, list[Tensor]]:
    """All frames projected at once, then a loop that XLA has compiled.

    XLA compiles for fixed shapes: once for each batch size and each power of
    two of frames, whatever the number of features.

    Args:
        cell: a built `keras.layers.LSTMCell`.
        sequences: (batch, time, features) float32, finite where masked.
        states: hidden and carry state before the first frame, (batch, units).
        mask: (batch, time) boolean, or None where every frame is valid.

    Returns:
        The hidden state after every frame, (batch, time, units), and the
        [hidden, carry] states after the last one.
    """
    import tensorflow as tf

    time, projected, valid = xla_loop.projected(
        sequences, cell.kernel, cell.bias, mask
    )
    hiddens, carry = _recurrence(
        time,
        projected,
        valid,
        tf.convert_to_tensor(cell.recurrent_kernel),
        *states,
    )
    hiddens = tf.transpose(hiddens[:time], [1, 0, 2])
    hiddens.set_shape([*sequences.shape[:2], cell.units])
    carry.set_shape(states[1].shape)
    return hiddens, [hiddens[:, -1], carry]


def _recurrence(
    time: Tensor,
    projected: Tensor,
    valid: Tensor,
    recurrent: Tensor,
    hidden: Tensor,
    carry: Tensor,
) -> tuple[Tensor, Tensor]:
    """The loop of `compiled` and its gradient, frames first."""
    import tensorflow as tf

    @tf.custom_gradient
    def run(*given: Tensor) -> tuple[Any, Callable]:
        # Without this an eager tape would try to differentiate the loop too.
        projected, recurrent, hidden, carry = map(tf.stop_gradient, given)
        hiddens, gates, carries, last = _forward()(
            time, projected, valid, recurrent, hidden, carry
        )

        def gradient(to_hiddens: Tensor, to_last: Tensor) -> tuple[Tensor, ...]:
            to_projected, to_hidden, to_carry = _backward()(
                time, gates, carries, valid, recurrent, to_hiddens, to_last
            )
            before = tf.concat([hidden[None], hiddens[:-1]], axis=0)
            to_recurrent = tf.tensordot(
                before[:time], to_projected[:time], [[0, 1], [0, 1]]
            )
            return to_projected, to_recurrent, to_hidden, to_carry

        return (hiddens, last), gradient

    return run(projected, recurrent, hidden, carry)


@functools.cache
def _forward() -> Callable:
    """The loop over `time` frames, of as many as there is room for.

    It gives the hidden state after each frame and, for the way back, the
    gates (input, forget, candidate, output) and the carry before it; then
    the last carry.
    """
    import tensorflow as tf

    @xla_loop.compile_for(3, 2, 2, 2, 2)
    def forward(
        time: Tensor,
        projected: Tensor,
        valid: Tensor,
        recurrent: Tensor,
        hidden: Tensor,
        carry: Tensor,
    ) -> tuple[Tensor, ...]:
        def step(
            t: Tensor,
            hidden: Tensor,
            carry: Tensor,
            hiddens: Tensor,
            gates: Tensor,
            carries: Tensor,
        ) -> tuple[Tensor, ...]:
            i, f, g, o = tf.split(projected[t] + hidden @ recurrent, 4, axis=1)
            i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
            after, here = f * carry + i * g, valid[t][:, None] > 0
            gates = gates.write(t, tf.concat([i, f, g, o], axis=1))
            carries = carries.write(t, carry)
            hidden = tf.where(here, o * tf.tanh(after), hidden)
            carry = tf.where(here, after, carry)
            hiddens = hiddens.write(t, hidden)
            return t + 1, hidden, carry, hiddens, gates, carries

        units = tf.shape(recurrent)[0]
        rooms = [xla_loop.room(projected, n) for n in (units, 4 * units, units)]
        _, _, carry, hiddens, gates, carries = tf.while_loop(
            lambda t, *_: t < time, step, (0, hidden, carry, *rooms)
        )
        return hiddens.stack(), gates.stack(), carries.stack(), carry

    return forward


@functools.cache
def _backward() -> Callable:
    """The loop back: gradients of `projected` and of the first states."""
    import tensorflow as tf

    @xla_loop.compile_for(3, 3, 2, 2, 3, 2)
    def backward(
        time: Tensor,
        gates: Tensor,
        carries: Tensor,
        valid: Tensor,
        recurrent: Tensor,
        to_hiddens: Tensor,
        to_carry: Tensor,
    ) -> tuple[Tensor, ...]:
        transposed = tf.transpose(recurrent)

        def step(
            t: Tensor, to_hidden: Tensor, to_carry: Tensor, to_projected: Tensor
        ) -> tuple[Tensor, ...]:
            i, f, g, o = tf.split(gates[t], 4, axis=1)
            before, here = carries[t], valid[t][:, None] > 0
            squashed = tf.tanh(f * before + i * g)
            to_hidden = to_hidden + to_hiddens[t]
            to_after = to_carry + to_hidden * o * (1 - squashed * squashed)
            to_gates = [
                to_after * g * i * (1 - i),
                to_after * before * f * (1 - f),
                to_after * i * (1 - g * g),
                to_hidden * squashed * o * (1 - o),
            ]
            to_gates = tf.where(here, tf.concat(to_gates, axis=1), 0.0)
            to_hidden = tf.where(here, to_gates @ transposed, to_hidden)
            to_carry = tf.where(here, to_after * f, to_carry)
            return t - 1, to_hidden, to_carry, to_projected.write(t, to_gates)

        to_projected = xla_loop.room(gates, tf.shape(gates)[2])
        _, to_hidden, to_carry, to_projected = tf.while_loop(
            lambda t, *_: t >= 0,
            step,
            (time - 1, tf.zeros_like(to_carry), to_carry, to_projected),
        )
        return to_projected.stack(), to_hidden, to_carry

    return backward


def fused(
    cell: keras.layers.Layer,
    sequences: Tensor,
    states: list[Tensor],
    mask: Tensor,
) -> tuple[Tensor, list[Tensor]]:
    """TensorFlow's `BlockLSTMV2`: one operation for all frames.

    It knows no mask, so the valid frames of each row are moved to its front
    and their outputs back. Arguments and results are those of `compiled`.
    """
    import tensorflow as tf

    if mask is not None:
        sequences = valid_first(sequences, mask)
    frames = tf.transpose(sequences, [1, 0, 2])
    weights = [cell.kernel, cell.recurrent_kernel]
    if frames.shape[2] % 2:
        # For odd sizes the operation logs a complaint at every call.
        frames = tf.pad(frames, [[0, 0], [0, 0], [0, 1]])
        weights.insert(1, tf.zeros([1, 4 * cell.units]))
    hiddens, carries = (
        tf.transpose(values, [1, 0, 2])
        for values in _block(
            frames,
            tf.concat(weights, axis=0),
            tf.convert_to_tensor(cell.bias),
            *states,
        )
    )
    if mask is None:
        return hiddens, [hiddens[:, -1], carries[:, -1]]
    last = [
        last_valid(values, mask, first)
        for values, first in zip((hiddens, carries), states)
    ]
    return back_in_place(hiddens, mask), last


def _block(
    frames: Tensor, weights: Tensor, bias: Tensor, hidden: Tensor, carry: Tensor
) -> tuple[Tensor, Tensor]:
    """`BlockLSTMV2` with its gradient, time-major."""
    import tensorflow as tf

    peepholes = tf.zeros_like(bias[: bias.shape[0] // 4])

    @tf.custom_gradient
    def run(
        frames: Tensor,
        weights: Tensor,
        bias: Tensor,
        hidden: Tensor,
        carry: Tensor,
    ) -> tuple[Any, Callable]:
        given = {
            "seq_len_max": tf.shape(frames, out_type=tf.int64)[0],
            "x": frames,
            "cs_prev": carry,
            "h_prev": hidden,
            "w": weights,
            "wci": peepholes,
            "wcf": peepholes,
            "wco": peepholes,
            "b": bias,
            "use_peephole": False,
        }
        made = tf.raw_ops.BlockLSTMV2(cell_clip=0.0, **given)

        # What TensorFlow registers as the gradient of BlockLSTMV2 is that of
        # BlockLSTM, whose gates stand in another order: it is wrong.
        def gradient(
            to_hiddens: Tensor, to_carries: Tensor
        ) -> tuple[Tensor, ...]:
            to = tf.raw_ops.BlockLSTMGradV2(
                **given,
                **made._asdict(),
                cs_grad=to_carries,
                h_grad=to_hiddens,
            )
            states = to.h_prev_grad, to.cs_prev_grad
            return to.x_grad, to.w_grad, to.b_grad, *states

        return (made.h, made.cs), gradient

    return run(frames, weights, bias, hidden, carry)


def portable(
    cell: keras.layers.Layer,
    sequences: Tensor,
    states: list[Tensor],
    mask: Tensor,
    training: bool,
) -> tuple[Tensor, list[Tensor]]:
    """Keras's loop without its mask, which ONNX has an operator for.

    Arguments are those of `compiled`, with a mask; of the states after the
    last frame it knows the hidden one alone.
    """
    layer = keras.layers.RNN(
        cell, return_sequences=True, name=f"{cell.name}_portable"
    )
    _, hiddens, _ = layer.inner_loop(
        valid_first(sequences, mask), states, mask=None, training=training
    )
    return back_in_place(hiddens, mask), [last_valid(hiddens, mask, states[0])]


def valid_first(sequences: Tensor, mask: Tensor) -> Tensor:
    """Each row's frames where `mask` holds, in their order, then the others.

    Args:
        sequences: (batch, time, features).
        mask: (batch, time) boolean.
    """
    import tensorflow as tf

    order = tf.argsort(
        tf.cast(mask, tf.int32), axis=1, direction="DESCENDING", stable=True
    )
    return tf.gather(sequences, order, axis=1, batch_dims=1)


def back_in_place(values: Tensor, mask: Tensor) -> Tensor:
    """What `valid_first` moved, where it was; repeated in masked frames.

    Before a row's first valid frame stands that frame's value.
    """
    import tensorflow as tf

    count = tf.cumsum(tf.cast(mask, tf.int32), axis=1)
    return tf.gather(values, tf.maximum(count - 1, 0), axis=1, batch_dims=1)


def last_valid(values: Tensor, mask: Tensor, otherwise: Tensor) -> Tensor:
    """Of `valid_first` frames the last valid one, (batch, units)."""
    import tensorflow as tf

    count = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
    last = tf.gather(values, tf.maximum(count - 1, 0), axis=1, batch_dims=1)
    return tf.where((count > 0)[:, None], last, otherwise)
