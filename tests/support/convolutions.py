"""Convolutions by definition, to compare faster ones with."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from contracts import array

CLOSE = 2e-6
"""Share of the largest value by which rounding may change a sum."""


def plain(inputs, kernel, padding):
    """The definition, in float64."""
    inputs = tf.pad(tf.cast(inputs, "float64"), [[0, 0], padding, [0, 0]])
    return tf.nn.conv1d(inputs, tf.cast(kernel, "float64"), 1, "VALID")


def with_gradients(convolve, inputs, kernel, padding):
    """Outputs, and gradients of a weighted sum of their squares."""
    inputs, kernel = tf.constant(inputs), tf.constant(kernel)
    with tf.GradientTape() as tape:
        tape.watch([inputs, kernel])
        outputs = convolve(inputs, kernel, padding)
        ramp = tf.range(outputs.shape[1], dtype=outputs.dtype)
        total = tf.reduce_sum(outputs**2 * tf.cos(ramp)[:, None])
    return outputs, *tape.gradient(total, [inputs, kernel])


def assert_near(values, expected) -> None:
    for one, other in zip(values, expected):
        one, other = array(one), array(other)
        assert one.shape == other.shape
        assert np.abs(one - other).max() <= CLOSE * np.abs(other).max()
