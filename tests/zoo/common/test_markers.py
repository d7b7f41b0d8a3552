"""Generated parts of Markdown files."""

from __future__ import annotations

import commands
import pytest

from zoo.common import cli, markers

TEXT = "# Title\n\n<!-- models -->\nold\n<!-- /models -->\n\nEnd\n"


@cli.command
def main(argv):
    return markers.run(argv, "readme", "models", lambda: "new\nlines")


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(TEXT, "utf-8")
    return path


def test_a_part_is_extracted_and_replaced():
    assert markers.extract(TEXT, "models") == "old"
    updated = markers.replace(TEXT, "models", "new\nlines")
    assert markers.extract(updated, "models") == "new\nlines"
    assert updated.replace("new\nlines", "old") == TEXT


def test_an_empty_part_is_filled():
    empty = TEXT.replace("old\n", "")
    assert markers.replace(empty, "models", "old") == TEXT


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no markers", "once each. Received: 0 and 0"),
        (TEXT + TEXT, "once each. Received: 2 and 2"),
        ("\n<!-- /a -->\n<!-- a -->\n", "<!-- /a --> must come after"),
    ],
)
def test_markers_that_are_missing_are_named(text, message):
    with pytest.raises(ValueError, match=message):
        markers.extract(text, "a" if "-- a" in text else "models")


def test_without_a_path_the_part_is_printed():
    assert commands.run(main).out == "new\nlines\n"


def test_check_fails_until_write_has_run(page):
    before = commands.run(main, "--check", page)
    assert before.code == 1
    assert f"readme --write {page}" in before.sentence
    assert page.read_text("utf-8") == TEXT
    assert commands.run(main, "--write", page).code == 0
    assert commands.run(main, "--check", page).code == 0


def test_a_bar_in_a_cell_is_escaped():
    assert markers.table(["a"], [["b|c"]]).endswith("| b\\|c |")
