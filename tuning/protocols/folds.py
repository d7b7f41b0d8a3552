"""Who trains, who chooses and who is tested: folds without shared speakers.

Speakers whose names are numbers come in the order of these, then the others in
alphabetical order. Every protocol gives the ids of utterances in the order
in which the corpus has them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from pipelines.corpora.base import Utterance

SIDES = ("train", "dev", "test")
SESSION, GENDER = "session", "gender"


@dataclasses.dataclass(frozen=True)
class Fold:
    """One training with its validation and its test.

    Attributes:
        name: what is held out, for reports.
        train: ids of the utterances to train on.
        dev: of those that choose epochs and hyper-parameters; may be none.
        test: of those that are scored.
    """

    name: str
    train: tuple[str, ...]
    dev: tuple[str, ...]
    test: tuple[str, ...]


def leave_one_speaker_out(
    utterances: Sequence[Utterance], dev_speakers: int = 0
) -> list[Fold]:
    """A fold for each speaker, who is its test (paper 003, section 5.1).

    Args:
        utterances: of two speakers or more.
        dev_speakers: how many speakers validate: those that follow the
            tested one, the first following the last.

    Raises:
        ValueError: too few speakers for a training, or a negative number.

    Example:
        >>> said = [Utterance(n, n[0], (), None, {}) for n in ("1a", "2a")]
        >>> leave_one_speaker_out(said)[0]
        Fold(name='speaker 1', train=('2a',), dev=(), test=('1a',))
    """
    if dev_speakers < 0:
        raise ValueError(
            "`dev_speakers` must be at least 0. Received: "
            f"dev_speakers={dev_speakers}"
        )
    speakers = _speakers(utterances, 2 + dev_speakers)
    folds = []
    for place, speaker in enumerate(speakers):
        following = [*speakers[place + 1 :], *speakers[:place]]
        sides = dict.fromkeys(following[:dev_speakers], "dev")
        sides[speaker] = "test"
        folds.append(_by_speaker(f"speaker {speaker}", utterances, sides))
    return folds


def dealt(
    utterances: Sequence[Utterance], count: int = 5, dev: bool = False
) -> list[Fold]:
    """Folds of speakers dealt round-robin: the i-th tests in fold i % count.

    Where a corpus has no fixed partition, this stands in for that of paper
    004, section 4.1.

    Args:
        utterances: of as many speakers as folds or more.
        count: number of folds, at least 2.
        dev: whether the testers of the next fold validate; 3 folds at least.

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
    for place in range(count):
        sides = dict.fromkeys(speakers[place::count], "test")
        if dev:
            following = speakers[(place + 1) % count :: count]
            sides.update(dict.fromkeys(following, "dev"))
        folds.append(_by_speaker(f"fold {place + 1}", utterances, sides))
    return folds


def by_session(
    utterances: Sequence[Utterance], tested: str | None = None
) -> list[Fold]:
    """A fold for each session, one of its two speakers to validate.

    The held-out session is split by gender: one actor is "used for parameter
    validation, and the other for measurement" (paper 003, section 5.1, which
    does not say who is which).

    Args:
        utterances: with labels `session` and `gender`, the latter of two
            values in each session.
        tested: the gender that is measured; `None` takes both in turn, which
            gives two folds a session and tests every speaker.

    Raises:
        ValueError: a label is missing, a session has not two genders or not
            `tested`, there is one session, or a speaker is in two.
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
        if tested is not None and tested not in genders:
            raise ValueError(
                f"`tested` must be one of {', '.join(genders)}, the genders "
                f"of session {session}. Received: tested={tested!r}"
            )
        for gender in genders if tested is None else [tested]:
            folds.append(_of_session(utterances, session, gender))
    return folds


def fixed(utterances: Sequence[Utterance]) -> list[Fold]:
    """The one fold that the corpus' own partitions make.

    A corpus without a test partition, or whose test labels nobody knows, is
    measured on its validation: `test` is then empty.

    Raises:
        ValueError: an utterance has no partition, there is no training or no
            other part, or a speaker is in two.
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
        sizes = {side: len(getattr(fold, side)) for side in SIDES}
        raise ValueError(
            "`utterances` must have a training partition and another one. "
            f"Received: {sizes}"
        )
    return [fold]


def check_classes(
    folds: Iterable[Fold],
    emotions: Mapping[str, str],
    classes: Sequence[str],
    sides: Collection[str] = ("train",),
) -> None:
    """Refuses folds with a side that lacks a class.

    Args:
        folds: to look at.
        emotions: utterance id to its class.
        classes: all that a model tells apart.
        sides: of `SIDES`, those that must have every class. A speaker who
            never shows one may well be tested: recalls are pooled over folds.

    Raises:
        ValueError: names fold, side and what it lacks.
    """
    for fold in folds:
        for side in sides:
            there = {emotions[name] for name in getattr(fold, side)}
            lacking = [name for name in classes if name not in there]
            if lacking:
                raise ValueError(
                    f"Every class must be in {side} of every fold. Received: "
                    f"{fold.name!r} without {', '.join(lacking)}. Leave the "
                    "class out or choose another protocol."
                )


def _of_session(
    utterances: Sequence[Utterance], session: Any, tested: Any
) -> Fold:
    """The fold that holds out a session and measures one of its genders."""

    def side(utterance: Utterance) -> str:
        if _label(utterance, SESSION) != session:
            return "train"
        return "test" if _label(utterance, GENDER) == tested else "dev"

    return _fold(f"session {session}, test {tested}", utterances, side)


def _by_speaker(
    name: str, utterances: Sequence[Utterance], sides: Mapping[str, str]
) -> Fold:
    """A fold in which speakers that `sides` does not name train."""
    return _fold(name, utterances, lambda u: sides.get(u.speaker, "train"))


def _fold(
    name: str,
    utterances: Sequence[Utterance],
    side: Callable[[Utterance], str],
) -> Fold:
    """Deals utterances to their sides; refuses a speaker on two."""
    ids: dict[str, list[str]] = {each: [] for each in SIDES}
    seen: dict[str, str] = {}
    for utterance in utterances:
        where = side(utterance)
        ids[where].append(utterance.id)
        before = seen.setdefault(utterance.speaker, where)
        if before != where:
            raise ValueError(
                "A speaker must be on one side of a fold. Received: "
                f"{utterance.speaker!r} in {before} and {where} of {name!r}"
            )
    return Fold(name, *(tuple(ids[each]) for each in SIDES))


def _speakers(utterances: Sequence[Utterance], least: int) -> list[str]:
    """The speakers in order, at least so many."""
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
    """Numbers by their value, and before what is none."""
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
    """The two genders of a session, sorted."""
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
