"""Lists the models, or shows the card of one."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from typing import Any

import zoo
from zoo import readme
from zoo.common import cli, markers

EPILOG = """commands:
  python -m zoo          lists the models
  python -m zoo NAME     shows a model's inputs, outputs and weights
  python -m zoo readme   prints the README's table of models, or with --check
                         or --write PATH compares or rewrites it there
"""


@cli.command
def main(argv: Sequence[str] | None = None) -> int | None:
    argv = sys.argv[1:] if argv is None else argv
    if list(argv[:1]) == ["readme"]:
        prog = "python -m zoo readme"
        return markers.run(argv[1:], prog, "models", readme.models_table)
    _list_or_show(_parser().parse_args(argv))
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m zoo",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", help="name of a model")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _list_or_show(arguments: argparse.Namespace) -> None:
    if arguments.name is None:
        cards = [zoo.card(name) for name in zoo.names()]
        if arguments.json:
            print(json.dumps([dataclasses.asdict(card) for card in cards]))
            return
        for card in cards:
            trained = card.weights.corpus if card.weights else "no weights"
            print(f"{card.name:32} {card.summary} [{trained}]")
        return
    fields = dataclasses.asdict(zoo.card(arguments.name))
    if arguments.json:
        print(json.dumps(fields, indent=2))
        return
    _print_fields(fields)


def _print_fields(fields: dict[str, Any], indent: str = "") -> None:
    for name, value in fields.items():
        if isinstance(value, dict):
            print(f"{indent}{name}:")
            _print_fields(value, indent + "  ")
        elif name in ("inputs", "outputs"):
            print(f"{indent}{name}:")
            for port in value:
                print(
                    f"{indent}  {port['name']} {port['shape']} "
                    f"{port['dtype']}: {port['unit']}"
                )
        else:
            nothing = "unbounded" if name == "receptive_field" else "none"
            print(f"{indent}{name}: {nothing if value is None else value}")


if __name__ == "__main__":
    sys.exit(main())
