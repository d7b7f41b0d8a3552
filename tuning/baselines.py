"""Scores the papers' baselines without a network, each in a run of its own.

`python -m tuning.baselines svm --corpus NAME --data FOLDER` predicts the
utterances of test speakers by support vector machines trained without them.
`python -m tuning.baselines avec --corpus NAME --data FOLDER` predicts traces by
linear support vector regression, as AVEC 2016 did; the tables of `recola_conv`
and `recola_discrete` quote its run. The features are eGeMAPS of openSMILE (`pip
install 'emotion-zoo[baselines]'`), whose licence covers research use only; `svm
--features yaafe` needs none.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.datasets.utterances import EMOTION
from tuning.experiments.functionals import FRONT_ENDS, NORMALISATIONS
from tuning.runs import avec, corpus_options, options, svm
from tuning.runs.avec import AvecRequest
from tuning.runs.request import CorpusRequest
from tuning.runs.svm import SvmRequest
from tuning.training.progress import Progress
from zoo.common import cli


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    arguments = _parser().parse_args(argv)
    if arguments.method == "avec":
        _avec(corpus_options.single(arguments), arguments)
    else:
        _svm(corpus_options.request(arguments), arguments)


def _svm(corpus: CorpusRequest, arguments: argparse.Namespace) -> None:
    """Runs support vector machines and prints their report."""
    request = SvmRequest(
        corpus,
        arguments.label,
        arguments.classes,
        arguments.normalisation,
        arguments.protocol,
        arguments.features,
        arguments.out,
        arguments.fresh,
    )
    content = svm.run(request, Progress())
    _print(content, svm.markdown(content), request.folder, arguments.json)


def _avec(corpus: CorpusRequest, arguments: argparse.Namespace) -> None:
    """Runs AVEC's baseline and prints its report."""
    request = AvecRequest(corpus, arguments.out, arguments.fresh)
    content = avec.run(request, Progress())
    _print(content, avec.markdown(content), request.folder, arguments.json)


def _print(
    content: Mapping[str, Any], text: str, folder: pathlib.Path, as_json: bool
) -> None:
    if as_json:
        print(json.dumps(content))
        return
    print(text, end="\n\n")
    print(f"Report: {folder / 'report.md'}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tuning.baselines", description=__doc__
    )
    methods = parser.add_subparsers(dest="method", required=True)
    for name, text, add in (
        ("svm", "classes of utterances", _add_svm),
        ("avec", "traces of recordings", None),
    ):
        method = methods.add_parser(name, help=text, description=text)
        method.add_argument(
            "--json", action="store_true", help="print JSON for programs"
        )
        corpus_options.add(method, several=name == "svm")
        method.add_argument(
            "--out", type=pathlib.Path, help="folder of the run"
        )
        options.add_fresh(method)
        if add is not None:
            add(method)
    return parser


def _add_svm(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--label",
        choices=(EMOTION, *options.TASKS),
        default=EMOTION,
        help="the emotion, or three levels of a dimension",
    )
    parser.add_argument(
        "--classes",
        help="emotions to tell apart, as in angry,happy,sad,neutral "
        "(default: all of the corpus)",
    )
    parser.add_argument(
        "--normalisation",
        choices=NORMALISATIONS,
        default="none",
        help="speaker uses the test speakers' unlabelled recordings too, "
        "running those up to the one that is predicted; level brings every "
        "recording to one level before",
    )
    parser.add_argument(
        "--features",
        choices=FRONT_ENDS,
        default="egemaps",
        help="functionals of eGeMAPS (openSMILE's, the default), or of Yaafe's "
        "features",
    )
    options.add_protocol(parser)


if __name__ == "__main__":
    sys.exit(main())
