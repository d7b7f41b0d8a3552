"""Command line that writes simulated corpora in the layout of real ones."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pipelines.simulation.mosei import VIDEOS, simulate_mosei
from pipelines.simulation.recola import SECONDS, simulate_recola
from pipelines.simulation.utterances import (
    UTTERANCES,
    simulate_cheavd,
    simulate_iemocap,
)
from zoo.common import cli

_SIMULATORS: dict[str, Callable[..., Path]] = {
    "recola": simulate_recola,
    "mosei": simulate_mosei,
    "iemocap": simulate_iemocap,
    "cheavd": simulate_cheavd,
}


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    """`python -m pipelines.simulate {recola,mosei,...} --out DIR`."""
    options = vars(_parser().parse_args(argv))
    options["report"] = lambda name: print(name, file=sys.stderr)
    print(_SIMULATORS[options.pop("corpus")](**options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.simulate",
        description="Writes a simulated corpus in a real corpus' layout.",
    )
    corpora = parser.add_subparsers(dest="corpus", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--out", required=True, metavar="DIR", type=Path)
    common.add_argument("--seed", type=int, default=0)
    recola = corpora.add_parser("recola", parents=[common])
    recola.add_argument("--seconds", type=float, default=SECONDS)
    mosei = corpora.add_parser("mosei", parents=[common])
    mosei.add_argument("--videos", type=int, default=VIDEOS)
    for name, count in UTTERANCES.items():
        utterances = corpora.add_parser(name, parents=[common])
        utterances.add_argument("--utterances", type=int, default=count)
    return parser


if __name__ == "__main__":
    sys.exit(main())
