"""Makes a paper's tables and figures on the data at hand.

`python -m tuning.tables recola_conv --corpus NAME --data FOLDER` prints
Markdown and writes it with its plots to a folder. Published figures stand
beside ours; what the corpus does not allow is left out and named.
"""

from __future__ import annotations

import argparse
import dataclasses
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

import zoo
from pipelines import corpora
from tuning.experiments.factory import targets
from tuning.runs import corpus_options, options, provenance, workspace
from tuning.runs.request import DEFAULT_RUNS
from tuning.tables import registry
from tuning.tables.registry import Tables, TablesRequest
from tuning.training import hyperparameters
from tuning.training.pool import Pool
from tuning.training.progress import Progress
from tuning.training.recipe import recipe
from zoo.common import cli, files

TRAINING_OPTIONS = ("classes", "protocol", "set")
"""Options of those tables alone whose systems are trained for them."""


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    arguments = _parser().parse_args(argv)
    tables = registry.tables(arguments.paper)
    _check(tables, arguments)
    with Pool(arguments.processes) as pool:
        request = dataclasses.replace(_request(tables, arguments), pool=pool)
        out = request.out
        with workspace.new_folder(out):
            _claim(tables.number, request, arguments.fresh)
            text = tables.make(request, Progress())
    text = (
        f"{text.rstrip()}\n\n{provenance.sentence(provenance.provenance())}\n"
    )
    files.write_text(out / "tables.md", text)
    print(text)
    print(f"Written to {out / 'tables.md'}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tuning.tables", description=__doc__
    )
    parser.add_argument(
        "paper",
        help=f"{', '.join(registry.names())}, or the paper's number",
    )
    corpus_options.add(parser, "a simulated one", several=False)
    parser.add_argument("--out", help="folder (default: runs/tables-NUMBER-…)")
    parser.add_argument(
        "--runs",
        type=pathlib.Path,
        default=DEFAULT_RUNS,
        help="where searches and trainings left their runs",
    )
    parser.add_argument(
        "--epochs",
        type=options.positive,
        help="at most (default: the recipes'; 30 in Figure 1 of recola_conv)",
    )
    parser.add_argument(
        "--seeds",
        type=options.positive,
        help="networks of each system that is trained here (default: 3; of "
        "recola_conv the 10 of its Figure 1)",
    )
    _add_training(parser)
    options.add_processes(parser)
    options.add_fresh(parser)
    return parser


def _add_training(parser: argparse.ArgumentParser) -> None:
    """Adds the options of tables whose systems are trained for them."""
    trained = " and ".join(registry.training_names())
    parser.add_argument(
        "--classes",
        help="of attention_fcn: emotions to tell apart, as in angry,sad; or "
        "all (default: the model's own where the corpus has them)",
    )
    options.add_protocol(parser, f"of {trained}: ")
    options.add_set(
        parser,
        f"of {trained}: another value for a hyper-parameter of the paper's "
        "own systems, such as framing=shared",
    )
    parser.add_argument(
        "--trials",
        type=options.positive,
        help=f"of {' and '.join(registry.searching_names())}: weights of the "
        "tasks that the random search tries (default: 8)",
    )


def _check(tables: Tables, arguments: argparse.Namespace) -> None:
    """Refuses what a paper's tables do not take, before a corpus is read."""
    given = [name for name in TRAINING_OPTIONS if getattr(arguments, name)]
    if given and not tables.trains:
        raise cli.UsageError(
            f"--{given[0]} is for {' and '.join(registry.training_names())}."
        )
    if arguments.trials and not tables.searches:
        raise cli.UsageError(
            f"--trials is for {' and '.join(registry.searching_names())}."
        )
    for model in tables.models:
        own = recipe(model)
        for target in targets(zoo.card(model, None), own):
            hyperparameters.fixed(own, target, arguments.set)


def _request(tables: Tables, arguments: argparse.Namespace) -> TablesRequest:
    corpus = dataclasses.replace(
        corpus_options.single(arguments, tables.simulated),
        beside=arguments.runs,
    )
    opened_with = dict(corpus.options)
    parts = (
        "tables",
        tables.number,
        corpus.kind.name,
        workspace.PARTIAL if corpus.partial else None,
        *corpora.option_texts(opened_with).values(),
        arguments.classes,
        arguments.protocol,
    )
    folder = "-".join(filter(None, parts)).replace(",", "_").replace("/", "_")
    return TablesRequest(
        corpus=corpus.open(),
        corpus_options=opened_with,
        out=pathlib.Path(arguments.out or arguments.runs / folder),
        runs=arguments.runs,
        epochs=arguments.epochs,
        seeds=arguments.seeds or tables.seeds,
        classes=arguments.classes,
        protocol=arguments.protocol,
        changes=tuple(arguments.set),
        trials=arguments.trials,
    )


def _claim(number: str, request: TablesRequest, fresh: bool) -> None:
    """Resumes fits of the same utterances alone, or starts over."""
    wanted: dict[str, Any] = {
        "paper": number,
        **workspace.source(request.corpus, request.corpus_options),
        "epochs": request.epochs,
        "classes": request.classes,
        "protocol": request.protocol,
    }
    if fresh:
        workspace.start_over(request.out)
    workspace.check_identity(request.out, wanted)
    files.write_json(request.out / "config.json", wanted)


if __name__ == "__main__":
    sys.exit(main())
