"""The recurrence of a GRU as a loop that XLA compiles.

The form is Keras's `reset_after=True`: with projected inputs x and h = U h' +
b of the state h' before a frame,

    z = sigmoid(x_z + h_z), r = sigmoid(x_r + h_r), c = tanh(x_c + r h_c),
    state = z h' + (1 - z) c.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import keras

from zoo.common.tensors import Tensor
from zoo.layers.kernels import xla_loop
from zoo.layers.kernels.gradients import custom_gradient


def compiled(
    cell: keras.layers.Layer, sequences: Tensor, state: Tensor, mask: Tensor
) -> Tensor:
    """Projects all frames at once, then runs a loop compiled by XLA.

    Args:
        cell: a built `keras.layers.GRUCell` with `reset_after` and a bias.
        sequences: (batch, time, features) float32, finite where masked.
        state: before the first frame, (batch, units).
        mask: (batch, time) boolean, or None where every frame is valid.

    Returns:
        The state after every frame, (batch, time, units).
    """
    import tensorflow as tf

    input_bias, bias = tf.unstack(tf.convert_to_tensor(cell.bias))
    time, projected, valid = xla_loop.project(
        sequences, cell.kernel, input_bias, mask
    )
    recurrent = tf.convert_to_tensor(cell.recurrent_kernel)
    states = _recurrence(time, projected, valid, recurrent, bias, state)
    states = tf.transpose(states[:time], [1, 0, 2])
    states.set_shape([*sequences.shape[:2], cell.units])
    return states


def _recurrence(
    time: Tensor,
    projected: Tensor,
    valid: Tensor,
    recurrent: Tensor,
    bias: Tensor,
    state: Tensor,
) -> Tensor:
    """Runs the loop of `compiled`, time first; it has a gradient."""
    import tensorflow as tf

    @custom_gradient
    def run(*inputs: Tensor) -> tuple[Tensor, Callable]:
        # Without this an eager tape would try to differentiate the loop too.
        projected, recurrent, bias, state = map(tf.stop_gradient, inputs)
        states, gates = _forward()(
            time, projected, valid, recurrent, bias[None], state
        )

        def gradient(to_states: Tensor) -> tuple[Tensor, ...]:
            before = tf.concat([state[None], states[:-1]], axis=0)
            to_projected, to_state = _backward()(
                time, gates, before, valid, recurrent, to_states
            )
            reset = tf.split(gates[:time], 4, axis=2)[1]
            z, r, c = tf.split(to_projected[:time], 3, axis=2)
            to_sums = tf.concat([z, r, c * reset], axis=2)
            to_recurrent = tf.tensordot(
                before[:time], to_sums, [[0, 1], [0, 1]]
            )
            to_bias = tf.reduce_sum(to_sums, axis=[0, 1])
            return to_projected, to_recurrent, to_bias, to_state

        return states, gradient

    return run(projected, recurrent, bias, state)


@functools.cache
def _forward() -> Callable:
    """Returns the loop over the first `time` frames.

    The loop returns the state after each frame and, for the gradient, z, r, c
    and h_c.
    """
    import tensorflow as tf

    @xla_loop.compile_for(3, 2, 2, 2, 2)
    def forward(
        time: Tensor,
        projected: Tensor,
        valid: Tensor,
        recurrent: Tensor,
        bias: Tensor,
        state: Tensor,
    ) -> tuple[Tensor, ...]:
        def step(
            t: Tensor, state: Tensor, states: Tensor, gates: Tensor
        ) -> tuple[Tensor, ...]:
            x_z, x_r, x_c = tf.split(projected[t], 3, axis=1)
            h_z, h_r, h_c = tf.split(state @ recurrent + bias, 3, axis=1)
            z, r = tf.sigmoid(x_z + h_z), tf.sigmoid(x_r + h_r)
            c = tf.tanh(x_c + r * h_c)
            after, is_valid = z * state + (1 - z) * c, valid[t][:, None] > 0
            state = tf.where(is_valid, after, state)
            gates = gates.write(t, tf.concat([z, r, c, h_c], axis=1))
            return t + 1, state, states.write(t, state), gates

        units = tf.shape(recurrent)[0]
        arrays = [
            xla_loop.zeros_by_frame(projected, n) for n in (units, 4 * units)
        ]
        _, _, states, gates = tf.while_loop(
            lambda t, *_: t < time, step, (0, state, *arrays)
        )
        return states.stack(), gates.stack()

    return forward


@functools.cache
def _backward() -> Callable:
    """Returns the loop of the gradients of `projected` and the first state."""
    import tensorflow as tf

    @xla_loop.compile_for(3, 3, 2, 2, 3)
    def backward(
        time: Tensor,
        gates: Tensor,
        before: Tensor,
        valid: Tensor,
        recurrent: Tensor,
        to_states: Tensor,
    ) -> tuple[Tensor, ...]:
        transposed = tf.transpose(recurrent)

        def step(
            t: Tensor, to_state: Tensor, to_projected: Tensor
        ) -> tuple[Tensor, ...]:
            z, r, c, h_c = tf.split(gates[t], 4, axis=1)
            is_valid = valid[t][:, None] > 0
            to_state = to_state + to_states[t]
            to_z = to_state * (before[t] - c) * z * (1 - z)
            to_c = to_state * (1 - z) * (1 - c * c)
            to_r = to_c * h_c * r * (1 - r)
            to_sums = tf.concat([to_z, to_r, to_c * r], axis=1) @ transposed
            to_inputs = tf.concat([to_z, to_r, to_c], axis=1)
            to_inputs = tf.where(is_valid, to_inputs, 0.0)
            to_state = tf.where(is_valid, to_state * z + to_sums, to_state)
            return t - 1, to_state, to_projected.write(t, to_inputs)

        to_projected = xla_loop.zeros_by_frame(
            gates, 3 * tf.shape(recurrent)[0]
        )
        _, to_state, to_projected = tf.while_loop(
            lambda t, *_: t >= 0,
            step,
            (time - 1, tf.zeros_like(before[0]), to_projected),
        )
        return to_projected.stack(), to_state

    return backward
