"""Several corpora as one: labels in common, people kept apart."""

from __future__ import annotations

import emotale_copy
import numpy as np
import pytest
import ravdess_copy
import spoken

import pipelines
from pipelines.corpora.emotale_sessions import EmoTaleSessions
from pipelines.corpora.joined import Joined, kind_of
from pipelines.corpora.manifest import Manifest
from pipelines.corpora.mosei import Mosei
from pipelines.datasets import utterances

TASKS = {"emotion": ("angry", "sad")}


@pytest.fixture
def members(tmp_path):
    emotale = emotale_copy.write_copy(tmp_path / "emotale")
    ravdess = ravdess_copy.write(tmp_path / "ravdess", ["01", "02"])
    return {
        "emotale": pipelines.corpus("emotale", emotale, partial=True),
        "ravdess": pipelines.corpus("ravdess", ravdess, partial=True),
    }


@pytest.fixture
def joined(members):
    return Joined(members)


def test_labels_are_those_that_all_have(joined):
    assert joined.name == "emotale+ravdess"
    assert joined.emotions == ("angry", "happy", "sad", "neutral")
    assert joined.dimensions == ()
    first, second, *_ = joined.notes()
    assert first == "emotale: 4 utterances of 2 speakers"
    assert second.startswith("ravdess: 120 utterances of 2 speakers; not in")
    assert second.endswith("16 calm, 16 fearful, 16 disgust, 16 surprised")


def test_the_same_id_in_two_corpora_is_two_people(tmp_path):
    one, other = (
        pipelines.corpus("manifest", spoken.write(tmp_path / name))
        for name in ("one", "other")
    )
    joined = Joined({"manifest:one": one, "manifest:other": other})
    assert one.speakers == other.speakers == ("0", "1", "2")
    assert len(joined.speakers) == 6
    assert joined.speakers[0] == "manifest:one:0"
    ids = [utterance.id for utterance in joined.utterances]
    assert len({*ids}) == len(ids) == 2 * len(one.utterances)
    assert joined.dimensions == one.dimensions


def test_recordings_and_spans_are_the_members_own(members, joined):
    for utterance in joined.utterances[::10]:
        name = joined.member_of(utterance)
        own = next(
            u
            for u in members[name].utterances
            if utterance.id == f"{name}:{u.id}"
        )
        np.testing.assert_array_equal(
            joined.waveform(utterance), members[name].waveform(own)
        )
        assert joined.span(utterance) == members[name].span(own)


def test_samples_know_their_corpus(joined):
    labelled = utterances.with_labels(joined, TASKS)
    samples = utterances.read(joined, labelled, TASKS)
    assert {sample.corpus for sample in samples} == {"emotale", "ravdess"}
    for sample in samples:
        assert sample.speaker.startswith(f"{sample.corpus}:")


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ({"emotion": ("sad", "bored")}, "'ravdess' has .*; it lacks bored"),
        ({"emotion": ("sad", "calm")}, "'emotale' has .*; it lacks calm"),
        ({"arousal": ("low",)}, "'ravdess' has no arousal; .* --task .none"),
    ],
)
def test_a_label_that_one_lacks_is_refused(joined, tasks, message):
    with pytest.raises(ValueError, match=message):
        utterances.with_labels(joined, tasks)


def test_the_refusal_names_what_all_have(joined):
    with pytest.raises(ValueError, match="--classes .angry, happy, sad, neut"):
        utterances.with_labels(joined, {"emotion": ("sad", "calm")})


def test_corpora_without_a_common_label_are_refused(members):
    members["ravdess"].emotions = ("calm", "angry")
    with pytest.raises(ValueError, match="labels in common.*ravdess with calm"):
        Joined(members)


def test_what_is_no_corpus_of_utterances_is_refused(members):
    assert [kind_of(kind) for kind in (Manifest, EmoTaleSessions, Mosei)] == [
        "utterances",
        "traces",
        "words",
    ]
    members["emotale"].label_hop = 0.04
    with pytest.raises(ValueError, match="emotale, a corpus of traces"):
        Joined(members)
    with pytest.raises(ValueError, match="two corpora or more"):
        Joined({})
