"""Command lines, run inside the tests' own process."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import pathlib
from collections.abc import Callable
from typing import Any

MODEL = "recola_context"


@dataclasses.dataclass(frozen=True)
class Done:
    """How a command ended: its arguments, exit code and words."""

    argv: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def folder(self) -> pathlib.Path:
        """The run's folder."""
        (found,) = (a for a in self.argv if a.startswith("--out="))
        return pathlib.Path(found.partition("=")[2])

    @property
    def report(self) -> dict[str, Any]:
        return json.loads((self.folder / "report.json").read_text("utf-8"))

    @property
    def sentence(self) -> str:
        """The one sentence that a user's mistake ended in."""
        *before, last = self.err.splitlines()
        assert last.startswith("error: "), self.err
        assert not any("error" in line.lower() for line in before), self.err
        assert "Traceback" not in self.err and self.out == ""
        return last


def run(main: Callable, *argv: Any) -> Done:
    """Runs a command's `main` as its console script would."""
    words = tuple(map(str, argv))
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as exit:  # argparse
            code = int(exit.code or 0)
    return Done(words, code, out.getvalue(), err.getvalue())


def small(
    data: pathlib.Path | None, out: pathlib.Path, **changes: Any
) -> list[str]:
    """Arguments of a run that takes seconds; `None` leaves one out."""
    words = {
        "corpus": "simulated",
        "data": data,
        "out": out,
        "tuner": "random",
        "epochs": 2,
        "seeds": 2,
        **changes,
    }
    named = {name: each for name, each in words.items() if each is not None}
    return [MODEL, *(f"--{name}={each}" for name, each in named.items())]
