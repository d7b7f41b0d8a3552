"""Model cards and the registry of entry points."""

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

    Attributes:
        name: key in the model's dict of inputs or outputs.
        shape: without the batch; `None` is a variable length.
        dtype: of the tensor.
        unit: meaning and range of a number.
        labels: names of the last axis.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    unit: str
    labels: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Output(Port):
    """One named output, as computed from a model that was built.

    Attributes:
        hop: seconds from one step to the next; `None` where steps have no
            fixed length, as words, or where there are none.
        receptive_field: the largest number of input steps that one value
            depends on; `None`: all of the recording.
        receptive_field_seconds: the same in seconds, where steps have a fixed
            length.
        coarsest: input steps of one step of the slowest layer that the output
            is computed from; `None` for an output without steps.
    """

    hop: float | None = None
    receptive_field: int | None = None
    receptive_field_seconds: float | None = None
    coarsest: float | None = None


@dataclasses.dataclass(frozen=True)
class Weights:
    """The record of packaged weights: the file and what it was trained on.

    Attributes:
        file: name of the file.
        sha256: its digest.
        bytes: its size.
        corpus: the corpus that the weights were trained on.
        note: what must be known of the corpus, or "".
        protocol: partitions and seeds behind the figures.
        figures: metrics by partition and label; `low` and `high` are the
            bounds of the 95 % interval of a label's first metric. A label
            "TASK: CLASS" has the recall of a class.
        terms: terms of use of the corpus.
        date: of the training.
        versions: of the packages that trained.
        command: that trained.
        arguments: of the entry point.
        simulated: whether a program made the corpus; `zoo.get` then warns.
        constants: metrics of predictions that never change, such as the
            majority class, by partition, baseline and label.
        unit: what intervals are over, such as "speaker".
        units: number of them in each partition; fewer than eight have no
            interval.
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
    constants: dict[str, Any] = dataclasses.field(default_factory=dict)
    unit: str = ""
    units: dict[str, int] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Card:
    """Inputs, outputs and origin of a model.

    As registered, a card has no outputs, and inputs in the shapes of the entry
    point's default arguments; `zoo.card` and `zoo.describe` compute both from
    a model that was built.

    Attributes:
        summary: one sentence.
        paper: the citation.
        corpus: the corpus of the paper, not of any weights.
        frontend: name of the signal front end in `zoo.frontends`; `None`
            where the features come from elsewhere.
        inputs: ports, in the model's own names.
        loss: name of the loss in `zoo.losses` or Keras.
        monitor: metric that selects the epoch, and its direction.
        sampling_rate: of the waveform, in Hz; `None` without a waveform.
        hop: seconds from one input step to the next; `None` where steps have
            no fixed length, as words.
        outputs: in the model's own names; computed.
        name: set by `register`.
        weights: set at look-up; `None` without packaged weights.
    """

    summary: str
    paper: str
    corpus: str
    frontend: str | None
    inputs: tuple[Port, ...]
    loss: str
    monitor: tuple[str, str]
    sampling_rate: int | None
    hop: float | None
    outputs: tuple[Output, ...] = ()
    name: str = ""
    weights: Weights | None = None


@dataclasses.dataclass(frozen=True)
class Entry:
    """A registered model.

    Attributes:
        card: of the model.
        build: its entry point.
        variant: from arguments to the suffix of its weights' files.
        decoded: from a model that was built to the one that smooths its
            outputs by a decoder; `None` for a model without a decoder.
    """

    card: Card
    build: Callable[..., Any]
    variant: Callable[[Mapping[str, Any]], str]
    decoded: Callable[[Any], Any]


_ENTRIES: dict[str, Entry] = {}


def _no_variant(arguments: Mapping[str, Any]) -> str:
    return ""


def _no_decoder(model: Any) -> None:
    return None


def register(
    card: Card,
    variant: Callable[[Mapping[str, Any]], str] = _no_variant,
    decoded: Callable[[Any], Any] = _no_decoder,
) -> Callable[[EntryPoint], EntryPoint]:
    """Registers the decorated entry point under its own name.

    Args:
        card: of the model, without its name.
        variant: from arguments of the entry point to a suffix of the names
            of packaged files, for a model that has weights for several
            arguments.
        decoded: as of `Entry`, where there is a decoder.

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
        _ENTRIES[name] = Entry(card_of_name, build, variant, decoded)
        return build

    return decorate


def names(pattern: str = "*") -> list[str]:
    """Returns the sorted names of registered models that match a pattern.

    Args:
        pattern: a shell pattern.

    Example:
        >>> import zoo
        >>> zoo.names("recola_d*")
        ['recola_dilated', 'recola_downup']
    """
    return sorted(fnmatch.filter(_ENTRIES, pattern))


def entry(name: str) -> Entry:
    """Returns the entry of that name.

    Raises:
        UsageError: no such model; the message suggests and lists.
    """
    return look_up("model", name, _ENTRIES)
