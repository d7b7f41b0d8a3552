"""The reader of CHEAVD."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import soundfile
from contracts_corpus import check_corpus

import pipelines
from pipelines.corpora import cheavd
from pipelines.corpora.cheavd import Cheavd

SMALL = {
    "train": (2, 1, 0, 1, 0, 0, 0, 0),
    "dev": (1, 0, 1, 0, 0, 0, 0, 0),
    "test": (0, 1, 0, 0, 0, 0, 0, 1),
}
HEAD = ["file", "split", "emotion", "speaker"]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The counts of the small copy."""
    monkeypatch.setattr(cheavd, "SIZES", SMALL)
    sizes = {"train": 4, "dev": 2, "test": 2}
    monkeypatch.setattr(Cheavd, "expected", sizes)


@pytest.fixture
def rows():
    rows = []
    for split, sizes in SMALL.items():
        for emotion, size in zip(cheavd.EMOTIONS, sizes):
            for _ in range(size):
                name = f"{split}/{len(rows)}.wav"
                rows.append([name, split, emotion, f"{split}-{len(rows) % 2}"])
    return rows


@pytest.fixture
def root(tmp_path, rows):
    rng = np.random.default_rng(0)
    for name, split, _, _ in rows:
        (tmp_path / split).mkdir(exist_ok=True)
        soundfile.write(tmp_path / name, rng.normal(0, 0.1, 8_000), 16_000)
    return write(tmp_path, rows)


def write(root, rows, head=HEAD):
    with open(root / "labels.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    return root


def test_sizes_are_those_of_the_paper(monkeypatch):
    monkeypatch.undo()
    totals = [sum(sizes) for sizes in cheavd.SIZES.values()]
    assert totals == [4917, 707, 1406]
    assert Cheavd.expected == {"train": 4917, "dev": 707, "test": 1406}
    of_each = [sum(three) for three in zip(*cheavd.SIZES.values())]
    assert of_each == [2000, 1264, 1183, 661, 810, 654, 251, 207]


def test_an_intact_copy_keeps_the_contract(root):
    corpus = pipelines.corpus("cheavd", root)
    check_corpus(corpus)
    assert corpus.emotions == cheavd.EMOTIONS
    first = corpus.split("train")[0]
    assert first.id == "train/0.wav" and first.speaker == "train-0"
    assert first.labels == {"emotion": "neutral"}


def test_speakers_may_be_unknown(root, rows):
    write(root, [row[:3] for row in rows], HEAD[:3])
    corpus = pipelines.corpus("cheavd", root)
    check_corpus(corpus)
    assert len(corpus.speakers) == 8


def test_labels_of_the_test_may_be_unknown(root, rows):
    for row in rows[-2:]:
        row[2] = ""
    corpus = pipelines.corpus("cheavd", write(root, rows))
    check_corpus(corpus)
    assert all(u.labels == {} for u in corpus.split("test"))
    assert corpus.expected["angry"] == 1


@pytest.mark.parametrize(
    "column, value, words",
    [
        (2, "Angry", "line 2: emotion must be one of neutral.*'Angry'"),
        (2, "", "line 2: emotion must be one of.*Received: ''"),
        (1, "val", "line 2: split must be one of train, dev, test.*'val'"),
        (1, "dev", "4 train, 2 dev.*Received: .*3 train, 3 dev"),
        (3, "", "line 2: speaker must be given"),
        (3, "dev-0", "a speaker's `split`.*dev and train for 'dev-0'"),
    ],
)
def test_a_wrong_value_is_named(root, rows, column, value, words):
    rows[0][column] = value
    with pytest.raises(ValueError, match=words):
        pipelines.corpus("cheavd", write(root, rows))


def test_emotions_are_counted_in_each_fold(root, rows):
    places = [place for place, row in enumerate(rows) if row[2] == "happy"]
    rows[0][2], rows[places[0]][2] = "happy", "neutral"
    words = "labels.csv: an intact copy has 2 neutral in train. Received: 1"
    with pytest.raises(ValueError, match=words):
        pipelines.corpus("cheavd", write(root, rows))


def test_a_missing_column_is_named(root, rows):
    write(root, [row[:2] for row in rows], HEAD[:2])
    with pytest.raises(ValueError, match="labels.csv.*Missing: emotion"):
        pipelines.corpus("cheavd", root)


def test_missing_recordings_are_named(root):
    (root / "train/0.wav").unlink()
    with pytest.raises(FileNotFoundError, match="1 of 8.*train/0.wav"):
        pipelines.corpus("cheavd", root)


def test_counts_of_classes_are_a_note_of_a_partial_copy(root, rows):
    (root / "train/0.wav").unlink()
    with pytest.raises(FileNotFoundError, match="train/0.wav"):
        pipelines.corpus("cheavd", root)
    corpus = pipelines.corpus("cheavd", root, partial=True)
    check_corpus(corpus)
    assert corpus.missing == ("train/0.wav",)
    assert "7 of 8 utterances, 3 of 4 train, 2 of 3 neutral" in corpus.note


def test_a_partial_copys_table_may_be_shorter(root, rows):
    write(root, rows[:-2])
    with pytest.raises(ValueError, match="8 utterances.*6 utterances"):
        pipelines.corpus("cheavd", root)
    corpus = pipelines.corpus("cheavd", root, partial=True)
    check_corpus(corpus)
    assert "6 of 8 utterances, 0 of 2 test" in corpus.note
    assert corpus.missing == ()


def test_a_partial_copys_values_are_checked_too(root, rows):
    rows[0][2] = "Angry"
    with pytest.raises(ValueError, match="emotion must be one of.*'Angry'"):
        pipelines.corpus("cheavd", write(root, rows), partial=True)
