"""Temperatures that calibrate the posteriors of a saved model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tuning.experiments.classes import Tasks
from zoo.metrics import calibration as measures


def calibration(
    y_true: Mapping[str, np.ndarray],
    posteriors: Mapping[str, np.ndarray],
    tasks: Tasks,
) -> dict[str, Any]:
    """Returns each task's temperature, fitted on dev, and what it mends.

    Args:
        y_true: by split, "dev" among them, (utterances, tasks).
        posteriors: by split, (utterances, tasks, classes).
        tasks: name to classes.

    Returns:
        By task: `temperature`, to three decimals, and by split the expected
        calibration errors `before` and `after`.
    """
    record: dict[str, Any] = {}
    for index, (task, names) in enumerate(tasks.items()):
        known = {split: true[:, index] for split, true in y_true.items()}
        own = {
            split: values[:, index, : len(names)]
            for split, values in posteriors.items()
        }
        fitted = measures.fit_temperature(known["dev"], own["dev"])
        temperature = round(fitted, 3)
        record[task] = {
            "temperature": temperature,
            "errors": {
                split: {
                    "before": _error(known[split], values),
                    "after": _error(
                        known[split], measures.tempered(values, temperature)
                    ),
                }
                for split, values in own.items()
            },
        }
    return record


def _error(y_true: np.ndarray, posteriors: np.ndarray) -> float:
    _, sums = measures.unit_bins(y_true, posteriors, np.zeros(len(y_true)))
    return float(measures.expected_calibration_error(sums[0]))
