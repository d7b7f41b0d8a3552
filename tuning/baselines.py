"""Scores the papers' baselines without a network, over eGeMAPS functionals.

`python -m tuning.baselines svm --corpus NAME --data FOLDER` predicts the
utterances of test speakers by support vector machines trained without them.
`python -m tuning.baselines avec --corpus NAME --data FOLDER` predicts traces by
linear support vector regression, as AVEC 2016 did; the tables of `recola_conv`
and `recola_discrete` quote its run. The features are those of openSMILE (`pip
install 'emotion-zoo[baselines]'`), whose licence covers research use only.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.corpora.base import Corpus, Utterance
from pipelines.datasets import utterances
from pipelines.datasets.utterances import EMOTION
from pipelines.labels import RatingLevels
from tuning.experiments import class_scores, classes, svm
from tuning.protocols import names as protocols
from tuning.protocols.folds import Fold, check_classes
from tuning.runs import avec, corpus_options, options, report
from tuning.runs.avec import AvecRequest
from tuning.runs.figures import about_intervals
from tuning.runs.request import CorpusRequest
from tuning.training.progress import Progress
from tuning.training.recipe import recipe
from zoo.common import cli
from zoo.metrics import classification

FEATURES = pathlib.Path("runs", "features")
"""Where features are kept, beside the runs that share them."""
COMPARED = {EMOTION: "iemocap_attention_blstm_fcn"}
"""Model whose protocol is the default; of levels, iemocap_e2e_mtl_att."""
ABOUT = "eGeMAPS functionals (openSMILE, for research use only)"


@dataclasses.dataclass(frozen=True)
class SvmRequest:
    """Arguments of the baseline.

    Attributes:
        corpus: of the utterances.
        label: "emotion", or a dimension with three levels.
        classes: emotions to tell apart, as `--classes` names them.
        normalisation: "none" or "speaker".
        protocol: `None` for that of the compared model.
    """

    corpus: CorpusRequest
    label: str = EMOTION
    classes: str | None = None
    normalisation: str = "none"
    protocol: str | None = None


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    arguments = _parser().parse_args(argv)
    if arguments.method == "avec":
        _avec(corpus_options.single(arguments), arguments)
    else:
        _svm(corpus_options.request(arguments), arguments)


def _svm(corpus: CorpusRequest, arguments: argparse.Namespace) -> None:
    """Scores support vector machines and prints their figures."""
    request = SvmRequest(
        corpus,
        arguments.label,
        arguments.classes,
        arguments.normalisation,
        arguments.protocol,
    )
    content = evaluate(request, Progress())
    if arguments.json:
        print(json.dumps(content))
        return
    lines = (content["note"], *content["notes"])
    print(*filter(None, lines), sep="\n", end="\n\n")
    head = ["svm", "label", *content["measures"].values()]
    rows = [[name, label, *row] for name, label, row in report.scores(content)]
    print(report.table(head, rows))


def _avec(corpus: CorpusRequest, arguments: argparse.Namespace) -> None:
    """Runs AVEC's baseline and prints its report."""
    request = AvecRequest(corpus, arguments.out, arguments.fresh)
    content = avec.run(request, Progress())
    if arguments.json:
        print(json.dumps(content))
        return
    print(avec.markdown(content), end="\n\n")
    print(f"Report: {request.folder / 'report.md'}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tuning.baselines", description=__doc__
    )
    methods = parser.add_subparsers(dest="method", required=True)
    for name, text, add in (
        ("svm", "classes of utterances", _add_svm),
        ("avec", "traces of recordings", _add_avec),
    ):
        method = methods.add_parser(name, help=text, description=text)
        method.add_argument(
            "--json", action="store_true", help="print JSON for programs"
        )
        corpus_options.add(method, several=name == "svm")
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
        choices=("none", "speaker"),
        default="none",
        help="speaker uses the test speakers' unlabelled recordings too",
    )
    options.add_protocol(parser)


def _add_avec(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=pathlib.Path, help="folder of the run")
    options.add_fresh(parser)


def evaluate(request: SvmRequest, progress: Progress) -> dict[str, Any]:
    """Returns the figures of every grid of settings, with notes.

    Raises:
        UsageError: classes of a dimension, or fewer than two.
        ValueError: labels or speakers that the corpus lacks, or no openSMILE.
    """
    corpus = request.corpus.open()
    label, names = request.label, _names(corpus, request)
    tasks = {label: names}
    labelled = utterances.with_labels(corpus, tasks)
    indices = [utterances.class_indices(u, tasks)[label] for u in labelled]
    y_true = np.array(indices)
    compared = recipe(COMPARED.get(label, "iemocap_e2e_mtl_att"))
    protocol = request.protocol or protocols.default(compared, corpus)
    folds = protocols.without_dev(protocol, corpus, labelled)
    by_id = {u.id: names[index] for u, index in zip(labelled, y_true)}
    check_classes(folds, by_id, names)
    svm.check_speakers(labelled, folds)
    features = svm.functionals(
        corpus, labelled, request.normalisation, progress, FEATURES
    )
    predictions = {
        name: svm.predict(
            features, y_true, names, labelled, folds, grid, progress.show
        )
        for name, grid in svm.GRIDS.items()
    }
    progress.clear()
    predictions["majority"] = svm.majority(y_true, labelled, folds), []
    speakers = np.array([utterance.speaker for utterance in labelled])
    figures = _figures(predictions, y_true, tasks, speakers)
    notes = [
        f"{ABOUT}; normalisation {request.normalisation}; {protocol}, pooled",
        about_intervals("speaker", _tested_speakers(labelled, folds)),
        *protocols.notes(folds, labelled),
    ]
    left_out = utterances.excluded_emotions(corpus, tasks)
    return {
        "note": corpus.note,
        "corpus": corpus.name,
        "citation": corpus.citation,
        "notes": [*notes, *_notes(figures, tasks, left_out)],
        "measures": class_scores.MEASURES,
        **figures,
    }


def _tested_speakers(
    labelled: Sequence[Utterance], folds: Sequence[Fold]
) -> int:
    """Returns the number of speakers of the test utterances."""
    tested = {name for fold in folds for name in fold.test}
    return len({u.speaker for u in labelled if u.id in tested})


def _notes(
    figures: Mapping[str, Any],
    tasks: classes.Tasks,
    left_out: Mapping[str, int],
) -> list[str]:
    """Returns the number of test utterances, and of those left out."""
    ((label, names),) = tasks.items()
    confusion = next(iter(figures["confusions"].values()))
    counts = dict(zip(names, np.sum(confusion, axis=1).tolist()))
    return classes.notes(left_out, {label: counts})


def _names(corpus: Corpus, request: SvmRequest) -> tuple[str, ...]:
    """Returns the classes to tell apart."""
    if request.label != EMOTION:
        if request.classes is not None:
            raise cli.UsageError(
                f"--classes is for emotions; --label {request.label} has "
                f"the levels {', '.join(RatingLevels.names)}."
            )
        return RatingLevels.names
    if not corpus.emotions:
        raise ValueError(
            f"{corpus.name!r} has no emotions. Name one of its dimensions "
            "with --label, or another corpus."
        )
    names = classes.named(request.classes, corpus) or corpus.emotions
    return classes.at_least_two(names, corpus)


def _figures(
    predictions: Mapping[str, svm.Predicted],
    y_true: np.ndarray,
    tasks: classes.Tasks,
    speakers: np.ndarray,
) -> dict[str, Any]:
    """Returns scores, confusions and chosen settings of every grid."""
    ((_, names),) = tasks.items()
    figures: dict[str, Any] = {"metrics": {}, "confusions": {}, "chosen": {}}
    for name, (y_pred, chosen) in predictions.items():
        is_tested = y_pred >= 0
        true, predicted = y_true[is_tested], y_pred[is_tested]
        certain = np.eye(len(names))[predicted]
        matrix = classification.confusion(true, predicted, len(names))
        figures["metrics"][name] = class_scores.scores(
            true[:, None], certain[:, None], tasks, speakers[is_tested].tolist()
        )
        figures["confusions"][name] = matrix.tolist()
        figures["chosen"][name] = chosen
    return figures


if __name__ == "__main__":
    sys.exit(main())
