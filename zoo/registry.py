"""Cards, the register of entry points, and look-up that suggests."""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from zoo.common.arguments import look_up

EntryPoint = TypeVar("EntryPoint", bound=Callable[..., Any])


@dataclasses.dataclass(frozen=True)
class Port:
    """One named input or output of a model.

    `shape` leaves the batch out; `None` is a variable length. `unit` says what
    a number means and which range it has; `labels` name the last axis.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    unit: str
    labels: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Weights:
    """What packaged weights are and what they were really trained on.

    Where `simulated`, that was made by a program, and `zoo.get` warns.
    """

    file: str
    sha256: str
    bytes: int
    corpus: str
    note: str
    protocol: str
    figures: dict[str, Any]
    terms: str
    date: str
    versions: dict[str, str]
    command: str
    arguments: dict[str, Any]
    simulated: bool = False


@dataclasses.dataclass(frozen=True)
class Card:
    """What a model needs, gives, and comes from.

    Attributes:
        summary: one sentence.
        paper: the citation.
        corpus: the corpus of the paper, not of any weights.
        frontend: name of the signal front end in `zoo.frontends`; `None`
            where the features come from elsewhere.
        inputs: ports, in the model's own names.
        outputs: ports, in the model's own names.
        loss: name of the loss in `zoo.losses` or Keras.
        monitor: what model selection watches, and its direction.
        sampling_rate: of the waveform, in Hz; `None` without a front end.
        hop: seconds between two output steps; `None` where the steps have no
            fixed length, as words do, or there is one output a row.
        receptive_field: input steps that reach one output step, at the
            entry point's default arguments; `None` where unbounded.
        name: filled in by `register`.
        weights: filled in at look-up; `None` without packaged weights.
    """

    summary: str
    paper: str
    corpus: str
    frontend: str | None
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    loss: str
    monitor: tuple[str, str]
    sampling_rate: int | None
    hop: float | None
    receptive_field: int | None
    name: str = ""
    weights: Weights | None = None


@dataclasses.dataclass(frozen=True)
class Entry:
    """A registered model: its card, its entry point, its weights' suffix."""

    card: Card
    build: Callable[..., Any]
    variant: Callable[[Mapping[str, Any]], str]


_ENTRIES: dict[str, Entry] = {}


def _no_variant(arguments: Mapping[str, Any]) -> str:
    return ""


def register(
    card: Card, variant: Callable[[Mapping[str, Any]], str] = _no_variant
) -> Callable[[EntryPoint], EntryPoint]:
    """Registers the decorated entry point under its own name.

    Args:
        card: of the model, without its name.
        variant: from arguments of the entry point to a suffix of the names
            of packaged files, for a model that has weights for several
            arguments.

    Raises:
        ValueError: the name is taken.
    """

    def decorate(build: EntryPoint) -> EntryPoint:
        name = build.__name__
        if name in _ENTRIES:
            raise ValueError(
                f"A model named {name!r} is registered already, by "
                f"{_ENTRIES[name].build.__module__}. Choose another name."
            )
        card_of_name = dataclasses.replace(card, name=name)
        _ENTRIES[name] = Entry(card_of_name, build, variant)
        return build

    return decorate


def names(pattern: str = "*") -> list[str]:
    """Names of the registered models that match a shell pattern, sorted."""
    return sorted(fnmatch.filter(_ENTRIES, pattern))


def entry(name: str) -> Entry:
    """The entry of that name.

    Raises:
        UsageError: no such model; the message suggests and lists.
    """
    return look_up("model", name, _ENTRIES)
