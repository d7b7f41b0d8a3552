"""Folds that a corpus publishes, with a dev partition."""

from __future__ import annotations

import types

import pytest
import ravdess_copy

import pipelines
from pipelines.corpora.base import Utterance
from pipelines.corpora.emodb import EmoDb
from tuning.protocols import emobox, names
from tuning.training.recipe import recipe


def corpus(*folds, protocol="emobox"):
    """A corpus of the utterances that its folds name, two of a speaker."""
    ids = sorted({name for fold in folds for name in fold})
    return types.SimpleNamespace(
        name="toy",
        protocol=protocol,
        utterances=[Utterance(i, i[0], (), None, {}) for i in ids],
        emobox_folds=lambda: list(folds),
    )


def fold(test, train, dev=()):
    return {
        **dict.fromkeys(test, "test"),
        **dict.fromkeys(train, "train"),
        **dict.fromkeys(dev, "dev"),
    }


A, B, C = ("a1", "a2"), ("b1", "b2"), ("c1", "c2")
THREE = corpus(fold(A, B + C), fold(B, A + C), fold(C, A + B))


def folds(corpus, utterances=None):
    return names.folds("emobox", corpus, utterances or corpus.utterances)


def test_the_next_folds_test_validates():
    first, second, third = folds(THREE)
    assert (first.train, first.dev, first.test) == (C, B, A)
    assert (second.train, second.dev, second.test) == (A, C, B)
    assert (third.train, third.dev, third.test) == (B, A, C)
    assert [first.name, third.name] == ["fold 1", "fold 3"]


def test_without_dev_all_of_emoboxs_training_is_trained_on():
    for found, test in zip(
        names.without_dev("emobox", THREE, THREE.utterances), (A, B, C)
    ):
        assert found.test == test and found.dev == ()
        assert sorted(found.train) == sorted({*A, *B, *C} - {*test})


def test_a_published_dev_partition_is_kept():
    (lone,) = folds(corpus(fold(A, B, C)))
    assert (lone.train, lone.dev, lone.test) == (B, C, A)


def test_a_fifth_of_a_lone_folds_training_validates():
    train = [f"{i:02}" for i in range(20)]
    (lone,) = folds(corpus(fold(A, train)))
    assert len(lone.dev) == 4 and lone.test == A
    assert sorted((*lone.train, *lone.dev)) == train
    assert lone.dev == tuple(sorted(lone.dev))
    assert [lone] == folds(corpus(fold(A, train)))


def test_utterances_outside_the_folds_are_left_out():
    more = [*THREE.utterances, Utterance("d1", "d", (), None, {})]
    assert folds(THREE, more) == folds(THREE)


def test_utterances_without_a_chosen_class_are_left_out():
    some = [u for u in THREE.utterances if u.id != "b2"]
    assert folds(THREE, some)[1].test == ("b1",)


def test_a_fold_that_a_partial_copy_cannot_test_is_named():
    some = [u for u in THREE.utterances if u.speaker != "b"]
    with pytest.raises(ValueError, match="'test': 0} in 'fold 2'"):
        folds(THREE, some)


def test_an_utterance_that_two_folds_test_is_named():
    with pytest.raises(ValueError, match="'a1' in several"):
        folds(corpus(fold(A, B), fold(A, C)))


def test_a_corpus_without_such_folds_says_so():
    with pytest.raises(
        ValueError, match="EmoBox's folds of 'emodb' are not known"
    ):
        emobox.folds(object.__new__(EmoDb), THREE.utterances)


def test_a_corpus_is_measured_by_the_protocol_published_with_it():
    own = recipe("iemocap_attention_blstm_fcn")
    assert names.default(own, THREE) == "emobox"
    assert names.default(own, corpus(fold(A, B), protocol=None)) != "emobox"


def test_speakers_in_train_and_test_are_noted():
    mixed = corpus(fold(("a1", "b1"), ("a2", "c1"), ("c2",)))
    (note,) = names.notes(folds(mixed), mixed.utterances)
    assert note.startswith("1 of 2 test speakers speak in train or dev")
    assert names.notes(folds(THREE), THREE.utterances) == []


def test_ravdess_has_emoboxs_six(tmp_path):
    root = ravdess_copy.write(tmp_path / "ravdess", seconds=0.01)
    found = pipelines.corpus("ravdess", root, classes=4)
    six = folds(found)
    assert len(six) == 6 and names.notes(six, found.utterances) == []
    assert {(len(f.train), len(f.dev), len(f.test)) for f in six} == {
        (448, 112, 112)
    }
    assert {name[-2:] for name in six[0].dev} == {"04", "10", "12", "14"}
