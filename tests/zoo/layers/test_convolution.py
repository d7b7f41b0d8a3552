"""Convolution against Keras's own."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from contracts import array, check_layer, noise

from zoo import layers


def twins(**arguments):
    """The layer and Keras's own with the same weights, on 7 channels."""
    ours = layers.Conv1D(5, activation="tanh", **arguments)
    keras_own = keras.layers.Conv1D(5, activation="tanh", **arguments)
    for layer in (ours, keras_own):
        layer.build((None, None, 7))
    ours.bias.assign(noise((5,)))
    keras_own.set_weights(ours.get_weights())
    return ours, keras_own


def slopes(layer, sequence, upstream):
    """Outputs, and gradients of inputs and weights."""
    import tensorflow as tf

    sequence = tf.constant(sequence)
    with tf.GradientTape() as tape:
        tape.watch(sequence)
        outputs = layer(sequence)
        total = tf.reduce_sum(outputs * upstream)
    return outputs, *tape.gradient(total, [sequence, *layer.weights])


@pytest.mark.slow
@pytest.mark.parametrize("padding", ["same", "causal"])
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 5])
def test_convolution_is_kerass_with_all_its_gradients(padding, kernel_size):
    sequence, upstream = noise((2, 23, 7)), noise((2, 23, 5))
    for dilation in range(1, 10):
        ours, keras_own = twins(
            kernel_size=kernel_size, padding=padding, dilation_rate=dilation
        )
        for found, expected in zip(
            slopes(ours, sequence, upstream),
            slopes(keras_own, sequence, upstream),
        ):
            np.testing.assert_allclose(array(found), array(expected), atol=2e-5)


@pytest.mark.parametrize(
    "arguments",
    [
        {"padding": "valid", "dilation_rate": 2},
        {"padding": "same", "strides": 2},
        {"padding": "same", "dilation_rate": 3, "use_bias": False},
    ],
)
def test_convolution_is_kerass_whatever_the_arguments(arguments):
    keras.utils.set_random_seed(1)
    ours = layers.Conv1D(5, 3, **arguments)
    keras_own = keras.layers.Conv1D(5, 3, **arguments)
    sequence = noise((2, 23, 7))
    ours.build(sequence.shape)
    keras_own.build(sequence.shape)
    keras_own.set_weights(ours.get_weights())
    np.testing.assert_allclose(
        array(ours(sequence)), array(keras_own(sequence)), atol=1e-5
    )


def test_convolution_shorter_than_its_reach_is_kerass():
    ours, keras_own = twins(kernel_size=3, padding="same", dilation_rate=64)
    for length in (1, 2, 64, 65):
        sequence = noise((1, length, 7))
        np.testing.assert_allclose(
            array(ours(sequence)), array(keras_own(sequence)), atol=1e-5
        )


def test_convolution_weighs_as_kerass_do_under_the_same_names(tmp_path):
    ours, keras_own = twins(kernel_size=3, padding="same", dilation_rate=2)
    assert [w.name for w in ours.weights] == [w.name for w in keras_own.weights]
    config = keras_own.get_config()
    assert layers.Conv1D.from_config(config).get_config() == config


@pytest.mark.parametrize("padding", ["same", "causal"])
@pytest.mark.parametrize("dilation", [1, 2, 5])
def test_convolution_keeps_the_contract(padding, dilation):
    layer = layers.Conv1D(5, 3, padding=padding, dilation_rate=dilation)
    check_layer(layer, (7,), (5,))
