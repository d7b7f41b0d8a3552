"""README and the pages under docs: tables, commands, snippets and links."""

from __future__ import annotations

import argparse
import re

import commands
import pytest
from conftest import ROOT
from pages import README, blocks, command_lines, command_main, write_recording

from pipelines import __main__ as corpora
from zoo import __main__ as models

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/*.md")),
)
MOST_WORDS = 1000
MOST_BYTES_OF_A_PICTURE = 150_000
TEN_MINUTES = (
    "python3 -m venv .venv && .venv/bin/pip install . && "
    ".venv/bin/python -m tuning.search recola_dilated",
    "python3 -m venv .venv && .venv/bin/pip install '.[test]' && "
    ".venv/bin/pytest",
)
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
