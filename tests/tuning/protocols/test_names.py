"""Which protocol a corpus is measured by, and what it must offer."""

from __future__ import annotations

import types

import pytest

from pipelines.corpora.base import Utterance
from tuning.protocols import names
from tuning.training.recipe import recipe
from zoo.common import cli

EMOTIONAL = recipe("iemocap_attention_blstm_fcn")
LEVELS = recipe("iemocap_e2e_mtl")
ANY = types.SimpleNamespace(name="any")
"""Corpus of protocols that look at utterances alone."""


def corpus(split=None, name="manifest", **labels):
    utterances = [
        Utterance(f"{speaker}{n}", str(speaker), (), split, labels)
        for speaker in range(6)
        for n in range(2)
    ]
    return types.SimpleNamespace(
        name=name, utterances=utterances, protocol=None
    )


@pytest.mark.parametrize(
    "recipe, corpus, name",
    [
        (EMOTIONAL, corpus(), "leave_one_speaker_out"),
        (LEVELS, corpus(), "dealt"),
        (EMOTIONAL, corpus("train"), "fixed"),
        (LEVELS, corpus("train", session=1, gender="F"), "fixed"),
        (EMOTIONAL, corpus("train", session=1, gender="F"), "fixed"),
        (EMOTIONAL, corpus(session=1, gender="F"), "by_session"),
        (
            EMOTIONAL,
            corpus("train", "simulated_iemocap", session=1, gender="F"),
            "by_session",
        ),
    ],
)
def test_the_papers_protocol_is_taken(recipe, corpus, name):
    assert names.default(recipe, corpus) == name


@pytest.mark.parametrize(
    "name, folds", [("dealt", 5), ("leave_one_speaker_out", 6)]
)
def test_every_fold_has_somebody_who_validates(name, folds):
    found = names.folds(name, ANY, corpus().utterances)
    assert len(found) == folds and all(fold.dev for fold in found)


def test_two_speakers_validate_where_there_are_enough():
    utterances = corpus().utterances
    first = names.folds("leave_one_speaker_out", ANY, utterances)[0]
    assert {name[0] for name in first.dev} == {"1", "2"}
    few = names.folds("leave_one_speaker_out", ANY, utterances[:6])[0]
    assert {name[0] for name in few.dev} == {"1"}


@pytest.mark.parametrize("validators", [1, 3, 4])
def test_as_many_speakers_validate_as_are_asked_for(validators):
    utterances = corpus().utterances
    found = names.folds("leave_one_speaker_out", ANY, utterances, validators)
    assert [len({name[0] for name in fold.dev}) for fold in found] == (
        [validators] * 6
    )
    assert {name[0] for name in found[5].dev} == {*"01234"[:validators]}


def test_somebody_is_left_to_train():
    utterances = corpus().utterances
    with pytest.raises(cli.UsageError, match="at most 4: of the 6 .*any.*: 5"):
        names.folds("leave_one_speaker_out", ANY, utterances, 5)
    with pytest.raises(ValueError, match="at least 3 speakers.*Received: 2"):
        names.folds("leave_one_speaker_out", ANY, utterances[:4], 1)


def test_the_number_that_validates_is_of_one_protocol():
    with pytest.raises(cli.UsageError) as refused:
        names.folds("dealt", ANY, corpus().utterances, 2)
    for words in ("--validators is for", "that of any is dealt", "Leave it"):
        assert words in str(refused.value)


def test_a_partition_without_dev_is_refused():
    utterances = [
        Utterance("a", "1", (), "train", {}),
        Utterance("b", "2", (), "test", {}),
    ]
    with pytest.raises(ValueError, match="none in 'fixed' of 'fixed'"):
        names.folds("fixed", ANY, utterances)


@pytest.mark.parametrize("name", ["dealt", "leave_one_speaker_out"])
def test_folds_without_dev_train_on_all_but_the_test(name):
    utterances = corpus().utterances
    for fold in names.without_dev(name, ANY, utterances):
        assert not fold.dev and fold.test
        assert {*fold.train} == {each.id for each in utterances} - {*fold.test}


def test_folds_without_dev_keep_the_test_session_out_of_training():
    utterances = [
        Utterance(
            f"{speaker}", str(speaker), (), None, dict(session=s, gender=g)
        )
        for speaker, (s, g) in enumerate(
            (s, g) for s in (1, 2, 3) for g in ("F", "M")
        )
    ]
    found = names.without_dev("by_session", ANY, utterances)
    assert [fold.test for fold in found] == [(each.id,) for each in utterances]
    for place, fold in enumerate(found):
        session = {str(place // 2 * 2), str(place // 2 * 2 + 1)}
        assert {*fold.train} == {each.id for each in utterances} - session


def test_where_nobody_is_tested_who_validates_is():
    utterances = [
        Utterance(name, name, (), split, {})
        for name, split in (("a", "train"), ("b", "dev"))
    ]
    (fold,) = names.without_dev("fixed", ANY, utterances)
    assert (fold.train, fold.dev, fold.test) == (("a",), (), ("b",))


def test_a_class_that_a_training_lacks_is_named():
    utterances = corpus().utterances
    found = names.folds("leave_one_speaker_out", ANY, utterances)
    emotions = {u.id: "angry" if u.id == "01" else "sad" for u in utterances}
    with pytest.raises(ValueError, match="'speaker 0' without angry"):
        names.check(found, {"emotion": emotions}, {"emotion": ("sad", "angry")})
