"""The readers of the Memory Fusion Network's features."""

from __future__ import annotations

import shutil

import h5py
import numpy as np
import pytest
from contracts_corpus import check_corpus

import pipelines
from pipelines.corpora import mfn

NAMES = ["mfn_mmmo", "mfn_mmmo_text", "mfn_pom"]


@pytest.fixture
def release(shared):
    return shared("corpora", "mfn")


def array(release, *parts):
    with h5py.File(release.joinpath(*parts)) as file:
        return file["d1"][()]


@pytest.mark.parametrize("name", NAMES)
def test_the_release_keeps_the_contract(release, name):
    corpus = pipelines.corpus(name, release)
    check_corpus(corpus, audio=False, count=40)
    assert not corpus.simulated and corpus.warnings == {}


def test_reviews_are_rated_from_one_to_five(release):
    corpus = pipelines.corpus("mfn_mmmo", release)
    ratings = array(release, "mmmo", "y_train.h5")
    assert [u.labels["sentiment"] for u in corpus.split("train")] == (
        ratings.tolist()
    )


def test_padding_in_front_is_gone_and_the_rest_is_as_it_was(release):
    corpus = pipelines.corpus("mfn_mmmo", release)
    whole = array(release, "mmmo", "audio_test.h5")
    lengths = set()
    for row, utterance in enumerate(corpus.split("test")):
        words = corpus.words(utterance, "av")["a"]
        lengths.add(len(words))
        np.testing.assert_allclose(words, whole[row, -len(words) :], rtol=1e-6)
        assert not whole[row, : -len(words)].any()
    assert max(lengths) == 20 and min(lengths) == 2


def test_zeros_after_the_first_word_are_data(release):
    corpus = pipelines.corpus("mfn_mmmo", release)
    faceless = [
        u
        for u in corpus.split("train")
        if not corpus.words(u, "v")["v"].any(axis=1).all()
    ]
    assert len(faceless) > 50


def test_text_is_there_for_the_parts_that_have_it(release):
    corpus = pipelines.corpus("mfn_mmmo_text", release)
    text = array(release, "mmmo", "text_valid_emb.h5")
    development = corpus.split("dev")
    assert [u.id for u in development] == [
        f"valid_{row:03d}" for row in range(4, 40, 5)
    ]
    for row, utterance in zip(range(4, 40, 5), development):
        words = corpus.words(utterance, "t")["t"]
        np.testing.assert_allclose(words, text[row, -len(words) :], rtol=1e-6)
    assert corpus.card().startswith("mfn_mmmo_text trains on")
    with pytest.raises(ValueError, match="some of a, v, .*modalities='t'"):
        whole = pipelines.corpus("mfn_mmmo", release)
        whole.words(whole.utterances[0], "t")


def test_pom_has_sixteen_ratings_and_sentiment_beside(release):
    corpus = pipelines.corpus("mfn_pom", release)
    assert len(corpus.dimensions) == 16
    assert "sentiment" not in corpus.dimensions
    ratings = array(release, "pom", "y_valid.h5")
    first = corpus.split("dev")[0].labels
    assert list(first.values()) == ratings[0].tolist()
    assert first["sentiment"] == ratings[0, 14]
    assert first["humorous"] == ratings[0, 16]


def test_there_is_no_text(release):
    corpus = pipelines.corpus("mfn_mmmo_text", release)
    with pytest.raises(ValueError, match="no words as text"):
        corpus.text(corpus.utterances[0])


def test_a_clip_starts_where_any_modality_does():
    streams = {"a": np.zeros((4, 2)), "v": np.zeros((4, 3))}
    streams["a"][3] = 1
    streams["v"][1, 2] = np.nan
    kept = mfn.without_padding(streams)
    assert {name: len(rows) for name, rows in kept.items()} == {"a": 3, "v": 3}


def test_a_clip_of_zeros_keeps_one_word():
    kept = mfn.without_padding({"a": np.zeros((4, 2)), "v": np.zeros((4, 3))})
    assert kept["a"].shape == (1, 2)


@pytest.fixture
def copy(release, tmp_path):
    shutil.copytree(release / "mmmo", tmp_path / "mmmo")
    for path in (tmp_path / "mmmo").iterdir():
        path.chmod(0o644)
    return tmp_path


def test_a_missing_file_is_named(copy):
    (copy / "mmmo" / "video_valid.h5").unlink()
    with pytest.raises(FileNotFoundError, match="video_valid.h5 is missing"):
        mfn.Mmmo(copy)


def test_a_truncated_file_is_one_sentence(copy):
    path = copy / "mmmo" / "audio_test.h5"
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(ValueError, match="audio_test.h5: must be a complete"):
        mfn.Mmmo(copy)


@pytest.mark.parametrize(
    "name, shape, expected",
    [
        ("audio_train", (220, 20, 73), "220, 20, 74"),
        ("video_test", (79, 20, 36), "80, 20, 36"),
        ("video_test", (80, 36), "80, 20, 36"),
        ("y_train", (220, 2), "clips"),
    ],
)
def test_another_shape_is_refused(copy, name, shape, expected):
    with h5py.File(copy / "mmmo" / f"{name}.h5", "w") as file:
        file["d1"] = np.ones(shape)
    with pytest.raises(
        ValueError, match=rf"{name}.h5.*the shape \({expected}\)"
    ):
        mfn.Mmmo(copy)


def test_a_rating_that_is_no_number_is_refused(copy):
    with h5py.File(copy / "mmmo" / "y_valid.h5", "r+") as file:
        file["d1"][3] = np.nan
    with pytest.raises(ValueError, match="40 dev.*Received: .*39 dev"):
        mfn.Mmmo(copy)


def test_an_incomplete_part_is_refused(copy):
    for kind in ("audio", "video", "y"):
        path = copy / "mmmo" / f"{kind}_train.h5"
        values = array(copy, "mmmo", path.name)[:-1]
        with h5py.File(path, "w") as file:
            file["d1"] = values
    with pytest.raises(ValueError, match="220 train.*Received: .*219 train"):
        mfn.Mmmo(copy)


@pytest.fixture
def mosei_2018(tmp_path, monkeypatch):
    """Three clips of each part in the release's files."""
    monkeypatch.setattr(mfn.Mosei2018, "expected", {"train": 3})
    rng = np.random.default_rng(0)
    for part in ("train", "valid", "test"):
        for name, shape in {
            f"text_{part}_emb": (3, 20, 300),
            f"audio_{part}": (3, 20, 74),
            f"video_{part}": (3, 20, 35),
            f"ey_{part}": (3, 6),
        }.items():
            with h5py.File(tmp_path / f"{name}.h5", "w") as file:
                file["d1"] = rng.integers(1, 9, shape) / 3
    return tmp_path


def test_the_release_of_2018_has_emotions_in_its_own_order(mosei_2018):
    corpus = pipelines.corpus("mosei_2018", mosei_2018)
    check_corpus(corpus, audio=False, count=9)
    first = corpus.split("dev")[0]
    assert list(first.labels) == (
        ["anger", "disgust", "fear", "happy", "sad", "surprise"]
    )
    ratings = array(mosei_2018, "ey_valid.h5")[0]
    assert list(first.labels.values()) == ratings.tolist()


def test_clips_of_2018_with_labels_out_of_range_are_left_out(mosei_2018):
    with h5py.File(mosei_2018 / "ey_train.h5", "r+") as file:
        file["d1"][1, 2] = 3.3
        file["d1"][2, 5] = np.nan
    corpus = pipelines.corpus("mosei_2018", mosei_2018)
    assert [u.id for u in corpus.split("train")] == ["train_000"]
    what = "clips left out, labels not in range"
    assert corpus.warnings == {what: {"train_001": 1, "train_002": 1}}
    assert f"2 {what}: train_001, train_002" in corpus.summary()


def test_sentiment_in_place_of_emotions_is_refused(mosei_2018):
    with h5py.File(mosei_2018 / "ey_test.h5", "w") as file:
        file["d1"] = np.ones((3, 1))
    with pytest.raises(ValueError, match="ey_test.h5.*clips, 6.*3, 1"):
        pipelines.corpus("mosei_2018", mosei_2018)


def test_a_part_that_lacks_a_file_is_left_out_of_a_partial_copy(copy):
    (copy / "mmmo" / "video_valid.h5").unlink()
    corpus = mfn.Mmmo(copy, partial=True)
    check_corpus(corpus, audio=False)
    assert corpus.missing == ("mmmo/video_valid.h5",)
    assert {u.split for u in corpus.utterances} == {"train", "test"}
    assert "0 of 40 dev" in corpus.note


def test_a_partial_copy_without_a_part_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Received: none.*mmmo/"):
        mfn.Mmmo(tmp_path, partial=True)


def test_an_incomplete_release_of_2018_is_refused(mosei_2018, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(ValueError, match="has 15290 train. Received: 3 train"):
        pipelines.corpus("mosei_2018", mosei_2018)
    corpus = pipelines.corpus("mosei_2018", mosei_2018, partial=True)
    check_corpus(corpus, audio=False)
    assert "3 of 15,290 train" in corpus.note
