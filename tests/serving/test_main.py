"""`python -m serving` and the commands that it lists."""

from __future__ import annotations

import configparser
import importlib.util
import pathlib
import runpy
import sys

import commands
import pytest

from serving.__main__ import COMMANDS

ROOT = pathlib.Path(__file__).parents[2]


def module(command: str) -> str:
    """The module that holds a command's `main`."""
    name = f"serving.{command}"
    spec = importlib.util.find_spec(name)
    return f"{name}.__main__" if spec.submodule_search_locations else name


@pytest.mark.slow
@pytest.mark.parametrize("words", [[], ["--help"]])
def test_it_lists_every_command_with_what_it_does(words, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["serving", *words])
    with pytest.raises(SystemExit) as done:
        runpy.run_path(str(ROOT / "serving/__main__.py"), run_name="__main__")
    assert done.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(COMMANDS)
    for line, command in zip(lines, COMMANDS):
        summary = importlib.import_module(module(command)).__doc__
        assert line.split(maxsplit=3)[:3] == [
            "python",
            "-m",
            f"serving.{command}",
        ]
        assert line.endswith(summary.splitlines()[0])


def test_console_scripts_start_the_same_commands():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    scripts = setup["options.entry_points"]["console_scripts"]
    targets = [line.split(" = ")[1] for line in scripts.strip().splitlines()]
    ours = [target for target in targets if target.startswith("serving.")]
    assert sorted(ours) == sorted(f"{module(name)}:main" for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_answers_help(command):
    done = commands.run(importlib.import_module(module(command)).main, "--help")
    assert done.code == 0
    assert f"usage: python -m serving.{command}" in done.out
