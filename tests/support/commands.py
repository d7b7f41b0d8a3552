"""Runs command lines inside the process of the tests."""

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
    """A finished command: arguments, exit code, stdout and stderr."""

    argv: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def folder(self) -> pathlib.Path:
        """The folder that `--out` names."""
        (option,) = (
            argument for argument in self.argv if argument.startswith("--out=")
        )
        return pathlib.Path(option.partition("=")[2])

    @property
    def report(self) -> dict[str, Any]:
        """The content of the run's report.json."""
        return json.loads((self.folder / "report.json").read_text("utf-8"))

    @property
    def sentence(self) -> str:
        """The error message, after checks that it is one sentence."""
        *earlier, last = self.err.splitlines()
        assert last.startswith("error: "), self.err
        assert not any("error" in line.lower() for line in earlier), self.err
        assert "Traceback" not in self.err and self.out == ""
        return last


def run(main: Callable, *argv: Any) -> Done:
    """Runs a command's `main` as its console script would."""
    arguments = tuple(map(str, argv))
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as exit:  # argparse
            code = int(exit.code or 0)
    return Done(arguments, code, out.getvalue(), err.getvalue())


def small(
    data: pathlib.Path | None, out: pathlib.Path, **changes: Any
) -> list[str]:
    """Returns arguments of a run that takes seconds; `None` omits one."""
    options = {
        "corpus": "simulated",
        "data": data,
        "out": out,
        "tuner": "random",
        "epochs": 2,
        "seeds": 2,
        **changes,
    }
    return [
        MODEL,
        *(
            f"--{name}={value}"
            for name, value in options.items()
            if value is not None
        ),
    ]
