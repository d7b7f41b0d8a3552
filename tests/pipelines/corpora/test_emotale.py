"""The reader of EmoTale."""

from __future__ import annotations

import csv
import shutil

import pytest
from contracts_corpus import check_corpus
from emotale_copy import COLUMNS, write_annotations, write_copy

import pipelines
from pipelines.corpora.emotale import EmoTale


def annotations(root):
    with open(root / "annotations.csv", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return write_copy(tmp_path_factory.mktemp("emotale") / "copy")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The counts of the small copy."""
    monkeypatch.setattr(EmoTale, "expected", {"utterances": 4, "speakers": 2})


@pytest.fixture
def root(original, tmp_path):
    return shutil.copytree(original, tmp_path / "EmoTale")


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_an_intact_copy_keeps_the_contract(tmp_path, suffix):
    root = write_copy(tmp_path / "x", suffix, rate=48_000)
    check_corpus(pipelines.corpus("emotale", root), count=4)


def test_labels_are_those_of_the_file(root):
    rows = annotations(root)
    at = [row[0] for row in rows].index("EN_002_S_1.wav")
    rows[at] = ["EN_002_S_1.wav"]
    rows[at] += ["1", "2", "3", "N", "2.5", "2", "5", "S", "4", "2", "1", "S"]
    rows[at].append("S")
    write_annotations(root, rows)
    corpus = pipelines.corpus("emotale", root)
    (utterance,) = [u for u in corpus.utterances if u.id == "EN_002_S_1"]
    assert utterance.speaker == "002" and utterance.split is None
    assert utterance.files == (root / "wav" / "EN_002_S_1.wav",)
    assert utterance.labels == {
        "emotion": "sad",
        "arousal": 2.5,
        "valence": 2.0,
        "dominance": 3.0,
        "ratings": {
            "arousal": (1.0, 2.5, 4.0),
            "valence": (2.0, 2.0, 2.0),
            "dominance": (3.0, 5.0, 1.0),
        },
        "language": "English",
        "gender": "F",
        "age": 22,
    }


def test_speaker_information_may_be_absent(root):
    (root / "speaker_info.csv").unlink()
    corpus = pipelines.corpus("emotale", root)
    assert all("gender" not in u.labels for u in corpus.utterances)


def test_the_real_copy_keeps_the_contract(shared, monkeypatch):
    monkeypatch.undo()
    corpus = pipelines.corpus("emotale", shared("corpora", "emotale"))
    check_corpus(corpus, count=5)
    emotions = [u.labels["emotion"] for u in corpus.utterances]
    for emotion in ("angry", "happy", "sad", "neutral", "bored"):
        assert emotions.count(emotion) == 160
    languages = [u.labels["language"] for u in corpus.utterances]
    assert languages.count("Danish") == 450
    levels = [u.labels["arousal"] for u in corpus.utterances]
    assert sum(level <= 2 for level in levels) == 153
    assert sum(level >= 4 for level in levels) == 146


@pytest.mark.parametrize("rating", ["0.5", "5.5", "nan", "", "x", "inf"])
def test_a_rating_outside_1_to_5_is_named_with_its_line(root, rating):
    rows = annotations(root)
    rows[2][COLUMNS.index("a2_V")] = rating
    write_annotations(root, rows)
    with pytest.raises(ValueError, match=f"csv, line 3: a2_V.*'{rating}'"):
        pipelines.corpus("emotale", root)


@pytest.mark.parametrize("column", ["file", "a3_D", "gt_emotion"])
def test_a_missing_column_is_named(root, column):
    at = COLUMNS.index(column)
    write_annotations(
        root, [row[:at] + row[at + 1 :] for row in annotations(root)]
    )
    with pytest.raises(ValueError, match=f"annotations.csv.*Missing: {column}"):
        pipelines.corpus("emotale", root)


def test_a_ragged_row_is_named(root):
    rows = annotations(root)
    rows[3].append("5")
    write_annotations(root, rows)
    with pytest.raises(ValueError, match="line 4.*14 values. Received: 15"):
        pipelines.corpus("emotale", root)


def test_a_table_without_rows_is_refused(root):
    write_annotations(root, [COLUMNS])
    with pytest.raises(ValueError, match="annotations.csv.*rows"):
        pipelines.corpus("emotale", root)


def test_a_missing_table_is_named(root):
    (root / "annotations.csv").unlink()
    with pytest.raises(FileNotFoundError, match="annotations.csv"):
        pipelines.corpus("emotale", root)


def test_a_row_given_twice_is_refused(root):
    rows = annotations(root)
    write_annotations(root, [*rows, rows[1]])
    with pytest.raises(ValueError, match="more than once: DK_001_A_1"):
        pipelines.corpus("emotale", root)


@pytest.mark.parametrize(
    "file, emotion", [("../x.wav", "A"), ("DK_001_A_1.wav", "S")]
)
def test_a_file_name_must_agree_with_its_row(root, file, emotion):
    rows = annotations(root)
    rows[1][0], rows[1][-1] = file, emotion
    write_annotations(root, rows)
    with pytest.raises((ValueError, FileNotFoundError), match="wav|x"):
        pipelines.corpus("emotale", root)


def test_a_missing_recording_is_named(root):
    (root / "wav" / "EN_001_S_1.wav").unlink()
    with pytest.raises(FileNotFoundError, match="1 of 4.*EN_001_S_1"):
        pipelines.corpus("emotale", root)


def test_an_extra_recording_is_named(root):
    shutil.copy(root / "wav/EN_001_S_1.wav", root / "wav/EN_001_S_2.wav")
    with pytest.raises(ValueError, match="EN_001_S_2"):
        pipelines.corpus("emotale", root)


def test_a_recording_in_two_formats_is_refused(root):
    shutil.copy(root / "wav/EN_001_S_1.wav", root / "wav/EN_001_S_1.flac")
    with pytest.raises(ValueError, match="EN_001_S_1.*once"):
        pipelines.corpus("emotale", root)


def test_a_copy_without_some_rows_and_files_is_refused(root):
    rows = annotations(root)
    write_annotations(root, rows[:-1])
    (root / "wav" / rows[-1][0]).unlink()
    with pytest.raises(ValueError, match="4 utterances.*3 utterances"):
        pipelines.corpus("emotale", root)


def test_an_unknown_speaker_is_refused(root):
    (root / "speaker_info.csv").write_text("speaker,gender,age\n001,F,20\n")
    with pytest.raises(ValueError, match="speaker_info.csv.*'002'"):
        pipelines.corpus("emotale", root)


def test_an_age_that_is_no_number_is_refused(root):
    (root / "speaker_info.csv").write_text("speaker,gender,age\n001,F,old\n")
    with pytest.raises(ValueError, match="line 2: age.*'old'"):
        pipelines.corpus("emotale", root)


def test_a_partial_copy_is_read_where_it_is_called_one(root):
    (root / "wav" / "EN_002_S_1.wav").unlink()
    with pytest.raises(FileNotFoundError, match="EN_002_S_1"):
        pipelines.corpus("emotale", root)
    corpus = pipelines.corpus("emotale", root, partial=True)
    assert corpus.missing == ("EN_002_S_1",)
    assert [u.id for u in corpus.utterances] == [
        "DK_001_A_1",
        "DK_002_A_1",
        "EN_001_S_1",
    ]
    assert "EN_002_S_1" in corpus.summary()
    assert "partial" not in corpus.options()
    check_corpus(corpus)
    assert corpus.note == (
        "emotale is a partial copy, and its figures are compared with no "
        "published ones: 3 of 4 utterances; 1 file missing (EN_002_S_1)."
    )


def test_a_partial_copy_without_a_recording_is_refused(root):
    shutil.rmtree(root / "wav")
    with pytest.raises(ValueError, match="some utterances.*none.*wav/"):
        pipelines.corpus("emotale", root, partial=True)


def test_a_partial_copy_holds_no_other_recordings(root):
    shutil.copy(root / "wav/EN_001_S_1.wav", root / "wav/EN_001_S_2.wav")
    with pytest.raises(ValueError, match="EN_001_S_2"):
        pipelines.corpus("emotale", root, partial=True)
