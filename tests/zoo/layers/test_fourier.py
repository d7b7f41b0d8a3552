"""One long filter by the Fourier transform: the sum itself, its gradients."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from contracts import noise
from convolutions import assert_near, plain, with_gradients

from zoo import layers
from zoo.layers import lstm_implementation
from zoo.layers.kernels import choice, fourier

CHANNELS = 24


@pytest.mark.parametrize("steps", [1, 40, 1024])
@pytest.mark.parametrize(
    "taps, padding", [(16, (7, 8)), (17, (16, 0)), (1025, (512, 512))]
)
def test_the_transform_gives_the_sum_and_its_gradients(steps, taps, padding):
    inputs, kernel = noise((3, steps, CHANNELS)), noise((taps, CHANNELS, 1))
    expected = with_gradients(plain, inputs, kernel, padding)
    assert_near(
        with_gradients(fourier.convolve, inputs, kernel, padding), expected
    )


@pytest.mark.parametrize("steps", [1, 333])
def test_rows_may_be_of_open_number_and_length(steps):
    kernel = noise((32, CHANNELS, 1))

    @tf.function(input_signature=[tf.TensorSpec((None, None, CHANNELS))])
    def convolve(inputs):
        outputs = fourier.convolve(inputs, kernel, (15, 16))
        assert outputs.shape.as_list() == [None, None, 1]
        return outputs

    inputs = noise((2, steps, CHANNELS))
    assert_near([convolve(inputs)], [plain(inputs, kernel, (15, 16))])


def test_a_layer_takes_it_for_one_long_filter_alone():
    inputs = noise((2, 50, 4))
    mask = np.arange(50) < np.array([[50], [30]])
    layer = layers.Conv1D(1, 20, padding="same", activation="tanh")
    outputs = layer(inputs, mask=mask)
    assert choice.convolution_kernel(layer) == "fourier"
    with lstm_implementation("portable"):
        assert choice.convolution_kernel(layer) == "keras"
        assert_near([outputs], [layer(inputs, mask=mask)])
    for filters, taps in ((2, 20), (1, 8)):
        other = layers.Conv1D(filters, taps, padding="same")
        other(inputs)
        assert choice.convolution_kernel(other) != "fourier"
