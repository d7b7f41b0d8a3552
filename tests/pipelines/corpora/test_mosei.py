"""The reader of CMU-MOSEI."""

from __future__ import annotations

import json

import csd_files
import h5py
import numpy as np
import pytest
from contracts_corpus import check_corpus

from pipelines.corpora import mosei
from pipelines.corpora._io import csd
from pipelines.corpora.mosei import folds

STREAMS = {"t": "glove_vectors", "a": "COVAREP", "v": "FACET 4.2"}
SPLITS = {"a": "train", "b": "dev", "c": "test"}


class Small(mosei.Mosei):
    """Reads a small copy: videos a, b and c."""

    def standard_folds(self):
        return SPLITS


class Synthetic(mosei.Mosei):
    """Reads what the SDK wrote."""

    def standard_folds(self):
        return {f"synthetic_video_{i}": "train" for i in range(4)}


@pytest.fixture
def copy(tmp_path):
    return csd_files.corpus(tmp_path / "mosei")


def test_a_copy_keeps_the_contract(copy):
    corpus = Small(copy)
    check_corpus(corpus, audio=False, count=6)
    assert [u.id for u in corpus.utterances] == [
        f"{video}[{row}]" for video in "abc" for row in (0, 1)
    ]
    assert {u.speaker: u.split for u in corpus.utterances} == SPLITS
    assert corpus.warnings == {}


def test_segments_are_what_the_sdk_answers(shared):
    root = shared("reference", "mmsdk")
    answers = np.load(root / "sdk_answers.npz")
    corpus = Synthetic(root)
    assert len(corpus.utterances) == 13
    for utterance in corpus.utterances:
        streams = corpus.words(utterance, "tav")
        for letter, rows in streams.items():
            key = f"segments/{STREAMS[letter]}/{utterance.id}/features"
            np.testing.assert_allclose(rows, answers[key], rtol=0, atol=1e-5)
        (labels,) = answers[f"segments/All Labels/{utterance.id}/features"]
        assert utterance.labels == pytest.approx(
            dict(zip(csd_files.COLUMNS, labels)), abs=1e-6
        )


def test_words_stand_beside_what_was_heard_and_seen(copy):
    corpus = Small(copy)
    frames = csd.ComputationalSequence(copy / "COVAREP.csd").features("b")
    second = corpus.words(corpus.split("dev")[1], "va")
    assert list(second) == ["a", "v"]
    averages = frames[300:].reshape(3, 100, 74).mean(axis=1)
    np.testing.assert_allclose(second["a"], averages, atol=1e-5)


def test_labels_are_found_by_name_not_by_position(copy):
    order = ["fear", "sentiment", "sad", "happy", "anger", "surprise"]
    ratings = [[0.0, -2.0, 1.0, 2.0, 3.0, 1 / 3, 2 / 3]]
    names = [*order, "disgust"]
    labels = {v: ([[0, 6]], np.array(ratings)) for v in "abc"}
    csd_files.write(copy / "labels.csd", "All Labels", labels, names)
    corpus = Small(copy)
    assert corpus.utterances[0].labels == dict(zip(names, ratings[0]))
    assert "as the file names them" in corpus.summary()


def test_the_release_that_was_recognised_is_said(copy):
    corpus = Small(copy)
    assert corpus.release == (
        "All Labels: sentiment, happy, sad, anger, surprise, disgust, fear, "
        "as the SDK orders them"
    )
    assert corpus.release in corpus.summary()


def test_the_emotion_labels_of_2018_have_no_sentiment(copy):
    (copy / "labels.csd").unlink()
    ratings = np.arange(6)[None] / 3
    labels = {v: ([[0, 6]], ratings) for v in "abc"}
    csd_files.write(copy / "old.csd", "Emotion Labels", labels)
    corpus = Small(copy)
    happy_first = dict(zip(csd_files.COLUMNS[1:], ratings[0]))
    assert corpus.utterances[0].labels == happy_first
    assert corpus.release.startswith("Emotion Labels: happy, sad, anger")


def test_the_newer_labels_are_taken_where_both_are_there(copy):
    labels = {v: ([[0, 6]], np.zeros((1, 6))) for v in "abc"}
    csd_files.write(copy / "old.csd", "Emotion Labels", labels)
    assert len(Small(copy).utterances) == 6


def test_sentiment_is_a_task_of_its_own(copy):
    emotions, corpus = Small(copy), Small(copy, labels="sentiment")
    check_corpus(corpus, audio=False, count=6)
    assert corpus.dimensions == ("sentiment",)
    assert corpus.rating_scale == (-3.0, 3.0)
    assert emotions.dimensions == mosei.EMOTIONS
    assert emotions.rating_scale == (0.0, 3.0)
    assert emotions.utterances == corpus.utterances


def test_the_sentiment_labels_of_2018_have_a_file_of_their_own(copy):
    (copy / "labels.csd").unlink()
    for root, values in (("Emotion Labels", 6), ("Sentiment Labels", 1)):
        labels = {v: ([[0, 6]], np.full((1, values), -2.0)) for v in "abc"}
        csd_files.write(copy / f"{root}.csd", root, labels)
    corpus = Small(copy, labels="sentiment")
    assert corpus.utterances[0].labels == {"sentiment": -2.0}
    assert corpus.release.startswith("Sentiment Labels: sentiment, as the SDK")


def test_a_release_may_name_the_emotions_as_nouns(copy):
    names = "sentiment happiness sadness anger surprise disgust fear".split()
    ratings = np.arange(7)[None] / 3
    labels = {v: ([[0, 6]], ratings) for v in "abc"}
    csd_files.write(copy / "labels.csd", "All Labels", labels, names)
    corpus = Small(copy)
    assert corpus.utterances[0].labels == pytest.approx(
        dict(zip(csd_files.COLUMNS, ratings[0]))
    )
    assert "happiness, sadness, anger" in corpus.release


def test_openface_stands_beside_facet(copy):
    frames = np.random.default_rng(0).normal(size=(180, 713)).astype("f4")
    stream = {v: (csd_files.steps(180, 1 / 30), frames) for v in "abc"}
    csd_files.write(copy / "openface.csd", "OpenFace_2", stream)
    corpus = Small(copy, face="openface")
    check_corpus(corpus, audio=False, count=6)
    assert corpus.modalities == {"t": 300, "a": 74, "v": 713}
    first = corpus.words(corpus.utterances[0], "v")["v"]
    averages = frames[:90].reshape(3, 30, 713).mean(axis=1)
    np.testing.assert_allclose(first, averages, atol=1e-5)
    assert copy / "openface.csd" in corpus.utterances[0].files
    assert Small(copy).modalities["v"] == 35


def test_spelling_of_root_groups_does_not_matter(copy):
    with h5py.File(copy / "FACET 4.2.csd", "r+") as file:
        file.move("FACET 4.2", "FACET_4.2")
    assert len(Small(copy).utterances) == 6


def test_files_are_found_by_their_root_group_in_subfolders_too(copy):
    (copy / "highlevel").mkdir()
    for number, path in enumerate(sorted(copy.glob("*.csd"))):
        path.rename(copy / "highlevel" / f"{number}.csd")
    (copy / "labels").mkdir()
    csd_files.write(copy / "labels" / "x.csd", "OpenFace_2", {})
    assert len(Small(copy).utterances) == 6


def test_texts_are_those_that_overlap_the_vectors_most(copy):
    times = [[0, 0.9], [0.9, 1.2], [1.2, 2.0], [2.1, 3.0], [9, 10]]
    texts = np.array([b"i", b"sp", b"love", b"this", b"late"])[:, None]
    words = {video: (times, texts) for video in "ab"}
    csd_files.write(copy / "words.csd", "words", words)
    corpus = Small(copy)
    texts = [corpus.text(u).tolist() for u in corpus.utterances]
    assert texts == [["i", "love", "this"], [""] * 3] * 2 + [[""] * 3] * 2
    what = "videos without words as text, all unknown"
    assert corpus.warnings == {what: {"c": 1}}


def test_texts_of_a_video_are_read_once(copy, monkeypatch):
    texts = np.array([b"i", b"love"])[:, None]
    words = {video: ([[0, 0.9], [0.9, 2.0]], texts) for video in "ab"}
    csd_files.write(copy / "words.csd", "words", words)
    read = []
    texts_of = csd.ComputationalSequence.texts

    def counted(file, video):
        read.append(video)
        return texts_of(file, video)

    monkeypatch.setattr(csd.ComputationalSequence, "texts", counted)
    corpus = Small(copy)
    for utterance in corpus.utterances:
        corpus.text(utterance)
    assert read == ["a", "b"]


def test_texts_need_their_file(copy):
    corpus = Small(copy)
    with pytest.raises(FileNotFoundError, match="words .CMU_MOSEI_Timesta"):
        corpus.text(corpus.utterances[0])


def test_standard_folds_are_the_sdks(shared):
    by_video = folds.standard_folds()
    path = shared("reference", "cmu_mosei_standard_folds.json")
    wanted = json.loads(path.read_text())
    for name, fold in (("train", "train"), ("valid", "dev"), ("test", "test")):
        there = {video for video in by_video if by_video[video] == fold}
        assert there == set(wanted[name])


def test_the_paper_splits_videos_by_its_own_shares():
    rng = np.random.default_rng(1)
    videos = [f"v{i}" for i in range(2000) for _ in range(rng.integers(1, 12))]
    by_video = folds.paper_folds(videos, seed=0)
    assert set(by_video) == set(videos)
    counts = {name: 0 for name in ("train", "dev", "test")}
    for video in videos:
        counts[by_video[video]] += 1
    for name, count in folds.PAPER_FOLDS.items():
        share = counts[name] / len(videos)
        assert share == pytest.approx(count / 12300, abs=0.003)
    assert by_video == folds.paper_folds(reversed(videos), seed=0)
    assert by_video != folds.paper_folds(videos, seed=1)


def test_the_papers_folds_leave_the_official_test_alone(copy):
    corpus = Small(copy, folds="paper", fold_seed=3)
    assert {u.speaker for u in corpus.utterances} == {"a", "b"}
    what = "segments left out, in the standard test fold"
    assert corpus.warnings[what] == {"c[0]": 1, "c[1]": 1}
    with pytest.raises(ValueError, match="folds='mine'"):
        Small(copy, folds="mine")


def test_the_corpus_says_what_it_needs():
    card = mosei.Mosei.card()
    assert "2249 train, 300 dev, 678 test" in card
    assert "anger, disgust, fear, happy, sad, surprise" in card
