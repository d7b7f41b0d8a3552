"""EmoBox's metadata that are damaged, or made to do harm."""

from __future__ import annotations

import json
import shutil

import emobox_copy
import numpy as np
import pytest
import soundfile

import pipelines
from pipelines.corpora._io import emobox_files


@pytest.fixture
def root(tmp_path):
    return emobox_copy.write(tmp_path / "EmoBox")


def opened(root):
    return pipelines.corpus("emobox", root, dataset="toy")


def test_one_of_several_datasets_must_be_named(root):
    assert pipelines.corpus("emobox", root).dataset == "toy"
    (root / "data" / "more").mkdir()
    words = "none named of more, toy. .*--corpus-option dataset=NAME"
    with pytest.raises(FileNotFoundError, match=words):
        pipelines.corpus("emobox", root)


@pytest.mark.parametrize("name", ["", "..", "a/b", "/etc", "toy/"])
def test_a_dataset_is_the_name_of_a_folder(root, name):
    with pytest.raises(ValueError, match="`dataset` must be the name"):
        pipelines.corpus("emobox", root, dataset=name)


def test_an_unknown_dataset_lists_those_that_are_there(root):
    with pytest.raises(FileNotFoundError, match="Received: tox of toy"):
        pipelines.corpus("emobox", root, dataset="tox")


@pytest.mark.parametrize(
    "field, value, words",
    [
        ("key", None, "`key` must be text. Received: None"),
        ("key", 3, "`key` must be text. Received: 3"),
        ("wav", "", "`wav` must be text"),
        ("wav", "/etc/passwd", "`wav` must be the path"),
        ("wav", "downloads/../../x.wav", "`wav` must be the path"),
        ("wav", "a\0.wav", "`wav` must be text"),
        ("key", "\x1b[2J", "`key` must be text"),
        ("wav", "a" * 5000 + ".wav", "`wav` must be the path"),
        ("emo", ["sad"], "`emo` must be text"),
        ("emo", "sleepy", "the label map must have every label.*sleepy"),
        ("type", "feature", "`type` must be 'raw'"),
        ("task", "valence", "`task` must be 'category'"),
        ("length", "3", "`length` must be a number"),
        ("length", -1, "`length` must be a number from 0 to 1e"),
        ("sample_rate", 10**12, "`sample_rate` must be a number"),
        ("sample_rate", True, "`sample_rate` must be a number"),
        ("start_time", 10**400, "`start_time` must be a number"),
        ("end_time", 0, "`end_time` must be after `start_time`"),
        ("channel", 0, "`channel` must be a whole number"),
        ("channel", 1.5, "`channel` must be a whole number"),
        ("channel", 10**9, "`channel` must be a whole number"),
    ],
)
def test_a_field_that_must_not_be_is_named_with_its_line(
    root, field, value, words
):
    rows = emobox_copy.rows()
    rows[1][field] = value
    emobox_copy.write_rows(root / "data/toy/toy.jsonl", rows)
    with pytest.raises(ValueError, match=words) as caught:
        opened(root)
    if "label map" not in words:
        assert "toy.jsonl, line 2" in str(caught.value)


@pytest.mark.parametrize("field", ["key", "wav", "emo"])
def test_a_missing_field_is_named(root, field):
    rows = emobox_copy.rows()
    del rows[2][field]
    emobox_copy.write_rows(root / "data/toy/toy.jsonl", rows)
    with pytest.raises(ValueError, match="line 3: .*Received: none"):
        opened(root)


@pytest.mark.parametrize(
    "text, words",
    [
        (b"", "must hold utterances. Received: none"),
        (b"\n\n", "must hold utterances. Received: none"),
        (b'{"key": "a", "wav": "b.w', "line 1: must be a JSON object"),
        (b"[1, 2]", "must be a JSON object. Received: a list"),
        (b"RIFF\x00\xff\xfe", "must be UTF-8 text"),
        (b'{"length": NaN}', "NaN, which is no number"),
        (b'{"length": Infinity}', "Infinity, which is no number"),
        (b'{"key": "a", "key": "b"}', "more than once: key"),
        (b'{"a": ' * 100_000, "must be a JSON object"),
        (b'{"length": ' + b"9" * 5_000 + b"}", "must be a JSON object"),
    ],
)
def test_a_file_of_another_format_is_named(root, text, words):
    (root / "data/toy/toy.jsonl").write_bytes(text)
    with pytest.raises(ValueError, match=words) as caught:
        opened(root)
    assert "toy.jsonl" in str(caught.value)


@pytest.mark.parametrize(
    "text, words",
    [
        ('{"a": 1}', "must be an object of fields. Received: 1 for 'a'"),
        ('{"a": {}, "a": {}}', "more than once: a"),
        ("{}", "must hold utterances. Received: none"),
        ('{"a": {"wav": "x.wav"}}', "'a': `label` must be text"),
    ],
)
def test_a_json_file_of_another_format_is_named(root, text, words):
    (root / "data/toy/toy.jsonl").unlink()
    (root / "data/toy/toy.json").write_text(text)
    with pytest.raises(ValueError, match=words):
        opened(root)


def test_a_file_of_absurd_size_is_not_read(root, monkeypatch):
    monkeypatch.setattr(emobox_files, "MAX_BYTES", 100)
    with pytest.raises(ValueError, match="must have at most 100 bytes"):
        opened(root)


def test_an_id_twice_is_refused(root):
    rows = emobox_copy.rows()
    rows[1]["key"] = rows[0]["key"]
    emobox_copy.write_rows(root / "data/toy/toy.jsonl", rows)
    with pytest.raises(ValueError, match="more than once: toy-s1-ang"):
        opened(root)


def test_files_that_only_share_their_names_are_not_taken(root, tmp_path):
    flat = tmp_path / "flat"
    shutil.copytree(root / "downloads/toy/wav/s1", flat)
    with pytest.raises(
        ValueError, match="the same for several: .*Keep the folders"
    ):
        pipelines.corpus("emobox", root, dataset="toy", audio=str(flat))


@pytest.mark.parametrize("text", ['{"ang": 3}', '{"ang": ""}', "[]", "{"])
def test_a_damaged_label_map_is_named(root, text):
    (root / "data/toy/label_map.json").write_text(text)
    with pytest.raises(ValueError, match="label_map.json"):
        opened(root)


def test_a_damaged_line_of_speakers_is_named(root):
    path = root / "data/toy/data.seg.wrd.stm"
    path.write_text(path.read_text() + "toy-s9-ang 1 s9\n")
    with pytest.raises(ValueError, match="stm, line 13: must hold <id="):
        opened(root)


def test_an_utterance_without_a_speaker_is_named(root):
    path = root / "data/toy/data.seg.wrd.stm"
    path.write_text("".join(path.read_text().splitlines(True)[1:]))
    with pytest.raises(ValueError, match="stm: .*none of 'toy-s1-ang'"):
        opened(root)


def test_a_fold_without_its_test_is_named(root):
    (root / "data/toy/fold_2/toy_test_fold_2.jsonl").unlink()
    with pytest.raises(FileNotFoundError, match="toy_test_fold_2.jsonl is mis"):
        opened(root).emobox_folds()


def test_folds_of_another_dataset_are_refused(root):
    rows = emobox_copy.rows()[1:]
    emobox_copy.write_rows(root / "data/toy/toy.jsonl", rows)
    with pytest.raises(ValueError, match="of toy alone. .*: toy-s1-ang"):
        opened(root).emobox_folds()


def test_an_utterance_in_two_partitions_is_named(root):
    fold = root / "data/toy/fold_2"
    shutil.copy(fold / "toy_test_fold_2.jsonl", fold / "toy_train_fold_2.jsonl")
    with pytest.raises(ValueError, match="'toy-s2-ang' in train and test"):
        opened(root).emobox_folds()


def test_one_of_several_channels_must_be_extracted(root):
    rows = emobox_copy.rows()
    rows[0]["channel"] = 3
    emobox_copy.write_rows(root / "data/toy/toy.jsonl", rows)
    assert opened(root).utterances
    noise = np.random.default_rng(0).normal(0, 0.1, (4_800, 6))
    soundfile.write(root / rows[0]["wav"], noise, 48_000)
    with pytest.raises(
        ValueError, match=r"number 3, alone. Received: 6 .*c0=c2"
    ):
        opened(root)


def test_a_recording_with_an_absurd_rate_is_refused_when_it_is_read(root):
    path = root / emobox_copy.rows()[0]["wav"]
    data = bytearray(path.read_bytes())
    data[24:28] = (2**31 - 1).to_bytes(4, "little")
    path.write_bytes(data)
    corpus = opened(root)
    with pytest.raises(ValueError, match="ang.wav"):
        corpus.waveform(corpus.utterances[0])


def test_metadata_are_not_code(root):
    rows = emobox_copy.rows()
    rows[0]["emo"] = "__import__('os').system('false')"
    text = "\n".join(json.dumps(row) for row in rows)
    (root / "data/toy/toy.jsonl").write_text(text)
    with pytest.raises(ValueError, match="label map must have every label"):
        opened(root)
