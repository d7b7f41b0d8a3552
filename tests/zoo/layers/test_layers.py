"""Convolution, pooling and masks against Keras's own and their contracts."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from contracts import array, check_layer, noise, with_mask
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo import layers
from zoo.papers.recola_conv import UpSampling1D
from zoo.papers.recola_discrete import LevelPosteriors, LevelValue
from zoo.papers.waveform_mtl.layers import LastStep


def pooled(layer, sequence, lengths):
    return layer(sequence, layers.SequenceMask()(sequence, lengths))


def spread(layer, sequence, lengths):
    """What is pooled over all of a row, at every valid step of it."""
    mask = layers.SequenceMask()(sequence, lengths)
    found = layer(sequence, mask=mask)
    found = found[0] if isinstance(found, (tuple, list)) else found
    mask = keras.ops.expand_dims(mask, -1)
    return keras.ops.where(mask, keras.ops.expand_dims(found, 1), 0.0)


def attended(layer, sequence, lengths):
    """The weights of attention."""
    return with_mask(layer, sequence, lengths)[1]


def up_sampled(layer, sequence, lengths):
    """To the length of what was pooled to `sequence`, by 3."""
    longer = keras.ops.repeat(sequence, 3, axis=1)
    before = layers.SequenceMask()(longer, lengths * 3)
    return layer(sequence, layers.SequenceMask()(sequence, lengths), before)


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


def test_trace_keeps_the_contract():
    check_layer(layers.Trace(), (7,), ())


def test_level_posteriors_keep_the_contract():
    check_layer(LevelPosteriors(3), (7,), (3,))


def test_level_values_keep_the_contract():
    check_layer(LevelValue(), (7,), ())


def test_trace_is_zero_in_the_padding_and_hands_no_mask_on():
    trace = layers.Trace(bias_initializer="ones")
    lengths = np.array([5, 3])
    outputs = with_mask(trace, noise((2, 5, 4)), lengths)
    assert (array(outputs)[1, 3:] == 0).all() and array(outputs)[1, :3].all()
    assert getattr(outputs, "_keras_mask", None) is None


@pytest.mark.parametrize("factor", [2, 3, 5])
def test_pooling_keeps_the_contract(factor):
    check_layer(
        layers.MaxPooling1D(factor),
        (4,),
        (4,),
        pooled,
        steps=lambda length: -(-length // factor),
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20), st.integers(0, 20), st.integers(2, 6))
def test_pooling_takes_the_largest_valid_step(longest, length, factor):
    sequence = noise((1, longest, 2)) - 10  # a zero would win
    lengths = np.array([min(length, longest)], "int32")
    found, mask = pooled(layers.MaxPooling1D(factor), sequence, lengths)
    valid = sequence[0, : lengths[0]]
    expected = [
        valid[start : start + factor].max(axis=0)
        for start in range(0, len(valid), factor)
    ]
    assert array(mask)[0].sum() == len(expected)
    assert array(mask).shape[1] == -(-longest // factor)
    assert array(mask)[0, : len(expected)].all()
    found = array(found)[0]
    np.testing.assert_array_equal(found[: len(expected)], expected or found[:0])
    assert (found[len(expected) :] == 0).all()


@pytest.mark.parametrize(
    "layer",
    [
        layers.AttentionPooling,
        layers.GlobalAveragePooling1D,
        layers.GlobalMaxPooling1D,
        LastStep,
    ],
)
def test_pooling_over_all_steps_keeps_the_contract(layer):
    check_layer(layer(), (4,), (4,), spread)
    nothing = np.full((1, 3, 4), np.nan, "float32")
    empty = spread(layer(), nothing, np.array([0]))
    assert (array(empty) == 0).all()


@pytest.mark.parametrize(
    "layer, expected",
    [
        (layers.GlobalAveragePooling1D(), np.mean),
        (layers.GlobalMaxPooling1D(), np.max),
    ],
)
def test_pooling_without_a_mask_is_over_every_step(layer, expected):
    sequence = noise((2, 9, 4))
    found = array(layer(sequence))
    np.testing.assert_allclose(found, expected(sequence, axis=1), atol=1e-6)


def test_the_weights_of_attention_keep_the_contract():
    check_layer(layers.AttentionPooling(), (4,), (), attended)


def test_attention_is_the_papers_formula():
    sequence, lengths = noise((2, 9, 4)), np.array([9, 5])
    layer = layers.AttentionPooling()
    pooled, weights = map(array, with_mask(layer, sequence, lengths))
    for row, length in enumerate(lengths):
        steps = sequence[row, :length].astype("float64")
        scores = np.exp(steps @ array(layer.vector)[:, 0])
        expected = scores / scores.sum()
        np.testing.assert_allclose(weights[row, :length], expected, atol=1e-6)
        assert (weights[row, length:] == 0).all()
        np.testing.assert_allclose(pooled[row], expected @ steps, atol=1e-6)
    everywhere = layer(sequence[:, :5])[0]
    expected = with_mask(layer, sequence, np.array([5, 5]))[0]
    np.testing.assert_allclose(array(everywhere), array(expected), atol=1e-6)


def test_attention_weighs_steps_of_any_size():
    layer = layers.AttentionPooling()
    sequence = 1e6 * noise((2, 9, 4))
    pooled, weights = map(array, with_mask(layer, sequence, np.array([9, 1])))
    assert np.isfinite(pooled).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(pooled[1], sequence[1, 0])


def test_the_last_step_is_that_of_each_row():
    sequence = noise((3, 9, 4))
    found = with_mask(LastStep(), sequence, np.array([9, 5, 1]))
    expected = sequence[np.arange(3), [8, 4, 0]]
    np.testing.assert_array_equal(array(found), expected)


def test_the_mean_is_that_of_the_valid_steps():
    sequence = noise((2, 9, 4))
    layer = layers.GlobalAveragePooling1D()
    found = array(with_mask(layer, sequence, np.array([9, 5])))
    expected = [sequence[0].mean(axis=0), sequence[1, :5].mean(axis=0)]
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 5])
def test_up_sampling_keeps_the_contract(kernel_size):
    layer = UpSampling1D(5, kernel_size, strides=3)
    check_layer(layer, (4,), (5,), up_sampled, steps=lambda n: 3 * n)


@pytest.mark.parametrize("longer", [37, 38, 39])
def test_up_sampling_is_kerass_cut_to_a_length(longer):
    ours = UpSampling1D(5, 4, strides=3)
    keras_own = keras.layers.Conv1DTranspose(5, 4, strides=3, padding="same")
    sequence = noise((1, 13, 2))
    ours.build(sequence.shape)
    keras_own.build(sequence.shape)
    keras_own.set_weights(ours.get_weights())
    full = np.ones((1, 13), bool)
    found = array(ours(sequence, full, np.ones((1, longer), bool)))
    expected = array(keras_own(sequence))[:, :longer]
    assert found.shape == (1, longer, 5)
    np.testing.assert_allclose(found, expected, atol=1e-6)


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


def test_a_factor_below_two_is_refused():
    with pytest.raises(ValueError, match="at least 2. Received: factor=1"):
        layers.MaxPooling1D(1)
