"""Plots of runs: traces, training curves, searches."""

from __future__ import annotations

import pathlib
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tuning import files

from tuning.fits import Fit, read_histories

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tuning.experiment import Experiment, Predictions

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


def of_run(
    experiment: Experiment,
    predictions: Mapping[str, Predictions],
    smoothed: Mapping[str, Predictions],
    best: Mapping[str, Fit],
    content: Mapping[str, Any],
    out: pathlib.Path,
) -> dict[str, str]:
    """Draws a run's plots.

    Returns:
        Titles and file names.
    """
    note = content["note"]
    split = "test" if experiment.labelled("test") else "dev"
    shown = {"predicted": predictions[split]}
    if smoothed:
        shown["decoded"] = smoothed[split]
    made = {
        f"40 s of a {split} recording": (
            "traces.png",
            traces(experiment, shown, split, note),
        ),
        "Training of the saved model": (
            "history.png",
            curves(read_histories(best), note),
        ),
    }
    if content["search"]:
        made["Trials"] = ("search.png", search(content["search"], note))
    for name, picture in made.values():
        save(picture, out / name)
    return {title: name for title, (name, _) in made.items()}


def traces(
    experiment: Experiment,
    shown: Mapping[str, Predictions],
    split: str,
    note: str,
) -> Figure:
    """True against predicted for 40 s (paper 002, Figure 5; 001, Figure 3).

    It shows the stretch of the split's first recording whose labels move
    most, since a flat one shows nothing.
    """
    hop = experiment.card.hop
    span = int(SECONDS_SHOWN / hop)
    recording = experiment.sequences[split][0]
    truth = recording.traces
    moving = sum(spread(truth[d], span) for d in experiment.dimensions)
    start = int(np.argmax(moving))
    made = figure(len(experiment.dimensions))
    for axes, dimension in zip(made.axes, experiment.dimensions):
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


def spread(trace: np.ndarray, span: int) -> np.ndarray:
    """Variance in every window of `span` steps."""
    span = min(span, len(trace))
    windows = np.lib.stride_tricks.sliding_window_view(trace, span)
    return windows.var(axis=-1)


def curves(history: Sequence[Mapping[str, Any]], note: str) -> Figure:
    """Loss and CCC by epoch, of each dimension."""
    made = figure(2)
    for dimension in dict.fromkeys(row["dimension"] for row in history):
        rows = [row for row in history if row["dimension"] == dimension]
        epochs = [int(row["epoch"]) + 1 for row in rows]
        for axes, measure in zip(made.axes, ("loss", "ccc")):
            for name, style in ((measure, ":"), (f"val_{measure}", "-")):
                values = [float(row[name]) for row in rows]
                axes.plot(epochs, values, style, label=f"{dimension} {name}")
    for axes, label in zip(made.axes, ("loss", "CCC")):
        axes.set_ylabel(label)
    made.axes[0].legend(frameon=False, fontsize="small", ncols=2)
    made.axes[-1].set_xlabel("epoch")
    _title(made, "training", note)
    return made


def search(searched: Mapping[str, Any], note: str) -> Figure:
    """Every trial's development CCC and the best so far, by dimension."""
    trials = searched["trials"]
    dimensions = list(dict.fromkeys(each["dimension"] for each in trials))
    made = figure(len(dimensions))
    for axes, dimension in zip(made.axes, dimensions):
        scores = [
            each["dev_ccc"]
            for each in trials
            if each["dimension"] == dimension
        ]
        numbers = np.arange(1, len(scores) + 1)
        axes.plot(numbers, scores, "o", color=PREDICTED, label="trial")
        best = np.maximum.accumulate(scores)
        axes.step(numbers, best, where="post", color=TRUE, label="best so far")
        axes.set_ylabel(f"{dimension} dev CCC")
    made.axes[0].legend(frameon=False)
    made.axes[-1].set_xlabel("trial")
    _title(made, "search", note)
    return made


def _title(made: Figure, title: str, note: str) -> None:
    """Names a figure; what must be known of its data stands below."""
    lines = [title, *textwrap.wrap(note, 90)]
    made.axes[0].set_title("\n".join(lines), fontsize="medium")
