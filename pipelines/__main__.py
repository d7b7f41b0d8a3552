"""Lists the corpora, or describes one and counts the content of a copy."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import pipelines
from pipelines import corpora
from zoo.common import cli, markers

EPILOG = """commands:
  python -m pipelines          lists the corpora
  python -m pipelines NAME     says how to get a corpus and what its folder
                               holds; with --data ROOT counts a copy, which
                               may lack files with --partial; --corpus-option
                               NAME=VALUE sets an option of the corpus
  python -m pipelines readme   prints the table of corpora of docs/corpora.md,
                               or with --check or --write PATH compares or
                               rewrites it there
"""


@cli.command
def main(argv: Sequence[str] | None = None) -> int | None:
    argv = sys.argv[1:] if argv is None else argv
    if list(argv[:1]) == ["readme"]:
        prog = "python -m pipelines readme"
        return markers.run(argv[1:], prog, "corpora", _markdown_table)
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.name is None:
        if arguments.data is not None:
            parser.error("--data needs the NAME of a corpus")
        print(_table())
        return None
    kind = corpora.find(arguments.name)
    texts = corpora.parse_options(arguments.corpus_option)
    options = corpora.check_options(kind, texts)
    corpora.check_values(kind, options)
    if arguments.partial:
        corpora.check_partial(kind)
        options["partial"] = True
    print(kind.card())
    if arguments.data is not None:
        print(kind(arguments.data, **options).summary())
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", help="name of a corpus")
    parser.add_argument("--data", metavar="ROOT", help="folder of a copy")
    parser.add_argument(
        "--partial", action="store_true", help="count what it has of its files"
    )
    parser.add_argument(
        "--corpus-option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the corpus; may be repeated",
    )
    return parser


def _markdown_table() -> str:
    return markers.table(
        ("name", "what"),
        ((f"`{name}`", corpora.find(name).title) for name in pipelines.names()),
    )


def _table() -> str:
    width = max(map(len, pipelines.names()))
    return "\n".join(
        f"{name:{width}}  {corpus.title}. Get it: {corpus.source}"
        for name, corpus in sorted(corpora.CORPORA.items())
    )


if __name__ == "__main__":
    sys.exit(main())
