"""What the README and docs tell users to type, and what it prints."""

from __future__ import annotations

import re

import commands
import numpy as np
import pytest
import rated_recordings
import ravdess_copy
import soundfile
import word_tables
from conftest import ROOT
from pages import README, blocks, command_lines, command_main, write_recording

import pipelines
from pipelines import __main__ as corpora
from tuning.papers.recola_conv import epoch_seconds, filter_lengths

SMALL = {
    "tuning.search": (
        "--trials=1",
        "--trial-seeds=1",
        "--epochs=1",
        "--seeds=1",
    ),
    "tuning.train": ("--epochs=1", "--seeds=1"),
    "tuning.tables": ("--epochs=1", "--seeds=1"),
}
"""Arguments that make a README's command take seconds."""
SMALL_NETWORKS = {
    "recola_dilated": ("--set=depth=2", "--set=width=4"),
    "recola_downup": ("--set=depth=2", "--set=width=4"),
    "iemocap_attention_blstm_fcn": ("--set=components=4",),
}
"""Settings that make a model's training take seconds."""
ONE_NETWORK = {"BLSTM": ("recola_blstm_ccc", {"depth": 1})}
"""Whose epoch is timed."""
FEW_OF_RAVDESS = ("--classes=angry,sad",)
"""A quarter of RAVDESS's 1,440 recordings."""

RUN_ELSEWHERE = {
    "serving.serve": "tests/serving/test_serve.py",
    "serving.client": "tests/serving/client",
}
"""Commands that run until they are stopped, or need one that does."""


@pytest.fixture
def recordings(tmp_path):
    """A folder with the README's table, as of three speakers."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    (heading,) = re.findall(r"^file,speaker,.*$", README, re.M)
    lines = [heading]
    for number in range(12):
        speaker, emotion = "abc"[number // 4], ("happy", "sad")[number % 2]
        name = f"{speaker}_{number}.wav"
        write_recording(folder / name, 1.0, 150 + 100 * (number % 2))
        lines.append(f"{name},{speaker},{emotion}")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@pytest.fixture
def rated(tmp_path):
    """A folder as docs/own-corpora.md describes it, with ratings over time."""
    return rated_recordings.write(tmp_path / "rated", seconds=20)


@pytest.fixture
def words(tmp_path):
    """Folders as docs/own-corpora.md describes them, with features of words."""
    speech = word_tables.speech_folder(tmp_path / "speech", ".TextGrid")
    (speech / "glove.txt").rename(tmp_path / "vectors.txt")
    return {
        "/your/words": str(word_tables.feature_folder(tmp_path / "words")),
        "/your/speech": str(speech),
    }


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/own-corpora.md"])
def test_the_commands_of_a_page_run(
    page, recordings, rated, words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    ravdess_copy.write(tmp_path / "ravdess")
    monkeypatch.setattr(filter_lengths, "SPANS", (8,))
    monkeypatch.setattr(epoch_seconds, "STEPS", 50)
    monkeypatch.setattr(epoch_seconds, "NETWORKS", ONE_NETWORK)
    folders = {
        "/your/recordings": str(recordings),
        "/your/rated": str(rated),
        **words,
    }
    for module, argv in command_lines(page):
        if module in RUN_ELSEWHERE:
            assert (ROOT / RUN_ELSEWHERE[module]).exists()
            continue
        argv = [folders.get(word, word) for word in argv]
        argv += SMALL.get(module, ())
        if module in ("tuning.search", "tuning.train"):
            argv += SMALL_NETWORKS.get(argv[0], ())
        if module == "tuning.train" and "ravdess" in argv:
            argv += FEW_OF_RAVDESS
        done = commands.run(command_main(module), *argv)
        assert done.code == 0, f"{module} {argv}: {done.err}"


def test_what_is_counted_of_ravdess_is_what_the_readme_says(tmp_path):
    root = ravdess_copy.write(tmp_path / "ravdess")
    done = commands.run(corpora.main, "ravdess", "--data", root)
    (counts,) = re.findall(r"`(ravdess: [^`]+)`", README)
    assert done.out.splitlines()[-1].startswith(counts)


def test_what_ones_own_ratings_print_is_what_the_page_shows(rated):
    done = commands.run(corpora.main, "manifest", "--data", rated)
    (shown,) = (
        text
        for text in blocks("docs/own-corpora.md", "")
        if text.startswith("manifest: ")
    )
    numbers = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
    printed = done.out.replace(str(rated), "/your/rated")
    assert numbers.sub("0", printed).endswith(numbers.sub("0", shown))


def test_the_table_and_trace_that_the_page_shows_are_read(tmp_path):
    table, trace, *_ = blocks("docs/own-corpora.md", "")
    (tmp_path / "manifest.csv").write_text(table)
    for name in re.findall(r"\w+\.csv", table):
        (tmp_path / name).write_text(trace)
    for name in re.findall(r"\w+\.(?:wav|flac)", table):
        soundfile.write(tmp_path / name, np.zeros(1600), 16000)
    corpus = pipelines.corpus("manifest", tmp_path, lag=0.0)
    assert corpus.dimensions == ("arousal", "valence")
    assert len(corpus.utterances) == 3


def test_the_tables_of_words_that_the_page_shows_are_read(tmp_path):
    features, speech = blocks("docs/own-corpora.md", "text")
    (tmp_path / "words.csv").write_text(features)
    for name in re.findall(r"\w+\.npz", features):
        np.savez(tmp_path / name, **word_tables.arrays(4))
    corpus = pipelines.corpus("word_manifest", tmp_path, scale=(-3, 3))
    assert [u.split for u in corpus.utterances] == ["train", "dev", "test"]
    (tmp_path / "words.csv").write_text(speech)
    for name in re.findall(r"\w+\.(?:wav|flac)", speech):
        soundfile.write(tmp_path / name, np.zeros(16000 * 20), 16000)
    times = [[n, n + 0.5] for n in (1.0, 3.0, 12.0, 14.0, 15.0)]
    grid = word_tables.text_grid(times)
    (tmp_path / "anna.TextGrid").write_text(grid)
    (tmp_path / "ben.csv").write_text("word,start,end\nno,1,1.5\n")
    (tmp_path / "all.ctm").write_text("cleo 1 0.5 0.25 well\n")
    corpus = pipelines.corpus("word_manifest", tmp_path, voice="log_mel")
    texts = [list(corpus.text(utterance)) for utterance in corpus.utterances]
    assert texts[2:] == [["no"], ["well"]]
    assert [len(words) for words in texts[:2]] == [3, 3]
