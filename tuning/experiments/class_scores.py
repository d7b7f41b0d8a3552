"""Scores and plots of classes that models of utterances predict."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import keras
import numpy as np

from tuning.experiments.classes import Tasks
from tuning.experiments.unit_scores import Scores, Sums, UnitSums
from tuning.plots import classes as class_plots
from zoo.layers.attention import attention_weights
from zoo.metrics import calibration, classification
from zoo.metrics.bootstrap import Measure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEASURES = {
    "uar": "UA (recall of a class)",
    "wa": "WA",
    "f1": "F1 (macro)",
    "ece": "ECE",
}
FUNCTIONS: dict[str, Measure] = {
    "uar": classification.unweighted_average_recall,
    "wa": classification.weighted_average_recall,
    "f1": classification.macro_f1,
}


def sums(
    y_true: np.ndarray,
    posteriors: np.ndarray,
    tasks: Tasks,
    units: Sequence[str],
) -> UnitSums:
    """Returns the confusions of each unit, by task and by class.

    Posteriors have a calibration error too, unlike decisions (ones and zeros)
    and scores that do not add up to 1.

    Args:
        y_true: classes, (utterances, tasks).
        posteriors: (utterances, tasks, classes).
        tasks: name to classes.
        units: the speaker of each utterance.
    """
    names: Sequence[str] = []
    by_label: dict[str, dict[str, Sums]] = {}
    likeliest = posteriors.argmax(axis=-1)
    for i, (task, own) in enumerate(tasks.items()):
        names, counts = classification.unit_confusions(
            y_true[:, i], likeliest[:, i], len(own), units
        )
        by_label[task] = {
            name: (counts, function) for name, function in FUNCTIONS.items()
        }
        soft = posteriors[:, i, : len(own)]
        if _are_posteriors(soft):
            _, bins = calibration.unit_bins(y_true[:, i], soft, units)
            by_label[task]["ece"] = (
                bins,
                calibration.expected_calibration_error,
            )
        for index, label in enumerate(own):
            recall = functools.partial(_recall, index)
            by_label[f"{task}: {label}"] = {"uar": (counts, recall)}
    return UnitSums(names, by_label)


def _are_posteriors(values: np.ndarray) -> bool:
    is_sure = values.max(axis=-1) == 1
    adds_up = np.allclose(values.sum(axis=-1), 1, atol=calibration.CLOSE)
    return adds_up and not is_sure.all()


def _recall(index: int, counts: np.ndarray) -> np.ndarray:
    return classification.recalls(counts)[..., index]


def scores(
    y_true: np.ndarray,
    posteriors: np.ndarray,
    tasks: Tasks,
    units: Sequence[str],
) -> Scores:
    """Returns UA, WA and F1 of each task and every recall, with intervals.

    Args: as of `sums`.
    """
    return sums(y_true, posteriors, tasks, units).scores()


def recalls_of(
    y_true: np.ndarray, posteriors: np.ndarray, tasks: Tasks
) -> dict[str, float]:
    """Returns the UA of each task, without intervals.

    Args: as of `sums`.
    """
    likeliest = posteriors.argmax(axis=-1)
    return {
        task: float(
            classification.unweighted_average_recall(
                classification.confusion(
                    y_true[:, i], likeliest[:, i], len(names)
                )
            )
        )
        for i, (task, names) in enumerate(tasks.items())
    }


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
