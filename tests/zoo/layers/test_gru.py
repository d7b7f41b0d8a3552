"""The GRU is Keras's own, compiled or not."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from recurrent_cases import (
    MASKS,
    RIGHT,
    RNG,
    SEQUENCES,
    STATES,
    TIME,
    UNITS,
    VALUES,
    assert_same,
    results,
)

from zoo.layers import GRU, lstm_implementation

results = functools.partial(results, training=True)


def pair(**arguments):
    """Keras's layer and ours with the same weights, which are not zero."""
    layers = [
        kind(UNITS, bias_initializer="normal", seed=3, **arguments)
        for kind in (keras.layers.GRU, GRU)
    ]
    for layer in layers:
        layer.build((None, None, VALUES))
    layers[1].set_weights(layers[0].get_weights())
    return layers


@pytest.mark.parametrize("zero", (False, True))
@pytest.mark.parametrize("backwards", (False, True))
@pytest.mark.parametrize("mask", MASKS)
def test_outputs_and_gradients_are_keras_own(mask, backwards, zero):
    theirs, ours = pair(
        return_sequences=True,
        return_state=True,
        go_backwards=backwards,
        zero_output_for_mask=zero,
    )
    mask = MASKS[mask]
    expected = results(theirs, SEQUENCES, mask, STATES[:1])
    padded = SEQUENCES.copy()
    if mask is not None:
        padded[~mask] = np.nan
    assert_same(results(ours, padded, mask, STATES[:1]), expected)


@pytest.mark.slow
@pytest.mark.parametrize("time", (1, 32, 33, 70))
def test_the_loop_is_right_at_the_edges_of_what_was_compiled(time):
    theirs, ours = pair(return_sequences=True)
    sequences = RNG.normal(size=(2, time, VALUES)).astype("float32")
    assert_same(results(ours, sequences), results(theirs, sequences))


def test_dropout_draws_what_keras_draws():
    theirs, ours = pair(return_sequences=True, dropout=0.4)
    assert_same(*(results(each, SEQUENCES, RIGHT) for each in (ours, theirs)))


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    (
        {"reset_after": False},
        {"use_bias": False},
        {"activation": "relu"},
        {"recurrent_dropout": 0.3},
        {"unroll": True},
        {"recurrent_activation": "hard_sigmoid"},
    ),
)
def test_what_the_loop_does_not_know_is_left_to_keras(arguments):
    theirs, ours = pair(return_sequences=True, **arguments)
    assert not compiles(ours, True, (2, TIME))
    assert_same(*(results(each, SEQUENCES) for each in (ours, theirs)))


@pytest.mark.slow
@pytest.mark.parametrize("mask", ("no", "right", "scattered"))
@pytest.mark.parametrize("returns", (False, True))
def test_bidirectional_is_keras_own(mask, returns):
    theirs, ours = (
        keras.layers.Bidirectional(each)
        for each in pair(return_sequences=returns)
    )
    for layer in (theirs, ours):
        layer.build((None, None, VALUES))
    ours.set_weights(theirs.get_weights())
    states = [STATES[0], STATES[0][::-1]]
    expected = results(theirs, SEQUENCES, MASKS[mask], states)
    assert_same(results(ours, SEQUENCES, MASKS[mask], states), expected)


def test_stateful_layers_go_on_where_they_stopped():
    layer = GRU(UNITS, stateful=True, return_sequences=True)
    whole = keras.layers.GRU(UNITS, return_sequences=True)
    for each in (layer, whole):
        each.build((4, None, VALUES))
    whole.set_weights(layer.get_weights())
    parts = [layer(SEQUENCES[:, :2]), layer(SEQUENCES[:, 2:])]
    found = np.concatenate(parts, axis=1)
    np.testing.assert_allclose(found, whole(SEQUENCES), atol=1e-6)


def compiles(layer, training, shape=(None, None)):
    run = tf.function(lambda each: layer(each, training=training))
    made = run.get_concrete_function(tf.TensorSpec([*shape, VALUES]))
    return "_XlaMustCompile" in str(made.graph.as_graph_def())


def test_it_is_not_compiled_where_an_export_is_traced():
    """Batch and time are open there: no server is asked to compile."""
    _, ours = pair()
    assert compiles(ours, True)
    assert not compiles(ours, False)
    assert compiles(ours, False, (2, 9))
    with lstm_implementation("portable"):
        assert not compiles(ours, True)


def test_it_saves_and_loads_as_any_layer(tmp_path):
    inputs = keras.Input((None, VALUES))
    model = keras.Model(inputs, GRU(UNITS, name="gru")(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(again.get_layer("gru"), GRU)
    np.testing.assert_array_equal(again(SEQUENCES), model(SEQUENCES))
