"""Paper 003's network: sizes, branches, the shuffle, and attention."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from contracts import array, check_layer, noise, with_mask

import zoo
from pipelines import whitening
from zoo.layers import (
    LSTM,
    AttentionPooling,
    SequenceMask,
    attention_weights,
)
from zoo.papers import attention_fcn
from zoo.papers.attention_fcn.layers import DimensionShuffle, Whitening

NAMES = zoo.names("*_attention_blstm_fcn")
LENGTHS = (20, 13, 1, 0)
LABELS = ("angry", "happy", "sad", "neutral")


def trained_size(model: keras.Model) -> int:
    return sum(int(np.prod(each.shape)) for each in model.trainable_weights)


def batch(values: int = 743, lengths=LENGTHS) -> dict[str, np.ndarray]:
    features = noise((len(lengths), max(lengths), values))
    return {"features": features, "lengths": np.array(lengths, "int32")}


def small(**arguments) -> keras.Model:
    arguments = {"values": 7, "steps": 12, "units": 3, **arguments}
    return zoo.get("iemocap_attention_blstm_fcn", None, **arguments)


@pytest.mark.parametrize(
    "shuffle, torch", [(True, 1_002_500), (False, 1_229_316)]
)
def test_it_has_pytorchs_size_less_a_bias(shuffle, torch):
    model = zoo.get("iemocap_attention_blstm_fcn", None, shuffle=shuffle)
    lstm = 2 * 4 * 64 * ((300 if shuffle else 743) + 64 + 1)
    blocks = 128 * (8 * 743 + 1 + 2) + 64 * (5 * 128 + 1 + 2)
    dense = 64 * (128 + 64 + 1) + 4 * (64 + 1)
    assert trained_size(model) == lstm + 128 + blocks + dense
    # PyTorch's network has a second bias in each gate, which adds to the
    # first: nothing that one alone could not do.
    assert trained_size(model) == torch - 2 * 4 * 64


def test_the_classes_are_the_papers():
    assert zoo.card(NAMES[0], None).outputs[0].labels == attention_fcn.CHEAVD
    assert zoo.card(NAMES[1]).outputs[0].labels == LABELS
    assert zoo.get(NAMES[0], None).output["emotion"].shape == (None, 8)


@pytest.mark.slow
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("pooling", attention_fcn.POOLINGS)
@pytest.mark.parametrize("branches", attention_fcn.BRANCHES)
def test_every_row_of_the_tables_answers_with_probabilities(
    branches, pooling, shuffle
):
    model = small(branches=branches, pooling=pooling, shuffle=shuffle)
    inputs = batch(7)
    found = array(model(inputs)["emotion"])
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    for row, length in enumerate(inputs["lengths"]):
        inputs["features"][row, length:] = np.nan
    np.testing.assert_array_equal(array(model(inputs)["emotion"]), found)


@pytest.mark.parametrize("branches", attention_fcn.BRANCHES)
def test_branches_are_those_named(branches):
    layers = small(branches=branches).layers
    kinds = [type(each) for each in layers]
    assert (keras.layers.Bidirectional in kinds) == ("blstm" in branches)
    assert (LSTM in kinds) == branches.startswith("lstm")
    assert (AttentionPooling in kinds) == ("lstm" in branches)
    blocks = [n for n in layers if n.name.startswith("convolution")]
    assert len(blocks) == (2 if "fcn" in branches else 0)


def test_the_shuffle_keeps_the_contract():
    def means(layer, sequence, lengths):
        """Of each feature, at every valid frame."""
        mask = SequenceMask()(sequence, lengths)
        found = keras.ops.mean(layer(sequence, mask), axis=-1)
        found = keras.ops.expand_dims(found, 1)
        return keras.ops.where(keras.ops.expand_dims(mask, -1), found, 0.0)

    check_layer(DimensionShuffle(6), (4,), (4,), means)


def test_the_shuffle_leaves_as_many_frames_as_it_makes():
    sequence = noise((2, 300, 5))
    found = with_mask(DimensionShuffle(300), sequence, np.array([300, 300]))
    np.testing.assert_array_equal(array(found), sequence.transpose(0, 2, 1))


@pytest.mark.parametrize("length", [1, 2, 5, 12, 13, 29, 301])
@pytest.mark.parametrize("steps", [1, 2, 12, 300])
def test_the_shuffle_interpolates_from_the_first_frame_to_the_last(
    steps, length
):
    sequence = noise((1, length + 3, 2))
    found = with_mask(DimensionShuffle(steps), sequence, np.array([length]))
    places = np.linspace(0, length - 1, steps)
    for value in range(2):
        row = sequence[0, :length, value]
        expected = np.interp(places, np.arange(length), row)
        np.testing.assert_allclose(array(found)[0, value], expected, atol=1e-5)


@pytest.mark.parametrize("shuffle, shown", [(True, 7), (False, 20)])
def test_the_weights_of_attention_can_be_shown(shuffle, shown):
    model = small(shuffle=shuffle)
    weights = attention_weights(model)
    assert list(weights) == ["attention"]
    found = array(keras.Model(model.input, weights)(batch(7))["attention"])
    assert found.shape == (4, shown)
    rows = found.sum(axis=1)[: 4 if shuffle else 3]
    np.testing.assert_allclose(rows, 1, atol=1e-6)


@pytest.mark.parametrize("components", [4, 7])
def test_whitening_with_fewer_components_leaves_the_others_zero(components):
    model = small(components=7)
    low, high, mean = np.full(7, -1.0), np.full(7, 1.0), np.full(7, 0.5)
    matrix = noise((7, components))
    attention_fcn.set_whitening(model, low, high, mean, matrix)
    inputs = batch(7, (5,))
    layer = keras.Model(model.input, model.get_layer("whitening").output)
    whitened = array(layer(inputs))[0]
    clipped = np.clip(inputs["features"][0], -1, 1)
    np.testing.assert_allclose(
        whitened[:, :components], (clipped - 0.5) @ matrix, atol=1e-5
    )
    assert (whitened[:, components:] == 0).all()


def test_whitening_with_more_components_than_the_model_is_refused():
    ones = np.ones(7)
    with pytest.raises(ValueError):
        attention_fcn.set_whitening(
            small(components=2), -ones, ones, ones, noise((7, 3))
        )


@pytest.mark.parametrize("branches", ["blstm+fcn", "fcn"])
@pytest.mark.parametrize("shuffle", [True, False])
def test_a_shuffled_model_is_recognised(shuffle, branches):
    model = small(shuffle=shuffle, branches=branches)
    assert attention_fcn.is_shuffled(model) == (shuffle and branches != "fcn")


def test_padding_does_not_enter_the_normalisation():
    keras.utils.set_random_seed(0)
    inputs, moments = batch(7, (9, 9)), []
    longer = batch(7, (40, 9))
    longer["features"][:, 9:] = np.nan
    longer["features"][:, :9] = inputs["features"]
    longer["lengths"] = inputs["lengths"]
    model = small(branches="fcn")
    start = model.get_weights()
    for given in (inputs, longer):
        model.set_weights(start)
        model(given, training=True)
        layer = model.get_layer("normalisation_1")
        moments.append(array(layer.moving_variance))
    np.testing.assert_allclose(*moments, rtol=1e-5)
    assert np.isfinite(moments[0]).all()


@pytest.mark.parametrize(
    "argument, value, rule",
    [
        ("branches", "gru", "one of blstm.fcn, lstm.fcn, blstm, lstm, fcn"),
        ("pooling", "mean", "one of attention, average, max"),
        ("values", 0, "whole number of at least 1"),
        ("steps", 2.5, "whole number of at least 1"),
        ("units", -1, "whole number of at least 1"),
        ("dropout", 1.0, "at least 0 and less than 1"),
        ("labels", "angry", "sequence of different names"),
        ("labels", ["angry", "angry"], "sequence of different names"),
    ],
)
def test_an_argument_out_of_range_is_refused(argument, value, rule):
    with pytest.raises(ValueError, match=f"`{argument}` must be .*{rule}"):
        zoo.get("iemocap_attention_blstm_fcn", None, **{argument: value})


@pytest.mark.parametrize("components, width", [(None, 4), (3, 3)])
def test_whitening_keeps_the_contract(components, width):
    check_layer(Whitening(components), (4,), (width,))


def test_whitening_in_the_network_is_that_of_the_pipeline():
    frames = noise((200, 6)) * [1, 5, 0.1, 1, 2, 3] + 7
    frames[3, 2] = 1e6
    found = whitening.Whitening(4).fit([frames])
    layer = Whitening(4)
    layer.build((None, None, 6))
    arrays = found.arrays()
    del arrays["explained"]
    layer.set_whitening(**arrays)
    (expected,) = found.apply([frames])
    given = frames.astype("float32")[None]
    np.testing.assert_allclose(array(layer(given))[0], expected, atol=1e-3)
    broken = given.copy()
    broken[0, 0] = np.nan
    broken[0, 1] = np.inf
    np.testing.assert_allclose(array(layer(broken))[0, :2], 0, atol=1e-6)
