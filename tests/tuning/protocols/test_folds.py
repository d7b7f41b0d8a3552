"""Folds: every protocol, and that no speaker is in two partitions."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, strategies

import pipelines
from pipelines.corpora.base import Utterance
from tuning.protocols import folds

COUNTS = strategies.lists(strategies.integers(1, 4), min_size=6, max_size=12)


def corpus(counts):
    """Speakers by twos in sessions, each with so many utterances."""
    return [
        Utterance(
            id=f"{speaker}-{number}",
            speaker=str(speaker),
            files=(),
            split="train" if speaker < 2 else ("dev", "test")[speaker % 2],
            labels={"session": speaker // 2, "gender": "FM"[speaker % 2]},
        )
        for speaker, count in enumerate(counts)
        for number in range(count)
    ]


def even(counts):
    return counts[: len(counts) // 2 * 2]


PROTOCOLS = {
    "loso": folds.leave_one_speaker_out,
    "loso with dev": lambda u: folds.leave_one_speaker_out(u, 2),
    "dealt": folds.dealt,
    "dealt with dev": lambda u: folds.dealt(u, 5, dev=True),
    "dealt by 3": lambda u: folds.dealt(u, 3),
    "session": folds.by_session,
    "session, F": lambda u: folds.by_session(u, "F"),
    "fixed": folds.fixed,
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(counts=COUNTS)
def test_no_speaker_and_no_utterance_is_on_two_sides(protocol, counts):
    utterances = corpus(even(counts))
    speaker = {u.id: u.speaker for u in utterances}
    made = PROTOCOLS[protocol](utterances)
    assert len({fold.name for fold in made}) == len(made)
    for fold in made:
        sides = [getattr(fold, side) for side in folds.PARTITIONS]
        assert sorted(sum(sides, ())) == sorted(speaker)
        assert fold.train and (fold.test or fold.dev)
        who = [{speaker[name] for name in side} for side in sides]
        assert not who[0] & who[1] | who[0] & who[2] | who[1] & who[2]


@pytest.mark.parametrize(
    "protocol",
    ["loso", "loso with dev", "dealt", "dealt with dev", "session"],
)
@given(counts=COUNTS)
def test_every_utterance_is_tested_once(protocol, counts):
    utterances = corpus(even(counts))
    made = PROTOCOLS[protocol](utterances)
    tested = [name for fold in made for name in fold.test]
    assert sorted(tested) == sorted(u.id for u in utterances)


def test_speakers_are_in_the_order_of_their_numbers():
    utterances = corpus([1] * 12)
    made = folds.leave_one_speaker_out(utterances, dev_speakers=1)
    assert [fold.test for fold in made] == [(f"{n}-0",) for n in range(12)]
    assert made[2].dev == ("3-0",) and made[11].dev == ("0-0",)
    assert made[2].name == "speaker 2"


def test_speakers_are_dealt_round_robin():
    made = folds.dealt(corpus([1] * 12), dev=True)
    assert made[1].test == ("1-0", "6-0", "11-0")
    assert made[1].dev == ("2-0", "7-0")
    assert made[4].dev == made[0].test


def test_a_held_out_session_is_split_by_gender():
    made = folds.by_session(corpus([1] * 10), test_gender="M")
    assert len(made) == 5
    assert made[1].dev == ("2-0",) and made[1].test == ("3-0",)
    assert made[1].name == "session 1, test M"
    assert len(folds.by_session(corpus([1] * 10))) == 10


def test_fixed_folds_are_those_of_the_corpus():
    (fold,) = folds.fixed(corpus([2, 1, 1, 1]))
    assert fold.train == ("0-0", "0-1", "1-0")
    assert fold.dev == ("2-0",) and fold.test == ("3-0",)


def test_emotale_is_dealt_as_its_peers_were(shared):
    utterances = pipelines.corpus(
        "emotale", shared("corpora", "emotale")
    ).utterances
    assert len(folds.leave_one_speaker_out(utterances)) == 18
    made = folds.dealt(utterances)
    speakers = sorted({u.speaker for u in utterances}, key=int)
    of = {u.id: u.speaker for u in utterances}
    for place, fold in enumerate(made):
        assert {of[name] for name in fold.test} == set(speakers[place::5])


@pytest.mark.parametrize("counts", [[], [3]])
@pytest.mark.parametrize("protocol", ["loso", "dealt", "session", "fixed"])
def test_one_speaker_or_none_is_refused(protocol, counts):
    with pytest.raises(ValueError, match="must .*Received: "):
        PROTOCOLS[protocol](corpus(counts))


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda u: folds.leave_one_speaker_out(u[:1]), "2 speakers .*: 1: 0."),
        (lambda u: folds.leave_one_speaker_out(u, 5), "7 speakers .*: 6"),
        (lambda u: folds.leave_one_speaker_out(u, -1), "`dev_speakers`.*=-1"),
        (lambda u: folds.dealt(u, 7), "7 speakers.*Received: 6"),
        (lambda u: folds.dealt(u, 1), "`count` must be at least 2.*count=1"),
        (lambda u: folds.dealt(u, 2, True), "at least 3 with dev=True"),
        (
            lambda u: folds.by_session(u, "X"),
            "`test_gender`.*F, M.*='X'",
        ),
        (lambda u: folds.by_session(u[:-1]), "two genders.*F in session 2"),
    ],
)
def test_what_cannot_be_dealt_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make(corpus([1] * 6))


def test_sessions_need_their_labels():
    bare = [dataclasses.replace(u, labels={}) for u in corpus([1] * 6)]
    with pytest.raises(ValueError, match="label 'session'.*'0-0' without"):
        folds.by_session(bare)


def test_a_speaker_in_two_sessions_is_refused():
    utterances = corpus([1] * 6)
    utterances[2] = dataclasses.replace(utterances[2], speaker="0")
    with pytest.raises(ValueError, match="'0' in .* of 'session 0"):
        folds.by_session(utterances)


def test_fixed_folds_need_a_partition_each():
    utterances = corpus([1] * 6)
    utterances[4] = dataclasses.replace(utterances[4], split=None)
    with pytest.raises(ValueError, match="1 without, the first '4-0'"):
        folds.fixed(utterances)
    utterances = corpus([1] * 6)
    utterances[4] = dataclasses.replace(utterances[4], speaker="0")
    with pytest.raises(ValueError, match="'0' in train and dev of 'fixed'"):
        folds.fixed(utterances)


def test_a_class_that_a_fold_lacks_is_named():
    made = folds.leave_one_speaker_out(corpus([2, 1, 1]))
    emotions = {"0-0": "sad", "0-1": "happy", "1-0": "happy", "2-0": "happy"}
    folds.check_classes(made, emotions, ["happy"], folds.PARTITIONS[::2])
    with pytest.raises(ValueError, match="in train .*'speaker 0' without sad"):
        folds.check_classes(made, emotions, ["happy", "sad"])
