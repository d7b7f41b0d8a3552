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

from pipelines.corpora.base import Corpus
from tuning.experiments import factory
from tuning.papers import (
    attention_fcn_tables,
    mosei_fusion_tables,
    recola_conv_tables,
    recola_discrete_tables,
    waveform_mtl_tables,
)
from tuning.runs import options, workspace
from tuning.training.progress import Progress
from zoo.common import cli, files

PAPERS: dict[str, Callable[..., str]] = {
    "000": mosei_fusion_tables.make,
    "001": recola_discrete_tables.make,
    "002": recola_conv_tables.make,
    "003": attention_fcn_tables.make,
    "004": waveform_mtl_tables.make,
}
TRAINED = ("003", "004")
"""Whose systems are trained here; the other tables quote finished runs."""
OF_TRAINED = ("classes", "protocol", "set")
SIMULATED = {
    "000": "simulated_mosei",
    "003": "simulated_iemocap",
    "004": "simulated_iemocap",
}


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    arguments = _parser().parse_args(argv)
    _check(arguments)
    simulated = SIMULATED.get(arguments.paper, "simulated")
    corpus = factory.open_corpus(
        arguments.corpus or simulated,
        arguments.data,
        arguments.runs,
        folds=arguments.folds,
        dataset=arguments.dataset,
    )
    out = workspace.make_folder(_out(arguments, corpus))
    if arguments.paper in TRAINED:
        _claim(arguments, corpus, out)
    elif arguments.fresh:
        workspace.start_over(out)
    text = PAPERS[arguments.paper](corpus, out, arguments, Progress())
    files.write_text(out / "tables.md", text)
    print(text)
    print(f"Written to {out / 'tables.md'}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tuning.tables", description=__doc__
    )
    parser.add_argument("paper", choices=sorted(PAPERS))
    parser.add_argument("--corpus", help="(default: a simulated one)")
    parser.add_argument("--data", help="folder of your copy of the corpus")
    options.add_folds(parser)
    parser.add_argument("--out", help="folder (default: runs/tables-PAPER-…)")
    parser.add_argument(
        "--runs",
        type=pathlib.Path,
        default=pathlib.Path("runs"),
        help="where searches and trainings left their runs",
    )
    parser.add_argument(
        "--epochs",
        type=options.positive,
        help="at most (default: the paper's recipe's; 30 in 002's Figure 1)",
    )
    parser.add_argument("--seeds", type=options.positive, default=3)
    parser.add_argument(
        "--classes",
        help="of 003: emotions to tell apart, as in angry,sad; or all "
        "(default: the model's own where the corpus has them)",
    )
    options.add_protocol(parser, "of 003 and 004: ")
    options.add_set(
        parser,
        "of 003 and 004: another value for a hyper-parameter of the paper's "
        "own systems, such as framing=shared",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="start over, do not resume"
    )
    return parser


def _check(arguments: argparse.Namespace) -> None:
    """Refuses what a paper's tables do not ask about."""
    given = [name for name in OF_TRAINED if getattr(arguments, name)]
    if given and arguments.paper not in TRAINED:
        raise cli.UsageError(
            f"--{given[0]} is of {' and '.join(TRAINED)} alone."
        )


def _out(arguments: argparse.Namespace, corpus: Corpus) -> pathlib.Path:
    """The folder: one for each paper, corpus, and choice of utterances."""
    if arguments.out:
        return pathlib.Path(arguments.out)
    said = vars(arguments)
    rest = [said[n] for n in ("folds", "dataset", "classes", "protocol")]
    parts = ("tables", arguments.paper, corpus.name, *rest)
    return arguments.runs / "-".join(filter(None, parts)).replace(",", "_")


def _claim(
    arguments: argparse.Namespace, corpus: Corpus, out: pathlib.Path
) -> None:
    """Goes on with fits of the same utterances alone, or starts over."""
    wanted = {
        "paper": arguments.paper,
        **options.source(arguments, corpus),
        "epochs": arguments.epochs,
        "classes": arguments.classes,
        "protocol": arguments.protocol,
    }
    if arguments.fresh:
        workspace.start_over(out)
    options.check_claim(out, wanted)
    files.write_json(out / "config.json", wanted)


if __name__ == "__main__":
    sys.exit(main())
