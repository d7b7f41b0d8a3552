"""The reader of databases in audformat."""

from __future__ import annotations

import importlib.util

import pytest
from audformat_copy import (
    EMOTIONS,
    SPLITS,
    add,
    edit,
    new_database,
    opened,
    save,
    write_copy,
)
from contracts_corpus import check_corpus

from pipelines import __main__ as listing

audformat = pytest.importorskip("audformat")


@pytest.fixture
def root(tmp_path):
    return write_copy(tmp_path)


def test_tables_of_partitions_keep_the_contract(root):
    corpus = opened(root)
    check_corpus(corpus, count=6)
    assert corpus.dimensions == ("arousal",)
    assert corpus.emotions == tuple(EMOTIONS)
    first = corpus.utterances[3]
    assert first.id == "audio/3.wav" and first.speaker == "3"
    assert first.split == "dev" and first.files == (root / first.id,)
    assert first.labels == {
        "emotion": "sadness",
        "arousal": 1.5,
        "gender": "m",
    }


def test_segments_have_spans(root):
    corpus = opened(root, tables=["turns"])
    check_corpus(corpus)
    assert corpus.dimensions == ()
    spans = {u.id: corpus.span(u) for u in corpus.utterances}
    assert spans == {
        "audio/0.wav@0-0.5": (0.0, 0.5),
        "audio/0.wav@0.5-": (0.5, None),
        "audio/3.wav@0.25-0.75": (0.25, 0.75),
    }
    assert [u.speaker for u in corpus.utterances] == ["0", "0", "3"]
    assert len(corpus.waveform(corpus.utterances[2])) == 8_000


def test_the_default_is_every_table_where_each_has_a_partition(root):
    database = new_database()
    database.drop_tables("turns")
    (root / "db.turns.csv").unlink()
    corpus = opened(save(database, root), tables=None)
    assert corpus.expected["utterances"] == 6


def test_several_tables_with_the_labels_have_to_be_named(root):
    with pytest.raises(ValueError, match="`tables`.*emotion, arousal.*turns"):
        opened(root, tables=None)
    corpus = opened(root, tables=None, arousal="arousal")
    assert corpus.dimensions == ("arousal",) and corpus.emotions == ()


def test_the_name_of_a_table_can_say_its_partition(root):
    database = new_database()
    for split in SPLITS:
        database[f"emotion.{split}"].split_id = None
    corpus = opened(save(database, root))
    assert {u.split for u in corpus.utterances} == {*SPLITS}


def test_parquet_tables_are_the_same(root):
    before = opened(root).utterances
    for path in root.glob("*.csv"):
        path.unlink()
    save(new_database(), root, "parquet")
    assert opened(root).utterances == before


def test_speakers_may_be_of_a_misc_table(root):
    pandas = pytest.importorskip("pandas")
    database = new_database()
    database["people"] = audformat.MiscTable(
        pandas.Index(range(6), name="id", dtype="Int64")
    )
    database["people"]["gender"] = audformat.Column()
    database["people"]["gender"].set(["woman", "man"] * 3)
    database.schemes["people"] = audformat.Scheme("int", labels="people")
    database["files"].drop_columns("speaker", inplace=True)
    add(database, "files", "people", list(range(6)))
    corpus = opened(save(database, root), speaker="people")
    assert corpus.speakers == tuple("012345")
    genders = [u.labels["gender"] for u in corpus.utterances]
    assert genders == ["woman", "man"] * 3


def test_one_of_several_columns_of_a_scheme_is_found_by_its_name(root):
    database = new_database()
    add(database, "turns", "rater", ["anger", "anger", "anger"], "emotion")
    save(database, root)
    corpus = opened(root, tables=["turns"])
    assert [u.labels["emotion"] for u in corpus.utterances] == [
        "neutral",
        "anger",
        "sadness",
    ]
    corpus = opened(root, tables=["turns"], emotion="rater")
    assert corpus.emotions == ("anger",)
    database["turns"].drop_columns("emotion", inplace=True)
    add(database, "turns", "other", ["sadness", "anger", "anger"], "emotion")
    with pytest.raises(ValueError, match="'emotion' must be one column.*'turn"):
        opened(save(database, root), tables=["turns"])


def test_what_has_no_label_or_speaker_is_left_out_and_counted(root):
    edit(root / "db.emotion.train.csv", "0.wav,anger", "0.wav,")
    edit(root / "db.emotion.dev.csv", "anger,0.25", "anger,")
    edit(root / "db.files.csv", "5.wav,5", "5.wav,")
    corpus = opened(root)
    check_corpus(corpus)
    assert [u.id for u in corpus.utterances] == [
        "audio/1.wav",
        "audio/3.wav",
        "audio/4.wav",
    ]
    assert corpus.summary().endswith(
        "utterances left out: 1 without emotion, 1 without arousal, 1 without "
        "speaker"
    )


def test_a_database_without_a_complete_utterance_is_refused(root):
    for number in (0, 3):
        edit(root / "db.files.csv", f"{number}.wav,{number}", f"{number}.wav,")
    with pytest.raises(ValueError, match="none; .*left out: 3 without speaker"):
        opened(root, tables=["turns"])


def test_missing_recordings_are_refused_unless_the_copy_is_partial(root):
    (root / "audio/4.wav").unlink()
    with pytest.raises(FileNotFoundError, match="1 of 6.*audio/4.wav"):
        opened(root)
    corpus = opened(root, partial=True)
    check_corpus(corpus)
    assert corpus.missing == ("audio/4.wav",)
    assert "5 of 6 utterances" in corpus.note


def test_classes_have_the_order_that_is_asked_for(root):
    order = ["neutral", "anger", "sadness"]
    assert opened(root, emotions=order).emotions == tuple(order)


def test_a_label_that_the_scheme_does_not_know_is_none(root):
    edit(root / "db.emotion.train.csv", "0.wav,anger", "0.wav,rage")
    assert opened(root).left_out == {"emotion": 1}


def test_the_missing_package_is_named_with_its_extra(root, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"emotion-zoo\[audformat\]"):
        opened(root)


def test_the_command_counts_a_database(root, capsys):
    for name in ("turns", "emotion.dev", "emotion.train"):
        (root / f"db.{name}.csv").unlink()
    database = new_database()
    for name in ("turns", "emotion.dev", "emotion.train"):
        database.drop_tables(name)
    save(database, root)
    assert listing.main(["audformat", "--data", str(root)]) == 0
    assert "2 utterances, 2 speakers, 2 test" in capsys.readouterr().out
