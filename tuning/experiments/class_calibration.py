"""Thresholds and temperatures of classes, fitted on dev."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from tuning.experiments.classes import Tasks
from zoo.metrics import calibration as measures
from zoo.metrics import class_offsets

Splits = Mapping[str, np.ndarray]
"""By split, "dev" among them: classes (utterances, tasks), or posteriors
(utterances, tasks, classes)."""


@dataclasses.dataclass(frozen=True)
class Predicted:
    """Classes and posteriors of the same utterances, by split."""

    y_true: Splits
    posteriors: Splits


def calibration(
    y_true: Splits, posteriors: Splits, tasks: Tasks, thresholds: bool = False
) -> dict[str, Any]:
    """Returns each task's temperature, fitted on dev, and what it mends.

    Args:
        y_true: classes.
        posteriors: of a network at temperature 1.
        tasks: name to classes.
        thresholds: whether offsets of the classes are fitted first.

    Returns:
        By task: `temperature`, to three decimals, by split the expected
        calibration errors `before` and `after`, and with `thresholds` the
        `offsets`.
    """
    record: dict[str, Any] = {}
    for index, (task, names) in enumerate(tasks.items()):
        known = {split: true[:, index] for split, true in y_true.items()}
        own = {
            split: values[:, index, : len(names)]
            for split, values in posteriors.items()
        }
        offsets = np.zeros(len(names))
        if thresholds:
            fitted = class_offsets.fit_offsets(known["dev"], own["dev"])
            offsets = np.round(fitted, 3)
        record[task] = {
            **_one(known, own, offsets),
            **({"offsets": offsets.tolist()} if thresholds else {}),
        }
    return record


def _one(
    y_true: Mapping[str, np.ndarray],
    posteriors: Mapping[str, np.ndarray],
    offsets: np.ndarray,
) -> dict[str, Any]:
    """Returns the temperature of a task, and the errors that it mends."""
    moved = {
        split: class_offsets.shifted(values, offsets)
        for split, values in posteriors.items()
    }
    fitted = measures.fit_temperature(y_true["dev"], moved["dev"])
    temperature = round(fitted, 3)
    errors = {
        split: {
            "before": _error(y_true[split], posteriors[split]),
            "after": _error(
                y_true[split], measures.tempered(values, temperature)
            ),
        }
        for split, values in moved.items()
    }
    return {"temperature": temperature, "errors": errors}


def arguments(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments of an entry point for a record of `calibration`."""
    fitted = {
        "temperatures": {t: own["temperature"] for t, own in record.items()},
        "offsets": {
            task: own["offsets"]
            for task, own in record.items()
            if "offsets" in own
        },
    }
    return {name: own for name, own in fitted.items() if own}


def with_thresholds(
    y_true: np.ndarray, outputs: Splits, tasks: Tasks
) -> dict[str, np.ndarray]:
    """Returns one network's posteriors with offsets that are fitted on dev.

    Args:
        y_true: classes of dev.
        outputs: posteriors by split.
        tasks: name to classes.
    """
    moved = {split: values.copy() for split, values in outputs.items()}
    for index, names in enumerate(tasks.values()):
        place = (slice(None), index, slice(len(names)))
        offsets = class_offsets.fit_offsets(
            y_true[:, index], outputs["dev"][place]
        )
        for split, values in outputs.items():
            moved[split][place] = class_offsets.shifted(values[place], offsets)
    return moved


def _error(y_true: np.ndarray, posteriors: np.ndarray) -> float:
    _, sums = measures.unit_bins(y_true, posteriors, np.zeros(len(y_true)))
    return float(measures.expected_calibration_error(sums[0]))
