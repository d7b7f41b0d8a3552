"""README and the pages under docs: tables, commands, snippets and links."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex

import commands
import numpy as np
import pytest
import rated_recordings
import ravdess_copy
import scipy.io.wavfile
import soundfile
import word_tables
from conftest import ROOT

import pipelines
from pipelines import __main__ as corpora
from tuning.papers.recola_conv import epoch_seconds, filter_lengths
from zoo import __main__ as models

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/*.md")),
)
README = (ROOT / "README.md").read_text("utf-8")
MOST_WORDS = 1000
MOST_BYTES_OF_A_PICTURE = 150_000
TEN_MINUTES = (
    "python3 -m venv .venv && .venv/bin/pip install . && "
    ".venv/bin/python -m tuning.search recola_dilated",
    "python3 -m venv .venv && .venv/bin/pip install '.[test]' && "
    ".venv/bin/pytest",
)
SMALL = {
    "tuning.search": ("--trials=1", "--epochs=1", "--seeds=1"),
    "tuning.train": ("--epochs=1", "--seeds=1"),
    "tuning.tables": ("--epochs=1", "--seeds=1"),
}
"""Arguments that make a README's command take seconds."""
FEW_OF_RAVDESS = ("--classes=angry,sad", "--set=components=4")
"""A quarter of RAVDESS's 1,440 recordings, in narrow features."""

RUN_ELSEWHERE = {
    "serving.serve": "tests/serving/test_serve.py",
    "serving.client": "tests/serving/client",
}
"""Commands that run until they are stopped, or need one that does."""


def blocks(page: str, language: str) -> list[str]:
    """The fenced code blocks of one language, "" for none."""
    text = (ROOT / page).read_text("utf-8")
    fenced = re.findall(r"^```(\w*)\n(.*?)^```", text, re.M | re.S)
    return [block for named, block in fenced if named == language]


def command_lines(page: str) -> list[tuple[str, list[str]]]:
    """The module and arguments of every `python -m` in a page's blocks."""
    lines = "\n".join(blocks(page, "sh")).replace("\\\n", " ").splitlines()
    return [
        (module, shlex.split(rest))
        for line in lines
        for module, rest in re.findall(r"python -m ([a-z._]+)([^&]*)", line)
    ]


def command_main(module: str):
    """The `main` of what `python -m` runs."""
    imported = importlib.import_module(module)
    if hasattr(imported, "__path__"):
        imported = importlib.import_module(f"{module}.__main__")
    return imported.main


COMMANDS = [
    pytest.param(module, argv, id=f"{page}: {module} {' '.join(argv)}")
    for page in PAGES
    for module, argv in command_lines(page)
    if not module.startswith("tests.")
]


@pytest.mark.parametrize(
    ("main", "page"),
    [(models.main, "README.md"), (corpora.main, "docs/corpora.md")],
)
def test_a_table_is_the_generated_one(main, page):
    done = commands.run(main, "readme", "--check", ROOT / page)
    assert done.code == 0, done.err


def test_the_readme_is_short():
    words = re.findall(r"\S*\w\S*", README)
    assert len(words) < MOST_WORDS


def test_the_commands_of_the_first_ten_minutes_stand_there():
    for line in TEN_MINUTES:
        assert f"\n{line}\n" in README


def headings(page) -> set[str]:
    """The names by which links know the headings of a page."""
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.M)
    words = (re.sub(r"[^\w\- ]", "", title.lower()) for title in titles)
    return {title.replace(" ", "-") for title in words}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text("utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, heading = target.partition("#")
        linked = (ROOT / page).parent / path if path else ROOT / page
        assert linked.exists(), target
        assert not heading or heading in headings(linked), target


def test_pictures_are_small():
    pictures = [*ROOT.glob("docs/images/*")]
    assert pictures
    for path in pictures:
        assert path.stat().st_size < MOST_BYTES_OF_A_PICTURE, path


@pytest.mark.parametrize("page", PAGES)
def test_modules_named_in_the_text_can_be_run(page):
    text = (ROOT / page).read_text("utf-8")
    for module in set(re.findall(r"python -m ([a-z_]+(?:\.[a-z_]+)*)", text)):
        if module not in ("venv", "pip"):
            path = ROOT / module.replace(".", "/")
            assert (
                path.with_suffix(".py").exists()
                or (path / "__main__.py").exists()
            ), module


class Parsed(Exception):
    """The arguments of a command are right."""


@pytest.mark.parametrize(("module", "argv"), COMMANDS)
def test_arguments_are_those_of_the_command(module, argv, monkeypatch):
    parse = argparse.ArgumentParser.parse_args

    def stop(*arguments, **named):
        parse(*arguments, **named)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", stop)
    with pytest.raises(Parsed):
        command_main(module)(argv)


def write_recording(path, seconds: float, pitch: float) -> None:
    time = np.arange(int(16000 * seconds)) / 16000
    noise = np.random.default_rng([*path.name.encode()]).normal(size=len(time))
    samples = 8000 * np.sin(2 * np.pi * pitch * time) + 800 * noise
    scipy.io.wavfile.write(path, 16000, samples.astype("int16"))


@pytest.mark.parametrize(
    "snippet",
    [
        pytest.param(text, id=f"{page} {number}")
        for page in PAGES
        for number, text in enumerate(blocks(page, "python"))
    ],
)
def test_a_snippet_runs(snippet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_recording(tmp_path / "speech.wav", 1.0, 220)
    exec(compile(snippet, "snippet", "exec"), {"__name__": "snippet"})


def test_the_first_prediction_prints_traces(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_recording(tmp_path / "speech.wav", 2.0, 220)
    (snippet,) = blocks("README.md", "python")
    exec(compile(snippet, "snippet", "exec"), {"__name__": "snippet"})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["arousal", "valence"]
    assert all(line.endswith("50 steps") for line in lines)


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
