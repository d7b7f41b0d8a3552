"""The cache of aligned words."""

from __future__ import annotations

import os
import shutil

import csd_files
import numpy as np
import pytest

from pipelines.corpora import mosei
from pipelines.datasets import word_cache, words
from pipelines.features import cache


class Small(mosei.Mosei):
    def standard_folds(self):
        return {"a": "train", "b": "dev", "c": "test"}


class Counted(Small):
    aligned = 0

    def words(self, utterance, modalities):
        self.aligned += 1
        return super().words(utterance, modalities)


@pytest.fixture
def copy(tmp_path):
    copy = csd_files.corpus(tmp_path / "mosei")
    features = np.random.default_rng(1).normal(size=(600, 74)).astype("f4")
    features[10, 5] = -np.inf
    csd_files.change(copy, "COVAREP", "a", features=features)
    age(copy)
    return copy


def age(copy):
    """Makes the files old enough for their digests to be remembered."""
    for path in copy.iterdir():
        os.utime(path, (1e9, 1e9))


def read(corpus, folder, letters="tav", **options):
    return words.read(
        corpus, corpus.utterances, letters, cache=folder, **options
    )


def assert_same(samples, others):
    assert len(samples) == len(others) > 0
    for sample, other in zip(samples, others):
        assert sample.id == other.id and sample.labels == other.labels
        assert sample.cleaned == other.cleaned
        assert list(sample.features) == list(other.features)
        for letter, rows in sample.features.items():
            assert rows.dtype == np.float32
            np.testing.assert_array_equal(rows, other.features[letter])


def entries(folder):
    return [path for path in (folder / "words").glob("*/*")]


def test_words_are_the_same_from_memory_and_from_the_cache(copy, tmp_path):
    corpus = Counted(copy)
    plain = read(corpus, None)
    assert sum(sample.cleaned for sample in plain) == 1
    corpus.aligned = 0
    first = read(corpus, tmp_path / "features")
    assert corpus.aligned == 6
    assert_same(first, plain)
    assert_same(read(corpus, tmp_path / "features"), plain)
    assert corpus.aligned == 6
    assert len(entries(tmp_path / "features")) == 1


def test_features_are_mapped_not_read(copy, tmp_path):
    sample, *_ = read(Small(copy), tmp_path / "features")
    for rows in sample.features.values():
        base = rows
        while base.base is not None and not isinstance(base, np.memmap):
            base = base.base
        assert isinstance(base, np.memmap) and not rows.flags.writeable


def test_entries_are_npy_files_that_numpy_reads(copy, tmp_path):
    samples = read(Small(copy), tmp_path / "features", "av")
    (entry,) = entries(tmp_path / "features")
    names = {"a.npy", "v.npy", "starts.npy", "cleaned.npy"}
    assert {path.name for path in entry.iterdir()} == names
    rows = np.load(entry / "a.npy", allow_pickle=False)
    expected = np.concatenate([sample.features["a"] for sample in samples])
    np.testing.assert_array_equal(rows, expected)


def test_a_moved_copy_keeps_its_words_a_changed_one_does_not(copy, tmp_path):
    folder = tmp_path / "features"
    read(Small(copy), folder)
    moved = copy.rename(tmp_path / "moved")
    assert_same(read(Small(moved), folder), read(Small(moved), None))
    assert len(entries(folder)) == 1
    csd_files.change(moved, "COVAREP", "b", features=np.ones((600, 74)))
    corpus = Small(moved)
    assert_same(read(corpus, folder), read(corpus, None))
    assert len(entries(folder)) == 2


def test_options_have_entries_of_their_own(copy, tmp_path):
    frames = np.ones((180, 713), "f4")
    stream = {v: (csd_files.steps(180, 1 / 30), frames) for v in "abc"}
    csd_files.write(copy / "openface.csd", "OpenFace_2", stream)
    folder = tmp_path / "features"
    for options in ({}, {"face": "openface"}, {"folds": "paper"}):
        corpus = Small(copy, **options)
        assert_same(read(corpus, folder), read(corpus, None))
    assert len(entries(folder)) == 3
    read(Small(copy, labels="sentiment"), folder)  # the same words
    assert len(entries(folder)) == 3


def test_text_and_progress_are_as_without_a_cache(copy, tmp_path):
    texts = np.array([b"i", b"love"])[:, None]
    spelt = {video: ([[0, 0.9], [0.9, 2.0]], texts) for video in "abc"}
    csd_files.write(copy / "words.csd", "words", spelt)
    done = []
    corpus = Small(copy)
    for _ in range(2):
        samples = read(
            corpus,
            tmp_path / "features",
            with_text=True,
            progress=lambda *counts: done.append(counts),
        )
        assert samples[0].text.tolist() == ["i", "love", ""]
    assert done[-1] == (6, 6) and done[0] == (1, 6)


def test_a_corpus_that_is_read_quickly_is_not_cached(copy, tmp_path):
    class Quick(Small):
        alignment = ""

    assert_same(read(Quick(copy), tmp_path / "x"), read(Quick(copy), None))
    assert words.read(Small(copy), [], "t", cache=tmp_path / "x") == []
    assert not (tmp_path / "x").exists()


def test_an_error_leaves_no_entry(copy, tmp_path):
    csd_files.change(copy, "COVAREP", "c", features=np.ones((600, 74), "S1"))
    corpus = Small(copy)
    with pytest.raises(ValueError, match="must hold numbers"):
        read(corpus, tmp_path / "features")
    assert entries(tmp_path / "features") == []


@pytest.mark.parametrize("name", ["a.npy", "starts.npy", "cleaned.npy"])
@pytest.mark.parametrize("kept", [0, 90, -200])
def test_a_damaged_entry_is_named(copy, tmp_path, name, kept):
    folder = tmp_path / "features"
    read(Small(copy), folder)
    (entry,) = entries(folder)
    path = entry / name
    path.write_bytes(path.read_bytes()[:kept] if name == "a.npy" else b"")
    with pytest.raises(ValueError, match="Remove the folder") as caught:
        read(Small(copy), folder)
    assert str(entry) in str(caught.value)


def test_an_entry_is_never_unpickled(copy, tmp_path):
    folder = tmp_path / "features"
    read(Small(copy), folder)
    (entry,) = entries(folder)
    np.save(entry / "starts.npy", np.array([0, None]), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        read(Small(copy), folder)


def test_an_entry_that_another_process_wrote_first_is_taken(
    copy, tmp_path, monkeypatch
):
    corpus, folder = Small(copy), tmp_path / "features"
    read(corpus, folder)
    (entry,) = entries(folder)
    done = shutil.copytree(entry, tmp_path / "done")
    shutil.rmtree(entry)
    finite_words = word_cache.finite_words

    def racing(*arguments):
        if not entry.exists():
            shutil.copytree(done, entry)
        return finite_words(*arguments)

    monkeypatch.setattr(word_cache, "finite_words", racing)
    assert_same(read(corpus, folder), read(corpus, None))
    assert len(entries(folder)) == 1


def test_digests_are_remembered_until_a_file_changes(tmp_path, monkeypatch):
    path, folder = tmp_path / "x", tmp_path / "features"
    path.write_bytes(b"one")
    fresh = cache.remembered_digest(path, folder)
    assert fresh == cache.digest(path) and not folder.exists()
    os.utime(path, (1e9, 1e9))
    assert cache.remembered_digest(path, folder) == fresh
    monkeypatch.setattr(cache, "digest", lambda path: "computed")
    assert cache.remembered_digest(path, folder) == fresh
    os.utime(path, (1e9 + 1, 1e9 + 1))
    assert cache.remembered_digest(path, folder) == "computed"
