"""Utterances with classes: selection, reading, refusals, warnings."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
import spoken

import pipelines
from pipelines.corpora.base import RATE
from pipelines.datasets import utterances
from pipelines.labels import RatingLevels

LEVELS = {name: RatingLevels.names for name in ("arousal", "dominance")}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("classified") / "corpus"
    return pipelines.corpus("manifest", spoken.write(folder))


def test_utterances_of_other_classes_are_left_out(corpus):
    tasks = {"emotion": ("sad", "angry")}
    labelled = utterances.with_labels(corpus, tasks)
    emotions = {utterance.labels["emotion"] for utterance in labelled}
    assert emotions == {"sad", "angry"}
    samples = utterances.read(corpus, labelled, tasks)
    for utterance, sample in zip(labelled, samples):
        name = utterance.labels["emotion"]
        assert sample.classes == {"emotion": tasks["emotion"].index(name)}
        np.testing.assert_array_equal(sample.inputs, corpus.waveform(utterance))


def test_levels_are_the_papers(corpus):
    for utterance in corpus.utterances:
        rating = utterance.labels["arousal"]
        expected = 0 if rating <= 2 else 2 if rating >= 4 else 1
        indices = utterances.class_indices(utterance, LEVELS)
        assert indices["arousal"] == expected


def test_features_are_kept(corpus, tmp_path):
    tasks = {"emotion": ("sad",)}
    sad = utterances.with_labels(corpus, tasks)[:2]
    progress = []
    for _ in range(2):
        samples = utterances.read(
            corpus,
            sad,
            tasks,
            "yaafe",
            tmp_path,
            lambda *counts: progress.append(counts),
        )
        assert samples[0].inputs.shape[1] == 743
    assert progress == [(1, 2), (2, 2)] * 2
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
        utterances.with_labels(corpus, tasks)


def test_more_than_a_minute_is_refused(corpus, monkeypatch):
    long = np.zeros(61 * RATE, "float32")
    monkeypatch.setattr(corpus, "waveform", lambda utterance, rate: long)
    first = corpus.utterances[:1]
    with pytest.raises(ValueError, match=r"60 s at most. Received: 61.0 s"):
        utterances.read(corpus, first, LEVELS)


@pytest.mark.parametrize(
    "distort, flaw",
    [
        (lambda wave: np.clip(10 * wave, -1, 32767 / 32768), "are clipped"),
        (lambda wave: wave + 0.2, "have an offset"),
        (lambda wave: wave, None),
        (lambda wave: np.clip(wave, -0.2, 0.2), None),  # below full scale
        (np.zeros_like, None),
    ],
)
def test_a_warning_names_clipping_and_offsets_and_nothing_is_changed(
    corpus, monkeypatch, caplog, distort, flaw
):
    first = corpus.utterances[:3]
    waveforms = {
        utterance.id: distort(corpus.waveform(utterance)).astype("float32")
        for utterance in first[:2]
    }
    original = corpus.waveform
    monkeypatch.setattr(
        corpus,
        "waveform",
        lambda utterance, rate: waveforms.get(
            utterance.id, original(utterance, rate)
        ),
    )
    samples = utterances.read(corpus, first, LEVELS)
    for sample in samples[:2]:
        np.testing.assert_array_equal(sample.inputs, waveforms[sample.id])
    messages = [record.getMessage() for record in caplog.records]
    assert messages == [
        f"2 of 3 utterances {flaw}, the first {first[0].id}; they are used "
        "as they are."
    ] * (flaw is not None)


def test_a_recording_at_8_khz_is_resampled_to_16_khz(tmp_path):
    folder = spoken.write(tmp_path / "corpus")
    corpus = pipelines.corpus("manifest", folder)
    plain = corpus.waveform(corpus.utterances[0])
    name = folder / f"{corpus.utterances[0].files[0].name}"
    soundfile.write(name, plain[::2], 8000)
    (sample,) = utterances.read(corpus, corpus.utterances[:1], LEVELS)
    waveform = sample.inputs
    assert abs(len(waveform) - len(plain)) <= 1
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform))))
    upper = spectrum[int(len(spectrum) * 0.55) :]
    assert upper.max() < 0.01 * spectrum.max()
