"""Command-line options shared by the commands, and requests made of them."""

from __future__ import annotations

import argparse
import dataclasses
import pathlib

import zoo
from pipelines.corpora.word_base import MODALITIES
from tuning.experiments.choices import TASKS, Choices
from tuning.protocols.names import DEV_SPEAKERS, LEAVE_ONE_OUT, PROTOCOLS
from tuning.runs import corpus_options, workspace
from tuning.runs.request import (
    DEFAULT_RUNS,
    CorpusRequest,
    RunRequest,
    default_corpus,
)
from tuning.training.recipe import recipe

MODALITY_SETS = ("t", "a", "v", "ta", "tv", "av", "tav")


def parser(command: str, description: str | None) -> argparse.ArgumentParser:
    """Returns the parser of a command, with `--json`."""
    shared = argparse.ArgumentParser(
        prog=f"python -m tuning.{command}", description=description
    )
    shared.add_argument(
        "--json", action="store_true", help="print JSON for programs"
    )
    return shared


def add_run(parser: argparse.ArgumentParser, set_help: str) -> None:
    """Adds the options of a run.

    Args:
        parser: of the command.
        set_help: what the help says of `--set`.
    """
    parser.add_argument(
        "name",
        help="model, or a pattern such as 'mosei_*'; `python -m zoo` lists "
        "the models",
    )
    corpus_options.add(parser, "the paper's, or a simulated one without --data")
    parser.add_argument(
        "--modalities",
        help="of a model of words: any of t, a, v, or all for each of the "
        "seven sets (default: those that the corpus has)",
    )
    parser.add_argument(
        "--classes",
        help="of a model of emotions: those to tell apart, as in angry,sad; "
        "or all (default: the model's own where the corpus has them)",
    )
    parser.add_argument(
        "--task",
        help="of a model of one task: arousal, valence or dominance, or all "
        "for each by itself (default: arousal)",
    )
    add_protocol(parser)
    _add_folds(parser)
    parser.add_argument("--out", help="folder of the run")
    parser.add_argument("--epochs", type=positive, help="at most")
    parser.add_argument(
        "--seeds", type=positive, help="networks whose predictions are averaged"
    )
    parser.add_argument(
        "--seed", type=natural, default=0, help="of the first network"
    )
    add_set(parser, set_help)
    add_processes(parser)
    add_fresh(parser)


def add_protocol(parser: argparse.ArgumentParser, prefix: str = "") -> None:
    """Adds the evaluation protocol; `prefix` begins its help."""
    parser.add_argument(
        "--protocol",
        choices=sorted(PROTOCOLS),
        help=f"{prefix}evaluation protocol (default: the paper's on its own "
        "corpus; elsewhere the corpus' own partition, else folds by session "
        "for emotions, else the paper's: a speaker left out for emotions, "
        "speakers dealt to five folds for dimensions)",
    )


def _add_folds(parser: argparse.ArgumentParser) -> None:
    """Adds what a cross-validation's folds and saved network learn from."""
    parser.add_argument(
        "--validators",
        type=positive,
        metavar="N",
        help="speakers that validate each fold of --protocol "
        f"{LEAVE_ONE_OUT} (default: {DEV_SPEAKERS})",
    )
    parser.add_argument(
        "--retrain",
        action="store_true",
        help="in cross-validation: the saved network learns from all speakers, "
        "for as many epochs as validation chose in the folds",
    )


def add_set(parser: argparse.ArgumentParser, text: str) -> None:
    """Adds values of hyper-parameters, described by `text`."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"{text}; may be repeated",
    )


def add_processes(parser: argparse.ArgumentParser) -> None:
    """Adds `--processes`, which changes no result."""
    parser.add_argument(
        "--processes",
        type=positive,
        help="networks trained side by side, each by a process of its own "
        "(default: one a processor; with a GPU one)",
    )


def add_fresh(parser: argparse.ArgumentParser) -> None:
    """Adds `--fresh`."""
    parser.add_argument(
        "--fresh", action="store_true", help="start over, do not resume"
    )


def positive(text: str) -> int:
    """Returns a whole number of at least 1, for argparse."""
    return _whole(text, 1)


def natural(text: str) -> int:
    """Returns a whole number of at least 0, for argparse."""
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    value = int(text)
    if value < least:
        raise argparse.ArgumentTypeError(
            f"must be at least {least}, not {value}"
        )
    return value


def run_requests(arguments: argparse.Namespace) -> list[RunRequest]:
    """Returns a request for each model, set of modalities and task.

    Where there are several, `--out` is the folder that holds their folders.

    Raises:
        UsageError: no such model, corpus or option of a corpus; a choice or a
            value of a hyper-parameter that is wrong whatever the corpus.
        ValueError: a model without a recipe.
    """
    names = zoo.names(arguments.name) or [zoo.card(arguments.name).name]
    wanted = [
        (name, corpus, choices)
        for name in names
        for corpus in [_corpus(arguments, name)]
        for choices in _choices(arguments, corpus)
    ]
    has_several = len(wanted) > 1
    requests = [
        _run_request(arguments, name, corpus, choices, has_several)
        for name, corpus, choices in wanted
    ]
    for request in requests:
        request.check()
    return requests


def _corpus(arguments: argparse.Namespace, model: str) -> CorpusRequest:
    own = recipe(model)
    return corpus_options.request(
        arguments, default_corpus(own, arguments.data)
    )


def _choices(
    arguments: argparse.Namespace, corpus: CorpusRequest
) -> list[Choices]:
    """Returns the choices of each run of a model: modalities by tasks.

    All sets of modalities are those that the corpus has features of.
    """
    modalities: list[str | None] = [arguments.modalities]
    if arguments.modalities == "all":
        named = getattr(corpus.kind, "modalities", MODALITIES)
        # A table of words names them itself.
        there = set(named or getattr(corpus.open(), "modalities"))
        modalities = [s for s in MODALITY_SETS if there.issuperset(s)]
    tasks = TASKS if arguments.task == "all" else (arguments.task,)
    return [
        Choices(
            letters,
            arguments.classes,
            task,
            arguments.protocol,
            validators=arguments.validators,
            retrain=arguments.retrain,
        )
        for letters in modalities
        for task in tasks
    ]


def _run_request(
    arguments: argparse.Namespace,
    name: str,
    corpus: CorpusRequest,
    choices: Choices,
    has_several: bool,
) -> RunRequest:
    own = recipe(name)
    folder = workspace.run_name(
        name, corpus, dict(corpus.options), choices, corpus.partial
    )
    if arguments.out is None:
        out = DEFAULT_RUNS / folder
    elif has_several:
        out = pathlib.Path(arguments.out) / folder
    else:
        out = pathlib.Path(arguments.out)
    seeds = range(
        arguments.seed, arguments.seed + (arguments.seeds or own.seeds)
    )
    return RunRequest(
        card=zoo.card(name, weights=None),
        recipe=own,
        corpus=dataclasses.replace(corpus, beside=out.parent),
        choices=dataclasses.replace(choices, features=out.parent / "features"),
        changes=tuple(arguments.set),
        epochs=arguments.epochs,
        seeds=tuple(seeds),
        out=out,
        fresh=arguments.fresh,
    )
