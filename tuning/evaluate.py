"""Scores a run's saved model, on its own corpus or on another.

`python -m tuning.evaluate RUN` prints its figures by partition; with
`--submission DIR` a model of traces also writes its predictions of the test
recordings in the format of AVEC's labels, whether they are labelled or not.
Recordings that
the model was trained on are known by their content: they are never scored as
test, and test recordings of trained speakers are counted in the first line.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from collections.abc import Mapping, Sequence, Set
from typing import Any

import zoo
from tuning.experiments.base import SPLITS, Experiment
from tuning.experiments.predictions import Predictions
from tuning.experiments.setup import Setup
from tuning.runs import (
    corpus_options,
    markdown,
    options,
    overlap,
    report,
    submission,
    workspace,
)
from tuning.runs.request import CorpusRequest
from tuning.training.progress import Progress
from tuning.training.recipe import recipe
from zoo.common import cli


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    parser = options.parser("evaluate", __doc__)
    parser.add_argument("run", type=pathlib.Path, help="its folder")
    corpus_options.add(parser, "the run's own")
    parser.add_argument(
        "--submission",
        metavar="DIR",
        type=pathlib.Path,
        help="write the predictions of the test recordings to a new folder",
    )
    arguments = parser.parse_args(argv)
    config = _read_config(arguments.run)
    corpus = _request(arguments, config)
    content = evaluate(arguments.run, config, corpus, arguments.submission)
    if arguments.json:
        print(json.dumps(content))
        return
    caveats = [*filter(None, [content["note"]]), *content["overlap"]]
    if caveats:
        print(*caveats, end="\n\n")
    if content["notes"]:
        print(*(f"- {note}" for note in content["notes"]), sep="\n", end="\n\n")
    print(*markdown.intervals(content), end="\n\n")
    rows = [[split, name, *row] for split, name, row in report.scores(content)]
    print(report.table(["split", "label", *content["measures"].values()], rows))
    for part in markdown.by_corpus(content):
        print(f"\n{part}")


def evaluate(
    run: pathlib.Path,
    config: Mapping[str, Any],
    request: CorpusRequest,
    submitted: pathlib.Path | None = None,
) -> dict[str, Any]:
    """Returns the figures of a run's `model.keras`.

    Args:
        run: folder of a finished run.
        config: of the run.
        request: of the corpus to score on.
        submitted: new folder for the predictions of the test recordings.

    Raises:
        ValueError: the model was trained on all that it would be tested on.
    """
    card, own = zoo.card(config["model"], None), recipe(config["model"])
    if submitted is not None:
        submission.check(submitted, own.experiment)
    trained = overlap.read(run)
    corpus = request.open()
    progress = Progress()
    experiment = own.experiment.open_saved(
        Setup(card, own, corpus), config["arguments"], progress, trained
    )
    progress.clear()
    seen = overlap.check(trained, experiment, run)
    wanted = {split for split in SPLITS if experiment.labelled(split)}
    if submitted is not None:
        wanted.add(submission.SPLIT)
    predictions = _predict(run, config, experiment, wanted)
    if submitted is not None:
        submission.write(submitted, experiment, predictions[submission.SPLIT])
    heading = report.heading(experiment)
    return {
        **heading,
        "note": f"{heading['note']} {_about_training(config)}".strip(),
        "run": str(run),
        "overlap": seen,
        "metrics": {
            split: experiment.score(predicted, split)
            for split, predicted in predictions.items()
            if experiment.labelled(split)
        },
        "by_corpus": {
            split: experiment.of_corpora(predicted, split)
            for split, predicted in predictions.items()
            if experiment.labelled(split)
        },
    }


def _request(
    arguments: argparse.Namespace, config: Mapping[str, Any]
) -> CorpusRequest:
    """Returns the corpora that are named, or the run's own as it read them."""
    if arguments.corpus:
        return corpus_options.request(arguments)
    return corpus_options.stored(
        config,
        corpus_options.texts(arguments),
        arguments.data,
        arguments.partial,
    )


def _predict(
    run: pathlib.Path,
    config: Mapping[str, Any],
    experiment: Experiment,
    wanted: Set[str],
) -> dict[str, Predictions]:
    """Returns the predictions of a run's `model.keras`, by partition."""
    training = next(iter(config["training"].values()))
    model = zoo.get(config["model"], weights=str(run))
    return {
        split: experiment.predict(model, split, training)
        for split in SPLITS
        if split in wanted
    }


def _about_training(config: Mapping[str, Any]) -> str:
    """Returns that the model was trained on a partial copy, or ""."""
    if not config[workspace.PARTIAL]:
        return ""
    return f"The model was trained on a partial copy of {config['corpus']}."


def _read_config(run: pathlib.Path) -> dict[str, Any]:
    """Reads the config of a finished run.

    Raises:
        ValueError: the folder holds no finished run.
    """
    path = run / "config.json"
    if not (run / "model.keras").exists() or not path.exists():
        raise ValueError(
            f"{run} holds no finished run (config.json and model.keras). "
            "Finish it with the command that began it."
        )
    return workspace.read_config(path)


if __name__ == "__main__":
    sys.exit(main())
