"""The papers' tables by name, registered by the modules of `tuning.papers`."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.corpora.base import Corpus
from tuning.training.pool import Pool
from tuning.training.progress import Progress
from zoo.common.arguments import look_up

SEEDS = 3


@dataclasses.dataclass(frozen=True)
class TablesRequest:
    """Arguments of a paper's tables.

    Attributes:
        corpus: opened.
        corpus_options: that it was opened with, by name.
        out: folder of the tables and figures.
        runs: folder where searches and trainings left their runs.
        epochs: at most; `None` for the recipes'.
        seeds: networks of each system, of seeds 0, 1, …
        classes: emotions to tell apart, as `--classes` names them.
        protocol: of utterances; `None` for the paper's.
        changes: "NAME=VALUE" of hyper-parameters of the paper's own systems.
        pool: of processes that train; `None` for this one alone.
        trials: configurations that a paper's search tries for its tables;
            `None` for the paper's module's default.
    """

    corpus: Corpus
    corpus_options: Mapping[str, Any]
    out: pathlib.Path
    runs: pathlib.Path
    epochs: int | None = None
    seeds: int = SEEDS
    classes: str | None = None
    protocol: str | None = None
    changes: tuple[str, ...] = ()
    pool: Pool | None = None
    trials: int | None = None


Make = Callable[[TablesRequest, Progress], str]
"""Makes all tables and figures that a corpus allows, as Markdown."""


@dataclasses.dataclass(frozen=True)
class Tables:
    """The tables and figures of one paper.

    Attributes:
        paper: name of its module.
        number: its alias.
        simulated: the simulated corpus that they are made of by default.
        trains: whether its systems are trained for the tables, which then
            take `classes`, `protocol` and `changes`; others quote finished
            runs.
        searches: whether something is searched for them, which then take
            `trials`.
        make: makes them.
        seeds: networks of each system that the tables train, by default.
        models: whose hyper-parameters `changes` are.
    """

    paper: str
    number: str
    simulated: str
    trains: bool
    searches: bool
    make: Make
    seeds: int = SEEDS
    models: tuple[str, ...] = ()


_TABLES: dict[str, Tables] = {}


def register(
    paper: str,
    number: str,
    simulated: str,
    trains: bool = False,
    searches: bool = False,
    seeds: int = SEEDS,
    models: tuple[str, ...] = (),
) -> Callable[[Make], Make]:
    """Registers the function that makes a paper's tables.

    Args: as of `Tables`.

    Raises:
        ValueError: the name or the number is taken.
    """

    def decorate(make: Make) -> Make:
        if {paper, number} & _by_any_name().keys():
            raise ValueError(
                f"Tables of {paper!r} or {number!r} are registered already."
            )
        _TABLES[paper] = Tables(
            paper, number, simulated, trains, searches, make, seeds, models
        )
        return make

    return decorate


def names() -> list[str]:
    """Names of the papers with tables, sorted."""
    return sorted(_TABLES)


def training_names() -> list[str]:
    """Names of the papers whose systems are trained for their tables."""
    return [name for name in names() if _TABLES[name].trains]


def searching_names() -> list[str]:
    """Names of the papers for whose tables something is searched."""
    return [name for name in names() if _TABLES[name].searches]


def tables(paper: str) -> Tables:
    """The tables of a paper, by its name or number.

    Raises:
        UsageError: no such paper.
    """
    return look_up("paper", paper, _by_any_name())


def _by_any_name() -> dict[str, Tables]:
    numbers = {entry.number: entry for entry in _TABLES.values()}
    return {**_TABLES, **numbers}
