"""Plots of runs: traces, training curves, searches."""

from __future__ import annotations

import pathlib
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.common import files

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipelines.datasets.traces import TraceSample

SECONDS_SHOWN = 40.0
TRUE, PREDICTED = "0.25", "tab:blue"


def figure(rows: int = 1, width: float = 7.0, height: float = 2.4) -> Figure:
    """Returns an empty figure of stacked axes, without a display."""
    from matplotlib.figure import Figure

    empty = Figure(figsize=(width, height * rows), layout="constrained")
    empty.subplots(rows, 1, squeeze=False)
    return empty


def label_powers_of_two(axes: Any, x: str, y: str) -> None:
    """Labels axes whose horizontal scale doubles, and adds the legend."""
    axes.set_xscale("log", base=2)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.legend(frameon=False)


def save(figure: Figure, path: pathlib.Path) -> None:
    """Writes a figure atomically, as PNG."""
    with files.replacing(path) as part:
        figure.savefig(part, dpi=150)


def traces(
    recording: TraceSample,
    shown: Mapping[str, Mapping[str, Sequence[np.ndarray] | np.ndarray]],
    hop: float,
    note: str,
) -> Figure:
    """Plots 40 s of true and predicted traces (as Khorram et al., Figure 5).

    It shows the window whose labels vary most.

    Args:
        recording: the first one of a split.
        shown: predictions of that split, by system and dimension.
        hop: seconds between two steps.
        note: a caveat on the data, or "".
    """
    span = int(SECONDS_SHOWN / hop)
    y_true, dimensions = recording.traces, list(next(iter(shown.values())))
    varying = sum(spread(y_true[name], span) for name in dimensions)
    start = int(np.argmax(varying))
    plot = figure(len(dimensions))
    for axes, dimension in zip(plot.axes, dimensions):
        true = y_true[dimension][start : start + span]
        seconds = (start + np.arange(len(true))) * hop
        axes.plot(seconds, true, color=TRUE, label="gold standard")
        for label, predictions in shown.items():
            trace = predictions[dimension][0][start : start + span]
            axes.plot(seconds, trace, label=label)
        axes.set_ylabel(dimension)
    plot.axes[0].legend(loc="best", frameon=False)
    plot.axes[-1].set_xlabel("seconds")
    _title(plot, recording.id, note)
    return plot


def distribution(
    predicted: np.ndarray, names: Sequence[str], note: str
) -> Figure:
    """Plots histograms of predicted intensities (Williams et al., Figure 2).

    Args:
        predicted: (utterances, labels).
        names: of the labels.
        note: a caveat on the data, or "".
    """
    edges = np.linspace(predicted.min(), max(predicted.max(), 1e-3), 21)
    centres = (edges[1:] + edges[:-1]) / 2
    plot = figure(1, height=3.2)
    axes = plot.axes[0]
    for name, column in zip(names, predicted.T):
        counts, _ = np.histogram(column, edges)
        axes.step(centres, counts, where="mid", label=name)
    axes.set_yscale("symlog")
    axes.set_xlabel("predicted intensity")
    axes.set_ylabel("utterances")
    axes.legend(frameon=False, fontsize="small", ncols=2)
    _title(plot, "distribution of predictions", note)
    return plot


def ratings(
    true: np.ndarray, predicted: np.ndarray, names: Sequence[str], note: str
) -> Figure:
    """Plots predicted against true ratings, with axes for each label.

    Args:
        true: (utterances, labels).
        predicted: of the same shape.
        names: of the labels.
        note: a caveat on the data, or "".
    """
    from matplotlib.figure import Figure

    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    plot = Figure(figsize=(7.0, 2.4 * rows), layout="constrained")
    plot.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    low, high = true.min(), true.max()
    for axes, name, x, y in zip(plot.axes, names, true.T, predicted.T):
        axes.plot([low, high], [low, high], ":", color=TRUE)
        axes.plot(x, y, ".", color=PREDICTED, alpha=0.4)
        axes.set_title(name, fontsize="small")
    for axes in plot.axes[len(names) :]:
        axes.set_visible(False)
    plot.supxlabel("rated", fontsize="medium")
    plot.supylabel("predicted", fontsize="medium")
    plot.suptitle(textwrap.fill(note, 90), fontsize="small")
    return plot


def spread(trace: np.ndarray, span: int) -> np.ndarray:
    """Returns the variance in every window of `span` steps."""
    span = min(span, len(trace))
    windows = np.lib.stride_tricks.sliding_window_view(trace, span)
    return windows.var(axis=-1)


def curves(
    history: Sequence[Mapping[str, Any]], measure: str, note: str
) -> Figure:
    """Plots loss and a measure by epoch, of each target."""
    shown = [name for name in ("loss", measure) if name in history[0]]
    plot = figure(len(shown))
    for target in dict.fromkeys(row["target"] for row in history):
        rows = [row for row in history if row["target"] == target]
        epochs = [int(row["epoch"]) + 1 for row in rows]
        for axes, logged in zip(plot.axes, shown):
            for name, style in ((logged, ":"), (f"val_{logged}", "-")):
                values = [float(row[name]) for row in rows]
                axes.plot(epochs, values, style, label=f"{target} {name}")
    for axes, label in zip(plot.axes, shown):
        axes.set_ylabel(label)
    plot.axes[0].legend(frameon=False, fontsize="small", ncols=2)
    plot.axes[-1].set_xlabel("epoch")
    _title(plot, "training", note)
    return plot


def search(searched: Mapping[str, Any], note: str) -> Figure:
    """Plots every trial's development score and the best so far."""
    trials, objective = searched["trials"], searched["objective"]
    targets = list(dict.fromkeys(trial["target"] for trial in trials))
    best_of = np.maximum if searched["direction"] == "max" else np.minimum
    plot = figure(len(targets))
    for axes, target in zip(plot.axes, targets):
        scores = [
            trial[objective] for trial in trials if trial["target"] == target
        ]
        numbers = np.arange(1, len(scores) + 1)
        axes.plot(numbers, scores, "o", color=PREDICTED, label="trial")
        best = best_of.accumulate(scores)
        axes.step(numbers, best, where="post", color=TRUE, label="best so far")
        axes.set_ylabel(f"{target} {searched['heading']}")
    plot.axes[0].legend(frameon=False)
    plot.axes[-1].set_xlabel("trial")
    _title(plot, "search", note)
    return plot


def _title(figure: Figure, title: str, note: str) -> None:
    """Sets a figure's title, with the caveat on its data below."""
    lines = [title, *textwrap.wrap(note, 90)]
    figure.axes[0].set_title("\n".join(lines), fontsize="medium")
