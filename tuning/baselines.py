"""Scores paper 004's baseline: eGeMAPS functionals, support vector machines.

`python -m tuning.baselines svm --corpus NAME --data FOLDER` tests speakers by
machines that never heard them. The features are those of openSMILE
(`pip install 'emotion-zoo[baselines]'`), whose licence covers research use
only.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.corpora.base import Corpus
from pipelines.datasets import utterances as labelled
from pipelines.datasets.utterances import EMOTION
from pipelines.labels import RatingLevels
from tuning.experiments import classes, factory, svm
from tuning.protocols import folds as made
from tuning.protocols import names as protocols
from tuning.runs import options, report
from tuning.training.progress import Progress
from tuning.training.recipe import recipe
from zoo.common import cli
from zoo.metrics import classification

FEATURES = pathlib.Path("runs", "features")
"""Where features are kept, beside the runs that share them."""
COMPARED = {EMOTION: "iemocap_attention_blstm_fcn"}
"""Whose protocol is taken where none is named; of levels, paper 004's."""
ABOUT = "eGeMAPS functionals (openSMILE, for research use only)"


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    arguments = _parser().parse_args(argv)
    content = evaluate(arguments, Progress())
    if arguments.json:
        print(json.dumps(content))
        return
    said = (content["note"], *content["remarks"])
    print(*filter(None, said), sep="\n", end="\n\n")
    head = ["svm", "label", *content["measures"].values()]
    rows = [[svm, name, *row] for svm, name, row in report.scores(content)]
    print(report.table(head, rows))


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("baselines", __doc__)
    parser.add_argument("method", choices=("svm",))
    parser.add_argument(
        "--corpus", required=True, help="`python -m pipelines` lists them"
    )
    parser.add_argument("--data", help="folder of your copy of the corpus")
    options.add_dataset(parser)
    parser.add_argument(
        "--label",
        choices=(EMOTION, *factory.TASKS),
        default=EMOTION,
        help="what to tell: the emotion, or three levels of a dimension",
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
        help="speaker uses the unlabelled recordings of those tested too",
    )
    options.add_protocol(parser)
    return parser


def evaluate(
    arguments: argparse.Namespace, progress: Progress
) -> dict[str, Any]:
    """The figures of every machine, and what a report must say of them.

    Raises:
        UsageError: classes of a dimension, or fewer than two.
        ValueError: labels or speakers that the corpus lacks, or no openSMILE.
    """
    corpus = factory.open_corpus(
        arguments.corpus, arguments.data, dataset=arguments.dataset
    )
    label, names = arguments.label, _names(corpus, arguments)
    tasks, normalisation = {label: names}, arguments.normalisation
    utterances = labelled.with_labels(corpus, tasks)
    true = np.array(
        [labelled.class_indices(u, tasks)[label] for u in utterances]
    )
    compared = recipe(COMPARED.get(label, "iemocap_e2e_mtl_att"))
    protocol = arguments.protocol or protocols.default(compared, corpus)
    folds = protocols.for_machines(protocol, utterances)
    told = {u.id: names[place] for u, place in zip(utterances, true)}
    made.check_classes(folds, told, names)
    features = svm.functionals(
        corpus, utterances, normalisation, progress, FEATURES
    )
    given = (features, true, names, utterances, folds)
    found = {
        name: svm.predict(*given, grid, progress.show)
        for name, grid in svm.MACHINES.items()
    }
    progress.clear()
    figures = _figures(found, true, tasks)
    about = f"{ABOUT}; normalisation {normalisation}; {protocol}, pooled"
    others = labelled.excluded_emotions(corpus, tasks)
    return {
        "note": corpus.note,
        "corpus": corpus.name,
        "citation": corpus.citation,
        "remarks": [about, *_remarks(figures, tasks, others)],
        "measures": classes.MEASURES,
        **figures,
    }


def _remarks(
    figures: Mapping[str, Any],
    tasks: classes.Tasks,
    others: Mapping[str, int],
) -> list[str]:
    """How many utterances are tested, and how many left out."""
    ((label, names),) = tasks.items()
    tested = next(iter(figures["confusions"].values()))
    sizes = dict(zip(names, np.sum(tested, axis=1).tolist()))
    return classes.remarks(others, {label: sizes})


def _names(corpus: Corpus, arguments: argparse.Namespace) -> tuple[str, ...]:
    """The classes to tell apart."""
    if arguments.label != EMOTION:
        if arguments.classes is not None:
            raise cli.UsageError(
                f"--classes is for emotions; --label {arguments.label} has "
                f"the levels {', '.join(RatingLevels.names)}."
            )
        return RatingLevels.names
    if not corpus.emotions:
        raise ValueError(
            f"{corpus.name!r} has no emotions. Name one of its dimensions "
            "with --label, or another corpus."
        )
    names = classes.named(arguments.classes, corpus) or corpus.emotions
    return classes.several(names, corpus)


def _figures(
    found: Mapping[str, svm.Predicted],
    true: np.ndarray,
    tasks: classes.Tasks,
) -> dict[str, Any]:
    """Scores, confusions and chosen settings of every machine."""
    ((_, names),) = tasks.items()
    figures: dict[str, Any] = {"metrics": {}, "confusions": {}, "chosen": {}}
    for name, (predicted, chosen) in found.items():
        tested = predicted >= 0
        told = true[tested], predicted[tested]
        certain = np.eye(len(names))[told[1]]
        matrix = classification.confusion(*told, len(names))
        figures["metrics"][name] = classes.scores(
            told[0][:, None], certain[:, None], tasks
        )
        figures["confusions"][name] = matrix.tolist()
        figures["chosen"][name] = chosen
    return figures


if __name__ == "__main__":
    sys.exit(main())
