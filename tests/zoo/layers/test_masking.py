"""Masks from lengths, and traces that are zero in the padding."""

from __future__ import annotations

import numpy as np
from contracts import array, check_layer, noise, with_mask

from zoo import layers


def test_trace_keeps_the_contract():
    check_layer(layers.Trace(), (7,), ())


def test_trace_is_zero_in_the_padding_and_hands_no_mask_on():
    trace = layers.Trace(bias_initializer="ones")
    lengths = np.array([5, 3])
    outputs = with_mask(trace, noise((2, 5, 4)), lengths)
    assert (array(outputs)[1, 3:] == 0).all() and array(outputs)[1, :3].all()
    assert getattr(outputs, "_keras_mask", None) is None


def test_a_mask_counts_from_the_front():
    found = layers.SequenceMask()(noise((4, 3, 1)), np.array([0, 1, 3, 9]))
    expected = [[0, 0, 0], [1, 0, 0], [1, 1, 1], [1, 1, 1]]
    np.testing.assert_array_equal(array(found), np.array(expected, bool))


def test_zero_masked_stops_nan_forwards_and_backwards():
    import tensorflow as tf

    sequence = tf.constant([[[1.0], [np.nan], [np.inf]]])
    mask = np.array([[True, False, False]])
    with tf.GradientTape() as tape:
        tape.watch(sequence)
        total = tf.reduce_sum(layers.zero_masked(sequence, mask) ** 2)
    assert float(total) == 1
    slope = tape.gradient(total, sequence).numpy().ravel()
    np.testing.assert_array_equal(slope, [2, 0, 0])
    assert layers.zero_masked(sequence, None) is sequence
