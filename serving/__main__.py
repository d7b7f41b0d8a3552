"""Lists the commands that export and serve models."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from zoo.common import cli

COMMANDS = {
    "export": "serving.export.__main__",
    "push": "serving.push.__main__",
    "config": "serving.config.__main__",
    "serve": "serving.serve",
    "client": "serving.client.__main__",
}
"""The module of each command, in the order in which they are used."""


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    """Prints the commands and what each does."""
    parser = argparse.ArgumentParser(
        prog="python -m serving",
        description=__doc__,
        epilog="\n".join(["commands:", *map(_line, COMMANDS)]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args(argv)
    parser.print_help()


def _line(name: str) -> str:
    """Returns a command with the first line of its module's docstring."""
    module = importlib.import_module(COMMANDS[name])
    summary = (module.__doc__ or "").splitlines()[0]
    return f"  python -m serving.{name:8}{summary}"


if __name__ == "__main__":
    sys.exit(main())
