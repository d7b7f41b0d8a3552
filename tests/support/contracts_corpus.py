"""The contract of all corpus readers."""

from __future__ import annotations

import re

import numpy as np
import pytest

from pipelines.corpora import base, word_base
from zoo import frontends


def check_corpus(
    corpus: base.Corpus, audio: bool = True, count: int = 3
) -> None:
    """Checks a corpus against the contract.

    Args:
        corpus: of an intact copy, or of a partial one that is called so.
        audio: whether it has audio.
        count: about how many utterances to read, spread over the corpus.
    """
    _check_card(corpus)
    _check_utterances(corpus)
    _check_splits(corpus)
    step = max(1, len(corpus.utterances) // count)
    for utterance in corpus.utterances[::step]:
        length = _check_audio(corpus, utterance) if audio else None
        _check_labels(corpus, utterance, length)
        if isinstance(corpus, word_base.WordCorpus):
            _check_words(corpus, utterance)


def _check_card(corpus: base.Corpus) -> None:
    card = corpus.card()
    for name in ("title", "citation", "terms", "source", "layout"):
        text = getattr(corpus, name)
        assert text and text in card, name
    note = type(corpus).note
    if note:
        assert card.splitlines()[0] == note
    assert corpus.note.startswith(note)
    assert not corpus.note or corpus.name in corpus.note
    _, is_partial, lacks = corpus.note.partition(" is a partial copy")
    assert bool(is_partial) == corpus.partial
    assert lacks in corpus.summary()
    assert not corpus.simulated or "nothing about real speech" in corpus.note
    assert str(corpus.root) in corpus.summary()


def _check_utterances(corpus: base.Corpus) -> None:
    ids = [utterance.id for utterance in corpus.utterances]
    assert ids == sorted(set(ids))
    assert len(ids) == corpus.expected["utterances"]
    assert len(corpus.speakers) == corpus.expected["speakers"]
    assert len(set(corpus.utterances)) == len(ids)
    for utterance in corpus.utterances:
        assert utterance.files
        assert all(file.is_file() for file in utterance.files)


def _check_splits(corpus: base.Corpus) -> None:
    splits: dict[str, str | None] = {}
    for utterance in corpus.utterances:
        split = splits.setdefault(utterance.speaker, utterance.split)
        assert split == utterance.split, f"{utterance.speaker} in two splits"
    for split in base.SPLITS:
        if split in corpus.expected:
            members = corpus.split(split)
            assert len(members) == corpus.expected[split]
            assert all(member.split == split for member in members)
        else:
            with pytest.raises(ValueError, match=f"split='{split}'"):
                corpus.split(split)


def _check_audio(corpus: base.Corpus, utterance: base.Utterance) -> int:
    waveform = corpus.waveform(utterance)
    assert waveform.dtype == np.float32 and waveform.ndim == 1
    assert np.isfinite(waveform).all()
    assert 0 < np.abs(waveform).max() < 1.5
    assert np.abs(waveform.mean()) < 0.1
    half = corpus.waveform(utterance, rate=8_000)
    assert abs(2 * len(half) - len(waveform)) <= 1
    return len(waveform)


def _check_labels(
    corpus: base.Corpus, utterance: base.Utterance, length: int | None
) -> None:
    if not corpus.has_traces(utterance):
        with pytest.raises(ValueError, match=re.escape(utterance.id)):
            corpus.traces(utterance)
        if corpus.label_hop is None:
            assert set(corpus.dimensions) <= set(utterance.labels)
        return
    traces = corpus.traces(utterance)
    assert tuple(traces) == corpus.dimensions
    assert not set(corpus.dimensions) & set(utterance.labels)
    for trace in traces.values():
        assert trace.dtype == np.float32 and trace.ndim == 1
        assert len(trace) and np.abs(trace).max() <= 1
        if length is not None:
            assert len(trace) == frontends.stacked_log_mel_steps(length)


def _check_words(
    corpus: word_base.WordCorpus, utterance: base.Utterance
) -> None:
    letters = "".join(corpus.modalities)
    streams = corpus.words(utterance, letters)
    assert "".join(streams) == letters
    (words,) = {len(rows) for rows in streams.values()}
    assert words
    for letter, values in corpus.modalities.items():
        assert streams[letter].shape == (words, values)
        assert streams[letter].dtype == np.float32
        (alone,) = corpus.words(utterance, letter).values()
        np.testing.assert_array_equal(alone, streams[letter])
    with pytest.raises(ValueError, match="no audio"):
        corpus.waveform(utterance)
    with pytest.raises(ValueError, match="modalities='x'"):
        corpus.words(utterance, "x")
