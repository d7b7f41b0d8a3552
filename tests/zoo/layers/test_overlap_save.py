"""Convolutions in transformed blocks: the sum itself, with its gradients."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from contracts import array, check_layer, noise
from convolutions import assert_near, plain, with_gradients

from serving.export import savedmodel
from zoo import layers
from zoo.layers import lstm_implementation
from zoo.layers.kernels import blocks, overlap_save

TAPS, CHANNELS, FILTERS = 17, 24, 23


@pytest.mark.slow
@pytest.mark.parametrize("padding", [(8, 8), (16, 0), (0, 16), (5, 11)])
@pytest.mark.parametrize("steps", [1, 15, 16, 17, 33, 64, 100, 131, 999])
def test_blocks_give_the_sum_and_its_gradients(steps, padding):
    inputs = noise((3, steps, CHANNELS))
    kernel = noise((TAPS, CHANNELS, FILTERS))
    expected = with_gradients(plain, inputs, kernel, padding)
    found = with_gradients(overlap_save.convolve, inputs, kernel, padding)
    assert_near(found, expected)


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 16, 64, 333])
def test_so_do_rows_whose_number_and_length_are_open(steps):
    rows = tf.TensorSpec((None, None, CHANNELS))
    kernel = noise((TAPS, CHANNELS, FILTERS))

    @tf.function(input_signature=[rows])
    def convolve(inputs):
        outputs = overlap_save.convolve(inputs, kernel, (8, 8))
        assert outputs.shape.as_list() == [None, None, FILTERS]
        return outputs, tf.gradients(tf.reduce_sum(outputs**2), inputs)[0]

    for batch in (1, 4):
        inputs = tf.constant(noise((batch, steps, CHANNELS)))
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = plain(inputs, kernel, (8, 8))
            total = tf.reduce_sum(outputs**2)
        expected = outputs, tape.gradient(total, inputs)
        assert_near(convolve(inputs), expected)


def test_the_papers_convolution_is_no_less_exact_than_a_plain_one():
    inputs, kernel = noise((2, 320, 40)), noise((40, 40, 40))
    exact = with_gradients(plain, inputs, kernel, (19, 20))
    direct = with_gradients(
        lambda inputs, kernel, _: tf.nn.conv1d(inputs, kernel, 1, "SAME"),
        inputs,
        kernel,
        None,
    )
    found = with_gradients(overlap_save.convolve, inputs, kernel, (19, 20))
    for one, other, truth in zip(found, direct, exact):
        truth = array(truth)
        largest = np.abs(array(other) - truth).max()
        assert np.abs(array(one) - truth).max() < 1.5 * largest


@pytest.mark.parametrize("size", [1, 2, 3, 8, 9])
def test_the_transform_is_numpys(size):
    signal = noise((size,))
    found = (overlap_save._basis(size) @ signal).reshape(-1, 2)
    number = np.arange(len(found))
    alone = (number == 0) | (2 * number == size)  # its own mirror image
    scale = np.where(alone, 1, np.sqrt(2)) / np.sqrt(size)
    expected = scale * np.fft.rfft(signal)
    np.testing.assert_allclose(found[:, 0], expected.real, atol=1e-6)
    np.testing.assert_allclose(found[:, 1], expected.imag, atol=1e-6)


def test_only_long_filters_over_many_channels_pay():
    assert blocks.pays(40, 40, 40)
    assert not blocks.pays(40, 1, 40)  # the paper's first
    assert not blocks.pays(200, 160, 1)
    assert not blocks.pays(3, 64, 64)
    assert not blocks.pays(1, 64, 64)


def operations(layer, shape, name: str) -> set[str]:
    with lstm_implementation(name):
        function = tf.function(layer).get_concrete_function(
            tf.TensorSpec((None, *shape))
        )
    return {node.type for node in function.graph.get_operations()}


@pytest.mark.parametrize("padding", ["same", "causal"])
@pytest.mark.parametrize("steps", [None, 50])
def test_the_layer_takes_it_except_in_an_export_for_every_device(
    steps, padding
):
    layer = layers.Conv1D(40, 40, padding=padding)
    layer.build((None, steps, 40))
    for name in ("auto", "fused"):
        assert "Conv2D" not in operations(layer, (steps, 40), name)
    for name in ("portable", "cudnn"):
        assert "Conv2D" in operations(layer, (steps, 40), name)
    half = layers.Conv1D(40, 40, padding=padding, dtype="mixed_float16")
    half.build((None, steps, 40))
    assert "Conv2D" in operations(half, (steps, 40), "auto")


@pytest.mark.parametrize("padding", ["same", "causal"])
@pytest.mark.parametrize("steps", [1, 39, 320, 700])
def test_the_layer_is_kerass(steps, padding):
    arguments = {"padding": padding, "activation": "relu"}
    ours = layers.Conv1D(40, 40, **arguments)
    keras_own = keras.layers.Conv1D(40, 40, **arguments)
    inputs = noise((2, steps, 40))
    for layer in (ours, keras_own):
        layer.build(inputs.shape)
    ours.bias.assign(0.1 * noise((40,)))
    keras_own.set_weights(ours.get_weights())
    expected = array(keras_own(inputs))
    np.testing.assert_allclose(array(ours(inputs)), expected, atol=1e-5)


def test_the_layer_keeps_the_contract():
    layer = layers.Conv1D(40, 40, padding="same")
    check_layer(layer, (40,), (40,), lengths=(90, 41))


def test_a_stock_server_runs_it(tmp_path):
    archive = keras.export.ExportArchive()
    inputs = keras.Input((None, 40))
    model = keras.Model(inputs, layers.Conv1D(40, 40, padding="same")(inputs))
    archive.track(model)
    rows = tf.TensorSpec((None, None, 40))
    archive.add_endpoint("serve", lambda rows: model(rows), [rows])
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    archive.write_out(str(tmp_path), options=options, verbose=False)
    assert not savedmodel.foreign_operations(tmp_path)
    assert not savedmodel.compiled_functions(tmp_path)
    sequence = noise((2, 70, 40))
    loaded = tf.saved_model.load(str(tmp_path))
    found = loaded.serve(tf.constant(sequence))
    np.testing.assert_allclose(array(found), array(model(sequence)), atol=1e-5)
