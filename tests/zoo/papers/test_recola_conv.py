"""The convolutional networks of RECOLA: sizes, reach, lengths, refusals."""

from __future__ import annotations

import golden
import keras
import numpy as np
import pytest
from contracts import array, check_layer, noise

import zoo
from zoo import layers
from zoo.papers.recola_conv import dilations
from zoo.papers.recola_conv.layers import UpSampling1D

NARROW = {"width": 8, "dimensions": ("arousal",)}
BLOCK = 3**4


def build(name, **arguments) -> keras.Model:
    """A model of one dimension, narrow where it has a width."""
    common = NARROW if name != "recola_context" else {"dimensions": ["arousal"]}
    model = zoo.get(name, weights=None, **{**common, **arguments})
    golden.fix_weights(model)
    return model


def traces(model: keras.Model, features, lengths=None) -> np.ndarray:
    if lengths is None:
        lengths = [features.shape[1]] * len(features)
    inputs = {"features": features, "lengths": np.array(lengths, "int32")}
    return array(model(inputs)["arousal"])


@pytest.mark.parametrize(
    "name, dimension, parameters",
    [
        ("recola_dilated", "arousal", 43_361),
        ("recola_dilated", "valence", 43_361),
        ("recola_downup", "arousal", 40_257),
        ("recola_downup", "valence", 455_937),
        ("recola_context", "arousal", 512 * 160 + 1 + 1 + 1),
    ],
)
def test_networks_have_the_papers_sizes(name, dimension, parameters):
    model = zoo.get(name, weights=None, dimensions=(dimension,))
    assert model.count_params() == parameters


def test_dimensions_share_nothing_and_do_not_change_each_other():
    both = zoo.get("recola_dilated", weights=None, depth=2, width=4)
    alone = zoo.get(
        "recola_dilated", None, depth=2, width=4, dimensions=("valence",)
    )
    assert both.count_params() == 2 * alone.count_params()
    shared = [w for w in both.weights if w.path.startswith("valence")]
    for mine, weight in zip(alone.weights, shared):
        mine.assign(weight)
    inputs = golden.batch(zoo.card("recola_dilated"), (20, 9), noise)
    found, expected = (array(m(inputs)["valence"]) for m in (alone, both))
    np.testing.assert_array_equal(found, expected)


def reach(model: keras.Model, steps: int, places: range) -> list[np.ndarray]:
    """Output steps that move with the input step at each place."""
    features = np.repeat(noise((1, steps, 160)), len(places) + 1, axis=0)
    change = 3 * np.random.default_rng(1).normal(size=160)
    for row, place in enumerate(places):
        features[row, place] += change
    *moved, still = traces(model, features)
    return [np.flatnonzero(row != still) for row in moved]


def test_an_input_step_moves_whole_blocks_of_81():
    """How many, its place decides."""
    model, steps = build("recola_downup", width=32), 9 * BLOCK
    moved = reach(model, steps, range(4 * BLOCK, 5 * BLOCK))
    for places in moved:
        assert places[0] % BLOCK == 0 and (np.diff(places) == 1).all()
        assert len(places) in (3 * BLOCK, 4 * BLOCK)
    mean = np.mean([len(places) for places in moved])
    (field, _) = zoo.card("recola_downup", weights=None).outputs
    assert mean == field.receptive_field


def test_down_and_up_repeats_itself_every_block_where_nothing_changes():
    steps = 9 * BLOCK
    features = np.broadcast_to(noise((1, 1, 160)), (1, steps, 160))
    (trace,) = traces(build("recola_downup"), features)
    inner = trace[2 * BLOCK : -2 * BLOCK].reshape(-1, BLOCK)
    assert np.ptp(inner, axis=0).max() < 1e-6
    (dilated,) = traces(build("recola_dilated", depth=6), features)
    assert np.ptp(dilated[64:-64]) < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("name", ["recola_dilated", "recola_downup"])
def test_as_many_steps_come_out_as_go_in(name):
    """For every length, and as if the row had been padded to any other."""
    import tensorflow as tf

    inputs = tf.TensorSpec((None, None, 160)), tf.TensorSpec((None,), tf.int32)
    model = build(name, width=2)

    @tf.function(input_signature=inputs)  # traced once for every length
    def answer(features, lengths):
        return model({"features": features, "lengths": lengths})["arousal"]

    lengths = np.arange(1, 201)
    features = np.repeat(noise((1, 200, 160)), 200, axis=0)
    padded = array(answer(features, lengths))
    for row, length in enumerate(lengths):
        (alone,) = array(answer(features[:1, :length], [length]))
        assert alone.shape == (length,)
        np.testing.assert_allclose(alone, padded[row, :length], atol=1e-6)
        assert (padded[row, length:] == 0).all()


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("recola_dilated", {"dilation": 3, "depth": 4, "kernel_size": 2}),
        ("recola_downup", {"factor": 2, "depth": 3, "kernel_size": 5}),
        ("recola_downup", {"factor": 4, "depth": 2, "kernel_size": 4}),
        ("recola_context", {"span": 2}),
        ("recola_context", {"span": 2048}),
    ],
)
def test_every_size_of_the_papers_search_builds(name, arguments):
    found = traces(build(name, **arguments), noise((2, 50, 160)))
    assert found.shape == (2, 50) and np.isfinite(found).all()


@pytest.mark.parametrize("between, field", [(False, 31), (True, 39)])
def test_dilations_may_count_the_steps_between_taps(between, field):
    """2 * (1 + 2 + 4 + 8) + 1 steps, and two more for each of four layers."""
    model = build("recola_dilated", depth=4, between=between)
    (moved,) = reach(model, 81, range(40, 41))
    assert (moved[0], moved[-1]) == (40 - field // 2, 40 + field // 2)


def test_dilations_stay_below_the_longest_recording():
    assert dilations(12, 2) == [2**layer for layer in range(12)]
    assert dilations(12, 2, longest=7500) == dilations(12, 2)
    assert dilations(10, 3, longest=7500)[7:] == [2187, 6561, 1]
    assert dilations(6, 2, longest=8) == [1, 2, 4, 1, 2, 4]
    assert dilations(6, 2, between=True, longest=9) == [2, 3, 5, 2, 3, 5]
    assert dilations(3, 2, longest=1) == [1, 1, 1]
    model = build("recola_dilated", depth=6, longest=8)
    rates = [
        layer.dilation_rate for layer in model.layers if "dilated" in layer.name
    ]
    assert rates == [(1,), (2,), (4,)] * 2


def test_with_fewer_taps_than_the_factor_some_steps_never_change():
    """What `check_taps` refuses: the transposed convolution as it is."""
    layer = UpSampling1D(3, 3, strides=4)
    sequence, full = noise((1, 6, 2)), np.ones((1, 6), bool)
    found = array(layer(sequence, full, np.ones((1, 24), bool)))[0]
    assert (np.ptp(found.reshape(6, 4, 3), axis=0).max(-1) == 0).sum() == 1


def test_a_size_may_be_each_dimensions_own():
    model = zoo.get(
        "recola_dilated",
        weights=None,
        depth={"arousal": 2, "valence": 3},
        width={"arousal": 4, "valence": 5},
        l2={"arousal": 0.0, "valence": 0.1},
    )
    names = {layer.name for layer in model.layers}
    assert "valence_dilated_2" in names and "arousal_dilated_2" not in names
    assert model.get_layer("valence_dilated_0").filters == 5
    assert len(model.losses) == 3


def test_dimensions_may_have_any_name():
    model = zoo.get(
        "recola_context", weights=None, span=3, dimensions=["dominance"]
    )
    assert list(model.output) == ["dominance"]


@pytest.mark.parametrize(
    "name, arguments, words",
    [
        ("recola_dilated", {"depth": 0}, "`depth` must be a whole number of"),
        ("recola_dilated", {"width": 1.5}, "at least 1. Received: width=1.5"),
        ("recola_dilated", {"dilation": -1}, "Received: dilation=-1"),
        ("recola_context", {"span": 0}, "Received: span=0"),
        ("recola_downup", {"factor": 1}, "`factor` must be at least 2. Rece"),
        ("recola_downup", {"factor": 4}, "at least `factor`.*never change"),
        (
            "recola_downup",
            {"width": {"arousal": 8}},
            "`width` must be one value, or name every dimension. Missing: 'va",
        ),
        ("recola_dilated", {"dimensions": ()}, "`dimensions` must be a seque"),
        ("recola_dilated", {"dimensions": "arousal"}, "dimensions='arousal'"),
    ],
)
def test_sizes_that_make_no_network_are_refused(name, arguments, words):
    with pytest.raises(ValueError, match=words):
        zoo.get(name, weights=None, **arguments)


def test_an_argument_that_a_model_does_not_have_is_named():
    with pytest.raises(TypeError, match="'widht'"):
        zoo.get("recola_dilated", weights=None, widht=32)


def up_sampled(layer, sequence, lengths):
    """To the length of what was pooled to `sequence`, by 3."""
    longer = keras.ops.repeat(sequence, 3, axis=1)
    before = layers.SequenceMask()(longer, lengths * 3)
    return layer(sequence, layers.SequenceMask()(sequence, lengths), before)


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
