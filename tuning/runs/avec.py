"""The run of AVEC's baseline: its predictions, scores and report."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from pipelines.align import fit_to_steps
from pipelines.corpora.base import SPLITS, Corpus
from tuning.experiments import avec
from tuning.experiments.avec import Features, Regression
from tuning.experiments.choices import Choices
from tuning.experiments.traces import TraceExperiment, trace_sums
from tuning.runs import report, workspace
from tuning.runs.figures import MODEL, intervals_by_split
from tuning.runs.provenance import provenance, sentence
from tuning.runs.request import CorpusRequest
from tuning.training.progress import Progress
from zoo.common import files

NAME = "avec"
MEASURES = TraceExperiment.measures
ABOUT = (
    "Linear support vector regression over eGeMAPS functionals of windows "
    "(openSMILE, for research use only), as in Valstar et al. 2016; window, "
    "delay, complexity and post-processing were chosen on dev, whose figures "
    "are therefore optimistic."
)
SETTINGS = {
    "window": "window, s",
    "delay": "delay, s",
    "complexity": "C",
    "median": "median filter, s",
    "bias": "bias",
    "scale": "scale",
    "shift": "shift, s",
}
"""Headings of the chosen settings, by name."""

Traces = dict[str, dict[str, list[np.ndarray]]]
"""The traces (steps,) of each recording, by partition and dimension."""


@dataclasses.dataclass(frozen=True)
class AvecRequest:
    """Arguments of the baseline.

    Attributes:
        corpus: with traces and partitions.
        out: folder of the run; `None` for one beside the other runs.
        fresh: whether to start over where it is finished already.
    """

    corpus: CorpusRequest
    out: pathlib.Path | None = None
    fresh: bool = False

    @property
    def folder(self) -> pathlib.Path:
        """The folder of the run."""
        corpus = self.corpus
        name = workspace.run_name(
            NAME,
            corpus,
            dict(corpus.options),
            Choices(),
            corpus.partial,
        )
        return self.out or corpus.beside / name


def run(request: AvecRequest, progress: Progress) -> dict[str, Any]:
    """Fits the baseline, and writes its predictions and its report.

    A finished run is read, not repeated.

    Returns:
        The report, as in `report.json`.

    Raises:
        ValueError: no traces, no partitions or no openSMILE; or the folder
            holds another run.
    """
    corpus, out = request.corpus.open(), request.folder
    _check(corpus)
    workspace.make_folder(out)
    wanted = {
        "model": NAME,
        **workspace.source(corpus, dict(request.corpus.options)),
    }
    if not request.fresh:
        workspace.check_identity(out, wanted)
        if workspace.is_finished(out):
            return files.read_json(out / "report.json")
    features, y_true = _read(corpus, out.parent / "features", progress)
    if request.fresh:
        workspace.start_over(out)
    files.write_json(out / "config.json", wanted)
    regressions = _fit(features, y_true, progress)
    content = _write(corpus, out, regressions, features, y_true)
    progress.clear()
    return content


def _check(corpus: Corpus) -> None:
    """Refuses a corpus without traces or partitions before it is read."""
    partitions = {utterance.split for utterance in corpus.utterances}
    missing = [split for split in ("train", "dev") if split not in partitions]
    if corpus.label_hop is None or missing:
        lacks = "no traces" if not missing else f"no {missing[0]} recordings"
        raise ValueError(
            f"Corpus {corpus.name!r} has {lacks}; AVEC's baseline learns from "
            "recordings with traces in train and is chosen on dev."
        )


def _read(
    corpus: Corpus, cache: pathlib.Path, progress: Progress
) -> tuple[dict[str, Features], Traces]:
    """Returns functionals by partition, and labels where there are any."""
    features: dict[str, Features] = {}
    y_true: Traces = {}
    for split in SPLITS:
        utterances = [u for u in corpus.utterances if u.split == split]
        if not utterances:
            continue
        features[split] = avec.functionals(corpus, utterances, progress, cache)
        if not all(corpus.has_traces(utterance) for utterance in utterances):
            continue
        rows = next(iter(features[split].values()))
        traces = [corpus.traces(utterance) for utterance in utterances]
        y_true[split] = {
            dimension: [
                fit_to_steps(trace[dimension], len(steps), utterance.id)
                for trace, steps, utterance in zip(traces, rows, utterances)
            ]
            for dimension in corpus.dimensions
        }
    return features, y_true


def _fit(
    features: Mapping[str, Features], y_true: Traces, progress: Progress
) -> dict[str, Regression]:
    """Fits a regression for each dimension."""
    regressions = {}
    for dimension, y_train in y_true["train"].items():

        def show(line: str, dimension: str = dimension) -> None:
            progress.show(f"{dimension}: {line}")

        regressions[dimension] = avec.fit(
            features["train"],
            y_train,
            features["dev"],
            y_true["dev"][dimension],
            show,
        )
    return regressions


def _write(
    corpus: Corpus,
    out: pathlib.Path,
    regressions: Mapping[str, Regression],
    features: Mapping[str, Features],
    y_true: Traces,
) -> dict[str, Any]:
    """Writes predictions and, last, the report."""
    y_pred = {
        split: {
            dimension: regression.predict(features[split])
            for dimension, regression in regressions.items()
        }
        for split in features
        if split != "train"
    }
    arrays: dict[str, Any] = {
        f"{split}/{dimension}/{index}": trace
        for split, by_dimension in y_pred.items()
        for dimension, traces in by_dimension.items()
        for index, trace in enumerate(traces)
    }
    with files.replacing(out / "predictions.npz") as part:
        np.savez_compressed(part, **arrays)
    content = {
        "note": corpus.note,
        "model": NAME,
        "kind": MODEL,
        "corpus": corpus.name,
        "citation": corpus.citation,
        "notes": [ABOUT, *corpus.notes(), *_intervals(corpus, y_pred)],
        "measures": dict(MEASURES),
        "metrics": _scores(corpus, y_true, y_pred),
        "chosen": {d: r.settings() for d, r in regressions.items()},
        **provenance(),
    }
    files.write_text(out / "report.md", markdown(content) + "\n")
    files.write_json(out / "report.json", content)
    return content


def _scores(corpus: Corpus, y_true: Traces, y_pred: Traces) -> dict[str, Any]:
    """Returns CCC and RMSE over all frames, by partition and dimension."""
    return {
        split: trace_sums(
            y_true[split],
            by_dimension,
            [utterance.speaker for utterance in corpus.split(split)],
        ).scores()
        for split, by_dimension in y_pred.items()
        if split in y_true
    }


def _intervals(corpus: Corpus, y_pred: Traces) -> list[str]:
    """Returns what the brackets of each partition's figures hold."""
    return intervals_by_split(
        "speaker",
        {
            split: len({u.speaker for u in corpus.split(split)})
            for split in y_pred
        },
    )


def markdown(content: Mapping[str, Any]) -> str:
    """Returns the report: the corpus' caveat, figures and settings."""
    head = ["split", "label", *MEASURES.values()]
    rows = [[split, name, *row] for split, name, row in report.scores(content)]
    settings = [
        [dimension, *(_short(chosen[name]) for name in SETTINGS)]
        for dimension, chosen in content["chosen"].items()
    ]
    parts = [
        *([f"**{content['note']}**"] if content["note"] else []),
        f"# AVEC's baseline on {content['corpus']}",
        f"Data: {content['citation']}",
        "\n".join(f"- {note}" for note in content["notes"]),
        report.table(head, rows),
        "Chosen on dev:",
        report.table(["label", *SETTINGS.values()], settings),
        sentence(content),
    ]
    return "\n\n".join(parts)


def _short(value: float) -> str:
    return f"{value:.3g}"
