"""Speaker-independent cross-validation folds.

Speakers named by numbers come first, in numerical order, then the others in
alphabetical order. Ids of utterances keep the corpus' order.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from pipelines.corpora.base import Utterance

PARTITIONS = ("train", "dev", "test")
SESSION, GENDER = "session", "gender"


@dataclasses.dataclass(frozen=True)
class Fold:
    """The train, dev and test utterances of one training.

    Attributes:
        name: of what is held out, for reports.
        train: ids of the utterances to train on.
        dev: of those by which epochs and hyper-parameters are chosen; may be
            empty.
        test: of those that are scored; may be empty.
    """

    name: str
    train: tuple[str, ...]
    dev: tuple[str, ...]
    test: tuple[str, ...]


def leave_one_speaker_out(
    utterances: Sequence[Utterance], dev_speakers: int = 0
) -> list[Fold]:
    """Returns a fold for each test speaker (Zhao et al. 2018, 5.1).

    Args:
        utterances: of two speakers or more.
        dev_speakers: number of dev speakers: those that follow the test
            speaker, in a circle.

    Raises:
        ValueError: too few speakers for a training, or a negative number.

    Example:
        >>> two = [Utterance(n, n[0], (), None, {}) for n in ("1a", "2a")]
        >>> leave_one_speaker_out(two)[0]
        Fold(name='speaker 1', train=('2a',), dev=(), test=('1a',))
    """
    if dev_speakers < 0:
        raise ValueError(
            "`dev_speakers` must be at least 0. Received: "
            f"dev_speakers={dev_speakers}"
        )
    speakers = _speakers(utterances, 2 + dev_speakers)
    folds = []
    for i, speaker in enumerate(speakers):
        following = [*speakers[i + 1 :], *speakers[:i]]
        partitions = dict.fromkeys(following[:dev_speakers], "dev")
        partitions[speaker] = "test"
        folds.append(_by_speaker(f"speaker {speaker}", utterances, partitions))
    return folds


def dealt(
    utterances: Sequence[Utterance], count: int = 5, dev: bool = False
) -> list[Fold]:
    """Returns folds of speakers dealt round-robin to the test partitions.

    The i-th speaker is a test speaker of fold i % count. Where a corpus has no
    fixed partition, this stands in for that of Zhang et al. 2019, section 4.1.

    Args:
        utterances: of as many speakers as folds or more.
        count: number of folds, at least 2.
        dev: whether the test speakers of the next fold are the dev speakers;
            at least 3 folds.

    Raises:
        ValueError: too few folds or speakers.
    """
    if count < 2 + dev:
        raise ValueError(
            f"`count` must be at least {2 + dev} with dev={dev}. Received: "
            f"count={count}"
        )
    speakers = _speakers(utterances, count)
    folds = []
    for i in range(count):
        partitions = dict.fromkeys(speakers[i::count], "test")
        if dev:
            following = speakers[(i + 1) % count :: count]
            partitions.update(dict.fromkeys(following, "dev"))
        folds.append(_by_speaker(f"fold {i + 1}", utterances, partitions))
    return folds


def by_session(
    utterances: Sequence[Utterance], test_gender: str | None = None
) -> list[Fold]:
    """Returns folds that hold a session out: one speaker dev, one test.

    The held-out session is split by gender: one actor is "used for parameter
    validation, and the other for measurement" (Zhao et al. 2018, section 5.1,
    which does not say which).

    Args:
        utterances: with labels `session` and `gender`, the latter of two
            values in each session.
        test_gender: of the test speaker; `None` takes both in turn, which
            gives two folds a session and tests every speaker.

    Raises:
        ValueError: a label is missing, a session has not two genders or not
            `test_gender`, there is one session, or a speaker is in two.
    """
    sessions = sorted({_label(u, SESSION) for u in utterances}, key=_order)
    if len(sessions) < 2:
        raise ValueError(
            "`utterances` must be of at least two sessions, one to train on. "
            f"Received: {len(sessions)}"
        )
    folds = []
    for session in sessions:
        genders = _genders(utterances, session)
        if test_gender is not None and test_gender not in genders:
            raise ValueError(
                f"`test_gender` must be one of {', '.join(genders)}, the "
                f"genders of session {session}. Received: "
                f"test_gender={test_gender!r}"
            )
        for gender in genders if test_gender is None else [test_gender]:
            folds.append(_of_session(utterances, session, gender))
    return folds


def fixed(utterances: Sequence[Utterance]) -> list[Fold]:
    """Returns the one fold of the corpus' own partitions.

    `test` is empty for a corpus without a test partition, or without its
    labels: dev is scored then.

    Raises:
        ValueError: an utterance has no partition, there is no training or no
            other partition, or a speaker is in two.
    """
    without = [u.id for u in utterances if u.split is None]
    if without:
        raise ValueError(
            "`utterances` must all have a partition for the fixed protocol. "
            f"Received: {len(without)} without, the first {without[0]!r}. "
            "Choose another protocol."
        )
    fold = _fold("fixed", utterances, lambda u: str(u.split))
    if not fold.train or not (fold.dev or fold.test):
        sizes = {name: len(getattr(fold, name)) for name in PARTITIONS}
        raise ValueError(
            "`utterances` must have a training partition and another one. "
            f"Received: {sizes}"
        )
    return [fold]


def check_classes(
    folds: Iterable[Fold],
    emotions: Mapping[str, str],
    classes: Sequence[str],
    partitions: Collection[str] = ("train",),
) -> None:
    """Refuses folds with a partition that lacks a class.

    Args:
        folds: to check.
        emotions: utterance id to its class.
        classes: all of the model's.
        partitions: that must have every class. The test may lack one: recalls
            are pooled over folds.

    Raises:
        ValueError: names the fold, the partition and what it lacks.
    """
    for fold in folds:
        for partition in partitions:
            present = {emotions[name] for name in getattr(fold, partition)}
            lacking = [name for name in classes if name not in present]
            if lacking:
                raise ValueError(
                    f"Every class must be in {partition} of every fold. "
                    f"Received: {fold.name!r} without {', '.join(lacking)}. "
                    "Leave the class out or choose another protocol."
                )


def _of_session(
    utterances: Sequence[Utterance], session: Any, test_gender: Any
) -> Fold:
    """Returns the fold that holds a session out and tests one gender."""

    def partition(utterance: Utterance) -> str:
        if _label(utterance, SESSION) != session:
            return "train"
        return "test" if _label(utterance, GENDER) == test_gender else "dev"

    return _fold(
        f"session {session}, test {test_gender}", utterances, partition
    )


def _by_speaker(
    name: str,
    utterances: Sequence[Utterance],
    partitions: Mapping[str, str],
) -> Fold:
    """Returns a fold of speakers' partitions, "train" by default."""
    return _fold(name, utterances, lambda u: partitions.get(u.speaker, "train"))


def _fold(
    name: str,
    utterances: Sequence[Utterance],
    partition: Callable[[Utterance], str],
) -> Fold:
    """Returns a fold; refuses a speaker in two partitions."""
    ids: dict[str, list[str]] = {part: [] for part in PARTITIONS}
    partition_of: dict[str, str] = {}
    for utterance in utterances:
        own = partition(utterance)
        ids[own].append(utterance.id)
        first = partition_of.setdefault(utterance.speaker, own)
        if first != own:
            raise ValueError(
                "A speaker must be in one partition of a fold. Received: "
                f"{utterance.speaker!r} in {first} and {own} of {name!r}"
            )
    return Fold(name, *(tuple(ids[part]) for part in PARTITIONS))


def _speakers(utterances: Sequence[Utterance], least: int) -> list[str]:
    """Returns the speakers in order; refuses fewer than `least`."""
    speakers = sorted({u.speaker for u in utterances}, key=_order)
    if len(speakers) < least:
        named = f": {', '.join(speakers)}" if speakers else ""
        raise ValueError(
            f"`utterances` must be of at least {least} speakers for this "
            f"protocol. Received: {len(speakers)}{named}. Add speakers, or "
            "choose another protocol."
        )
    return speakers


def _order(name: Any) -> tuple[bool, int, str]:
    """Returns a key that sorts numbers by value, before other names."""
    text = str(name)
    return not text.isdecimal(), int(text) if text.isdecimal() else 0, text


def _label(utterance: Utterance, name: str) -> Any:
    if name not in utterance.labels:
        raise ValueError(
            f"`utterances` must have the label {name!r} for folds by session. "
            f"Received: {utterance.id!r} without it. Choose another protocol."
        )
    return utterance.labels[name]


def _genders(utterances: Sequence[Utterance], session: Any) -> list[Any]:
    """Returns the two genders of a session, sorted."""
    genders = sorted(
        {
            _label(utterance, GENDER)
            for utterance in utterances
            if _label(utterance, SESSION) == session
        }
    )
    if len(genders) != 2:
        raise ValueError(
            "A session must have speakers of two genders, to validate and to "
            f"test. Received: {', '.join(map(str, genders))} in session "
            f"{session}. Choose another protocol."
        )
    return genders
