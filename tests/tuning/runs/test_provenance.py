"""A report's last line says which command and which code made it."""

import importlib.machinery
import shutil
import subprocess
import sys

import pytest

import zoo
from tuning.runs import provenance


def test_command_date_code_and_versions_are_kept():
    made = provenance.provenance()
    assert made["command"].startswith("python -m ")
    assert set(made["versions"]) == {"python", "keras", "tensorflow", "numpy"}
    assert f"at {made['code']} with python" in provenance.sentence(made)


def test_a_folder_of_modules_is_named_as_it_is_called(monkeypatch):
    spec = importlib.machinery.ModuleSpec("tuning.tables.__main__", None)
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", spec)
    monkeypatch.setattr(sys, "argv", ["tables", "002"])
    made = provenance.provenance()
    assert made["command"] == "python -m tuning.tables 002"


def test_without_a_checkout_the_version_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(zoo, "__file__", str(tmp_path / "zoo" / "__init__.py"))
    assert provenance.code() == f"emotion-zoo {zoo.__version__}"


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_uncommitted_changes_are_marked(tmp_path, monkeypatch):
    module = tmp_path / "zoo.py"
    module.write_text("one")
    git = [
        "git",
        "-C",
        str(tmp_path),
        "-c",
        "user.name=a",
        "-c",
        "user.email=a",
    ]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    monkeypatch.setattr(zoo, "__file__", str(tmp_path / "zoo" / "__init__.py"))
    clean = provenance.code()
    assert clean.startswith("commit ") and not clean.endswith("-dirty")
    module.write_text("two")
    assert provenance.code() == f"{clean}-dirty"
