"""Samples of words: order, cleaning, text."""

from __future__ import annotations

import csd_files
import numpy as np
import pytest

from pipelines.corpora import mosei
from pipelines.datasets import words


class Small(mosei.Mosei):
    def standard_folds(self):
        return {"a": "train", "b": "dev", "c": "test"}


def test_words_are_read_in_order_and_progress_is_reported(
    tmp_path,
):
    corpus = Small(csd_files.corpus(tmp_path / "x"))
    progress = []
    samples = words.read(
        corpus,
        corpus.utterances[::-1],
        "va",
        progress=lambda *done: progress.append(done),
    )
    assert [sample.id for sample in samples][0] == "c[1]"
    assert progress == [(done, 6) for done in range(1, 7)]
    for sample, utterance in zip(samples, corpus.utterances[::-1]):
        assert list(sample.features) == ["a", "v"] and sample.cleaned == 0
        assert sample.labels == utterance.labels and sample.text is None
        for letter, rows in corpus.words(utterance, "av").items():
            np.testing.assert_array_equal(sample.features[letter], rows)


def test_nan_and_infinite_values_become_zero_and_are_counted(tmp_path):
    copy = csd_files.corpus(tmp_path / "x")
    features = np.ones((600, 74), "f4")
    features[10, 5] = -np.inf  # in the first word
    features[20, 5] = np.inf
    features[150, 6] = np.nan  # in the second
    features[400, 7] = -np.inf  # in the fifth, of the other segment
    csd_files.change(copy, "COVAREP", "a", features=features)
    corpus = Small(copy)
    first, second = words.read(corpus, corpus.split("train"), "tav")
    assert (first.cleaned, second.cleaned) == (2, 1)
    assert first.features["a"][0, 5] == 0 == first.features["a"][1, 6]
    assert np.count_nonzero(first.features["a"] == 1) == 3 * 74 - 2
    assert np.isfinite(second.features["a"]).all()


def test_words_are_read_as_text_too(tmp_path):
    copy = csd_files.corpus(tmp_path / "x")
    texts = np.array([[b"a"], [b"b"], [b"c"], [b"d"], [b"e"], [b"f"]])
    words_of = {video: (csd_files.steps(6, 1.0), texts) for video in "abc"}
    csd_files.write(copy / "words.csd", "words", words_of)
    corpus = Small(copy)
    samples = words.read(corpus, corpus.split("dev"), "a", with_text=True)
    assert [sample.text.tolist() for sample in samples] == [
        ["a", "b", "c"],
        ["d", "e", "f"],
    ]


def test_text_that_the_copy_does_not_have_are_refused(tmp_path):
    corpus = Small(csd_files.corpus(tmp_path / "x"))
    with pytest.raises(FileNotFoundError, match="missing streams .1.: words"):
        words.read(corpus, corpus.utterances, "t", with_text=True)


def test_modalities_that_the_corpus_does_not_have_are_refused(tmp_path):
    corpus = Small(csd_files.corpus(tmp_path / "x"))
    with pytest.raises(ValueError, match="some of t, a, v, .*modalities='p'"):
        words.read(corpus, corpus.utterances, "p")
