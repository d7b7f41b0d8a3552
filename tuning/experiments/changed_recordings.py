"""Features of changed recordings: of one level, and augmented copies.

Models of waveforms augment while they learn; hand-made features take too long
for that, so each recording is changed and its features computed a few times,
before the training, and kept by the recording's content.
"""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.audio import augment
from pipelines.audio.augment import Augmentation
from pipelines.audio.level import equal_level
from pipelines.corpora.base import Corpus, Utterance
from pipelines.datasets import utterances
from pipelines.datasets.utterances import UtteranceSample
from pipelines.features.extraction import EQUAL_LEVEL, Variant
from tuning.experiments.classes import Tasks
from tuning.training.spaces import NO_AUGMENTATION


@dataclasses.dataclass(frozen=True)
class Inputs:
    """What a configuration learns from, beside which utterances.

    Attributes:
        normalisation: one of `pipelines.normalise.SCHEMES`, or "level".
        names: of operations, joined by "+".
        count: of the copies of each recording; 0 for none.
    """

    normalisation: str
    names: str = NO_AUGMENTATION
    count: int = 0

    @classmethod
    def of(cls, training: Mapping[str, Any]) -> Inputs:
        """Returns those of a configuration's training values.

        Example:
            >>> training = {"normalisation": "none", "augment": "gain"}
            >>> Inputs.of({**training, "copies": 2}).count
            2
            >>> Inputs.of(training).count  # of a model of waveforms
            0
        """
        names = training.get("augment", NO_AUGMENTATION)
        count = training.get("copies", 0)
        if names == NO_AUGMENTATION or not count:
            return cls(training["normalisation"])
        return cls(training["normalisation"], names, count)


def copy(names: str, number: int, level: bool = False) -> Variant:
    """Returns the change that makes a copy of each recording.

    It depends on the recording's samples and on the copy's number alone, so
    that another training finds its features again.

    Args:
        names: of operations, joined by "+".
        number: of the copy, from 1.
        level: whether the copy is then brought to one level.
    """
    change = Augmentation(tuple(names.split("+")))

    def changed(waveform: np.ndarray) -> np.ndarray:
        content = hashlib.sha256(waveform.tobytes()).digest()
        copied = change(waveform, np.random.default_rng([number, *content]))
        return equal_level(copied) if level else copied

    text = f"copy {number} by {names} ({augment.VERSION})"
    return Variant(f"{text}, {EQUAL_LEVEL.name}" if level else text, changed)


class Changed:
    """Reads a corpus' utterances, their recordings changed before.

    Args:
        corpus, front_end, cache: as of `pipelines.datasets.utterances.read`.
        tasks: name to classes.
        own: the utterances.
        progress: called with a line while features are computed.
    """

    def __init__(
        self,
        corpus: Corpus,
        own: Sequence[Utterance],
        tasks: Tasks,
        front_end: str,
        cache: pathlib.Path | None,
        progress: Callable[[str], None],
    ):
        self._corpus = corpus
        self._own = own
        self._tasks = tasks
        self._front_end = front_end
        self._cache = cache
        self._progress = progress

    def __getstate__(self) -> dict[str, Any]:
        """Returns what a worker's copy holds, which reads nothing anew."""
        return {**self.__dict__, "_progress": str}

    def read(self, variant: Variant) -> list[UtteranceSample]:
        """Returns the samples of every utterance.

        Args:
            variant: the change.

        Raises:
            ValueError: a recording that cannot be read.
        """

        def show(done: int, of: int) -> None:
            self._progress(f"{variant.name}: utterance {done} of {of}")

        return utterances.read(
            self._corpus,
            self._own,
            self._tasks,
            self._front_end,
            self._cache,
            show,
            variant,
        )
