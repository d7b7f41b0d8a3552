"""Paper 001's networks: sizes, heads, levels, and the loss by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from contracts import check_layer

import zoo
from zoo import decoding
from zoo.losses import CostSensitiveCrossEntropy, FrameSquaredError
from zoo.papers import recola_discrete
from zoo.papers.recola_discrete import LevelPosteriors, LevelValue

LEVELS = (4, 6, 8, 10)


def test_the_classifier_has_the_papers_sizes():
    model = zoo.get("recola_blstm_cls", weights=None, dimensions=("arousal",))
    units, features = 80, 160
    lstm = 4 * units * (features + units + 1)
    layers = 2 * 3 * lstm  # 160 values into the first layer, 80 + 80 later
    heads = sum(levels * (2 * units + 1) for levels in LEVELS)
    trained = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    assert trained == layers + heads
    assert model.output["arousal"].shape == (None, None)
    assert [model.output[f"arousal_{n}"].shape[-1] for n in LEVELS] == [*LEVELS]


@pytest.mark.parametrize("depth", [3, 4, 5])
def test_depth_is_the_number_of_blstm_layers(depth):
    model = recola_discrete.regressor(depth, dimensions=("valence",))
    found = [
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.Bidirectional)
    ]
    assert len(found) == depth


def test_the_card_names_every_output():
    model = zoo.get("recola_blstm_cls", weights=None, depth=1)
    ports = zoo.card("recola_blstm_cls").outputs
    assert {port.name for port in ports} == set(model.output)
    for port in ports:
        assert model.output[port.name].shape[1:] == port.shape


def test_values_are_those_of_scaled_posteriors():
    layer = LevelValue()
    means, priors = [-0.6, 0.1, 0.5], [0.7, 0.2, 0.1]
    posteriors = np.random.default_rng(0).dirichlet([1, 1, 1], (1, 50))
    layer.build(posteriors.shape)
    layer.set_levels(means, priors)
    scaled = decoding.posteriors_over_priors(posteriors[0], priors)
    expected = np.take(means, scaled.argmax(-1))
    received = keras.ops.convert_to_numpy(layer(posteriors.astype("float32")))
    np.testing.assert_allclose(received[0], expected, rtol=1e-6)
    assert (posteriors[0].argmax(-1) != scaled.argmax(-1)).any()


def test_a_class_that_training_never_shows_is_never_chosen():
    layer = LevelValue()
    layer.build((1, 1, 3))
    layer.set_levels([-1.0, 0.0, 1.0], [0.5, 0.0, 0.5])
    posteriors = np.array([[[0.1, 0.8, 0.1], [0.3, 0.5, 0.2]]], "float32")
    received = keras.ops.convert_to_numpy(layer(posteriors))
    assert received.tolist() == [[-1.0, -1.0]]


def test_the_trace_is_the_mean_over_tasks():
    model = zoo.get("recola_blstm_cls", None, depth=1, dimensions=("valence",))
    for place, levels in enumerate(LEVELS):
        means, priors = np.full(levels, place), np.full(levels, 1 / levels)
        recola_discrete.set_levels(model, "valence", levels, means, priors)
    features = np.random.default_rng(0).normal(size=(1, 9, 160))
    inputs = {"features": features.astype("float32"), "lengths": np.array([7])}
    trace = keras.ops.convert_to_numpy(model(inputs)["valence"])[0]
    assert trace.tolist() == [1.5] * 7 + [0.0] * 2


def test_the_loss_is_equations_6_and_7():
    posteriors = np.random.default_rng(0).dirichlet([1] * 5, (2, 7))
    levels = np.random.default_rng(1).integers(0, 5, (2, 7))
    expected = 0.0
    for row in range(2):
        for frame in range(7):
            p, true = posteriors[row, frame], levels[row, frame]
            cost = 1 + abs(int(p.argmax()) - int(true)) / 5
            expected -= cost * np.log(p[true])
    received = CostSensitiveCrossEntropy()(levels, posteriors)
    assert float(received) * levels.size == pytest.approx(expected, rel=1e-5)


def test_a_constant_cost_is_plain_cross_entropy():
    posteriors = np.random.default_rng(0).dirichlet([1] * 5, (2, 7))
    levels = np.random.default_rng(1).integers(0, 5, (2, 7))
    loss = CostSensitiveCrossEntropy("constant")
    expected = keras.losses.SparseCategoricalCrossentropy()(levels, posteriors)
    assert float(loss(levels, posteriors)) == pytest.approx(float(expected))
    copy = CostSensitiveCrossEntropy.from_config(loss.get_config())
    assert copy.cost == "constant"
    with pytest.raises(ValueError, match="`cost` must be"):
        CostSensitiveCrossEntropy("squared")


def test_the_papers_l2_weight_is_a_share_of_the_loss_that_counts():
    """Grid values 0 and 0.00002 must be different trainings."""
    model = zoo.get(
        "recola_blstm_cls", None, depth=3, l2=2e-5, dimensions=("arousal",)
    )
    frames = 500
    inputs = {
        "features": np.random.default_rng(0)
        .normal(size=(1, frames, 160))
        .astype("float32"),
        "lengths": np.array([frames]),
    }
    outputs = model(inputs)
    total = sum(
        float(CostSensitiveCrossEntropy()(np.zeros((1, frames)), outputs[name]))
        for name in (f"arousal_{n}" for n in LEVELS)
    )
    penalty = float(sum(model.losses))
    assert 1e-3 < penalty / total < 0.1


def test_the_cost_is_a_constant_for_the_gradient():
    import tensorflow as tf

    posteriors = tf.constant([[[0.2, 0.5, 0.3]]])
    with tf.GradientTape() as tape:
        tape.watch(posteriors)
        loss = CostSensitiveCrossEntropy()(np.array([[2.0]]), posteriors)
    gradient = tape.gradient(loss, posteriors).numpy()[0, 0]
    np.testing.assert_allclose(gradient, [0, 0, -(1 + 1 / 3) / 0.3], rtol=1e-6)


def test_frames_of_weight_zero_do_not_count():
    posteriors = np.random.default_rng(0).dirichlet([1] * 4, (1, 6))
    padded = np.concatenate([posteriors, np.zeros((1, 3, 4))], axis=1)
    levels = np.array([[0, 1, 2, 3, 0, 1, 0, 0, 0]])
    weights = np.array([[1.0] * 6 + [0.0] * 3])
    whole = CostSensitiveCrossEntropy()(levels, padded, weights)
    cut = CostSensitiveCrossEntropy()(levels[:, :6], posteriors)
    assert float(whole) == pytest.approx(float(cut), rel=1e-6)
    error = FrameSquaredError()
    true, predicted = levels.astype("float32"), padded.sum(-1)
    assert float(error(true, predicted, weights)) == pytest.approx(
        np.square(true[:, :6] - 1).mean(), rel=1e-5
    )


def test_posteriors_in_the_padding_are_zero():
    layer = LevelPosteriors(4)
    sequence = np.random.default_rng(0).normal(size=(1, 3, 2))
    mask = np.array([[True, True, False]])
    received = keras.ops.convert_to_numpy(layer(sequence, mask=mask))
    np.testing.assert_allclose(received.sum(-1), [[1, 1, 0]], rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"depth": 0}, "`depth` must be a whole number of at least 1"),
        ({"dimensions": "arousal"}, "`dimensions` must be a sequence"),
        ({"depth": {"arousal": 3}}, "Missing: 'valence'"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        zoo.get("recola_blstm_cls", weights=None, **arguments)


def test_level_posteriors_keep_the_contract():
    check_layer(LevelPosteriors(3), (7,), (3,))


def test_level_values_keep_the_contract():
    check_layer(LevelValue(), (7,), ())
