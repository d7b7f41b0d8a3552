"""Base class of corpora with one emotion an utterance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from pipelines.corpora import base
from pipelines.corpora._io.rows import check_value as check_value

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
