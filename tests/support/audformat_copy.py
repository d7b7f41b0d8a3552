"""Writes a small database in audformat, for tests."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

import pipelines

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


def save(database, root, storage="csv"):
    database.save(str(root), storage_format=storage)
    return root


def opened(root, **options):
    return pipelines.corpus("audformat", root, **{**CHOSEN, **options})


def edit(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def write_copy(root):
    """Writes the database and its recordings, a second of noise each."""
    rng = np.random.default_rng(0)
    (root / "audio").mkdir()
    for number in range(6):
        waveform = rng.normal(0, 0.1, 16_000)
        soundfile.write(root / f"audio/{number}.wav", waveform, 16_000)
    return save(new_database(), root)
