"""What the corpora share that have one emotion an utterance."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from pipelines.corpora import base

FOUR = ("angry", "happy", "sad", "neutral")
"""The classes that most work on categories of emotion shares."""


class EmotionCorpus(base.Corpus):
    """Utterances with a label `emotion`, counted by emotion too.

    `expected` names, beside utterances, speakers and official folds, how many
    utterances an intact copy has of each emotion.
    """

    def _counts(self) -> dict[str, int]:
        found = Counter(u.labels.get("emotion") for u in self.utterances)
        shown = {name: found[name] for name in self.emotions if found[name]}
        return {**super()._counts(), **shown}

    def _keep(self, wanted: Callable[[base.Utterance], bool]) -> None:
        """Leaves out the other utterances of a copy found intact."""
        self.utterances = tuple(filter(wanted, self.utterances))
        if not self.utterances:
            raise ValueError(
                f"{self.root}: the arguments of {self.name!r} must leave some "
                "utterances. Received: values that leave none; lower them."
            )
        self.expected = self._counts()

    def _check_speakers(self, table: Path) -> None:
        """Refuses a table that has a speaker in two official folds."""
        sides: dict[str, str | None] = {}
        for utterance in self.utterances:
            side = sides.setdefault(utterance.speaker, utterance.split)
            if side != utterance.split:
                raise ValueError(
                    f"{table}: a speaker's `split` must be the same in all "
                    f"rows. Received: {side} and {utterance.split} for "
                    f"{utterance.speaker!r}"
                )


def known(where: str, name: str, value: str, allowed: Iterable[str]) -> str:
    """`value`, which must be one of those allowed.

    Args:
        where: file and line, for the error.
        name: of the column or field.
        value: as it stands there.
        allowed: all of them.

    Raises:
        ValueError: another value; the message lists and suggests.

    Example:
        >>> known("labels.csv, line 2", "emotion", "sad", FOUR)
        'sad'
    """
    allowed = list(allowed)
    if value in allowed:
        return value
    close = difflib.get_close_matches(value, allowed, n=1)
    hint = f". Did you mean {close[0]!r}?" if close else ""
    raise ValueError(
        f"{where}: {name} must be one of {', '.join(allowed)}. Received: "
        f"{value!r}{hint}"
    )
