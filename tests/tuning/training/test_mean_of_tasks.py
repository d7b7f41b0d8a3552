"""The mean of a metric over tasks."""

from __future__ import annotations

import pytest

from tuning.training.callbacks import MeanOfTasks


def test_the_metric_is_the_mean_over_tasks():
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


def test_a_single_task_keeps_its_metric():
    logs = {"uar": 0.2, "val_uar": 0.5}
    MeanOfTasks("uar").on_epoch_end(0, logs)
    assert logs == {"uar": 0.2, "val_uar": 0.5}
