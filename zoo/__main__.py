"""Lists the models, or shows the card of one."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import zoo
from zoo import readme, registry, weights
from zoo.common import cli, markers
from zoo.registry import Card, Weights

EPILOG = """commands:
  python -m zoo          lists the models and their weights
  python -m zoo NAME     shows a model's inputs, outputs and weights
  python -m zoo readme   prints the README's table of models, or with --check
                         or --write PATH compares or rewrites it there
"""


TRAIN = (
    "`python -m tuning.search {name} --data FOLDER` trains, and "
    'zoo.get("{name}", weights="FOLDER OF THE RUN") loads what it trained'
)
"""How to get weights of a model that has none."""


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
    if arguments.name is not None:
        card = _card(arguments.name)
        if arguments.json:
            print(json.dumps(dataclasses.asdict(card), indent=2))
        else:
            _print_card(card)
        return
    cards = dict(_cards())
    if arguments.json:
        print(json.dumps([dataclasses.asdict(card) for card in cards.values()]))
        return
    for name, card in cards.items():
        trained = card.weights.corpus if card.weights else "no weights"
        print(f"{name:32} {card.summary} [{trained}]")
    print(f"\nWhere there are no weights: {TRAIN.format(name='NAME')}.")


def _cards() -> Iterator[tuple[str, Card]]:
    """Yields the card of every model and of its weights' variants."""
    for name in zoo.names():
        yield name, zoo.card(name)
        for variant, arguments in weights.variants(
            registry.entry(name)
        ).items():
            yield variant, zoo.card(name, **arguments)


def _card(name: str) -> Card:
    """Returns the card of a model, or of weights' variant."""
    if name not in zoo.names():
        for model in zoo.names(f"{name.partition('-')[0]}"):
            variants = weights.variants(registry.entry(model))
            if name in variants:
                return zoo.card(model, **variants[name])
    return zoo.card(name)


def _print_card(card: Card) -> None:
    fields = dataclasses.asdict(dataclasses.replace(card, weights=None))
    del fields["weights"]
    _print_fields({"name": fields.pop("name"), **fields})
    if card.weights is None:
        print(f"weights: none. {TRAIN.format(name=card.name)}.")
        return
    print("weights:")
    _print_fields(dataclasses.asdict(card.weights), "  ")
    print(f"load: {_call(card.name, card.weights)}")


def _call(name: str, record: Weights) -> str:
    """Returns the Python call that loads packaged weights."""
    entry = registry.entry(name)
    variant = weights.variants(entry)[weights.stem(entry, record.arguments)]
    words = [repr(name), *(f"{n}={value!r}" for n, value in variant.items())]
    return f"zoo.get({', '.join(words)})"


def _print_fields(fields: dict[str, Any], indent: str = "") -> None:
    for name, value in fields.items():
        if isinstance(value, dict):
            print(f"{indent}{name}:")
            _print_fields(value, indent + "  ")
        elif name in ("inputs", "outputs"):
            print(f"{indent}{name}:")
            for port in value:
                print(f"{indent}  {_port(port)}")
        else:
            print(f"{indent}{name}: {'none' if value is None else value}")


def _port(port: dict[str, Any]) -> str:
    """Returns a line on an input or an output."""
    line = f"{port['name']} {port['shape']} {port['dtype']}: {port['unit']}"
    if "receptive_field" not in port:
        return line
    if port["labels"]:
        line += f" of {', '.join(port['labels'])}"
    return "; ".join([line, *_rates(port)])


def _rates(port: dict[str, Any]) -> Iterator[str]:
    """Yields rate and receptive field of an output."""
    if port["hop"]:
        yield f"a step every {port['hop']:g} s"
    if port["receptive_field"] is None:
        yield "depends on the whole recording"
    else:
        seconds = port["receptive_field_seconds"]
        steps = f"depends on {port['receptive_field']} input steps"
        yield steps + (f" ({seconds:g} s)" if seconds else "")
    if port["coarsest"] and port["coarsest"] > 1:
        yield f"computed at 1/{port['coarsest']:g} of the input's rate"


if __name__ == "__main__":
    sys.exit(main())
