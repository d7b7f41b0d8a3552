"""The `tf.data` pipeline from recordings to waveforms and features."""

from __future__ import annotations

import time

import numpy as np
import pytest
import spoken
import tensorflow as tf

import pipelines
from pipelines.audio import graph
from pipelines.datasets.audio import Recordings
from zoo import frontends


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = spoken.write(tmp_path_factory.mktemp("spoken") / "corpus")
    return pipelines.corpus("manifest", folder)


def test_waveforms_are_those_of_the_reader_in_order(corpus):
    found = Recordings(corpus.utterances, corpus.waveform).waveforms()
    for utterance, waveform in zip(corpus.utterances, found, strict=True):
        np.testing.assert_array_equal(waveform, corpus.waveform(utterance))


def test_waveforms_are_those_that_are_decoded_in_the_graph(corpus):
    found = Recordings(corpus.utterances, corpus.waveform).waveforms()
    names = [str(utterance.files[0]) for utterance in corpus.utterances]
    decoded = tf.data.Dataset.from_tensor_slices(names).map(
        lambda name: graph.decode(tf.io.read_file(name))
    )
    for waveform, other in zip(found, decoded, strict=True):
        np.testing.assert_array_equal(waveform, other)


def test_features_are_those_of_the_front_end(corpus):
    extract = frontends.get("stacked_log_mel", standardise=False)
    recordings = Recordings(corpus.utterances, corpus.waveform)
    found = recordings.features("stacked_log_mel")
    for utterance, rows in zip(corpus.utterances, found, strict=True):
        waveform = corpus.waveform(utterance)
        inputs = {
            "waveform": waveform[None],
            "lengths": np.array([len(waveform)], "int32"),
        }
        expected = extract(inputs)["features"][0]
        np.testing.assert_allclose(rows, expected, rtol=0, atol=1e-4)


def test_a_slow_recording_keeps_its_place():
    def read(place):
        time.sleep(0.2 if place == 0 else 0.0)
        return np.full(place + 1, place, "float32")

    found = list(Recordings(range(6), read).waveforms())
    assert [len(waveform) for waveform in found] == [1, 2, 3, 4, 5, 6]


def test_what_is_raised_is_what_reading_raises():
    def read(place):
        if place >= 2:
            raise ValueError(f"recording {place} is damaged.")
        return np.zeros(500, "float32")

    found = Recordings(range(5), read).waveforms()
    assert len(next(found)) == len(next(found)) == 500
    with pytest.raises(ValueError, match="recording 2 is damaged"):
        next(found)


def test_no_recordings_give_nothing():
    assert list(Recordings([], np.zeros).waveforms()) == []
