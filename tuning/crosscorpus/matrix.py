"""The matrix of learnt on, tested on: networks, machines and the majority."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.corpora.joined import Joined
from pipelines.datasets import utterances
from tuning.crosscorpus import corpora, network_cells
from tuning.crosscorpus.cells import MAJORITY, Cell
from tuning.crosscorpus.corpora import Member
from tuning.crosscorpus.svm_cells import SYSTEMS, Functionals
from tuning.experiments import classes, unit_scores
from tuning.runs import workspace
from tuning.runs.provenance import provenance
from tuning.runs.request import RunRequest
from tuning.training.pool import Pool
from tuning.training.progress import Progress
from zoo.common import files


def make(request: RunRequest, progress: Progress, pool: Pool) -> dict[str, Any]:
    """Trains what is not trained yet, and scores every cell.

    Args:
        request: of a model of utterances on joined corpora.
        progress: shows how far the work is.
        pool: of processes that train.

    Returns:
        The content of `matrix.json`.

    Raises:
        UsageError: classes or a task that the model does not take.
        ValueError: corpora that cannot be compared, or a folder that holds
            another matrix.
    """
    joined = request.corpus.open()
    if not isinstance(joined, Joined):
        raise ValueError("`request` must join two corpora or more.")
    members = corpora.members(request, joined)
    tasks = corpora.tasks_of(request, joined)
    schemes = network_cells.schemes(request)
    with workspace.new_folder(request.out):
        _claim(request, joined)
        experiments = {
            name: corpora.read(request, member, tasks, progress)
            for name, member in members.items()
        }
        machines = Functionals(
            joined, members, tasks, request.choices.features, progress
        )
    cells: list[Cell] = []
    for scheme in schemes:
        cells += network_cells.cells(
            request, members, experiments, scheme, progress, pool
        )
        cells += machines.cells(scheme)
    return {
        **_heading(request, joined, members, tasks),
        "normalisations": list(schemes),
        "systems": [network_cells.SYSTEM, *SYSTEMS, MAJORITY],
        "constant": MAJORITY,
        "cells": [cell.content(tasks) for cell in cells],
        "differences": _differences(cells, tasks),
        **provenance(),
    }


def _claim(request: RunRequest, joined: Joined) -> None:
    """Resumes fits of the same utterances alone, or starts over."""
    wanted = {"matrix": True, **workspace.identity(request, joined)}
    if request.fresh:
        workspace.start_over(request.out)
    workspace.check_identity(request.out, wanted)
    files.write_json(request.out / "config.json", wanted)


def _heading(
    request: RunRequest,
    joined: Joined,
    members: Mapping[str, Member],
    tasks: classes.Tasks,
) -> dict[str, Any]:
    """Returns the notes that precede all figures."""
    return {
        "note": joined.note,
        "simulated": joined.simulated,
        "partial": joined.partial,
        "model": request.card.name,
        "paper": request.card.paper,
        "tasks": {task: list(names) for task, names in tasks.items()},
        "seeds": list(request.seeds),
        "epochs": request.epochs or request.recipe.epochs,
        "changes": list(request.changes),
        "corpora": {
            name: _about(member, tasks) for name, member in members.items()
        },
    }


def _about(member: Member, tasks: classes.Tasks) -> dict[str, Any]:
    """Returns counts, protocol and source of a corpus."""
    left_out = utterances.excluded_emotions(member.corpus, tasks)
    by_task = utterances.class_names(member.labelled, tasks)
    counts = [
        f"{sum(own == name for own in by_task[task].values())} {name}"
        for task, names in tasks.items()
        for name in names
    ]
    return {
        "utterances": len(member.labelled),
        "speakers": len({u.speaker for u in member.labelled}),
        "classes": counts,
        "protocol": member.protocol,
        "folds": len(member.folds),
        "scored": member.split,
        "notes": [
            *member.corpus.notes(),
            *classes.notes(left_out, {}),
        ],
        "citation": member.corpus.citation,
        "terms": member.corpus.terms,
    }


def _differences(
    cells: Sequence[Cell], tasks: classes.Tasks
) -> list[dict[str, Any]]:
    """Returns how much better networks are than machines, by speaker."""
    by_key = {(cell.system, cell.key): cell for cell in cells}
    rows = []
    for cell in cells:
        if cell.system != network_cells.SYSTEM:
            continue
        for system in SYSTEMS:
            other = by_key[system, cell.key]
            for task in tasks:
                value, bounds = unit_scores.difference(
                    cell.sums(tasks), other.sums(tasks), task, "uar"
                )
                rows.append(
                    {
                        "normalisation": cell.normalisation,
                        "learnt": cell.learnt,
                        "tested": cell.tested,
                        "task": task,
                        "other": system,
                        "difference": value,
                        "interval": bounds,
                    }
                )
    return rows
