"""Training in parts of a batch: the step of the whole batch."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from tuning.training.parts import in_parts
from zoo.metrics import UnweightedAverageRecall

SAMPLES = np.array([4000, 2300, 700, 3100, 640, 3900, 1500])
TASKS = ("arousal", "valence")


def waveforms(count=len(SAMPLES)):
    """Returns inputs, targets and sample weights of one padded batch."""
    rng = np.random.default_rng(0)
    lengths = SAMPLES[:count]
    waveform = rng.normal(size=(count, 4000)).astype("float32")
    for row, length in zip(waveform, lengths):
        row[length:] = 0
    inputs = {"waveform": waveform, "lengths": lengths.astype("int32")}
    targets = {task: rng.integers(0, 3, count) for task in TASKS}
    weights = {
        task: rng.uniform(0.2, 3, count).astype("float32") for task in TASKS
    }
    return inputs, targets, weights


def compiled(most_steps=None, l2=1e-2):
    keras.utils.set_random_seed(1)
    model = zoo.get(
        "iemocap_e2e_mtl_att", None, tasks=TASKS, units=8, dropout=0.0, l2=l2
    )
    if most_steps is not None:
        model = in_parts(model, "waveform", most_steps)
    model.compile(
        keras.optimizers.SGD(0.1),
        loss={
            task: keras.losses.SparseCategoricalCrossentropy() for task in TASKS
        },
        loss_weights={"arousal": 1.0, "valence": 0.3},
        weighted_metrics={task: [UnweightedAverageRecall(3)] for task in TASKS},
        jit_compile=False,
    )
    return model


def after_steps(model, steps=3, rows=len(SAMPLES)):
    """Returns weights and the log after a few steps on the same batch."""
    batch = tf.data.Dataset.from_tensors(waveforms(rows)).repeat(steps)
    log = model.fit(batch, epochs=1, verbose=0, shuffle=False).history
    return model.get_weights(), log


@pytest.mark.parametrize("most_steps", [1, 9000, 10**6])
def test_steps_are_those_of_the_whole_batch(most_steps):
    expected, logs = after_steps(compiled())
    weights, own = after_steps(compiled(most_steps))
    for ours, theirs in zip(weights, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
    assert own.keys() == logs.keys()
    for name, values in logs.items():
        if name.endswith("_loss"):
            continue  # of a task: Keras averages over calls, not over rows
        np.testing.assert_allclose(own[name], values, atol=1e-5)


def test_steps_do_change_the_weights():
    start = compiled().get_weights()
    changed, _ = after_steps(compiled(9000))
    moved = [np.abs(a - b).max() for a, b in zip(start, changed)]
    assert max(moved) > 1e-2


def test_no_part_has_more_steps_than_asked_for():
    taken = []

    class Watched(keras.layers.Layer):
        def call(self, features):
            tf.numpy_function(
                lambda shape: taken.append(tuple(shape)),
                [tf.shape(features)],
                [],
            )
            return features

    features = keras.Input((None, 2), name="features")
    watched = Watched()(features)
    mean = keras.layers.GlobalAveragePooling1D()(watched)
    model = keras.Model(
        {"features": features}, {"y": keras.layers.Dense(1, name="y")(mean)}
    )
    model = in_parts(model, "features", 25)
    model.compile("sgd", "mse", jit_compile=False)
    inputs = {"features": np.ones((7, 10, 2), "float32")}
    targets = {"y": np.ones((7, 1), "float32")}
    batch = tf.data.Dataset.from_tensors((inputs, targets))
    model.fit(batch, verbose=0, shuffle=False)
    assert taken == [(2, 10, 2)] * 3 + [(1, 10, 2)]


def test_saved_weights_are_those_of_the_plain_network(tmp_path):
    divided, plain = compiled(4000), compiled()
    after_steps(divided, 1)
    path = tmp_path / "model.weights.h5"
    divided.save_weights(path)
    plain.load_weights(path)
    for ours, theirs in zip(plain.weights, divided.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
