"""Utterances with classes: who is chosen, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import spoken

import pipelines
from pipelines import classified
from pipelines.labels import RatingLevels

LEVELS = {name: RatingLevels.names for name in ("arousal", "dominance")}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("classified") / "corpus"
    return pipelines.corpus("manifest", spoken.write(folder))


def test_utterances_of_other_classes_are_left_out(corpus):
    tasks = {"emotion": ("sad", "angry")}
    found = classified.chosen(corpus, tasks)
    assert {each.labels["emotion"] for each in found} == {"sad", "angry"}
    heard = classified.read(corpus, found, tasks)
    for utterance, each in zip(found, heard):
        name = utterance.labels["emotion"]
        assert each.classes == {"emotion": tasks["emotion"].index(name)}
        np.testing.assert_array_equal(each.heard, corpus.waveform(utterance))


def test_levels_are_the_papers(corpus):
    for utterance in corpus.utterances:
        rating = utterance.labels["arousal"]
        expected = 0 if rating <= 2 else 2 if rating >= 4 else 1
        assert classified.classes(utterance, LEVELS)["arousal"] == expected


def test_features_are_kept(corpus, tmp_path):
    tasks = {"emotion": ("sad",)}
    found = classified.chosen(corpus, tasks)[:2]
    lines = []
    for _ in range(2):
        said = (found, tasks, "yaafe", tmp_path)
        heard = classified.read(corpus, *said, lambda *at: lines.append(at))
        assert heard[0].heard.shape[1] == 743
    assert lines == [(1, 2), (2, 2)] * 2
    assert len(list(tmp_path.rglob("*.npy"))) == 2


@pytest.mark.parametrize(
    "tasks, lacks",
    [
        ({"emotion": ("sad", "bored")}, "lacks bored"),
        ({"tension": ("low", "high")}, "lacks tension"),
    ],
)
def test_what_a_corpus_lacks_is_named(corpus, tasks, lacks):
    with pytest.raises(ValueError, match=rf"'manifest' has .*{lacks}"):
        classified.chosen(corpus, tasks)


def test_more_than_a_minute_is_refused(corpus, monkeypatch):
    long = np.zeros(61 * classified.RATE, "float32")
    monkeypatch.setattr(corpus, "waveform", lambda *given: long)
    first = corpus.utterances[:1]
    with pytest.raises(ValueError, match=r"60 s at most. Received: 61.0 s"):
        classified.read(corpus, first, LEVELS)
