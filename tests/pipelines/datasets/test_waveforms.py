"""Waveforms of utterances are held once."""

from __future__ import annotations

import gc
import logging

import numpy as np
import pytest
import spoken

import pipelines
from pipelines.datasets import waveforms


@pytest.fixture
def corpus(tmp_path):
    folder = spoken.write(tmp_path / "corpus", speakers=1, each=1)
    return pipelines.corpus("manifest", folder)


def count_reads(corpus, monkeypatch):
    read = []
    original = corpus.waveform

    def waveform(utterance, rate):
        read.append(utterance.id)
        return original(utterance, rate)

    monkeypatch.setattr(corpus, "waveform", waveform)
    return read


def test_a_waveform_in_use_is_not_read_again(corpus, monkeypatch):
    read = count_reads(corpus, monkeypatch)
    first = waveforms.read(corpus, corpus.utterances)
    again = waveforms.read(corpus, corpus.utterances[:2])
    assert len(read) == len(corpus.utterances)
    assert again[0] is first[0] and again[1] is first[1]
    with pytest.raises(ValueError, match="read-only"):
        first[0][0] = 1.0
    del first, again
    gc.collect()
    waveforms.read(corpus, corpus.utterances[:1])
    assert len(read) == len(corpus.utterances) + 1


def test_two_corpora_are_not_confused(corpus, tmp_path, monkeypatch):
    other = pipelines.corpus(
        "manifest", spoken.write(tmp_path / "other", speakers=1, each=1)
    )
    monkeypatch.setattr(
        other, "waveform", lambda utterance, rate: np.zeros(700, "float32")
    )
    kept = waveforms.read(corpus, corpus.utterances)
    found = waveforms.read(other, other.utterances)
    assert kept[0].any() and not any(samples.any() for samples in found)


def test_a_flaw_is_warned_of_once(corpus, monkeypatch, caplog):
    clipped = np.tile(np.float32([1.0, -1.0]), 500)
    monkeypatch.setattr(corpus, "waveform", lambda utterance, rate: clipped)
    with caplog.at_level(logging.WARNING):
        kept = waveforms.read(corpus, corpus.utterances)
        waveforms.read(corpus, corpus.utterances)
    (record,) = caplog.records
    assert "4 of 4 utterances are clipped" in record.getMessage()
    assert len(kept) == 4
