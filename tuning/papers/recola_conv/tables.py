"""Tables 1 and 2 and Figures 1, 4 and 5 of Khorram et al. 2017."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

import zoo
from pipelines.corpora.base import Corpus
from tuning.experiments.setup import Setup
from tuning.experiments.traces import TraceExperiment
from tuning.papers.recola_conv import label_dynamics
from tuning.papers.recola_conv.recipe import SPANS
from tuning.plots import curves
from tuning.runs.report import mean_and_deviation, table
from tuning.tables import registry
from tuning.tables.quoted import Runs, compared, heading
from tuning.tables.registry import TablesRequest
from tuning.training.fits import Configuration
from tuning.training.progress import Progress
from tuning.training.recipe import recipe

SYSTEMS = {"Dilated": "recola_dilated", "Down/Up": "recola_downup"}
COLUMNS = ("dev RMSE", "dev CCC", "test RMSE", "test CCC")
PUBLISHED = {
    "arousal": {
        "Valstar et al.": ("-", ".796", "-", ".648"),
        "Brady et al.": (".107", ".846", "-", "-"),
        "Povolny et al.": (".114", ".832", ".141", ".682"),
        "BLSTM": (".103", ".853", ".143", ".664"),
        "Dilated": (".102", ".857", ".137", ".684"),
        "Down/Up": (".100", ".867", ".137", ".681"),
    },
    "valence": {
        "Valstar et al.": ("-", ".455", "-", ".375"),
        "Brady et al.": (".132", ".450", "-", "-"),
        "Povolny et al.": (".142", ".489", ".355", ".349"),
        "BLSTM": (".113", ".518", ".116", ".499"),
        "Dilated": (".117", ".538", ".121", ".486"),
        "Down/Up": (".107", ".592", ".117", ".502"),
    },
}
LEARNING_RATE = 1e-3
EPOCHS = 30
"""Default epochs of each network of Figure 1."""


@registry.register("recola_conv", "002", "simulated")
def make(request: TablesRequest, progress: Progress) -> str:
    """Makes all that the corpus allows, as Markdown."""
    corpus, out = request.corpus, request.out
    parts = heading("recola_conv", "002", "RECOLA (AVEC 2016)", corpus)
    if not any(utterance.split == "train" for utterance in corpus.utterances):
        parts.append(
            f"{corpus.name} has no training recordings: Tables 1 and 2 and "
            "Figures 1 and 5 need a corpus with sound."
        )
        parts.append(_figure_4(corpus, out))
        return "\n\n".join(parts) + "\n"
    runs = Runs(request.runs, corpus, list(SYSTEMS.values()))
    parts += [_table(dimension, runs) for dimension in PUBLISHED]
    parts += [runs.missing_note()] if runs.missing else []
    parts.append(_figure_1(request, progress))
    parts.append(_figure_4(corpus, out))
    parts.append(_figure_5(runs, out))
    return "\n\n".join(parts) + "\n"


def _table(dimension: str, runs: Runs) -> str:
    number = list(PUBLISHED).index(dimension) + 1
    rows = [
        [f"{system}, RECOLA, published", *figures]
        for system, figures in PUBLISHED[dimension].items()
    ]
    for title, model in SYSTEMS.items():
        if model in runs.reports:
            metrics = runs.reports[model]["metrics"]
            name = f"**{title}, {runs.corpus.name}, ours**"
            rows.append([name, *_cells(metrics, dimension)])
    title = f"## Table {number}: {dimension}"
    return f"{title}\n\n{table(['system', *COLUMNS], rows)}"


def _cells(metrics: Mapping[str, Any], dimension: str) -> list[str]:
    cells = []
    for column in COLUMNS:
        split, measure = column.lower().split()
        known = metrics.get(split, {}).get(dimension)
        cells.append(f"{known[measure]:.3f}" if known else "-")
    return cells


def _figure_1(request: TablesRequest, progress: Progress) -> str:
    """Plots dev CCC against the length of one filter."""
    scores = _context_scores(request, progress)
    figure = curves.figure(1, height=3.2)
    axes = figure.axes[0]
    for dimension, by_span in scores.items():
        mean = np.array([np.mean(runs) for runs in by_span.values()])
        spread = np.array([np.std(runs) for runs in by_span.values()])
        axes.plot(SPANS, mean, label=dimension)
        axes.fill_between(SPANS, mean - spread, mean + spread, alpha=0.2)
    _label(axes, "steps of 40 ms that the filter covers", "dev CCC")
    curves.save(figure, request.out / "figure_1.png")
    rows = [
        [
            span,
            *(mean_and_deviation(by_span[span]) for by_span in scores.values()),
        ]
        for span in SPANS
    ]
    return "\n\n".join(
        [
            "## Figure 1: one filter's length and dev CCC",
            f"Mean ± standard deviation of {request.seeds} runs on "
            f"{request.corpus.name} (the paper: 10 runs on RECOLA, rising up "
            "to 512 steps).",
            table(["steps", *scores], rows),
            "![Figure 1](figure_1.png)",
        ]
    )


def _context_scores(
    request: TablesRequest, progress: Progress
) -> dict[str, dict[int, list[float]]]:
    """Trains one filter of every length; dev CCC by dimension and length."""
    experiment = TraceExperiment(
        Setup(
            zoo.card("recola_context", weights=None),
            recipe("recola_context"),
            request.corpus,
            request.epochs or EPOCHS,
        ),
        progress.show,
    )
    scores = {
        dimension: {
            span: [
                _dev_ccc(
                    experiment, request.out, dimension, span, seed, progress
                )
                for seed in range(request.seeds)
            ]
            for span in SPANS
        }
        for dimension in experiment.targets
    }
    progress.clear()
    return scores


def _dev_ccc(
    experiment: TraceExperiment,
    out: pathlib.Path,
    dimension: str,
    span: int,
    seed: int,
    progress: Progress,
) -> float:
    """Trains a filter of `span` steps with one seed; its dev CCC."""
    configuration = Configuration(
        {"span": span, "l2": 0.0}, {"learning_rate": LEARNING_RATE}
    )
    line = f"Figure 1: {dimension}, {span} steps, seed {seed}"
    fit = experiment.fit(
        out,
        dimension,
        configuration,
        seed,
        on_epoch=lambda epoch, logs: progress.show(line),
    )
    return fit.best


def _label(axes: Any, x: str, y: str) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.legend(frameon=False)


def _figure_4(corpus: Corpus, out: pathlib.Path) -> str:
    """Plots the CCC of labels with themselves, sampled down and up again."""
    traces = label_dynamics.labelled_traces(corpus)
    kept = {
        dimension: label_dynamics.reconstruction(recordings)
        for dimension, recordings in traces.items()
    }
    hop = corpus.label_hop or 0.04
    shares = {
        dimension: label_dynamics.power_below(recordings, hop)
        for dimension, recordings in traces.items()
    }
    figure = curves.figure(1, height=3.2)
    axes = figure.axes[0]
    for dimension, by_factor in kept.items():
        axes.plot(list(by_factor), list(by_factor.values()), label=dimension)
    _label(axes, "downsampling factor", "CCC with the original")
    curves.save(figure, out / "figure_4.png")
    rows = [
        [factor, *(f"{by_factor[factor]:.3f}" for by_factor in kept.values())]
        for factor in label_dynamics.FACTORS
    ]
    power = ", ".join(f"{d} {share:.1%}" for d, share in shares.items())
    return "\n\n".join(
        [
            "## Figure 4: labels sampled down and up again, CCC",
            f"Labels of {corpus.name} (the paper, on RECOLA: less than 5 % "
            "is lost up to a factor of 64).",
            table(["factor", *kept], rows),
            "![Figure 4](figure_4.png)",
            f"Share of the power below 1 Hz, means taken out: {power} (the "
            "paper: more than 95 %).",
        ]
    )


def _figure_5(runs: Runs, out: pathlib.Path) -> str:
    """Plots 40 s of both systems' predictions and gives their smoothness."""
    title = "## Figure 5: 40 s of predictions"
    if runs.missing:
        return f"{title}\n\nIt needs the runs that are missing above."
    split = runs.shown_split()
    shown = {name: runs.traces(model, split) for name, model in SYSTEMS.items()}
    return f"{title}\n\n{compared(runs, shown, out / 'figure_5.png')}"
