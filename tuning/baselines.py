"""Scores paper 004's baseline: eGeMAPS functionals, support vector machines.

`python -m tuning.baselines svm --corpus NAME --data FOLDER` tests every
speaker by machines that never heard them. The features are those of openSMILE
(`pip install 'emotion-zoo[baselines]'`), whose licence covers research use
only.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from pipelines import classified, normalise
from pipelines.classified import EMOTION
from pipelines.corpora.base import Corpus, Utterance
from pipelines.features import extraction
from pipelines.labels import RatingLevels
from tuning import classes, opening, options, protocols, report
from tuning import folds as made
from tuning.folds import Fold
from tuning.progress import Progress
from tuning.protocols import PROTOCOLS
from tuning.recipes import recipe
from zoo import classification, command

FEATURES = pathlib.Path("runs", "features")
"""Where features are kept, beside the runs that share them."""
COMPARED = {EMOTION: "iemocap_attention_blstm_fcn"}
"""Whose protocol is taken where none is named; of levels, paper 004's."""
INNER_FOLDS = 5
ABOUT = "eGeMAPS functionals (openSMILE, for research use only)"

Settings = Mapping[str, Any]
Grid = Sequence[Settings]
Predicted = tuple[np.ndarray, list[Settings]]
GRID: Grid = tuple(
    {"kernel": kernel, "C": cost, "class_weight": weight}
    for kernel, costs in (
        ("linear", (0.001, 0.01, 0.1, 1.0)),
        ("rbf", (0.1, 1.0, 10.0, 100.0)),
    )
    for cost in costs
    for weight in (None, "balanced")
)
"""What the nested search chooses from; widths of rbf are scikit-learn's own."""
MACHINES: dict[str, Grid] = {"SVC()": ({},), "nested grid": GRID}
"""scikit-learn's defaults (rbf, C 1, classes unweighted), and the search."""


def predict(
    features: np.ndarray,
    true: np.ndarray,
    utterances: Sequence[Utterance],
    folds: Sequence[Fold],
    grid: Grid = GRID,
    progress: Callable[[str], None] = lambda line: None,
) -> Predicted:
    """Tests every fold by a machine that was trained and chosen without it.

    Settings are chosen by UAR, pooled over up to five folds of the training
    speakers dealt round-robin; of equal ones the first is taken. Every
    scaler is fitted on the side that its machine is trained on.

    Args:
        features: (utterances, values).
        true: (utterances,) classes from 0.
        utterances: whose ids the folds name, in this order.
        folds: which together test every utterance at most once.
        grid: arguments of scikit-learn's `SVC`, at least one set.
        progress: called with a line after every fold.

    Returns:
        Classes that the utterances were taken for, (utterances,) int, -1 for
        those that no fold tests, and the settings of each fold's machine.

    Raises:
        ValueError: too few speakers to choose by, or a training side of them
            without one of the classes.
    """
    place = {each.id: index for index, each in enumerate(utterances)}
    predicted, chosen = np.full(len(utterances), -1), []

    def places(ids: Sequence[str]) -> list[int]:
        return sorted(place[name] for name in ids)

    # The machines are small: waiting threads would cost far more.
    with threadpool_limits(1):
        for done, fold in enumerate(folds, start=1):
            train, test = places(fold.train), places(fold.test)
            known = [utterances[index] for index in train]
            settings = _choice(
                features[train], true[train], known, grid, fold.name
            )
            machine = make_pipeline(StandardScaler(), SVC(**settings))
            machine.fit(features[train], true[train])
            predicted[test] = machine.predict(features[test])
            chosen.append(settings)
            progress(f"fold {done} of {len(folds)}")
    return predicted, chosen


def _choice(
    features: np.ndarray,
    true: np.ndarray,
    utterances: Sequence[Utterance],
    grid: Grid,
    name: str,
) -> Settings:
    """The settings that are best on speakers of the training."""
    if len(grid) == 1:
        return grid[0]
    speakers = len({each.speaker for each in utterances})
    inner = [
        dataclasses.replace(each, name=f"{name}, inner {each.name}")
        for each in made.dealt(utterances, max(2, min(INNER_FOLDS, speakers)))
    ]
    labels = {u.id: str(c) for u, c in zip(utterances, true)}
    made.check_classes(inner, labels, sorted(set(labels.values())))
    count = int(true.max()) + 1

    def score(settings: Settings) -> float:
        predicted, _ = predict(features, true, utterances, inner, [settings])
        matrix = classification.confusion(true, predicted, count)
        return classification.unweighted_average_recall(matrix)

    return max(grid, key=score)


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
    parser.add_argument(
        "--label",
        choices=(EMOTION, *opening.TASKS),
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
    parser.add_argument(
        "--protocol",
        choices=sorted(PROTOCOLS),
        help="who is tested by whom (default: the corpus' own partition, "
        "else that of the papers' systems)",
    )
    return parser


def evaluate(
    arguments: argparse.Namespace, progress: Progress
) -> dict[str, Any]:
    """The figures of every machine, and what a report must say of them.

    Raises:
        UsageError: classes of a dimension, or fewer than two.
        ValueError: labels or speakers that the corpus lacks, or no openSMILE.
    """
    corpus = opening.open_corpus(arguments.corpus, arguments.data)
    label, names = arguments.label, _names(corpus, arguments)
    tasks, normalisation = {label: names}, arguments.normalisation
    utterances = classified.chosen(corpus, tasks)
    true = np.array([classified.classes(u, tasks)[label] for u in utterances])
    compared = recipe(COMPARED.get(label, "iemocap_e2e_mtl_att"))
    protocol = arguments.protocol or protocols.default(compared, corpus)
    folds = protocols.without_validation(
        protocols.folds(protocol, utterances)
    )
    told = {u.id: names[place] for u, place in zip(utterances, true)}
    made.check_classes(folds, told, names)
    features = functionals(corpus, utterances, normalisation, progress)
    found = {
        svm: predict(features, true, utterances, folds, grid, progress.show)
        for svm, grid in MACHINES.items()
    }
    progress.clear()
    left_out = len(corpus.utterances) - len(utterances)
    sizes = dict(zip(names, np.bincount(true).tolist()))
    return {
        "note": corpus.note,
        "corpus": corpus.name,
        "citation": corpus.citation,
        "remarks": [
            f"{ABOUT}; normalisation {normalisation}; {protocol}, pooled",
            *classes.remarks(left_out, {label: sizes}),
        ],
        "measures": classes.MEASURES,
        **_figures(found, true, tasks),
    }


def _names(corpus: Corpus, arguments: argparse.Namespace) -> tuple[str, ...]:
    """The classes to tell apart."""
    if arguments.label != EMOTION:
        if arguments.classes is not None:
            raise command.UsageError(
                f"--classes is for emotions; --label {arguments.label} has "
                f"the levels {', '.join(RatingLevels.names)}."
            )
        return RatingLevels.names
    if not corpus.emotions:
        raise ValueError(
            f"{corpus.name!r} has no emotions. Name one of its dimensions "
            "with --label, or another corpus."
        )
    if arguments.classes is None:
        return tuple(corpus.emotions)
    names = tuple(arguments.classes.split(","))
    if len(names) < 2 or len(set(names)) < len(names):
        raise command.UsageError(
            "--classes must be two or more different emotions joined by "
            f"commas. Received: {arguments.classes!r}"
        )
    return names


def functionals(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    normalisation: str,
    progress: Progress,
    cache: pathlib.Path = FEATURES,
) -> np.ndarray:
    """eGeMAPS functionals (utterances, 88) float32, normalised.

    Args:
        corpus: what the utterances belong to.
        utterances: to read, or to take from the cache.
        normalisation: "none" or "speaker".
        progress: where it is said how far the reading is.
        cache: the folder where features are kept.

    Raises:
        ValueError: no openSMILE, or a recording that cannot be read.
    """
    rows = extraction.extract(
        corpus,
        utterances,
        "egemaps",
        cache,
        lambda done, of: progress.show(f"reading utterance {done} of {of}"),
    )
    speakers = [each.speaker for each in utterances]
    return np.concatenate(normalise.by_name(normalisation, rows, speakers))


def _figures(
    found: Mapping[str, Predicted], true: np.ndarray, tasks: classes.Tasks
) -> dict[str, Any]:
    """Scores, confusions and chosen settings of every machine."""
    ((_, names),) = tasks.items()
    figures: dict[str, Any] = {"metrics": {}, "confusions": {}, "chosen": {}}
    for svm, (predicted, chosen) in found.items():
        tested = predicted >= 0
        told = true[tested], predicted[tested]
        certain = np.eye(len(names))[told[1]]
        matrix = classification.confusion(*told, len(names))
        figures["metrics"][svm] = classes.scores(
            told[0][:, None], certain[:, None], tasks
        )
        figures["confusions"][svm] = matrix.tolist()
        figures["chosen"][svm] = chosen
    return figures


def cli() -> int:
    """The console script."""
    return command.run(main)


if __name__ == "__main__":
    sys.exit(cli())
