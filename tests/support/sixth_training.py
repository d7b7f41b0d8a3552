"""The toy paper as a module of `tuning.papers` would have it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from tuning.experiments.traces import TraceExperiment
from tuning.runs.report import table
from tuning.tables import registry
from tuning.tables.quoted import Runs, heading
from tuning.tables.registry import TablesRequest
from tuning.training import values
from tuning.training.callbacks import EarlyStopping
from tuning.training.fits import Configuration
from tuning.training.progress import Progress
from tuning.training.recipe import Recipe, register

if TYPE_CHECKING:
    import keras_tuner


@register(
    Recipe(
        experiment=TraceExperiment,
        corpus=("recola", "simulated"),
        epochs=1,
        seeds=1,
        tuner="random",
        rule=functools.partial(EarlyStopping, patience=1),
        measure=("ccc", "max"),
        loss="ccc",
        normalisation="recording",
        values={"width": values.number("at least 2", lambda n: n >= 2, int)},
    )
)
def toy_line(hp: keras_tuner.HyperParameters, dimension: str) -> Configuration:
    """The paper's one size, and half of it."""
    return Configuration(
        {"width": hp.Choice("width", [4, 2], default=4)},
        {"learning_rate": hp.Fixed("learning_rate", 0.01)},
    )


@registry.register("toy", "006", "simulated")
def make(request: TablesRequest, progress: Progress) -> str:
    """Makes the toy's only table."""
    runs = Runs(request.runs, request.corpus, ["toy_line"])
    rows = [
        [name, f"{report['metrics']['test']['arousal']['ccc']:.3f}"]
        for name, report in runs.reports.items()
    ]
    return "\n\n".join(
        [
            *heading("toy", "006", "nothing", request.corpus),
            table(["system", "test CCC"], rows),
            runs.missing_note(),
        ]
    )
