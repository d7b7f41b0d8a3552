"""Scores and plots of classes that models of utterances predict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import keras
import numpy as np

from tuning.experiments.base import Scores
from tuning.experiments.classes import Tasks
from tuning.plots import classes as class_plots
from zoo.layers.attention import attention_weights
from zoo.metrics import classification, significance

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEASURES = {
    "uar": "UA (recall of a class)",
    "wa": "WA",
    "low": "UA, 95 % from",
    "high": "to",
    "wa_low": "WA, 95 % from",
    "wa_high": "to",
}
BOUNDS = ("low", "high", "wa_low", "wa_high")
"""Bounds of the intervals, which are bootstraps over utterances."""


def scores(y_true: np.ndarray, posteriors: np.ndarray, tasks: Tasks) -> Scores:
    """Returns UA and WA of each task with intervals, and every recall.

    Args:
        y_true: classes, (utterances, tasks).
        posteriors: (utterances, tasks, classes).
        tasks: name to classes.
    """
    result: Scores = {}
    likeliest = posteriors.argmax(axis=-1)
    for i, (task, names) in enumerate(tasks.items()):
        matrix = classification.confusion(
            y_true[:, i], likeliest[:, i], len(names)
        )
        weighted = classification.weighted_average_recall
        low, high = significance.interval(matrix)
        wa_low, wa_high = significance.interval(matrix, weighted)
        result[task] = {
            "uar": classification.unweighted_average_recall(matrix),
            "wa": weighted(matrix),
            "low": low,
            "high": high,
            "wa_low": wa_low,
            "wa_high": wa_high,
        }
        for name, recall in zip(names, classification.recalls(matrix)):
            if np.isfinite(recall):
                result[f"{task}: {name}"] = {"uar": float(recall)}
    return result


def confusion_plots(
    y_true: np.ndarray,
    posteriors: np.ndarray,
    split: str,
    tasks: Tasks,
    note: str,
) -> dict[str, tuple[str, Figure]]:
    """Plots the confusions of every task: by title, file name and figure.

    Args:
        y_true, posteriors, tasks: as of `scores`.
        split: of the utterances.
        note: a caveat on the data, or "".
    """
    matrices = {
        task: classification.confusion(
            y_true[:, i], posteriors[:, i].argmax(axis=-1), len(names)
        )
        for i, (task, names) in enumerate(tasks.items())
    }
    figure = class_plots.confusions(matrices, tasks, note)
    return {f"Confusions of {split}": ("confusion.png", figure)}


def attention_plots(
    model: keras.Model,
    inputs: Mapping[str, np.ndarray],
    waveforms: Mapping[str, np.ndarray],
    port: str,
    note: str,
    over_time: bool,
) -> dict[str, tuple[str, Figure]]:
    """Plots a model's attention to some utterances; empty without attention.

    Args:
        model: of utterances.
        inputs: of the model, by the utterance's id.
        waveforms: (samples,) at 16 kHz, by the utterance's id.
        port: name of the input.
        note: a caveat on the data, or "".
        over_time: whether attention goes over time, not over components.
    """
    layers = attention_weights(model)
    if not layers or not inputs:
        return {}
    observer = keras.Model(model.input, layers)
    weights = []
    for values in inputs.values():
        lengths = np.array([len(values)], "int32")
        outputs = observer({port: values[None], "lengths": lengths})
        weights.append(
            {
                name: keras.ops.convert_to_numpy(output)[0]
                for name, output in outputs.items()
            }
        )
    figure = class_plots.attention(waveforms, weights, note, over_time)
    return {"Attention": ("attention.png", figure)}
