"""What every corpus reader states and offers."""

from __future__ import annotations

import dataclasses
import inspect
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from pipelines.audio import reader
from pipelines.corpora._io import tables
from pipelines.simulation.folders import MANIFEST
from zoo import frontends

SPLITS = ("train", "dev", "test")
RATE = reader.RATE
LABEL_HOP = frontends.STEP_SECONDS
"""Seconds between two labels of a trace: one label a feature step."""


@dataclasses.dataclass(frozen=True)
class Utterance:
    """One recording of one speaker, and what is known of the whole of it.

    Attributes:
        id: unique in its corpus.
        speaker: unique in its corpus; the same in all of a speaker's
            utterances, whatever the language.
        files: its recordings, in the order in which they are heard.
        split: "train", "dev" or "test"; `None` without official folds.
        labels: values of the whole utterance by name; empty where the corpus
            has traces only.
    """

    id: str
    speaker: str
    files: tuple[Path, ...]
    split: str | None
    labels: Mapping[str, Any] = dataclasses.field(hash=False)


class Corpus:
    """A corpus in a folder, in the layout that its owners ship.

    Attributes:
        title: its full name.
        citation: the paper that its owners ask to be cited.
        terms: what its owners allow.
        source: how to get it.
        layout: what the root folder must hold.
        note: a sentence that must stand in every report, or "".
        simulated: whether a program made it up.
        dimensions: names of its dimensional labels.
        emotions: the values that its label `emotion` takes, in the order of
            classes; none where it has no such label.
        label_hop: seconds between two labels of a trace, or `None`.
        expected: how many utterances, speakers and members of each split an
            intact copy has.
        utterances: all of them, sorted by id.

    Args:
        root: folder of the copy.

    Raises:
        FileNotFoundError: the folder or some of its files are missing.
        ValueError: the copy holds more than it should, a file is broken, or
            what should be real was made by the simulator.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    citation: ClassVar[str]
    terms: ClassVar[str]
    source: ClassVar[str]
    layout: ClassVar[str]
    note: ClassVar[str] = ""
    simulated: ClassVar[bool] = False
    dimensions: tuple[str, ...]
    emotions: tuple[str, ...] = ()
    label_hop: ClassVar[float | None] = None
    expected: Mapping[str, int]

    def __init__(self, root: str | Path):
        self.root = Path(root).expanduser()
        if not self.root.is_dir():
            raise FileNotFoundError(
                f"`root` of the corpus {self.name!r} must be a folder that "
                f"holds {self.layout} Received: {root}, which is no folder. "
                f"How to get it: {self.source}"
            )
        if not self.simulated and (self.root / MANIFEST).exists():
            raise ValueError(
                f"{root} was made by pipelines.simulate, as its {MANIFEST} "
                f"says; it is no {self.name!r}. Name the simulated corpus, or "
                "the folder of a real copy."
            )
        self.utterances = tuple(
            sorted(self._read(), key=lambda utterance: utterance.id)
        )
        self._check_counts()

    def _read(self) -> Iterable[Utterance]:
        """The utterances of `self.root`, after its files were checked."""
        raise NotImplementedError

    def _counts(self) -> dict[str, int]:
        splits = Counter(u.split for u in self.utterances if u.split)
        return {
            "utterances": len(self.utterances),
            "speakers": len(self.speakers),
            **{name: splits[name] for name in SPLITS if name in splits},
        }

    def _check_counts(self) -> None:
        ids = Counter(utterance.id for utterance in self.utterances)
        repeated = [name for name, count in ids.items() if count > 1]
        if repeated:
            raise ValueError(
                f"{self.root}: an utterance's id must be unique. Received "
                f"more than once: {tables.few(repeated)}."
            )
        counts = self._counts()
        if counts != dict(self.expected):
            raise ValueError(
                f"{self.root}: an intact copy of {self.name!r} has "
                f"{_listed(self.expected)}. Received: {_listed(counts)}. "
                f"Copy it again ({self.source})."
            )

    @classmethod
    def options(cls) -> tuple[str, ...]:
        """Returns the names of the constructor's parameters besides `root`."""
        return tuple(inspect.signature(cls).parameters)[1:]

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers, sorted."""
        return tuple(sorted({u.speaker for u in self.utterances}))

    def split(self, name: str) -> tuple[Utterance, ...]:
        """The utterances of an official fold, sorted by id.

        Args:
            name: "train", "dev" or "test".

        Raises:
            ValueError: no such fold, or the corpus has no official folds.
        """
        chosen = tuple(u for u in self.utterances if u.split == name)
        if not chosen:
            known = [fold for fold in SPLITS if fold in self.expected]
            folds = ", ".join(known) or "none"
            raise ValueError(
                f"`split` must be an official fold of {self.name!r}, which "
                f"has {folds}. Received: split={name!r}"
            )
        return chosen

    def waveform(self, utterance: Utterance, rate: int = RATE) -> np.ndarray:
        """The sound of an utterance.

        Args:
            utterance: one of `utterances`.
            rate: sampling rate in Hz to resample to.

        Returns:
            (samples,) float32, mono, full scale being [-1, 1).
        """
        (file,) = utterance.files
        start, end = self.span(utterance)
        return reader.read(file, rate, start=start, end=end)

    def span(self, utterance: Utterance) -> tuple[float, float | None]:
        """Where an utterance lies in its file.

        Returns:
            Start and end in seconds; the end is `None` for that of the file.
        """
        return 0.0, None

    def has_traces(self, utterance: Utterance) -> bool:
        """Whether `traces` has an answer for this utterance."""
        return self.label_hop is not None

    def traces(self, utterance: Utterance) -> dict[str, np.ndarray]:
        """The continuous labels of an utterance.

        Returns:
            Dimension to its labels, (steps,) float32 in [-1, 1], one every
            `label_hop` seconds from the start.

        Raises:
            ValueError: the corpus or this utterance has none.
        """
        if not self.has_traces(utterance):
            raise ValueError(
                f"{self.name!r} has no continuous labels for "
                f"{utterance.id!r}. Ask `has_traces` first."
            )
        return self._traces(utterance)

    def _traces(self, utterance: Utterance) -> dict[str, np.ndarray]:
        raise NotImplementedError

    def summary(self) -> str:
        """What this copy holds, in one line."""
        return f"{self.name}: {_listed(self._counts())} in {self.root}"

    @classmethod
    def card(cls) -> str:
        """What there is to know before using the corpus, as text."""
        hop = "one a recording"
        if cls.label_hop is not None:
            hop = f"one every {cls.label_hop * 1000:g} ms"
        lines = [
            cls.note,
            f"{cls.name}: {cls.title}",
            f"Labels: {', '.join((*cls.emotions, *cls.dimensions))}; {hop}",
            f"Counts: {_listed(cls.expected)}" if cls.expected else "",
            f"Cite: {cls.citation}",
            f"Terms: {cls.terms}",
            f"Get it: {cls.source}",
            f"Layout: {cls.layout}",
        ]
        return "\n".join(line for line in lines if line)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
