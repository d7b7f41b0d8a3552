"""Compiled networks that later fits use: the same values bit for bit."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tuning.training import compiled
from tuning.training.job import TrainingJob

STEPS = 3


@pytest.fixture(autouse=True)
def nothing_kept():
    compiled._kept.clear()
    yield
    compiled._kept.clear()


def build(units=4):
    inputs = keras.Input((None, 2), name="features")
    hidden = keras.layers.Dense(units)(keras.layers.Dropout(0.5)(inputs))
    return keras.Model(inputs, {"y": keras.layers.Dense(1, name="y")(hidden)})


def batches(seed, first_epoch=0):
    import tensorflow as tf

    random = np.random.default_rng(seed)
    features = random.normal(size=(STEPS, 4, 5, 2)).astype("float32")
    targets = {"y": features.sum(axis=-1, keepdims=True)}
    weights = {"y": np.ones((STEPS, 4, 5), "float32")}
    return tf.data.Dataset.from_tensor_slices(
        (features, targets, weights)
    ).repeat()


def job(fill=0.0, **changes):
    def adapt(model):
        for layer in model.layers:
            if isinstance(layer, keras.layers.Dense):
                layer.bias.assign(layer.bias + fill)

    settings = {
        "train": batches,
        "steps": STEPS,
        "dev": lambda: batches(9).take(STEPS),
        "losses": {"y": keras.losses.MeanSquaredError()},
        "metrics": {"y": [keras.metrics.MeanAbsoluteError(name="mae")]},
        "monitor": "val_loss",
        "adapt": adapt,
        **changes,
    }
    return TrainingJob(**settings)


def train(seed, own, rate=0.01, units=4, is_kept=True):
    """Returns the network, its weights after two epochs, and its history."""
    network = compiled.compile_network(lambda: build(units), own, rate, seed)
    history = keras.callbacks.History()
    own.run(network.model, seed, 0, 2, [history])
    if is_kept:
        compiled.keep(network)
    return network.model, network.model.get_weights(), history.history


def test_a_network_used_again_trains_as_a_fresh_one():
    first, *_ = train(0, job(0.1))
    again, weights, history = train(1, job(0.2))
    assert again is first
    compiled._kept.clear()
    fresh, expected, logs = train(1, job(0.2))
    assert fresh is not first and history == logs
    for ours, theirs in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "changes",
    [
        {"rate": 0.02},
        {"units": 5},
        {"own": job(optimizer="sgd")},
        {"own": job(ema=0.9)},
        {"own": job(losses={"y": keras.losses.MeanAbsoluteError()})},
        {"own": job(loss_weights={"y": 0.5})},
        {"own": job(metrics={})},
    ],
)
def test_another_network_or_training_is_compiled_anew(changes):
    first, *_ = train(0, job())
    other, *_ = train(0, **{"own": job(), **changes})
    assert other is not first


def test_a_failed_fit_leaves_no_network_behind():
    first, *_ = train(0, job())
    train(0, job(), is_kept=False)
    again, *_ = train(0, job())
    assert again is not first
