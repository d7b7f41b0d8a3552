"""Paper 000's networks: sizes, modalities, padding, and the bounds."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest
from contracts import array, noise

import zoo
from zoo.layers import LSTM, GlobalMaxPooling1D
from zoo.papers import mosei_fusion
from zoo.papers.mosei_fusion.layers import Bounded

NAMES = zoo.names("mosei_*")
LENGTHS = (20, 13, 1, 0)
SETS = [
    "".join(letters)
    for count in (1, 2, 3)
    for letters in itertools.combinations("tav", count)
]
every_network = pytest.mark.parametrize("name", NAMES)


def trained_size(model: keras.Model) -> int:
    return sum(int(np.prod(each.shape)) for each in model.trainable_weights)


def batch(values: int = 409, lengths=LENGTHS) -> dict[str, np.ndarray]:
    features = noise((len(lengths), max(lengths), values))
    return {"features": features, "lengths": np.array(lengths, "int32")}


def emotions(model: keras.Model, inputs, **kwargs) -> np.ndarray:
    return array(model(inputs, **kwargs)["emotions"])


def test_the_trimodal_blstm_has_pytorchs_size_less_a_bias():
    model = zoo.get("mosei_blstm", weights=None)
    normalisation = 2 * 409
    lstm = 2 * 4 * 64 * (409 + 64 + 1)
    dense = 100 * (128 + 1) + 100 * (100 + 1) + 6 * (100 + 1)
    assert trained_size(model) == normalisation + lstm + dense == 267_112
    # PyTorch's 267,624 have a second bias in each gate, which adds to the
    # first: nothing that one alone could not do.
    assert trained_size(model) == 267_624 - 2 * 4 * 64


def test_the_sizes_of_the_other_two():
    size = trained_size(zoo.get("mosei_lstm", None, dense=1))
    assert size == 818 + 4 * 64 * (409 + 64 + 1) + 100 * 65 + 606
    size = trained_size(zoo.get("mosei_cnn", None, dense=1, depth=2))
    filters = 128 * (3 * 409 + 1) + 128 * (3 * 128 + 1)
    assert size == 818 + filters + 100 * 129 + 606


@pytest.mark.slow
@every_network
@pytest.mark.parametrize("depth, dense", [(1, 3), (2, 2), (3, 1)])
def test_as_many_layers_as_the_paper_tries(name, depth, dense):
    model = zoo.get(name, None, depth=depth, dense=dense)
    kinds = (LSTM, keras.layers.Bidirectional, keras.layers.Conv1D)
    found = [each for each in model.layers if isinstance(each, kinds)]
    assert len(found) == depth
    assert len([n for n in model.layers if n.name.startswith("dense")]) == dense
    assert np.isfinite(emotions(model, batch())).all()


def test_each_dense_layer_is_followed_by_dropout():
    model = zoo.get("mosei_blstm", None, dense=3, dropout=0.2)
    names = [each.name for each in model.layers]
    start = names.index("dense_0")
    assert names[start:-1] == [
        "dense_0",
        "dropout_0",
        "dense_1",
        "dropout_1",
        "dense_2",
        "dropout_2",
        "intensities",
        "bounded",
    ]
    assert model.get_layer("dropout_2").rate == 0.2


@pytest.mark.parametrize("modalities", SETS)
def test_any_set_of_modalities_has_its_own_features(modalities):
    values = sum({"t": 300, "a": 74, "v": 35}[each] for each in modalities)
    for letters in (modalities, modalities[::-1]):
        model = zoo.get("mosei_lstm", None, modalities=letters)
        assert model.input["features"].shape == (None, None, values)


def test_one_hot_words_and_another_face_fit():
    values = {"t": 1000, "a": 74, "v": 36}
    for letters, width in (("t", 1000), ("av", 110), ("vta", 1110)):
        model = zoo.get("mosei_cnn", None, modalities=letters, values=values)
        assert model.input["features"].shape[-1] == width
    model = zoo.get("mosei_cnn", None, modalities="av", values=110)
    assert model.input["features"].shape[-1] == 110


def test_other_labels_have_other_bounds():
    model = zoo.get("mosei_lstm", None, labels=["sentiment"], low=1.0, high=5.0)
    assert model.output["emotions"].shape == (None, 1)
    found = emotions(model, batch())
    assert (found >= 1).all() and (found <= 5).all()
    # Without a bias of its own every prediction would begin below the bound.
    assert array(model.get_layer("intensities").bias).tolist() == [1.0]


@every_network
def test_scaled_features_give_the_same_answers(name):
    model = zoo.get(name, weights=None)
    inputs = batch()
    expected = emotions(model, inputs)
    mosei_fusion.set_scaling(model, np.full(409, 3.0), np.full(409, 2.0))
    inputs["features"] = inputs["features"] * 2 + 3
    np.testing.assert_allclose(emotions(model, inputs), expected, atol=1e-4)


def test_predictions_start_at_the_medians():
    model = zoo.get("mosei_cnn", weights=None)
    medians = np.linspace(0, 1, 6)
    before = emotions(model, batch())
    mosei_fusion.set_medians(model, medians)
    rise = emotions(model, batch()) - before
    assert (rise <= medians + 1e-5).all() and (rise >= 0).all()
    assert rise[:, 1:].any()


@every_network
def test_predictions_stay_in_bounds_on_wild_features(name):
    model = zoo.get(name, weights=None, depth=2)
    inputs = batch()
    inputs["features"] *= 1e6
    inputs["features"][0, 3] = [-np.inf, np.inf, np.nan, *np.zeros(406)]
    found = emotions(model, inputs)
    assert (found >= 0).all() and (found <= 3).all()
    assert np.ptp(found) > 0


@every_network
def test_rows_of_any_length_are_as_if_alone(name):
    model = zoo.get(name, weights=None, depth=2)
    inputs = batch()
    together = emotions(model, inputs)
    for row, length in enumerate(LENGTHS):
        kept = max(length, 1)
        alone = {
            "features": inputs["features"][[row], :kept],
            "lengths": inputs["lengths"][[row]],
        }
        found = emotions(model, alone)[0]
        np.testing.assert_allclose(found, together[row], atol=1e-5)


@pytest.mark.slow
@every_network
def test_training_does_not_see_padding(name):
    """Neither the loss nor the moments of the normalisation do."""
    found = []
    model = zoo.get(name, weights=None)
    model.compile("adam", "mae", jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables]
    before = [array(each) for each in variables]
    normalisation = model.get_layer("normalisation")
    for padding in (0.0, np.nan, 1e9):
        for variable, value in zip(variables, before):
            variable.assign(value)
        inputs = batch()
        for row, length in zip(inputs["features"], LENGTHS):
            row[length:] = padding
        labels = {"emotions": np.full((4, 6), 1.0, "float32")}
        loss = model.train_on_batch(inputs, labels)
        weights = [array(each) for each in normalisation.weights]
        found.append([np.asarray(loss), *weights, emotions(model, inputs)])
    for other in found[1:]:
        for one, another in zip(found[0], other):
            np.testing.assert_array_equal(one, another)


def test_the_normalisation_has_the_moments_of_the_words():
    model = zoo.get("mosei_lstm", weights=None)
    inputs = batch()
    model(inputs, training=True)
    words = np.concatenate(
        [row[:n] for row, n in zip(inputs["features"], LENGTHS)]
    )
    layer = model.get_layer("normalisation")
    left, taken = layer.momentum, 1 - layer.momentum
    np.testing.assert_allclose(
        array(layer.moving_mean), taken * words.mean(axis=0), atol=1e-5
    )
    np.testing.assert_allclose(
        array(layer.moving_variance),
        left + taken * words.var(axis=0),
        atol=1e-5,
    )


def test_a_unit_out_of_bounds_comes_back():
    """By the absolute error, whose slope beyond a plain clip would be 0."""
    inputs = keras.Input((1,))
    outputs = Bounded(0, 3)(keras.layers.Dense(2, name="unit")(inputs))
    model = keras.Model(inputs, outputs)
    model.get_layer("unit").set_weights([np.zeros((1, 2)), np.array([-2, 7.0])])
    model.compile(keras.optimizers.SGD(0.5), "mae", jit_compile=False)
    ones, labels = np.ones((1, 1)), np.array([[1.0, 2.0]])
    assert array(model(ones)).tolist() == [[0, 3]]
    for _ in range(30):
        model.train_on_batch(ones, labels)
    np.testing.assert_allclose(array(model(ones)), labels, atol=0.5)


@pytest.mark.parametrize("loss", ["mae", "mse"])
def test_labels_at_a_bound_push_nothing_further_out(loss):
    inputs = keras.Input((2,))
    model = keras.Model(inputs, Bounded(0, 3)(keras.layers.Dense(2)(inputs)))
    weights = [np.eye(2), np.array([-2, 7.0])]
    model.layers[1].set_weights(weights)
    model.compile(keras.optimizers.SGD(0.5), loss, jit_compile=False)
    model.train_on_batch(np.zeros((1, 2)), np.array([[0.0, 3.0]]))
    assert array(model.layers[1].bias).tolist() == [-2, 7]


def test_bounded_numbers_are_exactly_within():
    values = np.float32([-1e8, -1e-8, 0.1, 2.9999, 3.1, 1e8])
    found = array(Bounded(0, 3)(values))
    np.testing.assert_array_equal(found, np.clip(values, 0, 3))
    layer = Bounded(1, 5)
    assert Bounded.from_config(layer.get_config()).high == 5
    for bounds in ((3, 3), (5, 1), (0, np.inf), (np.nan, 1)):
        with pytest.raises(ValueError, match="`low` must be a number below"):
            Bounded(*bounds)


def test_the_maximum_is_over_the_words_there_are():
    sequence = noise((3, 5, 4)) - 10
    mask = np.array([[True] * 5, [True, True] + [False] * 3, [False] * 5])
    sequence[1, 2:] = np.nan
    found = array(GlobalMaxPooling1D()(sequence, mask))
    np.testing.assert_array_equal(found[0], sequence[0].max(axis=0))
    np.testing.assert_array_equal(found[1], sequence[1, :2].max(axis=0))
    assert found[2].tolist() == [0] * 4


def test_the_card_names_the_emotions_in_the_papers_order():
    for name in NAMES:
        card = zoo.card(name)
        assert card.frontend is None and card.hop is None
        assert card.outputs[0].labels == mosei_fusion.EMOTIONS


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"depth": 0}, "`depth` must be a whole number of at least 1"),
        ({"dense": 1.5}, "`dense` must be a whole .* Received: dense=1.5"),
        ({"dropout": 1.0}, "`dropout` must be at least 0 and less than 1"),
        ({"modalities": ""}, "some of t, a, v, each once. Rec.*modalities=''"),
        ({"modalities": "tat"}, "Received: modalities='tat'"),
        ({"modalities": "x"}, "Received: modalities='x'"),
        (
            {"modalities": "av", "values": {"a": 74}},
            r"`values` must name every .* Missing: v. Rec.*values={'a': 74}",
        ),
        ({"values": {"t": 0, "a": 1, "v": 1}}, r"`values\['t'\]` must be a"),
        ({"values": 0}, "`values` must be a whole number of at least 1"),
        ({"labels": "anger"}, "`labels` must be a sequence of different"),
        ({"labels": ()}, "`labels` must be a sequence of different"),
        ({"labels": ("a", "a")}, "`labels` must be a sequence of different"),
        ({"low": 3.0}, "`low` must be a number below `high`"),
    ],
)
def test_wrong_arguments_are_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        zoo.get("mosei_lstm", weights=None, **arguments)
