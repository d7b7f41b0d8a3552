"""Labels that utterances must have before a recording is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipelines.corpora.base import Corpus, Utterance
from pipelines.labels import RatingLevels

EMOTION = "emotion"
RATINGS = "ratings"
"""Label of an utterance: dimension to the rating of each rater, 1 to 5."""


def check(corpus: Corpus, tasks: Mapping[str, Sequence[str]]) -> None:
    """Refuses a corpus, or one of several joined, that lacks a label.

    Args:
        corpus: with utterances.
        tasks: task to names of its classes.

    Raises:
        ValueError: names the corpus, its labels and those that it lacks.
    """
    for name, member in corpus.members.items():
        for task, names in tasks.items():
            missing = _missing(member, task, names)
            if missing:
                raise ValueError(_lacks(corpus, name, task, missing))


def _missing(corpus: Corpus, task: str, names: Sequence[str]) -> list[str]:
    """Returns the emotions, or the dimension, that a corpus lacks."""
    known = _known(corpus, task)
    return [n for n in (names if task == EMOTION else [task]) if n not in known]


def _known(corpus: Corpus, task: str) -> Sequence[str]:
    return corpus.emotions if task == EMOTION else corpus.dimensions


def _lacks(corpus: Corpus, name: str, task: str, missing: list[str]) -> str:
    """Returns the error on labels that a corpus, or one of several, lacks."""
    option = "--classes" if task == EMOTION else "--task"
    has = ", ".join(_known(corpus.members[name], task)) or f"no {task}"
    choice = f"its own with {option}"
    if len(corpus.members) > 1:
        common = ", ".join(_known(corpus, task)) or "none"
        choice = f"what all corpora have with {option} ({common})"
    return (
        f"{name!r} has {has}; it lacks {', '.join(missing)}. Choose {choice}, "
        "or another corpus."
    )


def shares(
    utterance: Utterance, tasks: Mapping[str, Sequence[str]]
) -> dict[str, np.ndarray]:
    """Returns each level's share of the raters, by task.

    Args:
        utterance: with labels.
        tasks: task to names of its classes.

    Returns:
        (classes,) float32 for every dimension with single ratings.

    Example:
        >>> ratings = {"ratings": {"arousal": (2.0, 3.0, 3.0)}}
        >>> rated = Utterance("a", "anna", (), None, ratings)
        >>> levels = {"arousal": ("low", "middle", "high")}
        >>> shares(rated, levels)["arousal"].astype(float).round(2).tolist()
        [0.33, 0.67, 0.0]
    """
    rated = utterance.labels.get(RATINGS, {})
    return {
        task: np.bincount(
            RatingLevels().levels(rated[task]), minlength=len(names)
        ).astype("float32")
        / np.float32(len(rated[task]))
        for task, names in tasks.items()
        if task in rated
    }
