"""The reader of recordings that a table lists."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import soundfile
from contracts_corpus import check_corpus

import pipelines

HEAD = ["file", "start", "end", "speaker", "emotion", "arousal", "gender"]
ROWS = [
    ["long.wav", "0", "0.5", "ann", "angry", "4.5", "F"],
    ["long.wav", "0 days 00:00:00.500000", "NaT", "ann", "sad", "1", "F"],
    ["sub/b.flac", "", "", "bob", "happy", "3", "M"],
    ["sub/b.flac", "0.25", "0 days 00:00:01", "bob", "sad", "2.5", "M"],
]


def write(root, rows=ROWS, head=HEAD, name="manifest.csv"):
    with open(root / name, "w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return root


def changed(row, column, text):
    rows = [list(row) for row in ROWS]
    rows[row][HEAD.index(column)] = text
    return rows


@pytest.fixture
def root(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "sub").mkdir()
    for name, rate in (("long.wav", 16_000), ("sub/b.flac", 48_000)):
        soundfile.write(tmp_path / name, rng.normal(0, 0.1, rate), rate)
    return write(tmp_path)


def test_a_table_keeps_the_contract(root):
    corpus = pipelines.corpus("manifest", root)
    check_corpus(corpus, count=4)
    assert corpus.dimensions == ("arousal",)
    assert corpus.emotions == ("angry", "happy", "sad")
    assert "2 sad" in corpus.summary()


def test_a_table_of_any_name_may_be_given_itself(root):
    write(root, name="mine.csv")
    (root / "manifest.csv").unlink()
    assert len(pipelines.corpus("manifest", root / "mine.csv").utterances) == 4
    with pytest.raises(FileNotFoundError, match="manifest.csv is missing"):
        pipelines.corpus("manifest", root)


def test_rows_become_utterances(root):
    utterances = {
        u.id: u for u in pipelines.corpus("manifest", root).utterances
    }
    assert sorted(utterances) == [
        "long.wav@0-0.5",
        "long.wav@0.5-",
        "sub/b.flac",
        "sub/b.flac@0.25-1",
    ]
    one = utterances["long.wav@0-0.5"]
    assert one.speaker == "ann" and one.split is None
    assert one.files == (root / "long.wav",)
    assert one.labels == {"emotion": "angry", "arousal": 4.5, "gender": "F"}


def test_a_span_is_that_part_of_the_recording(root):
    corpus = pipelines.corpus("manifest", root)
    whole, _ = soundfile.read(root / "long.wav", dtype="float32")
    first, second = corpus.utterances[:2]
    np.testing.assert_array_equal(corpus.waveform(first), whole[:8_000])
    np.testing.assert_array_equal(corpus.waveform(second), whole[8_000:])
    assert corpus.span(second) == (0.5, None)


def test_ids_tell_close_spans_apart(root):
    rows = [["long.wav", "0.500001", "0.9", "ann", "sad", "1", "F"]]
    rows.append(["long.wav", "0.500002", "0.9", "ann", "sad", "1", "F"])
    corpus = pipelines.corpus("manifest", write(root, rows))
    assert corpus.utterances[0].id == "long.wav@0.500001-0.9"


def test_fixed_partitions_and_no_spans(root):
    head = ["file", "speaker", "valence", "split"]
    rows = [
        ["long.wav", "ann", "1", "train"],
        ["sub/b.flac", "bob", "2", "dev"],
    ]
    corpus = pipelines.corpus("manifest", write(root, rows, head))
    check_corpus(corpus)
    assert [u.id for u in corpus.split("dev")] == ["sub/b.flac"]
    rows[1][1] = "ann"
    with pytest.raises(ValueError, match="`split`.*train and dev for 'ann'"):
        pipelines.corpus("manifest", write(root, rows, head))
    rows[1][3] = "validation"
    with pytest.raises(ValueError, match="line 3: split must be one of train"):
        pipelines.corpus("manifest", write(root, rows, head))


def test_known_emotions_are_in_the_order_given(root):
    order = ("sad", "happy", "angry", "neutral")
    corpus = pipelines.corpus("manifest", root, emotions=order)
    assert corpus.emotions == order


@pytest.mark.parametrize(
    "column, text, words",
    [
        (
            "emotion",
            "hapy",
            "one of angry, happy, sad. Received: 'hapy'. Did you mean 'happy'",
        ),
        ("emotion", "", "emotion must be one of.*''"),
        ("start", "1.5", "inside 'sub/b.flac', which lasts 1 s.*start='1.5'"),
        ("start", "-1", "start must be a number of seconds.*'-1'"),
        ("start", "1", "bound a span"),
        ("end", "1.01", "inside 'sub/b.flac'.*end='1.01'"),
        ("end", "late", "end must be a number of seconds.*'late'"),
        ("end", "inf", "end must be a number of seconds.*'inf'"),
        ("speaker", "", "speaker must be given"),
        ("arousal", "high", "arousal must be a number. Received: 'high'"),
        ("arousal", "nan", "arousal must be a number. Received: 'nan'"),
        ("file", "", "file must be given"),
    ],
)
def test_a_wrong_value_is_named_with_its_line(root, column, text, words):
    write(root, changed(2, column, text))
    with pytest.raises((ValueError, OSError), match=words) as caught:
        pipelines.corpus("manifest", root, emotions=("angry", "happy", "sad"))
    assert "manifest.csv, line 4: " in str(caught.value)


@pytest.mark.parametrize("column", ["file", "speaker"])
def test_a_missing_column_is_named(root, column):
    at = HEAD.index(column)
    write(
        root,
        [row[:at] + row[at + 1 :] for row in ROWS],
        HEAD[:at] + HEAD[at + 1 :],
    )
    with pytest.raises(ValueError, match=f"Missing: {column}. Name them in"):
        pipelines.corpus("manifest", root)


def test_a_table_without_labels_is_refused(root):
    write(root, [["long.wav", "ann"]], ["file", "speaker"])
    with pytest.raises(ValueError, match="emotion.*arousal.*file, speaker"):
        pipelines.corpus("manifest", root)


def test_emotions_need_their_column(root):
    write(root, [["long.wav", "ann", "1"]], ["file", "speaker", "arousal"])
    with pytest.raises(ValueError, match="column emotion must be there"):
        pipelines.corpus("manifest", root, emotions=("sad",))


def test_a_column_twice_is_refused(root):
    head = ["file", "speaker", "emotion", "emotion"]
    write(root, [["long.wav", "ann", "sad", "sad"]], head)
    with pytest.raises(ValueError, match="different names.*emotion twice"):
        pipelines.corpus("manifest", root)


def test_missing_recordings_are_named_and_counted(root):
    write(root, changed(0, "file", "gone.wav"))
    with pytest.raises(FileNotFoundError, match="1 of 3 .*: gone.wav"):
        pipelines.corpus("manifest", root)


def test_a_row_twice_is_refused(root):
    write(root, [*ROWS, ROWS[0]])
    with pytest.raises(ValueError, match="more than once: long.wav@0-0.5"):
        pipelines.corpus("manifest", root)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        pipelines.corpus("manifest", tmp_path / "nowhere")
