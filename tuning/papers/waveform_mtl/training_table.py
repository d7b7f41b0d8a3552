"""How long the systems of Table 1 trained, and whether that was enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tuning.experiments.classification import TARGET
from tuning.papers.waveform_mtl.systems import (
    JOINT,
    SVM,
    TableSystems,
    Trained,
)
from tuning.runs.report import table
from tuning.training.fits import Fit
from zoo.papers.waveform_mtl import TASKS


def training(systems: TableSystems) -> str:
    """Tabulates the best epochs, and names systems that may not have ended."""
    rows = []
    unfinished: dict[str, list[str]] = {}
    for system in systems.rows:
        if system == SVM:
            continue
        tasks = systems.main_tasks() if system in JOINT else TASKS
        for task in tasks:
            # A network of all tasks without a main one is shown for any.
            trained = systems.trained(
                system, task if task in TASKS else TASKS[0]
            )
            fits = networks(trained)
            limited = [fit for fit in fits if was_cut_off(trained, fit)]
            last = [fit for fit in fits if fit.best_epoch + 1 == fit.epochs]
            rows.append(
                [
                    system,
                    task,
                    len(fits),
                    _spread([fit.best_epoch + 1 for fit in fits]),
                    _spread([fit.epochs for fit in fits]),
                    len(limited),
                    len(last),
                ]
            )
            if limited:
                unfinished.setdefault(system, []).append(task)
    head = ["system", "task", "networks", "best epoch", "epochs"]
    head += ["ended by the limit", "best at the last epoch"]
    about = "Epochs are medians over seeds and folds (least to most)."
    return f"{_verdict(unfinished)}\n\n{about}\n\n{table(head, rows)}"


def networks(trained: Trained) -> list[Fit]:
    """Returns the fit of every seed and fold."""
    return [
        part
        for fit in trained.ensemble.fits[TARGET]
        for part in (fit.folds or [fit])
    ]


def was_cut_off(trained: Trained, fit: Fit) -> bool:
    """Returns whether the limit of epochs ended a training, not the rule."""
    stopping = trained.experiment.recipe.rule("")
    stopping.best_epoch = fit.best_epoch
    is_at_limit = fit.epochs >= trained.experiment.epochs
    return is_at_limit and not stopping.is_over(fit.epochs)


def _verdict(unfinished: Mapping[str, Sequence[str]]) -> str:
    if not unfinished:
        return (
            "Every network stopped because its score on dev had stopped "
            "rising, none at the limit of epochs."
        )
    named = ", ".join(
        f"{system} ({', '.join(tasks)})" for system, tasks in unfinished.items()
    )
    return (
        "**Some networks were cut off by the limit of epochs and might have "
        f"become better: {named}. Their figures do not compare systems; raise "
        "--epochs.**"
    )


def _spread(values: Sequence[int]) -> str:
    return f"{np.median(values):g} ({min(values)} to {max(values)})"
