"""The LSTM is Keras's own, whichever way it runs."""

from __future__ import annotations

import collections
import itertools
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from recurrent_cases import (
    MASKS,
    RIGHT,
    RNG,
    SEQUENCES,
    STATES,
    UNITS,
    VALUES,
    assert_same,
    results,
)

from zoo.layers import LSTM, SequenceMask, lstm_implementation

WAYS = ("compiled", "fused", "portable")


def pair(wrap=lambda layer: layer, **arguments):
    """Keras's layer and ours with the same weights, which are not zero."""
    layers = [
        wrap(kind(UNITS, bias_initializer="normal", **arguments))
        for kind in (keras.layers.LSTM, LSTM)
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
    expected = results(theirs, SEQUENCES, mask, STATES)
    padded = SEQUENCES.copy()
    if mask is not None:
        padded[~mask] = np.nan
    for way in WAYS:
        with lstm_implementation(way):
            assert_same(results(ours, padded, mask, STATES), expected)


@pytest.mark.slow
@pytest.mark.parametrize("returns", (False, True))
@pytest.mark.parametrize("mask", ("no", "right", "scattered"))
def test_bidirectional_is_keras_own(mask, returns):
    theirs, ours = pair(keras.layers.Bidirectional, return_sequences=returns)
    mask = MASKS[mask]
    states = STATES + [state[::-1] for state in STATES]
    expected = results(theirs, SEQUENCES, mask, states)
    for way in WAYS:
        with lstm_implementation(way):
            assert_same(results(ours, SEQUENCES, mask, states), expected)


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(hnp.arrays(bool, (2, 5)), st.booleans())
def test_any_mask_gives_keras_outputs(mask, backwards):
    theirs, ours = pair(return_sequences=True, go_backwards=backwards)
    sequences = SEQUENCES[:2, :5]
    expected = theirs(sequences, mask=mask)
    for way in WAYS:
        with lstm_implementation(way):
            assert_same([ours(sequences, mask=mask)], [expected])


@pytest.mark.slow
@pytest.mark.parametrize("time", (1, 32, 33, 70))
def test_the_loop_is_right_at_the_edges_of_what_was_compiled(time):
    theirs, ours = pair(return_sequences=True)
    sequences = RNG.normal(size=(2, time, VALUES)).astype("float32")
    with lstm_implementation("compiled"):
        mine = results(ours, sequences)
    assert_same(mine, results(theirs, sequences))


@pytest.mark.parametrize("way", ("compiled", "fused"))
def test_dropout_draws_what_keras_draws(way):
    theirs, ours = pair(return_sequences=True, dropout=0.4, seed=3)
    mine = []
    for layer in (theirs, ours):
        with lstm_implementation(way):
            mine.append(results(layer, SEQUENCES, RIGHT, training=True))
    assert_same(*mine)
    assert not np.allclose(mine[1][0], ours(SEQUENCES, mask=RIGHT))


@pytest.mark.parametrize("way", WAYS)
def test_stateful_layers_go_on_where_they_stopped(way):
    layer = LSTM(UNITS, stateful=True, return_sequences=True)
    theirs = keras.layers.LSTM(UNITS, return_sequences=True)
    theirs(SEQUENCES)
    layer.build(SEQUENCES.shape)
    layer.set_weights(theirs.get_weights())
    with lstm_implementation(way):
        layer(SEQUENCES[:, :2])
        rest = layer(SEQUENCES[:, 2:])
    assert_same([rest], [theirs(SEQUENCES)[:, 2:]])


def operations(layer, shape, training=False):
    """Names of all operations that a trace of the layer holds."""
    graph = (
        tf.function(lambda sequences: layer(sequences, training=training))
        .get_concrete_function(tf.TensorSpec(shape))
        .graph.as_graph_def()
    )
    functions = [f.node_def for f in graph.library.function]
    names = {node.op for nodes in [graph.node, *functions] for node in nodes}
    if any("_XlaMustCompile" in f.attr for f in graph.library.function):
        names.add("compiled")
    return names & {"compiled", "BlockLSTMV2", "While", "StatelessWhile"}


def test_left_alone_it_compiles_what_trains_and_fuses_what_is_open():
    layer = LSTM(UNITS)
    layer.build((None, None, VALUES))
    layer(SEQUENCES)
    assert operations(layer, (None, None, VALUES)) == {"BlockLSTMV2"}
    assert "compiled" in operations(layer, (2, 7, VALUES))
    assert "compiled" in operations(layer, (None, None, VALUES), training=True)
    assert operations(layer, (65, 7, VALUES), training=True) == {"While"}
    with lstm_implementation("portable"):
        assert operations(layer, (2, 7, VALUES)) == {"While"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    (
        {"activation": "relu"},
        {"recurrent_activation": "hard_sigmoid"},
        {"use_bias": False},
        {"recurrent_dropout": 0.3},
        {"dropout": 0.3, "implementation": 1, "use_cudnn": False},
        {"unroll": True},
        {"dtype": "mixed_float16"},
    ),
    ids=str,
)
def test_arguments_that_rule_the_fast_ways_out_run_keras(arguments):
    layer = LSTM(UNITS, **arguments)
    layer.build((2, 3, VALUES))
    for way in ("auto", "compiled", "fused"):
        with lstm_implementation(way):
            names = operations(layer, (2, 3, VALUES), training=True)
        assert not names & {"compiled", "BlockLSTMV2"}


def test_padding_changes_nothing_where_keras_runs_either():
    _, ours = pair(return_sequences=True, activation="relu")
    padded = np.where(RIGHT[..., None], SEQUENCES, np.float32("nan"))
    zeroed = np.where(RIGHT[..., None], SEQUENCES, np.float32(0))
    assert_same(results(ours, padded, RIGHT), results(ours, zeroed, RIGHT))


def test_an_unknown_implementation_is_refused():
    with pytest.raises(ValueError, match="must be one of .*Received: name='x'"):
        with lstm_implementation("x"):
            pass


def model(layer):
    """Two masked bidirectional layers on an odd number of values."""
    features = keras.Input((None, VALUES), name="features")
    lengths = keras.Input((), dtype="int32", name="lengths")
    mask, sequence = SequenceMask()(features, lengths), features
    for depth in range(2):
        sequence = keras.layers.Bidirectional(
            layer(UNITS, return_sequences=True, name="lstm"),
            name=f"both_{depth}",
        )(sequence, mask=mask)
    return keras.Model(
        {"features": features, "lengths": lengths}, {"all": sequence}
    )


def inputs(batch=3, time=9):
    lengths = np.arange(time, time - batch, -1).astype("int32")
    features = RNG.normal(size=(batch, time, VALUES)).astype("float32")
    features[-1, lengths[-1] :] = np.nan
    return {"features": features, "lengths": lengths}


def test_weights_move_to_keras_and_back(tmp_path):
    ours, theirs = model(LSTM), model(keras.layers.LSTM)
    names = [[w.path for w in m.weights] for m in (ours, theirs)]
    assert names[0] == names[1]
    ours.save_weights(tmp_path / "ours.weights.h5")
    theirs.load_weights(tmp_path / "ours.weights.h5")
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    again = model(LSTM)
    again.load_weights(tmp_path / "theirs.weights.h5")
    for mine, other in zip(ours.get_weights(), again.get_weights()):
        np.testing.assert_array_equal(mine, other)


def test_a_saved_model_comes_back(tmp_path):
    ours, given = model(LSTM), inputs()
    ours.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(again.get_layer("both_0").forward_layer, LSTM)
    np.testing.assert_array_equal(again(given)["all"], ours(given)["all"])


@pytest.mark.slow
def test_a_compiled_model_trains_on_sequences_of_any_length():
    ours = model(LSTM)
    ours.compile("adam", loss={"all": "mse"})
    assert not ours.jit_compile
    batches = [
        (inputs(time=time), {"all": np.full((3, time, 8), 0.3)})
        for time in (5, 9, 40)
    ]
    endless = (batch for _ in itertools.count() for batch in batches)
    history = ours.fit(
        endless, epochs=2, steps_per_epoch=15, shuffle=False, verbose=0
    )
    assert history.history["loss"][1] < history.history["loss"][0]


@pytest.mark.slow
def test_a_plain_export_holds_core_operations_only(tmp_path, shared):
    tool = shared("tools", "savedmodel_capi.py")
    ours, given = model(LSTM), inputs()
    ours.export(tmp_path / "saved", verbose=False)
    np.savez(tmp_path / "inputs.npz", **given)
    ends = ["--inputs", "inputs.npz", "--outputs", "outputs.npz"]
    for command in (["check", "saved"], ["run", "saved", *ends]):
        command = [sys.executable, tool, *command]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    served = np.load(tmp_path / "outputs.npz")["all"]
    np.testing.assert_allclose(served, ours(given)["all"], rtol=0, atol=1e-6)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:In the future `np.object`:FutureWarning")
def test_a_portable_export_to_onnx_holds_lstm_nodes(tmp_path):
    import onnx
    import onnxruntime

    ours, path = model(LSTM), str(tmp_path / "model.onnx")
    ours(inputs())
    with lstm_implementation("portable"):
        ours.export(path, format="onnx", verbose=False)
    kinds = collections.Counter(
        node.op_type for node in onnx.load(path).graph.node
    )
    assert kinds["LSTM"] == 4 and not kinds["Loop"]
    session = onnxruntime.InferenceSession(path)
    for batch, time in ((1, 3), (3, 9), (5, 21)):
        given = inputs(batch, time)
        made = session.run(["all"], given)[0]
        np.testing.assert_allclose(made, ours(given)["all"], 0, 1e-5)
