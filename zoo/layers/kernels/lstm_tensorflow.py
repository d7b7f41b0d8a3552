"""The recurrence of an LSTM as a loop that XLA compiles.

`zoo.layers.kernels.choice` says when it runs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras

from zoo.common.tensors import Tensor
from zoo.layers.kernels import xla_loop
from zoo.layers.kernels.gradients import custom_gradient


def compiled(
    cell: keras.layers.Layer,
    sequences: Tensor,
    states: list[Tensor],
    mask: Tensor,
) -> tuple[Tensor, list[Tensor]]:
    """Projects all frames at once, then runs a loop compiled by XLA.

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

    time, projected, valid = xla_loop.project(
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
    """Runs the loop of `compiled`, time first; it has a gradient."""
    import tensorflow as tf

    @custom_gradient
    def run(*inputs: Tensor) -> tuple[Any, Callable]:
        # Without this an eager tape would try to differentiate the loop too.
        projected, recurrent, hidden, carry = map(tf.stop_gradient, inputs)
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
    """Returns the loop over the first `time` frames.

    The loop returns the hidden state after each frame; for the gradient, the
    gates (input, forget, candidate, output) and the carry before each frame;
    and the last carry.
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
            after, is_valid = f * carry + i * g, valid[t][:, None] > 0
            gates = gates.write(t, tf.concat([i, f, g, o], axis=1))
            carries = carries.write(t, carry)
            hidden = tf.where(is_valid, o * tf.tanh(after), hidden)
            carry = tf.where(is_valid, after, carry)
            hiddens = hiddens.write(t, hidden)
            return t + 1, hidden, carry, hiddens, gates, carries

        units = tf.shape(recurrent)[0]
        arrays = [
            xla_loop.zeros_by_frame(projected, n)
            for n in (units, 4 * units, units)
        ]
        _, _, carry, hiddens, gates, carries = tf.while_loop(
            lambda t, *_: t < time, step, (0, hidden, carry, *arrays)
        )
        return hiddens.stack(), gates.stack(), carries.stack(), carry

    return forward


@functools.cache
def _backward() -> Callable:
    """Returns the loop of the gradients of `projected` and the first states."""
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
            before, is_valid = carries[t], valid[t][:, None] > 0
            squashed = tf.tanh(f * before + i * g)
            to_hidden = to_hidden + to_hiddens[t]
            to_after = to_carry + to_hidden * o * (1 - squashed * squashed)
            to_gates = [
                to_after * g * i * (1 - i),
                to_after * before * f * (1 - f),
                to_after * i * (1 - g * g),
                to_hidden * squashed * o * (1 - o),
            ]
            to_gates = tf.where(is_valid, tf.concat(to_gates, axis=1), 0.0)
            to_hidden = tf.where(is_valid, to_gates @ transposed, to_hidden)
            to_carry = tf.where(is_valid, to_after * f, to_carry)
            return t - 1, to_hidden, to_carry, to_projected.write(t, to_gates)

        to_projected = xla_loop.zeros_by_frame(gates, tf.shape(gates)[2])
        _, to_hidden, to_carry, to_projected = tf.while_loop(
            lambda t, *_: t >= 0,
            step,
            (time - 1, tf.zeros_like(to_carry), to_carry, to_projected),
        )
        return to_projected.stack(), to_hidden, to_carry

    return backward
