"""Utterances with classes: what is heard of each, and what it is.

A task is a label whose values are classes: `emotion`, whose classes are
categories, or a dimension whose mean ratings are levels.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from pipelines.corpora.base import RATE, Corpus, Utterance
from pipelines.features import extraction
from pipelines.labels import RatingLevels

EMOTION = "emotion"
WAVEFORM = "waveform"
LONGEST = 60.0
"""Seconds: a network from the waveform takes no longer utterance."""


@dataclasses.dataclass(frozen=True)
class Classified:
    """An utterance as a network takes it.

    Attributes:
        id: of the utterance.
        speaker: who says it.
        heard: (steps, values) float32 features, or (samples,) of a waveform.
        classes: of each task, from 0.
    """

    id: str
    speaker: str
    heard: np.ndarray
    classes: Mapping[str, int]


def chosen(
    corpus: Corpus, tasks: Mapping[str, Sequence[str]]
) -> list[Utterance]:
    """The utterances that have a class in every task, in their order.

    Args:
        corpus: to choose from.
        tasks: name to the classes told apart.

    Raises:
        ValueError: the corpus has no such label, or none of its classes.
    """
    for task, names in tasks.items():
        there = corpus.emotions if task == EMOTION else corpus.dimensions
        if task == EMOTION:
            missing = [name for name in names if name not in there]
        else:
            missing = [] if task in there else [task]
        if missing:
            has = ", ".join(there) or f"no {task}"
            raise ValueError(
                f"{corpus.name!r} has {has}; it lacks {', '.join(missing)}. "
                "Choose its own with --classes, or another corpus."
            )
    if EMOTION not in tasks:
        return list(corpus.utterances)
    wanted = set(tasks[EMOTION])
    return [u for u in corpus.utterances if u.labels[EMOTION] in wanted]


def classes(
    utterance: Utterance, tasks: Mapping[str, Sequence[str]]
) -> dict[str, int]:
    """The class of an utterance in every task.

    Raises:
        ValueError: a rating outside 1 to 5.
    """
    found = {}
    for task, names in tasks.items():
        value = utterance.labels[task]
        if task == EMOTION:
            found[task] = list(names).index(value)
        else:
            found[task] = _level(utterance.id, task, value)
    return found


def _level(name: str, task: str, rating: float) -> int:
    try:
        return int(RatingLevels().levels(rating))
    except ValueError as error:
        raise ValueError(f"{name}, {task}: {error}") from error


def read(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    tasks: Mapping[str, Sequence[str]],
    front_end: str = WAVEFORM,
    cache: str | Path | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[Classified]:
    """What is heard of utterances, and their classes.

    Args:
        corpus: what they belong to.
        utterances: as `chosen` gives them.
        tasks: name to the classes told apart.
        front_end: "waveform", or one of
            `pipelines.features.extraction.FRONT_ENDS`.
        cache: folder where features are kept.
        progress: called with how many are done, of how many.

    Raises:
        ValueError: a waveform of more than a minute, a rating outside 1 to
            5, or a recording that cannot be read.
    """
    known = [classes(each, tasks) for each in utterances]
    if front_end == WAVEFORM:
        heard: Iterable[np.ndarray] = _waveforms(corpus, utterances, progress)
    else:
        heard = extraction.extract(
            corpus, utterances, front_end, cache, progress
        )
    return [
        Classified(utterance.id, utterance.speaker, each, own)
        for utterance, each, own in zip(utterances, heard, known)
    ]


def _waveforms(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    progress: Callable[[int, int], None],
) -> Iterable[np.ndarray]:
    for done, utterance in enumerate(utterances, 1):
        samples = corpus.waveform(utterance, RATE)
        seconds = len(samples) / RATE
        if seconds > LONGEST:
            raise ValueError(
                f"{utterance.id}: an utterance must last {LONGEST:g} s at "
                f"most. Received: {seconds:.1f} s. Cut it, with start and "
                "end in a manifest."
            )
        yield samples
        progress(done, len(utterances))
