"""A sixth paper is two modules: nothing else has to learn of it."""

from __future__ import annotations

import importlib
import sys

import pytest
from commands import run

import zoo
from serving.export import __main__ as export
from tuning import search
from tuning.papers import recola_conv
from tuning.tables import __main__ as tables
from tuning.tables import registry as table_registry
from tuning.training import recipe as recipes
from zoo import __main__ as models
from zoo import registry

pytestmark = pytest.mark.slow

MODEL = "toy_line"
MODULES = ("sixth_network", "sixth_training")


@pytest.fixture
def sixth(monkeypatch):
    """The toy paper, registered for one test."""
    registries = (
        (registry, "_ENTRIES"),
        (recipes, "_RECIPES"),
        (table_registry, "_TABLES"),
    )
    for module, name in registries:
        monkeypatch.setattr(module, name, dict(getattr(module, name)))
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.import_module(name)
    yield
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("sixth")
def test_every_command_knows_a_sixth_paper(simulated, tmp_path):
    assert MODEL in zoo.names()
    folder = tmp_path / f"{MODEL}-simulated"
    argv = (f"--data={simulated}", f"--out={folder}", "--trials=2")
    searched = run(search.main, MODEL, *argv)
    assert searched.code == 0, searched.err
    wrong = run(search.main, MODEL, *argv, "--set=width=1")
    assert wrong.code == 2 and "must be at least 2" in wrong.sentence

    made = run(tables.main, "toy", f"--data={simulated}", f"--runs={tmp_path}")
    assert made.code == 0, made.err
    score = searched.report["metrics"]["test"]["arousal"]["ccc"]
    assert f"| toy_line | {score:.3f} |" in made.out
    assert "toy" in run(tables.main, "tpy").sentence

    out = tmp_path / "export"
    exported = run(export.main, MODEL, f"--weights={folder}", f"--out={out}")
    assert exported.code == 0, exported.err

    readme = run(models.main, "readme")
    assert readme.code == 0 and f"`{MODEL}`" in readme.out


@pytest.mark.usefixtures("sixth")
def test_a_name_is_registered_once():
    with pytest.raises(ValueError, match="registered already"):
        recipes.register(recipes.recipe(MODEL))(recipes.recipe(MODEL).space)
    with pytest.raises(ValueError, match="registered already"):
        table_registry.register("toy", "007", "simulated")(lambda *_: "")


def test_every_paper_has_a_module_on_both_sides():
    for name in table_registry.names():
        importlib.import_module(f"zoo.papers.{name}")
        importlib.import_module(f"tuning.papers.{name}")
    assert set(recipes.names()) == set(zoo.names())
    assert recola_conv.__doc__
