"""Utterances with classes: what is heard of each, and what it is.

A task is a label whose values are classes: `emotion`, whose classes are
categories, or a dimension whose mean ratings are levels.
"""

from __future__ import annotations

import dataclasses
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from pipelines.corpora.base import RATE, Corpus, Utterance
from pipelines.features import checks, extraction
from pipelines.labels import RatingLevels

EMOTION = "emotion"
WAVEFORM = "waveform"
LONGEST = 60.0
"""Seconds: a network from the waveform takes no longer utterance."""
FLAWS = {
    "are clipped": checks.is_clipped,
    "have an offset": checks.has_offset,
}
"""What is warned of, since a network from the waveform hears it."""
LOGGER = logging.getLogger(__name__)


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
            own = "--classes" if task == EMOTION else "--task"
            raise ValueError(
                f"{corpus.name!r} has {has}; it lacks {', '.join(missing)}. "
                f"Choose its own with {own}, or another corpus."
            )
    if EMOTION not in tasks:
        return list(corpus.utterances)
    wanted = set(tasks[EMOTION])
    return [u for u in corpus.utterances if u.labels.get(EMOTION) in wanted]


def left_out(
    corpus: Corpus, tasks: Mapping[str, Sequence[str]]
) -> dict[str, int]:
    """Emotions of the utterances that `chosen` leaves out, and how many.

    Utterances whose label nobody knows, such as those of a challenge's test,
    count under "".
    """
    if EMOTION not in tasks:
        return {}
    found = Counter(u.labels.get(EMOTION, "") for u in corpus.utterances)
    return {n: c for n, c in sorted(found.items()) if n not in tasks[EMOTION]}


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


def labels(
    utterances: Sequence[Utterance], tasks: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, str]]:
    """The name of the class of every utterance, by task and id."""
    found = {each.id: classes(each, tasks) for each in utterances}
    return {
        task: {name: names[own[task]] for name, own in found.items()}
        for task, names in tasks.items()
    }


def _level(name: str, task: str, rating: float) -> int:
    try:
        return int(RatingLevels().levels(rating))
    except ValueError as error:
        raise ValueError(
            f"{name}, {task}: {error}. Mend the rating, or leave it out."
        ) from error


def read(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    tasks: Mapping[str, Sequence[str]],
    front_end: str = WAVEFORM,
    cache: str | Path | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[Classified]:
    """What is heard of utterances, and their classes.

    A waveform is heard as it was recorded. Neither an offset nor clipped
    peaks are mended, but warned of (the latter where one channel came at 16
    kHz, since another rate smooths them). What came at 8 kHz has nothing
    above 4 kHz.

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
) -> list[np.ndarray]:
    """Every waveform; once all are read, what is wrong with some is said."""
    heard = []
    flawed: dict[str, list[str]] = {flaw: [] for flaw in FLAWS}
    for done, utterance in enumerate(utterances, 1):
        samples = corpus.waveform(utterance, RATE)
        seconds = len(samples) / RATE
        if seconds > LONGEST:
            raise ValueError(
                f"{utterance.id}: an utterance must last {LONGEST:g} s at "
                f"most. Received: {seconds:.1f} s. Cut it, with start and "
                "end in a manifest."
            )
        for flaw, has in FLAWS.items():
            if has(samples):
                flawed[flaw].append(utterance.id)
        heard.append(samples)
        progress(done, len(utterances))
    for flaw, names in flawed.items():
        if names:
            LOGGER.warning(
                "%d of %d utterances %s, the first %s; they are heard as "
                "they are.",
                len(names),
                len(utterances),
                flaw,
                names[0],
            )
    return heard
