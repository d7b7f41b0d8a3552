"""Class weights and scales of training utterances."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import noise

from tuning.experiments import classes
from tuning.experiments.utterance_data import TrainingStatistics


def test_balanced_classes_have_equal_weight_and_mean_one():
    tasks = {"emotion": ("a", "b", "c")}
    labels = np.array([0] * 6 + [1] * 3)
    utterances = [
        classes.UtteranceSample(
            str(number), "1", np.zeros((2, 1)), {"emotion": int(label)}
        )
        for number, label in enumerate(labels)
    ]
    weights = classes.weights(utterances, tasks, "balanced")["emotion"]
    assert weights[2] == 0
    assert 6 * weights[0] == pytest.approx(3 * weights[1])
    assert weights[labels].mean() == pytest.approx(1)
    np.testing.assert_array_equal(
        classes.weights(utterances, tasks, "none")["emotion"], 1
    )


@pytest.mark.parametrize("scheme", classes.CLASS_WEIGHTS)
def test_joined_corpora_have_equal_weight_whatever_their_size(scheme):
    tasks = {"emotion": ("a", "b")}
    labels = {"small": [0, 1, 1], "large": [0] * 8 + [1] * 4}
    samples = [
        classes.UtteranceSample(
            f"{corpus}:{number}", "1", np.zeros(2), {"emotion": label}, corpus
        )
        for corpus, own in labels.items()
        for number, label in enumerate(own)
    ]
    weights = classes.SampleWeights(samples, tasks, scheme).of(samples)
    small, large = weights["emotion"][:3], weights["emotion"][3:]
    assert small.sum() == pytest.approx(large.sum())
    assert weights["emotion"].mean() == pytest.approx(1)
    if scheme == "balanced":
        assert small[0] == pytest.approx(small[1:].sum())
        assert large[:8].sum() == pytest.approx(large[8:].sum())
    else:
        assert len({*small}) == len({*large}) == 1


def test_a_scale_is_of_all_steps_and_1_for_constant_values():
    inputs = [noise((9, 2)) * [3, 0] + [1, 5], noise((4, 2)) * [2, 0] + [1, 5]]
    scale = TrainingStatistics(lambda: inputs).scale()
    joined = np.concatenate(inputs)
    np.testing.assert_allclose(scale["offset"], joined.mean(axis=0))
    np.testing.assert_allclose(scale["scale"], [joined[:, 0].std(), 1])
    waveforms = [features[:, 0] for features in inputs]
    scale = TrainingStatistics(lambda: waveforms).scale()
    np.testing.assert_allclose(scale["scale"], [joined[:, 0].std()])


def test_a_main_task_that_is_not_learnt_is_refused():
    tasks = {"arousal": ("low", "high")}
    with pytest.raises(ValueError, match="main_task='valence'"):
        classes.monitor(tasks, {"main_task": "valence"})
    assert classes.monitor(tasks, {"main_task": "arousal"}) == "val_uar"
