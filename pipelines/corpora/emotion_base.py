"""Base class of corpora with one emotion an utterance."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable

from pipelines.corpora import base

FOUR = ("angry", "happy", "sad", "neutral")
"""The four classes that most published experiments use."""


class EmotionCorpus(base.Corpus):
    """Utterances with a label `emotion`, counted by emotion too.

    `expected` names, beside utterances, speakers and official folds, how many
    utterances an intact copy has of each emotion.
    """

    def _counts(self) -> dict[str, int]:
        emotions = Counter(u.labels.get("emotion") for u in self.utterances)
        counts = {
            name: emotions[name] for name in self.emotions if emotions[name]
        }
        return {**super()._counts(), **counts}

    def _select(self, condition: Callable[[base.Utterance], bool]) -> None:
        """Keeps the utterances that fulfil a condition, after the checks."""
        self.utterances = tuple(filter(condition, self.utterances))
        if not self.utterances:
            raise ValueError(
                f"{self.root}: the options of {self.name!r} must select some "
                "utterances. Received: values that select none; lower them."
            )
        self.expected = self._counts()


def check_value(
    where: str, name: str, value: str, allowed: Iterable[str]
) -> str:
    """Returns a value of a table, which must be one of the allowed ones.

    Args:
        where: file and line, for the error.
        name: of the column or field.
        value: the value.
        allowed: the allowed values.

    Raises:
        ValueError: another value; the message lists and suggests.

    Example:
        >>> check_value("labels.csv, line 2", "emotion", "sad", FOUR)
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
