"""Temperatures of a saved model's softmax."""

from __future__ import annotations

import numpy as np
import pytest

from tuning.experiments import class_calibration, class_scores
from zoo.metrics.calibration import tempered

TASKS = {"arousal": ("low", "high"), "valence": ("low", "middle", "high")}


def drawn(count, sharpness, seed):
    """Classes drawn from posteriors, (count, 2, 3), that are sharpened."""
    rng = np.random.default_rng(seed)
    posteriors = np.zeros((count, 2, 3))
    true = np.zeros((count, 2), "int64")
    for index, names in enumerate(TASKS.values()):
        own = rng.dirichlet(np.ones(len(names)), count)
        passed = rng.uniform(size=(count, 1)) > own.cumsum(axis=1)
        true[:, index] = np.minimum(passed.sum(axis=1), len(names) - 1)
        posteriors[:, index, : len(names)] = tempered(own, 1 / sharpness)
    return true, posteriors


def test_each_task_gets_the_temperature_of_its_dev_alone():
    dev, test = drawn(8000, 2.0, 0), drawn(4000, 2.0, 1)
    y_true, posteriors = ({"dev": a, "test": b} for a, b in zip(dev, test))
    record = class_calibration.calibration(y_true, posteriors, TASKS)
    for own in record.values():
        assert own["temperature"] == pytest.approx(2.0, rel=0.05)
        errors = own["errors"]["test"]
        assert errors["after"] < 0.03 < 0.08 < errors["before"]
    shuffled = {**y_true, "test": y_true["test"][::-1]}
    again = class_calibration.calibration(shuffled, posteriors, TASKS)
    for task, own in again.items():
        assert own["temperature"] == record[task]["temperature"]


def test_decisions_and_scores_have_no_calibration_error():
    true, posteriors = drawn(100, 1.0, 0)
    units = [str(index % 9) for index in range(100)]
    soft = class_scores.scores(true, posteriors, TASKS, units)
    assert 0 < soft["valence"]["ece_low"] < soft["valence"]["ece"] < 0.3
    hard = np.zeros_like(posteriors)
    hard[..., 0] = 1
    for other in (hard, posteriors * 1.1):
        scores = class_scores.scores(true, other, TASKS, units)
        assert "ece" not in scores["valence"]


def test_thresholds_raise_the_recall_of_a_class_that_is_never_answered():
    y_true, posteriors = {}, {}
    for seed, split in enumerate(("dev", "test")):
        true, own = drawn(3000, 1.0, seed)
        own[:, 1] *= [1.0, 1.0, 0.1]
        own[:, 1] /= own[:, 1].sum(axis=-1, keepdims=True)
        y_true[split], posteriors[split] = true, own
    moved = class_calibration.with_thresholds(y_true["dev"], posteriors, TASKS)
    units = [str(index % 9) for index in range(3000)]
    before, after = (
        class_scores.scores(y_true["test"], own["test"], TASKS, units)
        for own in (posteriors, moved)
    )
    assert before["valence: high"]["uar"] < 0.4 < after["valence: high"]["uar"]
    assert after["valence"]["uar"] > before["valence"]["uar"] + 0.02
    assert posteriors["test"][0, 0, 2] == moved["test"][0, 0, 2] == 0
    record = class_calibration.calibration(y_true, posteriors, TASKS, True)
    arguments = class_calibration.arguments(record)
    assert len(arguments["offsets"]["arousal"]) == 2
    assert arguments["offsets"]["valence"][2] > 1
    assert set(arguments["temperatures"]) == set(TASKS)
