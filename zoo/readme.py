"""The README's table of models, generated from their cards."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any

import zoo
from zoo import registry, weights
from zoo.common import markers
from zoo.registry import Card, Port, Weights

HEADER = (
    "name",
    "paper",
    "input",
    "output",
    "weights trained on",
    "figure [95 % interval]",
)
LOSSES = {"mean_absolute_error": "mae"}
"""Metrics of the losses that a model may monitor."""

PARTITIONS = ("cross-validation", "test", "dev")
"""Partitions in the order in which a figure is taken from a record."""


def models_table() -> str:
    """Returns the models and their weights' variants, as Markdown."""
    return markers.table(HEADER, itertools.chain(*map(_rows, zoo.names())))


def _rows(name: str) -> Iterator[list[str]]:
    """Yields a row for each of a model's weights, or one without any."""
    variants = weights.variants(registry.entry(name))
    for variant, arguments in {name: {}, **variants}.items():
        card = zoo.card(name, **arguments)
        inputs = _ports(port for port in card.inputs if port.name != "lengths")
        if card.frontend is not None:
            inputs = f"{inputs} from `{card.frontend}`"
        yield [
            f"`{variant}`",
            short_citation(card.paper),
            inputs,
            _ports(card.outputs),
            _trained_on(card.weights),
            figure(card, card.weights),
        ]


def _ports(ports: Iterable[Port]) -> str:
    """Returns the names of ports grouped by shape; T is a variable length."""
    groups: dict[str, list[str]] = {}
    for port in ports:
        sizes = ("T" if size is None else str(size) for size in port.shape)
        groups.setdefault(f"({'×'.join(sizes)})", []).append(port.name)
    return "; ".join(
        f"{', '.join(names)} {shape}" for shape, names in groups.items()
    )


def _trained_on(record: Weights | None) -> str:
    return "-" if record is None else f"`{record.corpus}`"


def short_citation(citation: str) -> str:
    """Returns the authors' surnames and the year of a citation.

    Args:
        citation: authors with initials first, separated by commas; a title
            and a venue, each ended by a full stop; the year comes last.

    Example:
        >>> short_citation("A. B. Mower Provost, C. Le. A title. Venue 2017.")
        'Mower Provost and Le 2017'
    """
    authors = re.split(r"(?<=[^\W\d_]{2})\. ", citation)[0].split(", ")
    surnames = [author.split(". ")[-1] for author in authors]
    year = re.findall(r"\b\d{4}\b", citation)[-1]
    if len(surnames) > 2:
        return f"{surnames[0]} et al. {year}"
    return f"{' and '.join(surnames)} {year}"


def figure(card: Card, record: Weights | None) -> str:
    """Returns the metric that the model monitors, as its record has it.

    The figure is that of the first partition of `PARTITIONS` that the record
    holds, of every task, or of all tasks together where it has that.
    """
    if record is None:
        return "-"
    metric = card.monitor[0].removeprefix("val_")
    metric = LOSSES[card.loss] if metric == "loss" else metric
    partition = next(name for name in PARTITIONS if name in record.figures)
    tasks = {
        task: figures
        for task, figures in record.figures[partition].items()
        if ":" not in task and metric in figures
    }
    if "overall" in tasks:
        tasks = {"overall": tasks["overall"]}
    values = ", ".join(
        f"{task} {_value(figures, metric)}" for task, figures in tasks.items()
    )
    return f"{metric.upper()} of {partition}: {values}"


def _value(figures: dict[str, Any], metric: str) -> str:
    if "low" not in figures:
        return f"{figures[metric]:.2f}"
    low, high = figures["low"], figures["high"]
    return f"{figures[metric]:.2f} [{low:.2f}, {high:.2f}]"
