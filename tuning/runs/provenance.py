"""What made a report: command, date, commit and versions."""

from __future__ import annotations

import pathlib
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

import zoo


def provenance() -> dict[str, Any]:
    """Returns the command, the date, the code and the versions of a report.

    Returns:
        `command`, `date` (year-month-day), `code` (as of `code`) and
        `versions` by package.
    """
    import tensorflow as tf

    return {
        "command": shlex.join(["python", "-m", *_module_and_arguments()]),
        "date": time.strftime("%Y-%m-%d"),
        "code": code(),
        "versions": {
            "python": platform.python_version(),
            "keras": keras.version(),
            "tensorflow": tf.__version__,
            "numpy": np.__version__,
        },
    }


def code() -> str:
    """Returns the commit of the checkout that runs, or the zoo's version.

    A commit with changes that are not committed ends in "-dirty".

    Example:
        >>> isinstance(code(), str)
        True
    """
    version = f"emotion-zoo {zoo.__version__}"
    folder = pathlib.Path(zoo.__file__).parents[1]
    if not (folder / ".git").exists():
        return version
    git = ["git", "-C", str(folder), "describe", "--always", "--dirty"]
    try:
        found = subprocess.run(
            git, capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return version
    return f"commit {found.stdout.strip()}"


def sentence(made: Mapping[str, Any]) -> str:
    """Returns the last line of a report.

    Args:
        made: as of `provenance`.

    Example:
        >>> sentence(
        ...     {
        ...         "command": "python -m tuning.train mosei_blstm",
        ...         "date": "2019-05-01",
        ...         "code": "commit 1234abc",
        ...         "versions": {"keras": "3.10.0"},
        ...     }
        ... )  # doctest: +NORMALIZE_WHITESPACE
        'Made on 2019-05-01 by `python -m tuning.train mosei_blstm` at commit
        1234abc with keras 3.10.0.'
    """
    versions = ", ".join(f"{k} {v}" for k, v in made["versions"].items())
    return (
        f"Made on {made['date']} by `{made['command']}` at {made['code']} "
        f"with {versions}."
    )


def _module_and_arguments() -> list[str]:
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    name = spec.name.removesuffix(".__main__") if spec else "tuning"
    return [name, *sys.argv[1:]]
