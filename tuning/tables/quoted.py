"""Loads the finished runs that a paper's tables quote."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.align import fit_to_steps
from pipelines.corpora import option_texts
from pipelines.corpora.base import Corpus
from tuning.experiments import unit_scores
from tuning.experiments.choices import Choices
from tuning.experiments.traces import trace_sums
from tuning.experiments.unit_scores import UnitSums
from tuning.plots import curves
from tuning.runs import avec, workspace
from tuning.runs.figures import signed
from tuning.runs.report import table
from tuning.tables import kinds
from tuning.tables.kinds import Column
from zoo.common import files


def heading(
    paper: str, number: str, published: str, corpus: Corpus
) -> list[str]:
    """Returns the first lines of a paper's tables, the corpus' caveat first.

    Args:
        paper: name of its module.
        number: its alias.
        published: the corpus of the paper's own figures.
        corpus: of our figures.
    """
    about = (
        f"Published figures are of {published}, ours of {corpus.name}: "
        f"{corpus.title}. They compare systems, not corpora."
    )
    if corpus.partial:
        about = (
            f"Our figures are of a part of {corpus.name}: {corpus.title}. The "
            f"published ones, of {published}, are left out: they are of "
            "intact corpora."
        )
    notes = "\n".join(f"- {note}" for note in corpus.notes())
    return [
        *([f"**{corpus.note}**"] if corpus.note else []),
        f"# {paper} (paper {number}) beside our runs",
        about,
        *filter(None, [notes]),
    ]


def rows(
    name: str,
    report: Mapping[str, Any],
    columns: Sequence[Column],
    digits: int = 3,
    scale: float = 1.0,
) -> list[list[str]]:
    """Returns the rows of a finished run, one for each kind of figure.

    Args:
        name: of the system.
        report: of the run, its `report.json`.
        columns: partition, label and measure, such as ("test", "arousal",
            "ccc").
        digits: behind the point.
        scale: such as 100 for percent.
    """
    if "kind" in report:
        return [kinds.single(name, report["kind"], report["metrics"], columns)]
    seeds = [run["metrics"] for run in report["runs"]]
    return kinds.rows(name, report["metrics"], seeds, columns, digits, scale)


def constants(
    report: Mapping[str, Any],
    columns: Sequence[Column],
    digits: int = 3,
    scale: float = 1.0,
) -> list[list[str]]:
    """Returns the row of each constant baseline of a run, as `rows`.

    Runs of version 0.1 have none.
    """
    return kinds.constants(
        report.get("constants", {}), columns, report["corpus"], digits, scale
    )


class Runs:
    """The finished runs of some models on a corpus.

    Args:
        folder: holds the runs, named as commands name them.
        corpus: that they ran on.
        models: to look for; `tuning.runs.avec.NAME` is AVEC's baseline.
        corpus_options: that the corpus was opened with, by name.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        corpus: Corpus,
        models: Sequence[str],
        corpus_options: Mapping[str, Any] | None = None,
    ):
        self.corpus = corpus
        self.corpus_options = dict(corpus_options or {})
        self.reports: dict[str, Any] = {}
        self.folders: dict[str, pathlib.Path] = {}
        self.missing = []
        for model in dict.fromkeys(models):
            run = folder / workspace.run_name(
                model,
                type(corpus),
                self.corpus_options,
                Choices(),
                corpus.partial,
            )
            if (run / "report.json").exists():
                self.reports[model] = files.read_json(run / "report.json")
                self.folders[model] = run
            else:
                self.missing.append(model)

    def missing_note(self) -> str:
        """Returns the command of each missing run; "" where none is missing."""
        options = " --partial" if self.corpus.partial else ""
        options += "".join(
            f" --corpus-option {name}={value}"
            for name, value in option_texts(self.corpus_options).items()
        )
        return "\n".join(
            f"- {model} has not run on {self.corpus.name}: `python -m "
            f"tuning.{_command(model)} --corpus {self.corpus.name} --data …"
            f"{options}`"
            for model in self.missing
        )

    def is_labelled(self, split: str) -> bool:
        """Returns whether a partition has recordings, all with traces."""
        return split in self.corpus.splits and all(
            map(self.corpus.has_traces, self.corpus.split(split))
        )

    def difference(
        self, first: str, second: str, split: str, dimension: str, measure: str
    ) -> str:
        """Returns how much higher one run's figure is than another's.

        Args:
            first, second: models.
            split: a partition with traces.
            dimension: that is compared.
            measure: "ccc" or "rmse".

        Returns:
            The difference of the runs' predictions, as `signed` writes it,
            its interval paired by speaker.
        """
        one, other = (
            self._sums(model, split, dimension) for model in (first, second)
        )
        difference = unit_scores.difference(one, other, dimension, measure)
        return signed(difference)

    def _sums(self, model: str, split: str, dimension: str) -> UnitSums:
        """Returns the sums of a run's predictions of a partition."""
        utterances = self.corpus.split(split)
        path = self.folders[model] / "predictions.npz"
        with np.load(path, allow_pickle=False) as arrays:
            y_pred = [
                arrays[f"{split}/{dimension}/{index}"]
                for index in range(len(utterances))
            ]
        y_true = [
            fit_to_steps(self.corpus.traces(utterance)[dimension], len(trace))
            for utterance, trace in zip(utterances, y_pred)
        ]
        return trace_sums(
            {dimension: y_true},
            {dimension: y_pred},
            [utterance.speaker for utterance in utterances],
        )

    def traces(
        self, model: str, split: str, name: str = "predictions.npz"
    ) -> dict[str, np.ndarray]:
        """Returns a run's predictions of the first recording, by dimension."""
        with np.load(self.folders[model] / name, allow_pickle=False) as arrays:
            return {
                dimension: arrays[f"{split}/{dimension}/0"]
                for dimension in self.corpus.dimensions
            }

    def shown_split(self) -> str:
        """Returns the partition to plot: test, or dev if test is unlabelled."""
        return "test" if self.is_labelled("test") else "dev"


def _command(model: str) -> str:
    """Returns the command of a model's run, without its corpus."""
    return f"baselines {model}" if model == avec.NAME else f"search {model}"


def compared(
    runs: Runs,
    shown: Mapping[str, Mapping[str, np.ndarray]],
    path: pathlib.Path,
) -> str:
    """Plots 40 s of some predictions, and tabulates their smoothness.

    Args:
        runs: whose corpus and partition are plotted.
        shown: traces by label and dimension.
        path: of the plot.

    Returns:
        The plot and a table, as Markdown.
    """
    corpus, split = runs.corpus, runs.shown_split()
    y_true = corpus.traces(corpus.split(split)[0])
    hop = corpus.label_hop or 0.04
    window = slice(0, int(curves.SECONDS_SHOWN / hop))
    figure, rows = curves.figure(len(y_true)), []
    for axes, (dimension, trace) in zip(figure.axes, y_true.items()):
        named = {
            label: predictions[dimension]
            for label, predictions in shown.items()
        }
        steps = len(next(iter(named.values())))
        named = {"gold standard": fit_to_steps(trace, steps), **named}
        for label, values in named.items():
            color = curves.TRUE if label == "gold standard" else None
            seconds = np.arange(steps)[window] * hop
            axes.plot(seconds, values[window], label=label, color=color)
            change = np.abs(np.diff(values)).mean()
            rows.append([dimension, label, f"{change:.4f}"])
        axes.set_ylabel(dimension)
    figure.axes[0].legend(frameon=False, fontsize="small")
    figure.axes[-1].set_xlabel("seconds")
    curves.save(figure, path)
    head = ["dimension", "trace", "mean change a step"]
    return f"![{path.stem}]({path.name})\n\n{table(head, rows)}"
