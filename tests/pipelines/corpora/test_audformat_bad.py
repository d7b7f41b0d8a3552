"""Databases in audformat that are damaged, too large or contradictory."""

from __future__ import annotations

import pickle

import pytest
from audformat_copy import (
    CHOSEN,
    add,
    edit,
    filewise,
    new_database,
    opened,
    save,
    write_copy,
)

from pipelines.corpora._io import audformat_files


@pytest.fixture
def root(tmp_path):
    return write_copy(tmp_path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tables": ["turn"]}, "a table must be one.*'turn'.*mean 'turns'"),
        ({"emotion": "mood"}, "emotion must be.*arousal, emotion, .*=mood"),
        ({"speaker": "who"}, "speaker must be .*speaker=who"),
        ({"tables": ["files"]}, "an emotion or a dimension.*Received: none"),
        ({"emotions": ["anger"]}, "emotion must be one of anger.*'neutral'"),
    ],
)
def test_names_that_are_not_there_are_refused(root, options, words):
    with pytest.raises(ValueError, match=f"db.yaml: {words}"):
        opened(root, **options)


def test_tables_that_contradict_each_other_are_refused(root):
    database = new_database()
    database["other"] = filewise(["audio/0.wav"])
    add(database, "other", "emotion", ["sadness"])
    tables = [*CHOSEN["tables"], "other"]
    with pytest.raises(ValueError, match="0.wav: emotion.*'anger' and 'sadn"):
        opened(save(database, root), tables=tables)
    database["other"]["emotion"].set(["anger"])
    assert len(opened(save(database, root), tables=tables).utterances) == 6
    database["other"].split_id = "test"
    with pytest.raises(ValueError, match="one partition.*train and test"):
        opened(save(database, root), tables=tables)


def test_a_speaker_of_two_partitions_is_refused(root):
    edit(root / "db.files.csv", "2.wav,2", "2.wav,1")
    with pytest.raises(ValueError, match="`split` must be the same.*'1'"):
        opened(root)


def test_a_segment_beyond_the_end_of_its_file_is_refused(root):
    edit(root / "db.turns.csv", "00:00:00.750000", "00:00:01.500000")
    with pytest.raises(ValueError, match="inside audio/3.wav, which lasts 1 s"):
        opened(root, tables=["turns"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must be the header"),
        ("[1, 2]", "must be the header"),
        ("name: x\nsource: y\n", "must be the header.*usage"),
        ("name: {", "must be plain YAML"),
        ("tables: !!python/object/apply:os.getcwd []", "must be plain YAML"),
        ("- " * 5_000, "must be"),
    ],
)
def test_a_damaged_header_is_one_sentence(root, text, words):
    (root / "db.yaml").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=f"db.yaml: {words}") as caught:
        opened(root)
    assert "\n" not in str(caught.value)


def test_headers_and_tables_are_of_bounded_size(root, monkeypatch):
    monkeypatch.setattr(audformat_files, "MAX_ROWS", 1)
    with pytest.raises(ValueError, match="up to 1 rows.*Received: 2 rows"):
        opened(root)
    monkeypatch.setattr(audformat_files, "MAX_HEADER_BYTES", 100)
    with pytest.raises(ValueError, match="db.yaml: .*up to 100 bytes"):
        opened(root)


def test_a_parquet_table_that_would_fill_the_memory_is_refused(root):
    import pyarrow
    from pyarrow import parquet

    path = root / "db.files.parquet"
    (root / "db.files.csv").unlink()
    names = pyarrow.array([0] * 100_000, pyarrow.int32())
    texts = pyarrow.array(["x" * 100_000])
    column = pyarrow.DictionaryArray.from_arrays(names, texts)
    plain = pyarrow.table({"file": column, "speaker": names})
    parquet.write_table(
        plain.cast(plain.schema.set(0, pyarrow.field("file", column.type))),
        path,
        store_schema=False,
    )
    assert path.stat().st_size < 1_000_000
    with pytest.raises(ValueError, match="Received: 10,000,000,000 bytes"):
        opened(root)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("size", [0, 30])
def test_a_cut_table_is_refused(root, suffix, size):
    (root / "db.files.csv").unlink()
    path = root / f"db.files{suffix}"
    path.write_bytes(b"file,speaker\naudio/0.wav,0\nx,y,z,w"[:size])
    with pytest.raises(ValueError, match=f"db.files{suffix}"):
        opened(root)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("file,emotion,arousal", "file,arousal,emotion", "in that order: file"),
        ("file,emotion", "path,emotion", "Received: path, emotion"),
        ("anger,0.25", "anger,inf", "0.wav: a dimension must be.*inf"),
        ("anger,0.25", "anger,loud", "must be a table with the columns"),
        ("1.wav", "0.wav", "must have one row.*audio/0.wav"),
        ("anger,0.25", "anger", "must have 3 values. Received: 2"),
    ],
)
def test_a_wrong_table_is_named(root, old, new, words):
    edit(root / "db.emotion.train.csv", old, new)
    with pytest.raises(ValueError, match=f"db.*train.*{words}"):
        opened(root)


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_a_pickled_table_is_never_read(root, tmp_path):
    trap = tmp_path / "trap"
    (root / "db.files.pkl").write_bytes(pickle.dumps(Trap(trap)))
    assert len(opened(root).utterances) == 6
    (root / "db.files.csv").unlink()
    with pytest.raises(FileNotFoundError, match="db.files.pkl is not read"):
        opened(root)
    assert not trap.exists()


def test_a_table_outside_the_folder_is_refused(root):
    edit(root / "db.yaml", "  turns:", "  ../turns:")
    with pytest.raises(ValueError, match="name of a table.*'../turns'"):
        opened(root, tables=["../turns"])


def test_a_folder_without_a_header_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="db.yaml is missing"):
        opened(tmp_path)
