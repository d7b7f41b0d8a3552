"""The reader of CMU-MOSEI's aligned arrays."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest
from contracts_corpus import check_corpus

from pipelines.corpora import mosei
from pipelines.datasets import words

SEGMENTS = {"train": 4, "valid": 2, "test": 3}
WORDS = 50


def part(name, segments, ids=np.array):
    """The arrays of a part: 50 words, as many less in front as the row is."""
    rng = np.random.default_rng(segments)
    arrays = {
        "text": rng.normal(size=(segments, WORDS, 300)).astype("f4"),
        "vision": rng.normal(size=(segments, WORDS, 35)),
        "audio": rng.normal(size=(segments, WORDS, 74)),
        "labels": rng.uniform(-3, 3, (segments, 1, 1)),
        "id": ids([[f"{name}-{row}", "0.5", "7"] for row in range(segments)]),
    }
    for stream in ("text", "vision", "audio"):
        for row in range(segments):
            arrays[stream][row, :row] = 0
    return arrays


def content():
    return {name: part(name, count) for name, count in SEGMENTS.items()}


def save(folder, arrays, protocol=4):
    path = folder / "mosei_senti_data.pkl"
    path.write_bytes(pickle.dumps(arrays, protocol))
    return folder


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_copy_keeps_the_contract(tmp_path, protocol):
    corpus = mosei.MoseiAligned(save(tmp_path, content(), protocol))
    check_corpus(corpus, audio=False, count=9)
    assert corpus.dimensions == ("sentiment",)
    assert corpus.rating_scale == (-3, 3)
    assert len(corpus.split("train")) == 4 and len(corpus.split("dev")) == 2
    assert {u.speaker for u in corpus.split("dev")} == {"valid-0", "valid-1"}


def test_words_and_labels_are_those_of_the_arrays(tmp_path):
    arrays = content()
    corpus = mosei.MoseiAligned(save(tmp_path, arrays))
    for row, utterance in enumerate(corpus.split("test")):
        streams = corpus.words(utterance, "tav")
        for letter, name in (("t", "text"), ("a", "audio"), ("v", "vision")):
            expected = arrays["test"][name][row, row:].astype("f4")
            np.testing.assert_array_equal(streams[letter], expected)
        assert utterance.labels == {
            "sentiment": arrays["test"]["labels"][row, 0, 0]
        }


def test_padding_is_cut_at_both_ends_and_zeros_between_are_data(tmp_path):
    arrays = content()
    for name in ("text", "vision", "audio"):
        arrays["train"][name][0] = 0
        arrays["train"][name][1] = 0
    arrays["train"]["vision"][0, 10, 3] = 1
    arrays["train"]["audio"][0, 14, 5] = -np.inf
    corpus = mosei.MoseiAligned(save(tmp_path, arrays))
    first, second, *_ = corpus.split("train")
    streams = corpus.words(first, "tav")
    assert {len(rows) for rows in streams.values()} == {5}
    assert streams["v"][0, 3] == 1 and np.isneginf(streams["a"][4, 5])
    assert not corpus.words(second, "t")["t"].any()
    assert len(corpus.words(second, "t")["t"]) == 1
    (sample, *_) = words.read(corpus, corpus.split("train"), "tav")
    assert sample.cleaned == 1


@pytest.mark.parametrize(
    "ids",
    [
        lambda rows: np.array(rows, object),
        lambda rows: np.array(rows).astype("S"),
        lambda rows: rows,
        lambda rows: [f"{video}[3]" for video, *_ in rows],
        lambda rows: [f"{video}$_$3" for video, *_ in rows],
    ],
)
def test_ids_may_be_texts_bytes_or_lists(tmp_path, ids):
    arrays = {name: part(name, n, ids) for name, n in SEGMENTS.items()}
    corpus = mosei.MoseiAligned(save(tmp_path, arrays))
    assert corpus.split("train")[2].speaker == "train-2"


def test_without_ids_a_segment_is_a_video_of_its_own(tmp_path):
    arrays = content()
    for name in SEGMENTS:
        del arrays[name]["id"]
    corpus = mosei.MoseiAligned(save(tmp_path, arrays))
    assert [u.speaker for u in corpus.split("dev")] == [
        "valid_00000",
        "valid_00001",
    ]


@pytest.mark.parametrize("value", [np.nan, 3.1, -np.inf])
def test_labels_out_of_range_leave_their_segment_out(tmp_path, value):
    arrays = content()
    arrays["train"]["labels"][1] = value
    corpus = mosei.MoseiAligned(save(tmp_path, arrays))
    what = "segments left out, labels not in range"
    assert corpus.warnings == {what: {"train_00001": 1}}
    assert len(corpus.split("train")) == 3


def test_a_missing_part_needs_a_partial_copy(tmp_path):
    arrays = content()
    del arrays["valid"]
    save(tmp_path, arrays)
    with pytest.raises(FileNotFoundError, match="missing: valid"):
        mosei.MoseiAligned(tmp_path)
    corpus = mosei.MoseiAligned(tmp_path, partial=True)
    assert corpus.missing == ("valid",) and len(corpus.utterances) == 7


def test_another_file_is_named_by_an_option(tmp_path):
    save(tmp_path, content()).joinpath("mosei_senti_data.pkl").rename(
        tmp_path / "other.pkl"
    )
    assert len(mosei.MoseiAligned(tmp_path, "other.pkl").utterances) == 9
    with pytest.raises(FileNotFoundError, match="senti_data.pkl is missing"):
        mosei.MoseiAligned(tmp_path)


class Payload:
    def __reduce__(self):
        return os.system, ("touch run-by-pickle",)


def test_no_code_of_the_file_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arrays = content()
    arrays["train"]["text"] = Payload()
    with pytest.raises(ValueError, match="no code is run .* names posix.syst"):
        mosei.MoseiAligned(save(tmp_path, arrays))
    assert not (tmp_path / "run-by-pickle").exists()


def replaced(name, value):
    def change(arrays):
        arrays["valid"][name] = value

    return change


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda arrays: arrays.clear(), "3 of 3 files are missing"),
        (
            lambda arrays: arrays.update(valid=[1]),
            "'valid' must be a dictionary of arrays",
        ),
        (lambda arrays: arrays["valid"].pop("audio"), "'audio' .* nothing"),
        (lambda arrays: arrays["valid"].pop("labels"), "`labels` .* nothing"),
        (
            replaced("audio", np.zeros((2, 500, 74))),
            r"shape \(2, 500, 74\). Take the file of aligned",
        ),
        (replaced("text", np.zeros((2, 50, 768))), r"\(segments, words, 300\)"),
        (replaced("text", np.zeros((2, 0, 300))), r"\(2, 0, 300\)"),
        (replaced("vision", np.zeros((3, 50, 35))), "many segments as labels"),
        (replaced("vision", [[0.0]]), "Received: a list"),
        (replaced("labels", np.zeros((2, 6))), r"shape \(2, 6\)"),
        (replaced("labels", np.zeros((0, 1, 1))), r"shape \(0, 1, 1\)"),
        (replaced("labels", np.array(["a", "b"])), "<U1 of shape"),
        (replaced("id", np.array(["a"])), "as many `id`s as labels, 2"),
        (replaced("id", [1, 2]), "begin with the video's name. .* a int"),
        (replaced("id", [["train-0"], ["b"]]), "'train-0'"),
    ],
)
def test_what_is_no_copy_is_refused(tmp_path, change, message):
    arrays = content()
    change(arrays)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        mosei.MoseiAligned(save(tmp_path, arrays))


def test_nothing_usable_is_refused(tmp_path):
    arrays = content()
    for name in SEGMENTS:
        arrays[name]["labels"][:] = np.nan
    with pytest.raises(ValueError, match="at least one usable segment. .* 9 "):
        mosei.MoseiAligned(save(tmp_path, arrays))
