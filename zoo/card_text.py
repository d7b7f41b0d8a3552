"""A model's card as text, for `python -m zoo NAME`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from zoo import registry, weights
from zoo.registry import Card, Output, Port, Weights

TRAIN = (
    "`python -m tuning.search {name} --data FOLDER` trains, and "
    'zoo.get("{name}", weights="FOLDER OF THE RUN") loads what it trained'
)
"""How to get weights of a model that has none."""
LEAST_UNITS = 8
"""Fewer speakers, recordings or videos have no interval."""
Figures = Mapping[str, Mapping[str, float]]
"""Metrics by label."""


def lines(card: Card) -> Iterator[str]:
    """Yields the lines of a card: the model, then its weights."""
    yield f"name: {card.name}"
    for name in ("summary", "paper", "corpus", "frontend"):
        yield _field(name, getattr(card, name))
    for title, ports in (("inputs", card.inputs), ("outputs", card.outputs)):
        yield f"{title}:"
        yield from (f"  {_port(port)}" for port in ports)
    for name in ("loss", "monitor", "sampling_rate", "hop"):
        yield _field(name, getattr(card, name))
    if card.weights is None:
        yield f"weights: none. {TRAIN.format(name=card.name)}."
    else:
        yield "weights:"
        yield from (f"  {line}" for line in _weights(card.weights))
        yield f"load: {_call(card.name, card.weights)}"
    yield from _others(card)


def _field(name: str, value: Any) -> str:
    if isinstance(value, tuple):
        value = ", ".join(map(str, value))
    if isinstance(value, Mapping):
        value = ", ".join(f"{key}={item}" for key, item in value.items())
    return f"{name}: {'none' if value is None else value}"


def _port(port: Port) -> str:
    """Returns a line on an input or an output."""
    line = f"{port.name} {port.shape} {port.dtype}: {port.unit}"
    if not isinstance(port, Output):
        return line
    if port.labels:
        line += f" of {', '.join(port.labels)}"
    return "; ".join([line, *_rates(port)])


def _rates(port: Output) -> Iterator[str]:
    """Yields rate and receptive field of an output."""
    if port.hop:
        yield f"a step every {port.hop:g} s"
    if port.receptive_field is None:
        yield "depends on the whole recording"
    else:
        seconds = port.receptive_field_seconds
        steps = f"depends on {port.receptive_field} input steps"
        yield steps + (f" ({seconds:g} s)" if seconds else "")
    if port.coarsest and port.coarsest > 1:
        yield f"computed at 1/{port.coarsest:g} of the input's rate"


def _weights(record: Weights) -> Iterator[str]:
    """Yields the record of weights, its figures by partition."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if field.name == "figures":
            for partition in value:
                yield from _figures(record, partition)
        elif field.name not in ("constants", "unit", "units"):
            yield _field(field.name, value)


def _figures(record: Weights, partition: str) -> Iterator[str]:
    """Yields a line a label, then one for each constant baseline."""
    yield f"figures of {partition} ({_intervals(record, partition)}):"
    for label, own in record.figures[partition].items():
        yield f"  {label}: {_metrics(label, own)}"
    for name, by_label in record.constants.get(partition, {}).items():
        shown = together(by_label)
        words = (
            f"{label} {_metrics(label, own)}" for label, own in shown.items()
        )
        yield f"  constant, {name}: {'; '.join(words)}"


def _intervals(record: Weights, partition: str) -> str:
    """Returns what the intervals are over, or why there are none."""
    count = record.units.get(partition)
    figures = record.figures[partition].values()
    if any("low" in own for own in figures):
        return f"in brackets 95 % intervals over {count} {record.unit}s"
    if count is not None and count < LEAST_UNITS:
        return f"no interval: {count} {record.unit}s"
    return "no interval was kept"


def _metrics(label: str, own: Mapping[str, float]) -> str:
    """Returns the metrics of a label, each with its interval if it has one."""
    first = next(iter(own))
    cells = []
    for name, value in own.items():
        if name.endswith(("low", "high")):
            continue
        prefix = "" if name == first else f"{name}_"
        title = "recall" if name == "uar" and ": " in label else name
        cell = f"{title} {value:.3f}"
        if f"{prefix}low" in own:
            low, high = own[f"{prefix}low"], own[f"{prefix}high"]
            cell += f" ({low:.3f} to {high:.3f})"
        cells.append(cell)
    return ", ".join(cells)


def together(by_label: Figures) -> dict[str, Mapping[str, float]]:
    """Returns the figures of all tasks, or of all labels together.

    Those of single classes are left out.
    """
    if "overall" in by_label:
        return {"overall": by_label["overall"]}
    return {name: own for name, own in by_label.items() if ": " not in name}


def _call(name: str, record: Weights) -> str:
    """Returns the Python call that loads packaged weights."""
    entry = registry.entry(name)
    variant = weights.variants(entry)[_stem(record)]
    words = [repr(name), *(f"{n}={value!r}" for n, value in variant.items())]
    return f"zoo.get({', '.join(words)})"


def _others(card: Card) -> Iterator[str]:
    """Yields a line on packaged weights besides the card's and the default."""
    shown = {card.name} if card.weights is None else {_stem(card.weights)}
    variants = weights.variants(registry.entry(card.name))
    others = [name for name in variants if name not in {card.name, *shown}]
    if others:
        commands = ", ".join(f"`python -m zoo {name}`" for name in others)
        yield f"other weights: {commands}"


def _stem(record: Weights) -> str:
    """Returns the name of packaged files, without suffix."""
    return record.file.removesuffix(".weights.h5")
