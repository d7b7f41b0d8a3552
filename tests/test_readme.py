"""The README's tables are those of the registries."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

import pipelines
import zoo

README = (ROOT / "README.md").read_text("utf-8")


def rows(title: str) -> list[str]:
    """The first cells of the table under a heading."""
    section = README.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([\w/ ]+)` \|", section, re.MULTILINE)


@pytest.mark.parametrize(
    ("title", "known"),
    [("Models", zoo.names()), ("Corpora", pipelines.names())],
)
def test_every_name_has_its_row(title, known):
    assert sorted(rows(title)) == known


def test_the_commands_named_exist():
    modules = set(re.findall(r"python -m ([a-z.]+)", README))
    for module in modules:
        path = ROOT / module.replace(".", "/")
        assert (
            path.with_suffix(".py").exists() or (path / "__main__.py").exists()
        ), module
