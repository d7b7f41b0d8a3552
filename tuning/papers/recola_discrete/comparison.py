"""The tables of `variants`: smoothing, labels, losses, stability."""

from __future__ import annotations

import csv
import pathlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tuning.experiments.base import Experiment
from tuning.experiments.predictions import Predictions
from tuning.experiments.unit_scores import difference
from tuning.papers.recola_discrete.variants import RAW, VARIANTS, Variants
from tuning.runs.ensemble import Ensemble
from tuning.runs.figures import (
    about_intervals,
    cell,
    ensemble_of,
    mean_and_deviation,
    signed,
)
from tuning.runs.report import table
from tuning.tables import kinds
from tuning.tables.registry import TablesRequest
from tuning.training.fits import Fit
from tuning.training.progress import Progress


def section(
    run: pathlib.Path, request: TablesRequest, progress: Progress
) -> str:
    """Returns both tables, as Markdown.

    Args: as of `Variants`.
    """
    variants = Variants(run, request, progress)
    experiment = variants.experiment
    rows: list[list[str]] = []
    stability: list[list[str]] = []
    reference: Mapping[str, Predictions] | None = None
    for name, changes in VARIANTS.items():
        networks = variants.train(changes)
        smoothed = variants.smoothed(networks, not changes)
        reference = smoothed[RAW] if reference is None else reference
        stability.append([name, *_stability(networks)])
        for way, predictions in smoothed.items():
            kind = ensemble_of(len(variants.seeds))
            cells = _cells(experiment, predictions, reference)
            rows.append([name, way, kind, *cells])
    columns = _columns(experiment)
    constants = {split: experiment.constants(split) for split, _ in columns}
    measured = [(*column, "ccc") for column in columns]
    none = ["-"] * len(experiment.targets)
    for row in kinds.constants(constants, measured, experiment.corpus.name):
        rows.append([row[0], "-", *row[1:], *none])
    progress.clear()
    return "\n\n".join(
        [
            "## Sections 5 and 6: smoothing, labels and losses",
            _note(experiment),
            table(_head(experiment), rows),
            "## Section 4.2: stability of training",
            "Dev CCC of the best epoch, mean ± standard deviation over "
            f"{len(variants.seeds)} seeds, and its mean absolute change from "
            "one epoch to the next: what is stable changes little. The paper: "
            "cost-sensitive cross-entropy trains more stably than the plain "
            "one.",
            table(_stability_head(experiment), stability),
        ]
    )


def _note(experiment: Experiment) -> str:
    split = "test" if experiment.labelled("test") else "dev"
    units = len(set(experiment.units(split)))
    return (
        "CCC. Each system changes one thing of the paper's. Settings of the "
        "decoder and widths of the filters are chosen on dev, whose columns "
        "are optimistic. The last columns are differences from the paper's "
        f"CLS-Raw on {split}, paired by speaker. "
        f"{about_intervals('speaker', units)}"
    )


def _columns(experiment: Experiment) -> list[tuple[str, str]]:
    return [
        (split, dimension)
        for dimension in experiment.targets
        for split in experiment.scored
        if experiment.labelled(split)
    ]


def _head(experiment: Experiment) -> list[str]:
    columns = [f"{name} {split}" for split, name in _columns(experiment)]
    differences = [f"{name}, over CLS-Raw" for name in experiment.targets]
    return ["system", "trace", kinds.KIND, *columns, *differences]


def _cells(
    experiment: Experiment,
    predictions: Mapping[str, Predictions],
    reference: Mapping[str, Predictions],
) -> Iterator[str]:
    columns = _columns(experiment)
    scores = {
        split: experiment.score(predictions[split], split)
        for split in dict(columns)
    }
    for split, dimension in columns:
        yield cell(scores[split].get(dimension, {}), "ccc")
    last = "test" if experiment.labelled("test") else "dev"
    own, other = (
        experiment.sums(system[last], last)
        for system in (predictions, reference)
    )
    for dimension in experiment.targets:
        yield signed(difference(own, other, dimension, "ccc"))


def _stability_head(experiment: Experiment) -> list[str]:
    head = ["system"]
    for dimension in experiment.targets:
        head += [f"{dimension} dev CCC", "change an epoch"]
    return head


def _stability(networks: Ensemble) -> Iterator[str]:
    for fits in networks.fits.values():
        yield mean_and_deviation([fit.best for fit in fits])
        yield f"{np.mean([_change(fit) for fit in fits]):.3f}"


def _change(fit: Fit) -> float:
    """Returns the mean absolute change of dev CCC from epoch to epoch."""
    with open(fit.folder / "history.csv", encoding="utf-8") as file:
        name = f"val_{fit.target}_ccc"
        scores: Sequence[float] = [
            float(row[name]) for row in csv.DictReader(file)
        ]
    if len(scores) < 2:
        return float("nan")
    return float(np.abs(np.diff(scores)).mean())
