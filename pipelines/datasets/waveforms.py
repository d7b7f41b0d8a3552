"""Waveforms of utterances, of which a process holds one copy at most."""

from __future__ import annotations

import functools
import logging
import weakref
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from pipelines.corpora.base import RATE, Corpus, Utterance
from pipelines.datasets.audio import Recordings
from pipelines.features import checks
from pipelines.stored import Array, Stored, hold

MAX_SECONDS = 60.0
"""Longest utterance that a network takes as a waveform."""
FLAWS = {
    "are clipped": checks.is_clipped,
    "have an offset": checks.has_offset,
}
"""What a warning is logged of, since a network takes the waveform as it is."""
LOGGER = logging.getLogger(__name__)
_held: weakref.WeakKeyDictionary[
    Corpus, weakref.WeakValueDictionary[str, Array]
] = weakref.WeakKeyDictionary()
"""Waveforms that something still uses, by corpus and utterance: networks of
several tasks learn from the same ones, which take 2.8 GB of IEMOCAP."""


def read(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[Array]:
    """Reads every waveform, then logs a warning for each kind of flaw.

    A waveform that was read before and is still in use is returned again, as
    the same read-only array. Waveforms that are too large together for memory
    are read whenever they are needed (`pipelines.stored`).

    Args:
        corpus: what the utterances belong to.
        utterances: to read.
        progress: called with how many are done, of how many.

    Raises:
        ValueError: a waveform of more than a minute, or a recording that
            cannot be read.
    """
    held = _held.setdefault(corpus, weakref.WeakValueDictionary())
    known = {
        utterance.id: held[utterance.id]
        for utterance in utterances
        if utterance.id in held
    }
    unread = [u for u in utterances if u.id not in known]
    read = functools.partial(_read, corpus)
    new = hold(
        _checked(
            Recordings(unread, read).waveforms(), unread, utterances, progress
        ),
        lambda place, samples: Stored(
            functools.partial(read, unread[place]), samples.shape
        ),
    )
    for utterance, samples in zip(unread, new):
        known[utterance.id] = held[utterance.id] = samples
    return [known[utterance.id] for utterance in utterances]


def _checked(
    waveforms: Iterator[np.ndarray],
    unread: Sequence[Utterance],
    utterances: Sequence[Utterance],
    progress: Callable[[int, int], None],
) -> Iterator[np.ndarray]:
    """Yields waveforms; logs flaws in the end."""
    flawed: dict[str, list[str]] = {flaw: [] for flaw in FLAWS}
    done = len(utterances) - len(unread)
    for number in range(done):
        progress(number + 1, len(utterances))
    for utterance, samples in zip(unread, waveforms):
        for flaw, has_flaw in FLAWS.items():
            if has_flaw(samples):
                flawed[flaw].append(utterance.id)
        samples.flags.writeable = False
        yield samples
        done += 1
        progress(done, len(utterances))
    _warn(flawed, len(utterances))


def _read(corpus: Corpus, utterance: Utterance) -> np.ndarray:
    samples = corpus.waveform(utterance, RATE)
    seconds = len(samples) / RATE
    if seconds > MAX_SECONDS:
        raise ValueError(
            f"{utterance.id}: an utterance must last {MAX_SECONDS:g} s at "
            f"most. Received: {seconds:.1f} s. Cut it, with start and "
            "end in a manifest."
        )
    return samples


def _warn(flawed: dict[str, list[str]], count: int) -> None:
    for flaw, names in flawed.items():
        if names:
            LOGGER.warning(
                "%d of %d utterances %s, the first %s; they are used as they "
                "are.",
                len(names),
                count,
                flaw,
                names[0],
            )
