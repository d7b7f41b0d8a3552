"""The reader of databases in audformat."""

from __future__ import annotations

import importlib.util
import pickle

import numpy as np
import pytest
import soundfile
from contracts_corpus import check_corpus

import pipelines
from pipelines import __main__ as listing
from pipelines.corpora._io import audformat_files

audformat = pytest.importorskip("audformat")

EMOTIONS = ["anger", "sadness", "neutral"]
SPLITS = ("train", "dev", "test")
CHOSEN = {"tables": ["emotion.train", "emotion.dev", "emotion.test"]}


def add(database, table, column, values, scheme=None):
    database[table][column] = audformat.Column(scheme_id=scheme or column)
    database[table][column].set(values)


def filewise(files, split=None):
    return audformat.Table(audformat.filewise_index(files), split_id=split)


def new_database():
    """Two files a partition, two speakers of each; segments of one file."""
    database = audformat.Database("toy", usage="unrestricted", source="here")
    database.schemes["emotion"] = audformat.Scheme(labels=EMOTIONS)
    database.schemes["arousal"] = audformat.Scheme("float")
    database.schemes["speaker"] = audformat.Scheme(
        labels={number: {"gender": "fm"[number % 2]} for number in range(6)}
    )
    files = [f"audio/{number}.wav" for number in range(6)]
    for index, split in enumerate(SPLITS):
        database.splits[split] = audformat.Split(split)
        name = f"emotion.{split}"
        own = files[2 * index : 2 * index + 2]
        database[name] = filewise(own, split)
        add(database, name, "emotion", ["anger", EMOTIONS[index]])
        add(database, name, "arousal", [0.25, 0.5 + index])
    database["files"] = filewise(files)
    add(database, "files", "speaker", list(range(6)))
    database["turns"] = audformat.Table(
        audformat.segmented_index(
            [files[0], files[0], files[3]],
            ["0s", "0.5s", "0.25s"],
            ["0.5s", None, "0.75s"],
        )
    )
    add(database, "turns", "emotion", ["neutral", "anger", "sadness"])
    return database


@pytest.fixture
def root(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "audio").mkdir()
    for number in range(6):
        waveform = rng.normal(0, 0.1, 16_000)
        soundfile.write(tmp_path / f"audio/{number}.wav", waveform, 16_000)
    return save(new_database(), tmp_path)


def save(database, root, storage="csv"):
    database.save(str(root), storage_format=storage)
    return root


def opened(root, **options):
    return pipelines.corpus("audformat", root, **{**CHOSEN, **options})


def edit(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


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


def test_classes_have_the_order_that_is_asked_for(root):
    order = ["neutral", "anger", "sadness"]
    assert opened(root, emotions=order).emotions == tuple(order)


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


def test_a_label_that_the_scheme_does_not_know_is_none(root):
    edit(root / "db.emotion.train.csv", "0.wav,anger", "0.wav,rage")
    assert opened(root).left_out == {"emotion": 1}


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
