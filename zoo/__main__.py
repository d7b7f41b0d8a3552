"""Lists the models, or shows the card of one."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence

import zoo
from zoo import card_text, readme, registry, weights
from zoo.common import cli, markers
from zoo.registry import Card

EPILOG = """commands:
  python -m zoo          lists the models and their weights
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
    if arguments.name is not None:
        card = _card(arguments.name)
        if arguments.json:
            print(json.dumps(dataclasses.asdict(card), indent=2))
        else:
            print("\n".join(card_text.lines(card)))
        return
    cards = dict(_cards())
    if arguments.json:
        print(json.dumps([dataclasses.asdict(card) for card in cards.values()]))
        return
    for name, card in cards.items():
        trained = card.weights.corpus if card.weights else "no weights"
        print(f"{name:32} {card.summary} [{trained}]")
    print(
        f"\nWhere there are no weights: {card_text.TRAIN.format(name='NAME')}."
    )


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


if __name__ == "__main__":
    sys.exit(main())
