"""The README's table of models, generated from their cards."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping

import zoo
from zoo import registry, weights
from zoo.card_text import Figures, together
from zoo.common import markers
from zoo.registry import Card, Port, Weights

HEADER = (
    "name",
    "paper",
    "input",
    "output",
    "weights trained on",
    "figure [95 % interval] (worst, best recall); constant",
)
LOSSES = {"mean_absolute_error": "mae"}
"""Metrics of the losses that a model may monitor."""

PARTITIONS = ("cross-validation", "test", "dev")
"""Partitions in the order in which a figure is taken from a record."""


def models_table() -> str:
    """Returns the models and their weights' variants, as Markdown.

    Weights with a name of their own stand in the row of their model.
    """
    return markers.table(HEADER, itertools.chain(*map(_rows, zoo.names())))


def _rows(name: str) -> Iterator[list[str]]:
    """Yields a row for each of a model's weights, or one without any."""
    variants = weights.variants(registry.entry(name))
    named = [own for own in variants.values() if "weights" in own]
    for variant, arguments in {name: {}, **variants}.items():
        if arguments in named:
            continue
        card = zoo.card(name, **arguments)
        inputs = _ports(port for port in card.inputs if port.name != "lengths")
        if card.frontend is not None:
            inputs = inputs.replace("features", f"`{card.frontend}`", 1)
        yield [
            f"`{variant}`",
            short_citation(card.paper),
            inputs,
            _ports(card.outputs),
            _trained_on(card, named if variant == name else []),
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


def _trained_on(card: Card, named: Iterable[Mapping[str, str]]) -> str:
    """Returns the corpora of a card's weights and of those with names."""
    cells = [f"`{card.weights.corpus}`"] if card.weights else []
    for own in named:
        corpus = _trained_on(zoo.card(card.name, **own), [])
        cells.append(f'`weights="{own["weights"]}"`: {corpus}')
    return "; ".join(cells) or "-"


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
    figures = record.figures[partition]
    values = ", ".join(
        f"{task} {_value(own, metric)}{_recalls(task, figures)}"
        for task, own in together(figures).items()
        if metric in own
    )
    constants = _constants(record.constants.get(partition, {}), metric)
    return f"{metric.upper()} of {partition}: {values}{constants}"


def _recalls(task: str, figures: Figures) -> str:
    """Returns the worst and the best recall of a task's classes, if any."""
    recalls = {
        name.partition(": ")[2]: own["uar"]
        for name, own in figures.items()
        if name.startswith(f"{task}: ")
    }
    if not recalls:
        return ""
    worst = min(recalls, key=recalls.__getitem__)
    best = max(recalls, key=recalls.__getitem__)
    return f" ({worst} {recalls[worst]:.2f} to {best} {recalls[best]:.2f})"


def _constants(by_name: Mapping[str, Figures], metric: str) -> str:
    """Returns the same metric of the constant baselines, where recorded."""
    names: dict[str, list[str]] = {}
    for name, by_label in by_name.items():
        figures = together(by_label).values()
        values = [f"{own[metric]:.2f}" for own in figures if metric in own]
        names.setdefault(", ".join(dict.fromkeys(values)), []).append(name)
    return "".join(
        f"; {own[0] if len(own) == 1 else 'constant'} {value}"
        for value, own in names.items()
    )


def _value(figures: Mapping[str, float], metric: str) -> str:
    if "low" not in figures:
        return f"{figures[metric]:.2f}"
    low, high = figures["low"], figures["high"]
    return f"{figures[metric]:.2f} [{low:.2f}, {high:.2f}]"
