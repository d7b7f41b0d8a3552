"""Lists the corpora, or shows one and counts what a copy of it holds."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import pipelines
from pipelines import corpora
from zoo.common import cli


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    """`python -m pipelines [NAME [--data ROOT]]`."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines", description=__doc__
    )
    parser.add_argument("name", nargs="?", help="a corpus; all without")
    parser.add_argument("--data", metavar="ROOT", help="folder of a copy")
    arguments = parser.parse_args(argv)
    if arguments.name is None:
        if arguments.data is not None:
            parser.error("--data needs the NAME of a corpus")
        print(_table())
        return
    print(corpora.find(arguments.name).card())
    if arguments.data is not None:
        print(pipelines.corpus(arguments.name, arguments.data).summary())


def _table() -> str:
    width = max(map(len, pipelines.names()))
    return "\n".join(
        f"{name:{width}}  {kind.title}. Get it: {kind.source}"
        for name, kind in sorted(corpora.CORPORA.items())
    )


if __name__ == "__main__":
    sys.exit(main())
