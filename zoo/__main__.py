"""`python -m zoo` lists the models, `python -m zoo NAME` shows one card."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence

import zoo
from zoo.common import cli


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m zoo", description=__doc__)
    parser.add_argument("name", nargs="?", help="of a model")
    parser.add_argument("--json", action="store_true", help="for machines")
    arguments = parser.parse_args(argv)
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


def _print_fields(fields: dict, indent: str = "") -> None:
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
