"""Trains on each of several corpora and tests on all of them.

`python -m tuning.crosscorpus NAME --corpus A=DIR --corpus B=DIR` prints the
matrix of learnt on (rows) and tested on (columns), and writes it with a
picture to a folder. Within a corpus speakers are cross-validated; between two,
one whole corpus is learnt and the other tested, of which nothing is known
before. Support vector machines on the same folds stand beside the networks.
The same command resumes where it was interrupted.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import sys
from collections.abc import Sequence

import zoo
from tuning.crosscorpus import matrix, page
from tuning.experiments.choices import Choices
from tuning.plots import curves
from tuning.runs import corpus_options, options, workspace
from tuning.runs.request import DEFAULT_RUNS, RunRequest
from tuning.training.pool import Pool
from tuning.training.progress import Progress
from tuning.training.recipe import recipe
from zoo.common import cli, files

SEEDS = 3


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    arguments = _parser().parse_args(argv)
    request = _request(arguments)
    with Pool(arguments.processes) as pool:
        content = matrix.make(request, Progress(), pool)
    out = request.out
    for name, figure in page.plots(content).items():
        curves.save(figure, out / name)
    text = page.markdown(content)
    files.write_text(out / "matrix.md", text)
    files.write_json(out / "matrix.json", content)
    if arguments.json:
        print(json.dumps(content))
        return
    print(text)
    print(f"Written to {out / 'matrix.md'}")


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("crosscorpus", __doc__)
    parser.add_argument(
        "name", help="model of utterances; `python -m zoo` lists the models"
    )
    corpus_options.add(parser)
    parser.add_argument(
        "--classes",
        help="emotions to tell apart, as in angry,sad; or all that every "
        "corpus has (default: the model's own)",
    )
    parser.add_argument(
        "--task",
        help="of a model of one task: arousal, valence or dominance",
    )
    options.add_protocol(parser, "within each corpus: ")
    parser.add_argument("--out", help="folder of the matrix")
    parser.add_argument("--epochs", type=options.positive, help="at most")
    parser.add_argument(
        "--seeds",
        type=options.positive,
        default=SEEDS,
        help="networks of each fold and corpus (default: 3)",
    )
    options.add_set(
        parser,
        "another value for one of the space's hyper-parameters; normalisation "
        "leaves its other values out",
    )
    options.add_processes(parser)
    options.add_fresh(parser)
    return parser


def _request(arguments: argparse.Namespace) -> RunRequest:
    """Returns the request, refused where it is wrong whatever the corpora.

    Raises:
        UsageError: no such model, corpus or value; one corpus; or a model of
            traces or words.
    """
    card = zoo.card(arguments.name, weights=None)
    corpus = corpus_options.request(arguments)
    if not corpus.parts:
        raise cli.UsageError(
            "--corpus must be named twice or more, since one corpus is learnt "
            f"and another tested. Received: {corpus.name}"
        )
    choices = Choices(
        classes=arguments.classes,
        task=arguments.task,
        protocol=arguments.protocol,
    )
    folder = workspace.run_name(
        f"crosscorpus-{card.name}",
        corpus,
        dict(corpus.options),
        choices,
        corpus.partial,
    )
    out = pathlib.Path(arguments.out or DEFAULT_RUNS / folder)
    request = RunRequest(
        card=card,
        recipe=recipe(card.name),
        corpus=dataclasses.replace(corpus, beside=out.parent),
        choices=dataclasses.replace(choices, features=out.parent / "features"),
        changes=tuple(arguments.set),
        epochs=arguments.epochs,
        seeds=tuple(range(arguments.seeds)),
        out=out,
        fresh=arguments.fresh,
    )
    request.check()
    return request


if __name__ == "__main__":
    sys.exit(main())
