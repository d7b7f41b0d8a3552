"""The command that writes CHEAVD's table from the challenge's lists."""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest
import soundfile
from commands import run

import pipelines
from pipelines import cheavd_lists
from pipelines.corpora import cheavd
from pipelines.corpora._io import cheavd_lists as lists
from pipelines.corpora._io import tables
from pipelines.corpora.cheavd import Cheavd

SMALL = {
    "train": (1, 1, 0, 0, 0, 0, 0, 0),
    "dev": (0, 0, 1, 0, 0, 0, 0, 0),
    "test": (0, 0, 0, 1, 0, 0, 0, 0),
}
TRAIN = "train_1.wav neutral\ntrain_2.wav angry\n"


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The counts of the small copy."""
    monkeypatch.setattr(cheavd, "SIZES", SMALL)
    monkeypatch.setattr(Cheavd, "expected", {"train": 2, "dev": 1, "test": 1})


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "copy"
    rng = np.random.default_rng(0)
    for name in ("train/train_1", "train/train_2", "val/val_1", "test/test_1"):
        path = root / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, rng.normal(0, 0.1, 8_000), 16_000)
    return root


def write(root, suffix="txt", **texts):
    """Writes lists beside the copy; returns the command's arguments."""
    argv = [f"--data={root}"]
    for split, text in texts.items():
        path = root.parent / f"{split}.{suffix}"
        data = text if isinstance(text, bytes) else text.encode("utf-8")
        path.write_bytes(data)
        argv.append(f"--{split}={path}")
    return argv


def rows(root):
    with open(root / "labels.csv", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_the_lists_become_a_table_that_the_reader_takes(root):
    argv = write(root, train=TRAIN, dev="val_1.wav happy", test="test_1 sad\n")
    done = run(cheavd_lists.main, *argv)
    assert done.code == 0 and done.err == ""
    assert done.out == f"{root / 'labels.csv'}\n"
    assert rows(root) == [
        ["file", "split", "emotion"],
        ["train/train_1.wav", "train", "neutral"],
        ["train/train_2.wav", "train", "angry"],
        ["val/val_1.wav", "dev", "happy"],
        ["test/test_1.wav", "test", "sad"],
    ]
    corpus = pipelines.corpus("cheavd", root)
    assert [u.labels["emotion"] for u in corpus.split("train")] == [
        "neutral",
        "angry",
    ]


@pytest.mark.parametrize(
    "text",
    [
        TRAIN,
        "train_1\tNeutral\n\ntrain_2\tAnger\n",
        "中性,train_1.avi\r\n愤怒,train_2.avi\r\n",
        "文件名,情感\ntrain_1,平静\ntrain_2,生气\n",
        "序号;视频;标签\n1;train_1.mp4;中性\n2;train_2.mp4;愤怒\n",
        'File Name,Label\n"train/train_1.wav",NEUTRAL\ntrain\\train_2,angry\n',
        "文件名\t情感\r\ntrain_1\t中性\r\ntrain_2\t愤怒\r\n".encode("utf-16"),
        "train_1.wav,中性\ntrain_2.wav,愤怒\n".encode("gb18030"),
        "\ufefftrain_1.wav,中性\ntrain_2.wav,愤怒\n",
    ],
)
def test_lists_come_in_many_forms(root, text):
    done = run(cheavd_lists.main, *write(root, train=text))
    assert done.code == 0, done.err
    assert [row[2] for row in rows(root)[1:]] == ["neutral", "angry"]
    assert "note: no list of dev; read the copy --partial." in done.err
    assert pipelines.corpus("cheavd", root, partial=True).split("train")


def test_every_emotion_has_names_in_both_languages():
    assert tuple(lists.EMOTIONS) == cheavd.EMOTIONS
    for name, own in lists.EMOTIONS.items():
        assert name in own.split() and not own.isascii()
    every = " ".join(lists.EMOTIONS.values()).split()
    assert len(every) == len({*every})


def test_a_test_list_may_have_no_emotions(root):
    done = run(
        cheavd_lists.main,
        *write(root, train=TRAIN, dev="val_1 happy", test="test_1.wav\n"),
    )
    assert done.code == 0 and done.err == ""
    assert rows(root)[-1] == ["test/test_1.wav", "test", ""]
    assert pipelines.corpus("cheavd", root).split("test")[0].labels == {}


def test_speakers_are_kept_where_a_list_has_them(root):
    text = "file,emotion,speaker\ntrain_1,neutral,li\ntrain_2,angry,li\n"
    run(cheavd_lists.main, *write(root, train=text, dev="val_1 happy"))
    assert [row[3] for row in rows(root)] == [
        "speaker",
        "li",
        "li",
        "val/val_1.wav",
    ]


def test_counts_that_differ_are_a_note(root):
    text = "train_1 sad\ntrain_2 angry\n"
    done = run(cheavd_lists.main, *write(root, train=text))
    assert done.code == 0
    assert "train has 0 of 1 neutral, 1 of 0 sad; read the copy" in done.err


def test_missing_recordings_are_named_unless_the_copy_is_partial(root):
    argv = write(root, train=f"{TRAIN}train_3.avi sad\n")
    done = run(cheavd_lists.main, *argv)
    assert done.code == 1
    assert "1 of 3 recordings of the lists are missing: train_3.avi" in (
        done.sentence
    )
    assert not (root / "labels.csv").exists()
    done = run(cheavd_lists.main, *argv, "--partial")
    assert done.code == 0 and len(rows(root)) == 4
    corpus = pipelines.corpus("cheavd", root, partial=True)
    assert corpus.missing == ("train_3.avi",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must have lines"),
        ("\n\n", "must have lines"),
        ("file,emotion\n", "lines after the names"),
        ("train_1 neutral\ntrain_2 glad\n", "line 2: .*emotions.*'train_2 g"),
        ("train_1\n", "line 1: must hold a recording and one of the emotions"),
        ("neutral angry\n", "must hold|missing: neutral"),
        ("1,train_1,neutral\n", "line 1: more than two values need a first"),
        ("file,emotion\ntrain_1\n", "line 2: .*2 values.*Received: 1"),
        ("train_1 sad\ntrain_1.wav sad\n", "line 2: .*one line.*line 1 too"),
        (b"\x00\x01\x02\xff", "must be text in UTF-8"),
        (b"PK\x03\x04\x00\x00\xff\xfe\x00", "must be text in UTF-8"),
        ("x" * 200_000 + ",sad", "must be a list|missing"),
    ],
)
def test_a_damaged_list_is_one_sentence(root, text, words):
    done = run(cheavd_lists.main, *write(root, train=text))
    assert done.code == 1
    assert re.search(f"train.*{words}", done.sentence)
    assert not (root / "labels.csv").exists()


def test_a_recording_of_two_lists_is_refused(root):
    done = run(cheavd_lists.main, *write(root, train=TRAIN, dev="train_1 sad"))
    assert done.code == 1
    assert "dev.txt, line 1: a recording must be in one line" in done.sentence


def test_a_name_of_two_recordings_needs_their_folder(root):
    (root / "val/train_1.wav").write_bytes(b"")
    done = run(cheavd_lists.main, *write(root, train=TRAIN))
    assert done.code == 1
    assert "train_1.wav must name one recording" in done.sentence
    text = f"train/{TRAIN}".replace("train_2", "train/train_2")
    assert run(cheavd_lists.main, *write(root, train=text)).code == 0


def test_a_workbook_is_to_be_saved_as_csv(root):
    done = run(cheavd_lists.main, *write(root, "xlsx", train=TRAIN))
    assert done.code == 1 and "Save it as CSV" in done.sentence


def test_lists_are_of_bounded_size(root, monkeypatch):
    monkeypatch.setattr(tables, "MAX_BYTES", 10)
    done = run(cheavd_lists.main, *write(root, train=TRAIN))
    assert done.code == 1 and "at most 10 bytes" in done.sentence


def test_a_table_that_is_there_is_kept(root):
    (root / "labels.csv").write_text("mine")
    done = run(cheavd_lists.main, *write(root, train=TRAIN))
    assert done.code == 1 and "is there already" in done.sentence
    assert (root / "labels.csv").read_text() == "mine"


def test_what_is_asked_amiss_is_refused(root, tmp_path):
    done = run(cheavd_lists.main, f"--data={root}")
    assert done.code == 2 and "--train, --dev or --test" in done.sentence
    done = run(cheavd_lists.main, f"--data={root}", "--train=nowhere.txt")
    assert done.code == 1 and "nowhere.txt is missing" in done.sentence
    argv = write(root, train=TRAIN)
    argv[0] = f"--data={tmp_path / 'nowhere'}"
    done = run(cheavd_lists.main, *argv)
    assert done.code == 1 and "no folder" in done.sentence
