"""Makes a paper's tables and figures on the data at hand.

`python -m tuning.tables 002 --corpus NAME --data FOLDER` prints Markdown and
writes it with its plots to a folder. Published figures stand beside ours;
what the corpus cannot give is left out and named.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
from collections.abc import Callable, Sequence

from tuning import files, opening, options
from tuning.progress import Progress
from tuning.protocols import PROTOCOLS
from tuning.tables import (
    paper_000,
    paper_001,
    paper_002,
    paper_003,
    paper_004,
)
from zoo import command

PAPERS: dict[str, Callable[..., str]] = {
    "000": paper_000.make,
    "001": paper_001.make,
    "002": paper_002.make,
    "003": paper_003.make,
    "004": paper_004.make,
}
SET = ("003", "004")
"""Whose systems are trained here; the other tables quote finished runs."""
SIMULATED = {
    "000": "simulated_mosei",
    "003": "simulated_iemocap",
    "004": "simulated_iemocap",
}


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tuning.tables", description=__doc__
    )
    parser.add_argument("paper", choices=sorted(PAPERS))
    parser.add_argument(
        "--corpus", help="(default: a simulated one)"
    )
    parser.add_argument("--data", help="folder of your copy of the corpus")
    options.add_folds(parser)
    parser.add_argument("--out", help="folder (default: runs/tables-PAPER-…)")
    parser.add_argument(
        "--runs",
        type=pathlib.Path,
        default=pathlib.Path("runs"),
        help="where searches and trainings left their runs",
    )
    parser.add_argument("--epochs", type=options.positive, default=30)
    parser.add_argument("--seeds", type=options.positive, default=3)
    parser.add_argument(
        "--protocol",
        choices=sorted(PROTOCOLS),
        help="of 003 and 004: who is tested by whom (default: the corpus' "
        "own partition, else the paper's)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of 003 and 004: another value for a hyper-parameter of the "
        "paper's own systems, such as framing=shared; may be repeated",
    )
    parser.add_argument("--fresh", action="store_true")
    arguments = parser.parse_args(argv)
    if arguments.set and arguments.paper not in SET:
        raise command.UsageError(f"--set is of {' and '.join(SET)} alone.")
    simulated = SIMULATED.get(arguments.paper, "simulated")
    corpus = opening.open_corpus(
        arguments.corpus or simulated,
        arguments.data,
        arguments.runs,
        folds=arguments.folds,
        dataset=arguments.dataset,
    )
    default = arguments.runs / f"tables-{arguments.paper}-{corpus.name}"
    out = files.make_folder(pathlib.Path(arguments.out or default))
    if arguments.fresh:
        files.start_over(out)
    text = PAPERS[arguments.paper](corpus, out, arguments, Progress())
    files.write_text(out / "tables.md", text)
    print(text)
    print(f"Written to {out / 'tables.md'}")


def cli() -> int:
    """The console script."""
    return command.run(main)


if __name__ == "__main__":
    sys.exit(cli())
