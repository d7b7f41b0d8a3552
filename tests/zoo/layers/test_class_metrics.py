"""UA while training, the mean over tasks, and whitening as a layer."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from contracts import array, check_layer, noise
from sklearn.metrics import balanced_accuracy_score

from pipelines import normalise
from tuning.experiments import classes
from tuning.training.callbacks import MeanOfTasks
from zoo.metrics import UnweightedAverageRecall
from zoo.papers.attention_fcn.layers import Whitening


def test_ua_is_pooled_over_batches_and_no_weight_counts():
    rng = np.random.default_rng(0)
    true = rng.choice(4, 90, p=[0.7, 0.1, 0.1, 0.1])
    posteriors = rng.random((90, 4))
    metric = UnweightedAverageRecall(4)
    for start in (0, 13, 60):
        part = slice(start, {0: 13, 13: 60, 60: 90}[start])
        metric.update_state(true[part], posteriors[part], rng.random(13))
    expected = balanced_accuracy_score(true, posteriors.argmax(axis=1))
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert again.classes == 4


def test_ua_leaves_out_classes_that_never_occurred():
    metric = UnweightedAverageRecall(3)
    assert float(metric.result()) == 0
    metric.update_state([0, 0, 2], np.eye(3)[[0, 1, 2]])
    assert float(metric.result()) == pytest.approx(0.75)


def test_tasks_are_averaged_before_the_rule_looks():
    logs = {
        "arousal_uar": 0.2,
        "valence_uar": 0.4,
        "val_arousal_uar": 0.5,
        "val_valence_uar": 0.9,
        "loss": 3.0,
    }
    MeanOfTasks("uar").on_epoch_end(0, logs)
    assert logs["uar"] == pytest.approx(0.3)
    assert logs["val_uar"] == pytest.approx(0.7)


def test_a_single_task_keeps_its_own():
    logs = {"uar": 0.2, "val_uar": 0.5}
    MeanOfTasks("uar").on_epoch_end(0, logs)
    assert logs == {"uar": 0.2, "val_uar": 0.5}


@pytest.mark.parametrize("components, width", [(None, 4), (3, 3)])
def test_whitening_keeps_the_contract(components, width):
    check_layer(Whitening(components), (4,), (width,))


def test_whitening_in_the_network_is_that_of_the_pipeline():
    frames = noise((200, 6)) * [1, 5, 0.1, 1, 2, 3] + 7
    frames[3, 2] = 1e6
    found = normalise.Whitening(4).fit([frames])
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


def test_balanced_classes_weigh_the_same_and_one_on_average():
    tasks = {"emotion": ("a", "b", "c")}
    true = np.array([0] * 6 + [1] * 3)
    heard = [
        classes.UtteranceSample(
            str(i), "1", np.zeros((2, 1)), {"emotion": int(c)}
        )
        for i, c in enumerate(true)
    ]
    found = classes.weights(heard, tasks, "balanced")["emotion"]
    assert found[2] == 0 and 6 * found[0] == pytest.approx(3 * found[1])
    assert found[true].mean() == pytest.approx(1)
    np.testing.assert_array_equal(
        classes.weights(heard, tasks, "none")["emotion"], 1
    )


def test_a_scale_is_of_all_steps_and_leaves_what_never_varies():
    heard = [noise((9, 2)) * [3, 0] + [1, 5], noise((4, 2)) * [2, 0] + [1, 5]]
    found = classes.scale(heard)
    joined = np.concatenate(heard)
    np.testing.assert_allclose(found["offset"], joined.mean(axis=0))
    np.testing.assert_allclose(found["scale"], [joined[:, 0].std(), 1])
    wave = classes.scale([each[:, 0] for each in heard])
    np.testing.assert_allclose(wave["scale"], [joined[:, 0].std()])
