"""Paper 002: Tables 1 and 2, Figures 1, 4 and 5."""

from __future__ import annotations

import argparse
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from pipelines.corpora.base import Corpus, fit_to_steps
from tuning import files, plots
from tuning.experiment import Experiment
from tuning.fits import Configuration
from tuning.progress import Progress
from tuning.report import table
from tuning.tables import labels_002

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
SPANS = tuple(2**exponent for exponent in range(1, 12))
LEARNING_RATE = 1e-3


def make(
    corpus: Corpus,
    out: pathlib.Path,
    arguments: argparse.Namespace,
    progress: Progress,
) -> str:
    """All that the corpus allows, as Markdown."""
    parts = [f"**{corpus.note}**"] if corpus.note else []
    parts += [
        "# Paper 002 beside our runs",
        f"Published figures are of RECOLA (AVEC 2016), ours of "
        f"{corpus.name}: {corpus.title}. They compare systems, not corpora.",
    ]
    trainable = any(each.split == "train" for each in corpus.utterances)
    if trainable:
        runs = _runs(corpus, arguments.runs)
        parts += [_table(d, corpus, runs) for d in PUBLISHED]
        parts.append(_figure_1(corpus, out, arguments, progress))
    else:
        parts.append(
            f"{corpus.name} has no training recordings: Tables 1 and 2 and "
            "Figures 1 and 5 need a corpus with sound."
        )
        runs = {}
    parts.append(_figure_4(corpus, out))
    if trainable:
        parts.append(_figure_5(corpus, out, runs))
    return "\n\n".join(parts) + "\n"


def _runs(corpus: Corpus, folder: pathlib.Path) -> dict[str, pathlib.Path]:
    found = {}
    for title, model in SYSTEMS.items():
        run = folder / f"{model}-{corpus.name}"
        if (run / "report.json").exists():
            found[title] = run
    return found


def _table(
    dimension: str, corpus: Corpus, runs: Mapping[str, pathlib.Path]
) -> str:
    number = list(PUBLISHED).index(dimension) + 1
    rows = [
        [f"{system}, RECOLA, published", *figures]
        for system, figures in PUBLISHED[dimension].items()
    ]
    missing = []
    for title, model in SYSTEMS.items():
        if title not in runs:
            missing.append(
                f"{title} has not run on {corpus.name}: `python -m "
                f"tuning.search {model} --corpus {corpus.name} --data …`"
            )
            continue
        metrics = files.read_json(runs[title] / "report.json")["metrics"]
        figures = []
        for column in COLUMNS:
            split, measure = column.lower().split()
            known = metrics.get(split, {}).get(dimension)
            figures.append(f"{known[measure]:.3f}" if known else "-")
        rows.append([f"**{title}, {corpus.name}, ours**", *figures])
    title = f"## Table {number}: {dimension}"
    return "\n\n".join([title, table(["system", *COLUMNS], rows), *missing])


def _figure_1(
    corpus: Corpus,
    out: pathlib.Path,
    arguments: argparse.Namespace,
    progress: Progress,
) -> str:
    """How much context one filter needs."""
    experiment = Experiment(
        "recola_context", corpus, arguments.epochs, progress.show
    )
    scores: dict[str, dict[int, list[float]]] = {}
    for dimension in experiment.dimensions:
        scores[dimension] = {}
        for span in SPANS:
            configuration = Configuration(
                {"span": span, "l2": 0.0}, {"learning_rate": LEARNING_RATE}
            )
            scores[dimension][span] = [
                experiment.fit(
                    out,
                    dimension,
                    configuration,
                    seed,
                    on_epoch=lambda epoch, logs: progress.show(
                        f"Figure 1: {dimension}, {span} steps, seed {seed}"
                    ),
                ).best
                for seed in range(arguments.seeds)
            ]
    progress.clear()
    made = plots.figure(1, height=3.2)
    axes = made.axes[0]
    for dimension, by_span in scores.items():
        mean = np.array([np.mean(by_span[span]) for span in SPANS])
        spread = np.array([np.std(by_span[span]) for span in SPANS])
        axes.plot(SPANS, mean, label=dimension)
        axes.fill_between(SPANS, mean - spread, mean + spread, alpha=0.2)
    _finish(axes, "steps of 40 ms that the filter covers", "dev CCC")
    plots.save(made, out / "figure_1.png")
    rows = [
        [span, *(_mean(by_span[span]) for by_span in scores.values())]
        for span in SPANS
    ]
    return "\n\n".join(
        [
            "## Figure 1: one filter's length and dev CCC",
            f"Mean ± standard deviation of {arguments.seeds} runs on "
            f"{corpus.name} (the paper: 10 runs on RECOLA, rising up to 512 "
            "steps).",
            table(["steps", *scores], rows),
            "![Figure 1](figure_1.png)",
        ]
    )


def _mean(scores: list[float]) -> str:
    return f"{np.mean(scores):.3f} ± {np.std(scores):.3f}"


def _finish(axes: Any, x: str, y: str) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.legend(frameon=False)


def _figure_4(corpus: Corpus, out: pathlib.Path) -> str:
    """What labels lose when they are sampled down and up again."""
    traces = labels_002.labelled_traces(corpus)
    kept = {d: labels_002.reconstruction(each) for d, each in traces.items()}
    hop = corpus.label_hop or 0.04
    shares = {
        dimension: labels_002.power_below(each, hop)
        for dimension, each in traces.items()
    }
    made = plots.figure(1, height=3.2)
    axes = made.axes[0]
    for dimension, by_factor in kept.items():
        axes.plot(list(by_factor), list(by_factor.values()), label=dimension)
    _finish(axes, "downsampling factor", "CCC with the original")
    plots.save(made, out / "figure_4.png")
    rows = [
        [factor, *(f"{by_factor[factor]:.3f}" for by_factor in kept.values())]
        for factor in labels_002.FACTORS
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


def _figure_5(
    corpus: Corpus, out: pathlib.Path, runs: Mapping[str, pathlib.Path]
) -> str:
    """40 seconds of both systems' predictions, and how smooth they are."""
    title = "## Figure 5: 40 s of predictions"
    if len(runs) < len(SYSTEMS):
        return f"{title}\n\nIt needs the runs that are missing above."
    predictions = {
        name: np.load(run / "predictions.npz", allow_pickle=False)
        for name, run in runs.items()
    }
    split = "test" if corpus.has_traces(corpus.split("test")[0]) else "dev"
    truth = corpus.traces(corpus.split(split)[0])
    hop = corpus.label_hop or 0.04
    shown = slice(0, int(plots.SECONDS_SHOWN / hop))
    made = plots.figure(len(truth))
    rows = []
    for axes, (dimension, trace) in zip(made.axes, truth.items()):
        named = {
            name: each[f"{split}/{dimension}/0"]
            for name, each in predictions.items()
        }
        steps = len(next(iter(named.values())))
        named = {"gold standard": fit_to_steps(trace, steps), **named}
        seconds = np.arange(steps)[shown] * hop
        for name, values in named.items():
            color = plots.TRUE if name == "gold standard" else None
            axes.plot(seconds, values[shown], label=name, color=color)
            change = np.abs(np.diff(values)).mean()
            rows.append([dimension, name, f"{change:.4f}"])
        axes.set_ylabel(dimension)
    made.axes[0].legend(frameon=False)
    made.axes[-1].set_xlabel("seconds")
    plots.save(made, out / "figure_5.png")
    head = ["dimension", "trace", "mean change a step"]
    return "\n\n".join([title, "![Figure 5](figure_5.png)", table(head, rows)])
