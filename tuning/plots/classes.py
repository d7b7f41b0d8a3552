"""Plots of classifiers: confusion matrices and attention."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipelines.corpora.base import RATE
from tuning.plots.curves import TRUE
from tuning.plots.matrices import draw_matrix
from zoo.metrics import classification

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def confusions(
    matrices: Mapping[str, np.ndarray],
    names: Mapping[str, Sequence[str]],
    note: str,
) -> Figure:
    """Confusion matrices side by side, each with its UA in the title.

    Args:
        matrices: (classes, classes) counts by task, a row a true class.
        names: of the classes, by task.
        note: a caveat on the data, or "".
    """
    from matplotlib.figure import Figure

    figure = Figure(
        figsize=(1.5 + 3.2 * len(matrices), 3.6), layout="constrained"
    )
    figure.subplots(1, len(matrices), squeeze=False)
    for axes, (task, matrix) in zip(figure.axes, matrices.items()):
        rows = matrix.sum(axis=1, keepdims=True)
        shares = np.divide(
            matrix, rows, out=np.zeros(matrix.shape), where=rows > 0
        )
        texts = np.vectorize("{}\n{:.0%}".format)(matrix, shares)
        draw_matrix(axes, shares, texts, names[task], (0, 1))
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        recall = classification.unweighted_average_recall(matrix)
        axes.set_title(f"{task}, UA {recall:.1%}", fontsize="medium")
    figure.suptitle(textwrap.fill(note, 60), fontsize="small")
    return figure


def attention(
    waveforms: Mapping[str, np.ndarray],
    weights: Sequence[Mapping[str, np.ndarray]],
    note: str,
    over_time: bool = True,
) -> Figure:
    """Plots attention weights below waveforms (Zhang et al. 2019, Figure 2).

    Args:
        waveforms: (samples,) at 16 kHz of each utterance, by its name.
        weights: of each utterance, (steps,) by the name of the layer.
        note: a caveat on the data, or "".
        over_time: whether the weights are over time, not over components.
    """
    from matplotlib.figure import Figure

    rows, columns = 1 + len(weights[0]), len(waveforms)
    figure = Figure(
        figsize=(4.2 * columns, 1.3 * rows + 0.4), layout="constrained"
    )
    grid = figure.subplots(rows, columns, squeeze=False)
    for column, ((name, samples), own) in enumerate(
        zip(waveforms.items(), weights)
    ):
        seconds = len(samples) / RATE
        top, *below = grid[:, column]
        top.plot(
            _positions(samples, seconds), samples, linewidth=0.4, color=TRUE
        )
        top.set_title(name, fontsize="small")
        for axes, (layer, values) in zip(below, own.items()):
            axes.plot(
                _positions(values, seconds if over_time else None), values
            )
            axes.set_ylim(bottom=0)
            axes.set_ylabel(_task_of(layer) if not column else "")
        below[-1].set_xlabel("seconds" if over_time else "component")
    for axes in grid.flat:
        axes.tick_params(labelsize="x-small")
    figure.suptitle(textwrap.fill(note, 60), fontsize="small")
    return figure


def _positions(curve: np.ndarray, seconds: float | None) -> np.ndarray:
    """Returns the x coordinates of a curve: in seconds, or by number."""
    numbers = np.arange(len(curve))
    if seconds is None:
        return numbers
    return (numbers + 0.5) * seconds / len(curve)


def _task_of(layer: str) -> str:
    """Returns the task of the layer "attention_arousal"."""
    return layer.removeprefix("attention").strip("_") or "attention"
