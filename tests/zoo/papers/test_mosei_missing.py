"""Words without a modality: zeros after scaling, and how they are joined."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from contracts import array, noise

import zoo
from zoo.papers import mosei_fusion
from zoo.papers.mosei_fusion import inputs as joining
from zoo.papers.mosei_fusion.layers import MissingModalities

VALUES = {"t": 5, "a": 4, "v": 3}
PLACES = {"t": slice(0, 5), "a": slice(5, 9), "v": slice(9, 12)}
MEANS = np.arange(12) / 4 - 1
LENGTHS = np.array([7, 4], "int32")
every_network = pytest.mark.parametrize("name", zoo.names("mosei_*"))


def scaled_model(name, **arguments):
    """A network of small features, scaled by mean and standard deviation."""
    arguments = {"modalities": "tav", "values": VALUES, **arguments}
    model = zoo.get(name, weights=None, **arguments)
    deviations = np.linspace(0.5, 2, 12)
    mosei_fusion.set_scaling(model, MEANS, deviations)
    normalisation = model.get_layer("normalisation")
    normalisation.moving_mean.assign(np.linspace(-0.2, 0.3, 12))
    return model


def emotions(model, features):
    outputs = model({"features": features, "lengths": LENGTHS})
    return array(outputs["emotions"])


@every_network
@pytest.mark.parametrize("letter", "tav")
def test_a_missing_modality_counts_as_its_training_mean(name, letter):
    model = scaled_model(name)
    features = noise((2, 7, 12))
    absent, at_mean = features.copy(), features.copy()
    absent[..., PLACES[letter]] = np.nan
    at_mean[..., PLACES[letter]] = MEANS[PLACES[letter]]
    predictions = emotions(model, absent)
    assert np.isfinite(predictions).all()
    np.testing.assert_allclose(predictions, emotions(model, at_mean), atol=1e-6)
    assert not np.allclose(predictions, emotions(model, features), atol=1e-5)


def test_single_words_may_lack_a_modality():
    model = scaled_model("mosei_blstm")
    features = noise((2, 7, 12))
    absent, at_mean = features.copy(), features.copy()
    absent[0, 2, PLACES["v"]] = np.nan
    at_mean[0, 2, PLACES["v"]] = MEANS[PLACES["v"]]
    np.testing.assert_allclose(
        emotions(model, absent), emotions(model, at_mean), atol=1e-6
    )


def test_single_nan_values_are_zero_before_scaling():
    model = scaled_model("mosei_blstm")
    features = noise((2, 7, 12))
    damaged, zero = features.copy(), features.copy()
    damaged[0, 1, 6], zero[0, 1, 6] = np.nan, 0
    np.testing.assert_allclose(
        emotions(model, damaged), emotions(model, zero), atol=1e-6
    )


def test_a_model_of_one_number_of_values_misses_all_together():
    model = scaled_model("mosei_blstm", values=12)
    assert model.get_layer("missing").values == (12,)
    features = noise((2, 7, 12))
    features[0, 3] = np.nan
    assert np.isfinite(emotions(model, features)).all()


def test_joined_features_are_in_the_models_order():
    own = {n: noise((2, 7, count)) for n, count in VALUES.items()}
    joined = mosei_fusion.join_modalities(
        dict(reversed(own.items())), "tav", VALUES
    )
    assert joined.dtype == np.float32
    for letter, place in PLACES.items():
        np.testing.assert_array_equal(joined[..., place], own[letter])


def test_an_absent_modality_is_joined_as_nan_and_said_once(caplog):
    joining._say_missing.cache_clear()
    own = {"t": noise((7, 5)), "v": noise((7, 3))}
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            joined = mosei_fusion.join_modalities(own, "tav", VALUES)
    assert [record.getMessage() for record in caplog.records] == [
        "audio missing: the model takes zeros after scaling"
    ]
    assert np.isnan(joined[:, PLACES["a"]]).all()
    np.testing.assert_array_equal(joined[:, PLACES["t"]], own["t"])
    model = scaled_model("mosei_blstm")
    assert np.isfinite(emotions(model, np.stack([joined, joined]))).all()


@pytest.mark.parametrize(
    ("features", "modalities", "message"),
    [
        ({}, "tav", "of some of t, a, v. Received: none"),
        ({"v": np.zeros((2, 3))}, "ta", "of some of t, a. Received: v"),
        ({"a": np.zeros((2, 9))}, "tav", r"shape \(2, 4\).*\(2, 9\)"),
        ({"a": np.zeros(4)}, "tav", r"`features\['a'\]` must have the shape"),
        (
            {"a": np.zeros((2, 4)), "v": np.zeros((3, 3))},
            "tav",
            r"`features\['v'\]` .*shape \(2, 3\).*\(3, 3\)",
        ),
    ],
)
def test_features_that_do_not_fit_are_refused(features, modalities, message):
    with pytest.raises(ValueError, match=message):
        mosei_fusion.join_modalities(features, modalities, VALUES)


def test_modalities_without_values_are_refused():
    with pytest.raises(ValueError, match=r"`values\[1\]` must be a whole"):
        MissingModalities([3, 0])
