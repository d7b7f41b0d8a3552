"""Base class of the corpora."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from pipelines.audio import reader
from pipelines.corpora._io import partial_copies, tables
from pipelines.corpora.utterance import Utterance
from pipelines.simulation.folders import MANIFEST
from zoo import frontends

SPLITS = ("train", "dev", "test")
RATE = reader.RATE
LABEL_HOP = frontends.STEP_SECONDS
"""Seconds between two labels of a trace: one label a feature step."""


class Corpus:
    """A corpus in a folder, in the layout that its owners ship.

    Attributes:
        title: its full name.
        citation: the paper that its owners ask to be cited.
        terms: what its owners allow.
        source: how to get it.
        layout: what the root folder must hold.
        note: sentences that every report must contain, or "". A partial
            copy adds what it lacks.
        simulated: whether a program wrote it.
        partition: who made its splits, in words.
        protocol: name of the evaluation protocol that is published with it,
            or `None`.
        dimensions: names of its dimensional labels.
        emotions: values of its label `emotion`, in the order of classes;
            empty where it has no such label.
        label_hop: seconds between two labels of a trace, or `None`.
        lag: seconds by which traces were moved earlier than raters gave them.
        expected: counts of utterances, speakers and members of each split of
            an intact copy.
        utterances: all of them, sorted by id.
        partial: whether the copy may lack files.
        missing: names of the files of an intact copy that a partial one
            lacks, sorted.

    Args:
        root: folder of the copy.
        partial: whether to read what is there of an incomplete copy. Its
            figures compare with nothing published.

    Raises:
        FileNotFoundError: the folder is missing, or some of its files are and
            the copy is not called partial.
        ValueError: the copy holds other files too, a file is damaged, or a
            simulated copy was given for a real corpus.
    """

    name: str
    title: str
    citation: str
    terms: str
    source: str
    layout: str
    note: str = ""
    simulated: bool = False
    partition: str = "official split"
    protocol: ClassVar[str | None] = None
    dimensions: tuple[str, ...]
    emotions: tuple[str, ...] = ()
    label_hop: float | None = None
    lag: float = 0.0
    expected: Mapping[str, int]

    def __init__(self, root: str | Path, partial: bool = False):
        self.root = Path(root).expanduser()
        self.partial = partial
        self.missing: tuple[str, ...] = ()
        self._differences: tuple[str, ...] = ()
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
        if self.partial:
            self.note = f"{self.note} {self._partial_note()}".strip()

    def _read(self) -> Iterable[Utterance]:
        """Returns the utterances of `self.root`, after checking its files."""
        raise NotImplementedError

    def _available(
        self, folder: Path, expected: Iterable[str], existing: Iterable[str]
    ) -> set[str]:
        """Returns which of the expected files exist.

        Those that a partial copy lacks are added to `missing`; otherwise a
        missing file is refused, as are others than the expected files.
        """
        wanted, present = set(expected), set(existing)
        if self.partial:
            self._lack(wanted - present)
            wanted &= present
        tables.check(folder, wanted, present)
        return wanted

    def _lack(self, names: Iterable[str]) -> None:
        """Adds files that a partial copy lacks to `missing`."""
        self.missing = tuple(sorted({*self.missing, *names}))

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
        self._compare(self._counts(), self.expected)
        if self.partial:
            self.expected = self._counts()
            partial_copies.check(self.root, len(self.utterances), self.layout)

    def _compare(
        self, counts: Mapping[str, int], intact: Mapping[str, int]
    ) -> None:
        """Refuses other counts than an intact copy's, or notes a partial's."""
        if self.partial:
            self._differences = partial_copies.differences(counts, intact)
        elif counts != dict(intact):
            raise ValueError(
                f"{self.root}: an intact copy of {self.name!r} has "
                f"{_listed(intact)}. Received: {_listed(counts)}. "
                f"Copy it again ({self.source}), or add --partial."
            )

    def _partial_note(self) -> str:
        return partial_copies.sentence(
            self.name, self._differences, self.missing
        )

    @classmethod
    def options(cls) -> tuple[str, ...]:
        """Returns the constructor's parameters but `root` and `partial`."""
        names = tuple(inspect.signature(cls).parameters)[1:]
        return tuple(name for name in names if name != "partial")

    @property
    def members(self) -> Mapping[str, Corpus]:
        """The corpora that it joins, by name; of a single one, itself."""
        return {self.name: self}

    def member_of(self, utterance: Utterance) -> str:
        """Returns the name of the member that an utterance belongs to."""
        return self.name

    @property
    def speakers(self) -> tuple[str, ...]:
        """The ids of the speakers, sorted."""
        return tuple(sorted({u.speaker for u in self.utterances}))

    @property
    def splits(self) -> tuple[str, ...]:
        """The official folds that this copy has, in the order of `SPLITS`."""
        there = {utterance.split for utterance in self.utterances}
        return tuple(name for name in SPLITS if name in there)

    def split(self, name: str) -> tuple[Utterance, ...]:
        """Returns the utterances of an official fold, sorted by id.

        Args:
            name: "train", "dev" or "test".

        Raises:
            ValueError: no such fold, or the corpus has no official folds.
        """
        utterances = tuple(u for u in self.utterances if u.split == name)
        if not utterances:
            folds = ", ".join(self.splits) or "none"
            copy = "in this partial copy " if self.partial else ""
            raise ValueError(
                f"`split` must be an official fold of {self.name!r}, which "
                f"{copy}has {folds}. Received: split={name!r}"
            )
        return utterances

    def emobox_folds(self) -> list[dict[str, str]]:
        """Returns EmoBox's folds (Ma et al. 2024), each id to its partition.

        Raises:
            ValueError: they are not known.
        """
        raise ValueError(
            f"EmoBox's folds of {self.name!r} are not known here. Read its "
            "metadata with --corpus emobox, or choose another protocol."
        )

    def waveform(self, utterance: Utterance, rate: int = RATE) -> np.ndarray:
        """Reads the audio of an utterance.

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
        """Returns the span of an utterance in its file.

        Returns:
            Start and end in seconds; the end is `None` for the file's end.
        """
        return 0.0, None

    def has_traces(self, utterance: Utterance) -> bool:
        """Whether this utterance has traces."""
        return self.label_hop is not None

    def traces(self, utterance: Utterance) -> dict[str, np.ndarray]:
        """Returns the continuous labels of an utterance.

        Returns:
            Dimension to its labels, (steps,) float32 in [-1, 1], one every
            `label_hop` seconds from the start.

        Raises:
            ValueError: the corpus or this utterance has none.
        """
        if not self.has_traces(utterance):
            raise ValueError(
                f"{self.name!r} has no continuous labels for "
                f"{utterance.id!r}. Check `has_traces` first."
            )
        return self._traces(utterance)

    def _traces(self, utterance: Utterance) -> dict[str, np.ndarray]:
        raise NotImplementedError

    def notes(self) -> list[str]:
        """Returns how labels were made and what is left out, for reports."""
        return []

    def summary(self) -> str:
        """Returns the counts of this copy, and what a partial one lacks."""
        counts = f"{self.name}: {_listed(self._counts())} in {self.root}"
        return f"{counts}\n{self._partial_note()}" if self.partial else counts

    @classmethod
    def card(cls) -> str:
        """Returns title, labels, counts, citation, terms and source as text."""
        labels = (*cls.emotions, *cls.dimensions)
        hop = cls.label_hop
        rate = f"one every {hop * 1000:g} ms" if hop else "one a recording"
        lines = [
            cls.note,
            f"{cls.name}: {cls.title}",
            f"Labels: {', '.join(labels)}; {rate}" if labels else "",
            f"Counts: {_listed(cls.expected)}" if cls.expected else "",
            f"Cite: {cls.citation}",
            f"Terms: {cls.terms}",
            f"Get it: {cls.source}",
            f"Layout: {cls.layout}",
        ]
        return "\n".join(line for line in lines if line)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
