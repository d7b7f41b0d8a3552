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
    from tuning.experiments.base import Predictions

SECONDS_SHOWN = 40.0
TRUE, PREDICTED = "0.25", "tab:blue"


def figure(rows: int = 1, width: float = 7.0, height: float = 2.4) -> Figure:
    """An empty figure of stacked axes; drawn without a display."""
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height * rows), layout="constrained")
    made.subplots(rows, 1, squeeze=False)
    return made


def save(made: Figure, path: pathlib.Path) -> None:
    """Writes a figure in one step."""
    with files.replacing(path) as part:
        made.savefig(part, dpi=150)


def traces(
    recording: TraceSample,
    shown: Mapping[str, Predictions],
    hop: float,
    note: str,
) -> Figure:
    """True against predicted for 40 s (paper 002, Figure 5; 001, Figure 3).

    It shows the stretch whose labels move most, since a flat one shows
    nothing.

    Args:
        recording: the first one of a split.
        shown: predictions of that split, by label.
        hop: seconds between two steps.
        note: what must be known of the data, or "".
    """
    span = int(SECONDS_SHOWN / hop)
    truth, dimensions = recording.traces, list(next(iter(shown.values())))
    moving = sum(spread(truth[each], span) for each in dimensions)
    start = int(np.argmax(moving))
    made = figure(len(dimensions))
    for axes, dimension in zip(made.axes, dimensions):
        true = truth[dimension][start : start + span]
        seconds = (start + np.arange(len(true))) * hop
        axes.plot(seconds, true, color=TRUE, label="gold standard")
        for label, predictions in shown.items():
            trace = predictions[dimension][0][start : start + span]
            axes.plot(seconds, trace, label=label)
        axes.set_ylabel(dimension)
    made.axes[0].legend(loc="best", frameon=False)
    made.axes[-1].set_xlabel("seconds")
    _title(made, recording.id, note)
    return made


def distribution(
    predicted: np.ndarray, names: Sequence[str], note: str
) -> Figure:
    """Counts of predicted intensities, a line a label (paper 000, Figure 2).

    Args:
        predicted: (utterances, labels).
        names: of the labels.
        note: what must be known of the data, or "".
    """
    edges = np.linspace(predicted.min(), max(predicted.max(), 1e-3), 21)
    centres = (edges[1:] + edges[:-1]) / 2
    made = figure(1, height=3.2)
    axes = made.axes[0]
    for name, column in zip(names, predicted.T):
        counts, _ = np.histogram(column, edges)
        axes.step(centres, counts, where="mid", label=name)
    axes.set_yscale("symlog")
    axes.set_xlabel("predicted intensity")
    axes.set_ylabel("utterances")
    axes.legend(frameon=False, fontsize="small", ncols=2)
    _title(made, "distribution of predictions", note)
    return made


def ratings(
    true: np.ndarray, predicted: np.ndarray, names: Sequence[str], note: str
) -> Figure:
    """Predicted against true ratings, an axis a label.

    Args:
        true: (utterances, labels).
        predicted: of the same shape.
        names: of the labels.
        note: what must be known of the data, or "".
    """
    from matplotlib.figure import Figure

    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    made = Figure(figsize=(7.0, 2.4 * rows), layout="constrained")
    made.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    low, high = true.min(), true.max()
    for axes, name, x, y in zip(made.axes, names, true.T, predicted.T):
        axes.plot([low, high], [low, high], ":", color=TRUE)
        axes.plot(x, y, ".", color=PREDICTED, alpha=0.4)
        axes.set_title(name, fontsize="small")
    for axes in made.axes[len(names) :]:
        axes.set_visible(False)
    made.supxlabel("rated", fontsize="medium")
    made.supylabel("predicted", fontsize="medium")
    made.suptitle(textwrap.fill(note, 90), fontsize="small")
    return made


def spread(trace: np.ndarray, span: int) -> np.ndarray:
    """Variance in every window of `span` steps."""
    span = min(span, len(trace))
    windows = np.lib.stride_tricks.sliding_window_view(trace, span)
    return windows.var(axis=-1)


def curves(
    history: Sequence[Mapping[str, Any]], measure: str, note: str
) -> Figure:
    """Loss and a measure by epoch, of each target."""
    shown = [name for name in ("loss", measure) if name in history[0]]
    made = figure(len(shown))
    for target in dict.fromkeys(row["target"] for row in history):
        rows = [row for row in history if row["target"] == target]
        epochs = [int(row["epoch"]) + 1 for row in rows]
        for axes, each in zip(made.axes, shown):
            for name, style in ((each, ":"), (f"val_{each}", "-")):
                values = [float(row[name]) for row in rows]
                axes.plot(epochs, values, style, label=f"{target} {name}")
    for axes, label in zip(made.axes, shown):
        axes.set_ylabel(label)
    made.axes[0].legend(frameon=False, fontsize="small", ncols=2)
    made.axes[-1].set_xlabel("epoch")
    _title(made, "training", note)
    return made


def search(searched: Mapping[str, Any], note: str) -> Figure:
    """Every trial's development score and the best so far, by target."""
    trials, objective = searched["trials"], searched["objective"]
    targets = list(dict.fromkeys(each["target"] for each in trials))
    best_of = np.maximum if searched["direction"] == "max" else np.minimum
    made = figure(len(targets))
    for axes, target in zip(made.axes, targets):
        scores = [
            each[objective] for each in trials if each["target"] == target
        ]
        numbers = np.arange(1, len(scores) + 1)
        axes.plot(numbers, scores, "o", color=PREDICTED, label="trial")
        best = best_of.accumulate(scores)
        axes.step(numbers, best, where="post", color=TRUE, label="best so far")
        axes.set_ylabel(f"{target} {searched['heading']}")
    made.axes[0].legend(frameon=False)
    made.axes[-1].set_xlabel("trial")
    _title(made, "search", note)
    return made


def _title(made: Figure, title: str, note: str) -> None:
    """Names a figure; what must be known of its data stands below."""
    lines = [title, *textwrap.wrap(note, 90)]
    made.axes[0].set_title("\n".join(lines), fontsize="medium")
