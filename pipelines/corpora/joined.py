"""Several corpora as one: labels joined by name, speakers kept apart."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.corpora import base, word_base

JOINT = "+"
"""Between the names of joined corpora."""
SEPARATOR = ":"
"""Between a corpus' name and the id of its utterance or speaker."""
SESSION = "session"
"""Label whose values are of one corpus, as speakers are."""


class Joined(base.Corpus):
    """The utterances of several corpora that have labels in common.

    Utterance "b" of speaker "01" in the corpus "ravdess" is "ravdess:b" of
    speaker "ravdess:01": the same id in two corpora is two people. Its other
    labels are as they were. Emotions and dimensions are those that every
    corpus has under the same name, in the order of the first; other emotions
    stay in the utterances' labels, so that they can be counted as left out.

    Args:
        members: two corpora of utterances or more, by name.

    Raises:
        ValueError: fewer than two corpora, one of traces or of words, or no
            label that all have.

    Example:
        `Joined({"emotale": EmoTale(one), "ravdess": Ravdess(other)})`
    """

    def __init__(self, members: Mapping[str, base.Corpus]):
        check_kinds(members)
        self._members = dict(members)
        corpora = tuple(members.values())
        self.name = JOINT.join(members)
        self.title = "; ".join(corpus.title for corpus in corpora)
        self.citation = "; ".join(corpus.citation for corpus in corpora)
        self.terms = "; ".join(
            f"{name}: {corpus.terms}" for name, corpus in members.items()
        )
        self.note = " ".join(
            dict.fromkeys(c.note for c in corpora if c.note)
        ).strip()
        self.simulated = any(corpus.simulated for corpus in corpora)
        self.partial = any(corpus.partial for corpus in corpora)
        self.emotions = _common([corpus.emotions for corpus in corpora])
        self.dimensions = _common([corpus.dimensions for corpus in corpora])
        self._check_labels()
        self._origins = {
            f"{name}{SEPARATOR}{utterance.id}": (name, utterance)
            for name, corpus in members.items()
            for utterance in corpus.utterances
        }
        self.utterances = tuple(
            _renamed(name, utterance)
            for name, utterance in self._origins.values()
        )

    def _check_labels(self) -> None:
        """Refuses corpora without a label that all have."""
        if len(self.emotions) > 1 or self.dimensions:
            return
        has = "; ".join(
            f"{name} with {', '.join(_labels(member)) or 'none'}"
            for name, member in self._members.items()
        )
        raise ValueError(
            "Joined corpora must have labels in common, two emotions or a "
            f"dimension of the same name. Received: {has}. Name other corpora, "
            "or rename the labels of your own."
        )

    @property
    def members(self) -> Mapping[str, base.Corpus]:
        return self._members

    def member_of(self, utterance: base.Utterance) -> str:
        return self._origins[utterance.id][0]

    def waveform(
        self, utterance: base.Utterance, rate: int = base.RATE
    ) -> np.ndarray:
        name, own = self._origins[utterance.id]
        return self._members[name].waveform(own, rate)

    def span(self, utterance: base.Utterance) -> tuple[float, float | None]:
        name, own = self._origins[utterance.id]
        return self._members[name].span(own)

    def emobox_folds(self) -> list[dict[str, str]]:
        """Raises ValueError: EmoBox divides each corpus by itself."""
        raise ValueError(
            f"EmoBox has no folds of joined corpora. Received: {self.name}. "
            "Choose another protocol."
        )

    def notes(self) -> list[str]:
        """Returns each corpus' counts, what it lacks here, and its notes."""
        lines = []
        for name, member in self._members.items():
            line = (
                f"{name}: {len(member.utterances)} utterances of "
                f"{len(member.speakers)} speakers"
            )
            others = self._left_out(member)
            if others:
                line += f"; not in all corpora: {', '.join(others)}"
            lines += [line, *(f"{name}: {note}" for note in member.notes())]
        return lines

    def _left_out(self, member: base.Corpus) -> list[str]:
        """Returns the count of each emotion that not all corpora have."""
        counts = Counter(u.labels.get("emotion", "") for u in member.utterances)
        return [
            f"{counts[name]} {name}"
            for name in member.emotions
            if name not in self.emotions and counts[name]
        ]

    def summary(self) -> str:
        """Returns the counts of every copy."""
        return "\n".join(member.summary() for member in self._members.values())


def check_kinds(
    members: Mapping[str, base.Corpus | type[base.Corpus]],
) -> None:
    """Refuses to join fewer than two corpora, or others than of utterances.

    Args:
        members: corpora, or their classes, by name.

    Raises:
        ValueError: names the corpus and what it consists of.

    Example:
        >>> from pipelines.corpora.emotale import EmoTale
        >>> from pipelines.corpora.ravdess import Ravdess
        >>> check_kinds({"emotale": EmoTale, "ravdess": Ravdess})
    """
    if len(members) < 2:
        raise ValueError(
            "`members` must be two corpora or more. Received: "
            f"{', '.join(members) or 'none'}"
        )
    for name, corpus in members.items():
        kind = kind_of(corpus)
        if kind != "utterances":
            raise ValueError(
                "Corpora are joined where each utterance has one label. "
                f"Received: {name}, a corpus of {kind}. Leave it out."
            )


def kind_of(corpus: base.Corpus | type[base.Corpus]) -> str:
    """Returns what a corpus consists of: "traces", "utterances" or "words"."""
    own = corpus if isinstance(corpus, type) else type(corpus)
    if issubclass(own, word_base.WordCorpus):
        return "words"
    return "utterances" if corpus.label_hop is None else "traces"


def _common(names: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Returns the names that are in all sequences, in the first's order."""
    first, *others = names
    return tuple(n for n in first if all(n in other for other in others))


def _labels(corpus: base.Corpus) -> tuple[str, ...]:
    return (*corpus.emotions, *corpus.dimensions)


def _renamed(name: str, utterance: base.Utterance) -> base.Utterance:
    """Returns an utterance whose id and people are of one corpus."""
    labels: dict[str, Any] = dict(utterance.labels)
    if SESSION in labels:
        labels[SESSION] = f"{name}{SEPARATOR}{labels[SESSION]}"
    return dataclasses.replace(
        utterance,
        id=f"{name}{SEPARATOR}{utterance.id}",
        speaker=f"{name}{SEPARATOR}{utterance.speaker}",
        labels=labels,
    )
