"""What losses keep, and the concordance loss."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from contracts import array, noise
from contracts_loss import check_loss, gradient
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.losses import (
    ConcordanceLoss,
    CostSensitiveCrossEntropy,
    FrameSquaredError,
    SharedCrossEntropy,
    SmoothedCrossEntropy,
)
from zoo.metrics import concordance_cc


def pair(rows=3, steps=40):
    """Labels and predictions that go along with them."""
    labels = noise((rows, steps))
    wandering = np.random.default_rng(1).normal(size=labels.shape)
    return labels, (0.5 * labels + 0.3 * wandering + 0.1).astype("float32")


@pytest.mark.parametrize("loss", [ConcordanceLoss, FrameSquaredError])
def test_losses_of_traces_keep_the_contract(loss):
    labels, predictions = pair()
    check_loss(loss(), labels, labels, predictions)


def test_losses_of_levels_keep_the_contract():
    labels = np.random.default_rng(0).integers(4, size=(3, 40))
    right = np.eye(4, dtype="float32")[labels]
    wrong = 0.7 * right + 0.3 * np.roll(right, 1, axis=-1)
    wrong[:, ::3] = 0.25
    check_loss(
        CostSensitiveCrossEntropy(), labels.astype("float32"), right, wrong
    )


def test_concordance_loss_is_one_less_the_pooled_coefficient():
    labels, predictions = pair()
    found = float(ConcordanceLoss()(labels, predictions))
    assert found == pytest.approx(1 - concordance_cc(labels, predictions))
    apart = np.mean(
        [concordance_cc(*each) for each in zip(labels, predictions)]
    )
    assert abs(found - (1 - apart)) > 1e-3


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_frames_does_not_matter(seed):
    labels, predictions = pair()
    order = np.random.default_rng(seed).permutation(labels.size)
    shuffled = [
        each.ravel()[order].reshape(4, 30) for each in (labels, predictions)
    ]
    plain = float(ConcordanceLoss()(labels, predictions))
    assert float(ConcordanceLoss()(*shuffled)) == pytest.approx(plain)


@pytest.mark.parametrize(
    "predictions, expected",
    [(lambda y: y, 0), (lambda y: -y + 2 * y.mean(), 2), (np.zeros_like, 1)],
)
def test_it_runs_from_0_to_2(predictions, expected):
    labels, _ = pair()
    found = float(ConcordanceLoss()(labels, predictions(labels)))
    assert found == pytest.approx(expected, abs=1e-5)


def test_what_has_no_coefficient_is_neither_nan_nor_right():
    constant = np.full((1, 9), 0.25, "float32")
    assert float(ConcordanceLoss()(constant, constant)) == 1
    assert np.isfinite(gradient(ConcordanceLoss(), constant, constant)).all()
    nothing = np.zeros((1, 9), "float32")
    assert float(ConcordanceLoss()(constant, constant, nothing)) == 1


def test_its_gradient_is_that_of_the_formula():
    labels, predictions = pair(1, 6)
    found = gradient(ConcordanceLoss(), labels, predictions)[0]
    step = 1e-6
    for place in range(6):
        moved = np.repeat(predictions.astype("float64"), 2, axis=0)
        moved[:, place] += [step, -step]
        below, above = (concordance_cc(labels, each) for each in moved)
        slope = (above - below) / (2 * step)
        assert found[place] == pytest.approx(slope, abs=1e-4)


def test_a_model_of_named_outputs_trains_with_it():
    inputs = keras.Input((None, 2), name="features")
    outputs = keras.layers.Dense(1)(inputs)[..., 0]
    model = keras.Model({"features": inputs}, {"arousal": outputs})
    model.compile(
        keras.optimizers.Adam(0.05),
        {"arousal": ConcordanceLoss()},
        jit_compile=False,
    )
    features = noise((2, 50, 2))
    targets = {"arousal": features @ np.array([0.5, -0.2], "float32")}
    weights = {"arousal": np.ones((2, 50), "float32")}
    for _ in range(150):
        model.train_on_batch(features_only(features), targets, weights)
    found = array(model(features_only(features))["arousal"])
    assert concordance_cc(targets["arousal"], found) > 0.99


def features_only(features):
    return {"features": features}


def test_smoothed_cross_entropy_is_that_of_smoothed_labels():
    predictions = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]], "float32")
    loss = SmoothedCrossEntropy(0.3)
    expected = [
        -np.log([0.7, 0.2, 0.1]) @ [0.8, 0.1, 0.1],
        -np.log([0.1, 0.1, 0.8]) @ [0.1, 0.8, 0.1],
    ]
    labels = np.array([0, 1], "int32")
    assert float(loss(labels, predictions)) == pytest.approx(np.mean(expected))
    weighted = float(loss(labels, predictions, np.array([1.0, 0.0])))
    assert weighted == pytest.approx(expected[0] / 2)
    plain = keras.losses.SparseCategoricalCrossentropy()(labels, predictions)
    found = SmoothedCrossEntropy(0.0)(labels, predictions)
    assert float(found) == pytest.approx(float(plain))
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.smoothing == 0.3


def test_a_smoothing_out_of_range_is_refused():
    with pytest.raises(ValueError, match="`smoothing` must be .*less than 1"):
        SmoothedCrossEntropy(1.0)


def test_shared_labels_of_one_rater_are_indices():
    labels = np.array([2, 0, 1])
    posteriors = np.random.default_rng(0).dirichlet(np.ones(3), 3)
    indices = float(SharedCrossEntropy()(labels, posteriors))
    assert float(SharedCrossEntropy()(np.eye(3)[labels], posteriors)) == (
        pytest.approx(indices, rel=1e-6)
    )
    expected = -np.log(posteriors[np.arange(3), labels]).mean()
    assert indices == pytest.approx(expected, rel=1e-5)


def test_shared_labels_are_learnt_as_a_distribution():
    shares = np.array([[0.25, 0.75]])
    losses = [
        float(SharedCrossEntropy()(shares, np.array([[share, 1 - share]])))
        for share in (0.1, 0.25, 0.4)
    ]
    assert losses[1] == min(losses)
