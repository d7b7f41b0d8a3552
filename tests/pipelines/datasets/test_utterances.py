"""Utterances with classes: who is chosen, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
import spoken

import pipelines
from pipelines.datasets import utterances
from pipelines.labels import RatingLevels

LEVELS = {name: RatingLevels.names for name in ("arousal", "dominance")}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("classified") / "corpus"
    return pipelines.corpus("manifest", spoken.write(folder))


def test_utterances_of_other_classes_are_left_out(corpus):
    tasks = {"emotion": ("sad", "angry")}
    found = utterances.chosen(corpus, tasks)
    assert {each.labels["emotion"] for each in found} == {"sad", "angry"}
    heard = utterances.read(corpus, found, tasks)
    for utterance, each in zip(found, heard):
        name = utterance.labels["emotion"]
        assert each.classes == {"emotion": tasks["emotion"].index(name)}
        np.testing.assert_array_equal(each.heard, corpus.waveform(utterance))


def test_levels_are_the_papers(corpus):
    for utterance in corpus.utterances:
        rating = utterance.labels["arousal"]
        expected = 0 if rating <= 2 else 2 if rating >= 4 else 1
        assert utterances.classes(utterance, LEVELS)["arousal"] == expected


def test_features_are_kept(corpus, tmp_path):
    tasks = {"emotion": ("sad",)}
    found = utterances.chosen(corpus, tasks)[:2]
    lines = []
    for _ in range(2):
        said = (found, tasks, "yaafe", tmp_path)
        heard = utterances.read(corpus, *said, lambda *at: lines.append(at))
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
        utterances.chosen(corpus, tasks)


def test_more_than_a_minute_is_refused(corpus, monkeypatch):
    long = np.zeros(61 * utterances.RATE, "float32")
    monkeypatch.setattr(corpus, "waveform", lambda *given: long)
    first = corpus.utterances[:1]
    with pytest.raises(ValueError, match=r"60 s at most. Received: 61.0 s"):
        utterances.read(corpus, first, LEVELS)


@pytest.mark.parametrize(
    "wrong, said",
    [
        (lambda wave: np.clip(10 * wave, -1, 32767 / 32768), "are clipped"),
        (lambda wave: wave + 0.2, "have an offset"),
        (lambda wave: wave, None),
        (lambda wave: np.clip(wave, -0.2, 0.2), None),  # below full scale
        (np.zeros_like, None),
    ],
)
def test_what_a_recorder_did_wrong_is_warned_of_and_heard(
    corpus, monkeypatch, caplog, wrong, said
):
    first = corpus.utterances[:3]
    waves = {
        each.id: wrong(corpus.waveform(each)).astype("float32")
        for each in first[:2]
    }
    own = corpus.waveform
    monkeypatch.setattr(
        corpus,
        "waveform",
        lambda each, rate: waves.get(each.id, own(each, rate)),
    )
    heard = utterances.read(corpus, first, LEVELS)
    for each in heard[:2]:
        np.testing.assert_array_equal(each.heard, waves[each.id])
    messages = [record.getMessage() for record in caplog.records]
    assert messages == [
        f"2 of 3 utterances {said}, the first {first[0].id}; they are heard "
        "as they are."
    ] * (said is not None)


def test_a_telephones_rate_is_brought_to_the_networks(tmp_path):
    folder = spoken.write(tmp_path / "corpus")
    corpus = pipelines.corpus("manifest", folder)
    plain = corpus.waveform(corpus.utterances[0])
    name = folder / f"{corpus.utterances[0].files[0].name}"
    soundfile.write(name, plain[::2], 8000)
    (heard,) = utterances.read(corpus, corpus.utterances[:1], LEVELS)
    assert abs(len(heard.heard) - len(plain)) <= 1
    spectrum = np.abs(np.fft.rfft(heard.heard * np.hanning(len(heard.heard))))
    upper = spectrum[int(len(spectrum) * 0.55) :]
    assert upper.max() < 0.01 * spectrum.max()
