"""The pages of results: made by a committed program, on data that they name."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

FOLDER = ROOT / "docs" / "results"
PAGES = sorted(FOLDER.glob("*/tables.md"))
MADE = re.compile(
    r"Made on \d{4}-\d\d-\d\d by `python -m tuning\.tables [^`]+` at commit "
    r"(?P<commit>[0-9a-f]{7,40}) with .*keras .*tensorflow .*\.$"
)


def name(page):
    return page.parent.name


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_ends_with_what_made_it(page):
    assert MADE.match(page.read_text("utf-8").rstrip().splitlines()[-1])


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_has_its_pictures_and_no_path_of_a_machine(page):
    text = page.read_text("utf-8")
    for picture in re.findall(r"\]\(([^)]+\.png)\)", text):
        assert (page.parent / picture).is_file()
    assert not re.search(r"(?<![\w.])/(home|work|tmp|root|Users)/", text)


def test_the_index_links_every_page_and_names_its_paper():
    index = (FOLDER / "README.md").read_text("utf-8")
    linked = re.findall(r"\]\(([^)]+/tables\.md)\)", index)
    assert sorted(linked) == [f"{name(page)}/tables.md" for page in PAGES]
    for page in PAGES:
        assert f"`{name(page).split('-')[0]}`" in index
