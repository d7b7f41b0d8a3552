"""Samples of recordings with traces: features, normalisation, labels."""

from __future__ import annotations

import numpy as np
import pytest

import pipelines
from pipelines import normalise
from pipelines.corpora.base import Utterance
from pipelines.datasets import traces
from zoo import frontends

FRONTEND = "stacked_log_mel"
RATE = 16_000


def sound(seconds: float, seed: int) -> np.ndarray:
    """Returns noise of increasing level, different for every seed."""
    rng = np.random.default_rng(seed)
    samples = round(seconds * RATE)
    rise = np.linspace(0.01, 0.3, samples)
    return (rise * rng.normal(size=samples)).astype("float32")


class WaveformCorpus:
    """A corpus of waveforms and label rows, without files."""

    def __init__(self, waveforms, traces=None, speakers=None):
        self._waveforms = dict(waveforms)
        self._traces = traces or {}
        speakers = speakers or dict.fromkeys(self._waveforms, "anna")
        self.utterances = [
            Utterance(name, speakers[name], (), "train", {})
            for name in self._waveforms
        ]

    def waveform(self, utterance):
        return self._waveforms[utterance.id]

    def has_traces(self, utterance):
        return utterance.id in self._traces

    def traces(self, utterance):
        return self._traces[utterance.id]


def read(corpus, normalisation="recording", **rest):
    return traces.read(
        corpus, corpus.utterances, FRONTEND, normalisation, **rest
    )


def in_the_graph(waveforms, standardise=True):
    """Returns the features of one padded batch, trimmed to their lengths."""
    lengths = np.array([len(waveform) for waveform in waveforms], "int32")
    batch = np.full((len(waveforms), lengths.max()), np.nan, "float32")
    for row, waveform in zip(batch, waveforms):
        row[: len(waveform)] = waveform
    graph = frontends.get(FRONTEND, standardise=standardise)
    outputs = graph({"waveform": batch, "lengths": lengths})
    return [
        np.asarray(row)[:steps]
        for row, steps in zip(outputs["features"], outputs["lengths"])
    ]


def test_offline_features_are_those_of_the_exported_graph():
    waveforms = {"a": sound(1.3, 1), "b": sound(0.4, 2), "c": sound(2.0, 3)}
    samples = read(WaveformCorpus(waveforms))
    expected = in_the_graph(list(waveforms.values()))
    for sample, features in zip(samples, expected, strict=True):
        assert sample.features.dtype == np.float32
        np.testing.assert_allclose(sample.features, features, rtol=0, atol=1e-4)


def test_the_same_holds_for_files_on_disk(simulated):
    corpus = pipelines.corpus("simulated", simulated)
    utterances = corpus.split("dev")
    samples = traces.read(corpus, utterances, FRONTEND, "recording")
    expected = in_the_graph(
        [corpus.waveform(utterance) for utterance in utterances]
    )
    assert [sample.id for sample in samples] == [
        utterance.id for utterance in utterances
    ]
    for sample, features in zip(samples, expected, strict=True):
        np.testing.assert_allclose(sample.features, features, rtol=0, atol=1e-4)
        assert sorted(sample.traces) == ["arousal", "valence"]


def test_a_speakers_recordings_are_normalised_together():
    waveforms = {"a": sound(1, 1), "b": 9 * sound(1, 2), "c": sound(1, 3)}
    speakers = {"a": "anna", "b": "ben", "c": "anna"}
    samples = read(WaveformCorpus(waveforms, speakers=speakers), "speaker")
    plain = in_the_graph(list(waveforms.values()), standardise=False)
    expected = normalise.z_norm([plain[0], plain[2]])
    np.testing.assert_allclose(samples[0].features, expected[0], atol=1e-4)
    np.testing.assert_allclose(samples[2].features, expected[1], atol=1e-4)
    alone = normalise.z_norm([plain[1]])[0]
    np.testing.assert_allclose(samples[1].features, alone, atol=1e-4)
    assert np.abs(samples[0].features.mean(axis=0)).max() > 0.01
    assert [sample.speaker for sample in samples] == ["anna", "ben", "anna"]


def test_speaker_is_the_default():
    waveforms = {"a": sound(1, 1), "b": 9 * sound(1, 2)}
    corpus = WaveformCorpus(waveforms)
    samples = traces.read(corpus, corpus.utterances, FRONTEND)
    for sample, expected in zip(samples, read(corpus, "speaker")):
        np.testing.assert_array_equal(sample.features, expected.features)


def test_recordings_keep_their_order_though_read_at_once():
    durations = [2.0, 0.1, 1.5, 0.1, 0.2, 0.3]
    waveforms = {
        str(n): sound(seconds, n) for n, seconds in enumerate(durations)
    }
    samples = read(WaveformCorpus(waveforms))
    assert [sample.id for sample in samples] == list(waveforms)
    assert [len(sample.features) for sample in samples] == [
        frontends.stacked_log_mel_steps(len(waveform))
        for waveform in waveforms.values()
    ]


@pytest.mark.parametrize("more", [0, 1])
def test_labels_are_cut_to_the_features(more):
    rows = np.arange(25 + more, dtype="float32")
    traces = {"a": {"arousal": rows, "valence": -rows}}
    (sample,) = read(WaveformCorpus({"a": sound(1, 1)}, traces))
    np.testing.assert_array_equal(sample.traces["arousal"], rows[:25])
    np.testing.assert_array_equal(sample.traces["valence"], -rows[:25])


@pytest.mark.parametrize("rows", [0, 24, 27])
def test_labels_of_another_length_are_refused(rows):
    traces = {"a": {"arousal": np.zeros(rows, "float32")}}
    words = f"a, arousal: .*25 or 26 rows.* {rows} rows"
    with pytest.raises(ValueError, match=words):
        read(WaveformCorpus({"a": sound(1, 1)}, traces))


def test_a_recording_without_labels_has_no_traces():
    assert read(WaveformCorpus({"a": sound(1, 1)}))[0].traces == {}


@pytest.mark.parametrize("samples", [0, 1, 399])
@pytest.mark.parametrize("normalisation", traces.NORMALISATIONS)
def test_a_recording_shorter_than_a_window_is_named(samples, normalisation):
    waveforms = {"long": sound(1, 1), "brief": sound(1, 2)[:samples]}
    with pytest.raises(ValueError, match=f"brief: .*25 ms.* {samples} samp"):
        read(WaveformCorpus(waveforms), normalisation)


def test_one_window_is_enough():
    (sample,) = read(WaveformCorpus({"a": sound(0.025, 1)}))
    assert sample.features.shape == (1, 160)
    assert np.isfinite(sample.features).all()


@pytest.mark.parametrize("normalisation", traces.NORMALISATIONS)
def test_silence_gives_zeros(normalisation):
    silence = {"a": np.zeros(RATE, "float32")}
    (sample,) = read(WaveformCorpus(silence), normalisation)
    np.testing.assert_array_equal(sample.features, np.zeros((25, 160)))


def test_silence_beside_speech_stays_finite():
    waveforms = {"a": np.zeros(RATE, "float32"), "b": sound(1, 1)}
    silent, loud = read(WaveformCorpus(waveforms), "speaker")
    assert np.isfinite(silent.features).all()
    assert (silent.features < loud.features.min(axis=0)).all()


def test_progress_counts_to_the_end():
    progress = []
    waveforms = {str(n): sound(0.1, n) for n in range(5)}
    read(
        WaveformCorpus(waveforms),
        progress=lambda done, of: progress.append((done, of)),
    )
    assert progress == [(n, 5) for n in range(1, 6)]


def test_an_unknown_normalisation_is_refused():
    with pytest.raises(ValueError, match="normalisation='corpus'"):
        read(WaveformCorpus({"a": sound(1, 1)}), "corpus")


def test_an_unknown_front_end_is_refused():
    corpus = WaveformCorpus({"a": sound(1, 1)})
    with pytest.raises(ValueError, match="No front end 'mfcc'.*stacked_log"):
        traces.read(corpus, corpus.utterances, "mfcc")
