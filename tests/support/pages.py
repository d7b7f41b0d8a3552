"""Code blocks and commands of the README and of the pages under docs."""

from __future__ import annotations

import importlib
import re
import shlex

import numpy as np
import scipy.io.wavfile
from conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")


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


def write_recording(path, seconds: float, pitch: float) -> None:
    """Writes a tone in noise at 16 kHz."""
    time = np.arange(int(16000 * seconds)) / 16000
    noise = np.random.default_rng([*path.name.encode()]).normal(size=len(time))
    samples = 8000 * np.sin(2 * np.pi * pitch * time) + 800 * noise
    scipy.io.wavfile.write(path, 16000, samples.astype("int16"))
