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
    evaluated,
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

NORMALISATION = "normalisation"


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
    parser.add_argument(
        "--normalisation",
        metavar="SCHEME",
        help="of the utterances that are scored (default: that of the run); "
        "running shows a network that learnt with speaker as it is in use, "
        "where later recordings of a speaker are not there yet",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="keep the figures in the run's folder; `tuning.package` puts them "
        "on the card of its weights",
    )
    arguments = parser.parse_args(argv)
    config = _read_config(arguments.run)
    training = _training(config, arguments.normalisation)
    corpus = _request(arguments, config)
    content = evaluate(
        arguments.run, config, corpus, arguments.submission, training
    )
    if arguments.keep:
        _keep(arguments, config, corpus, content)
    if arguments.json:
        print(json.dumps(content))
    else:
        _print(content)


def _print(content: Mapping[str, Any]) -> None:
    """Prints the figures behind what must be known of them."""
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
    training: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Returns the figures of a run's `model.keras`.

    Args:
        run: folder of a finished run.
        config: of the run.
        request: of the corpus to score on.
        submitted: new folder for the predictions of the test recordings.
        training: training values by which inputs are made; the run's own if
            `None`.

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
    training = training or _training(config)
    predictions = _predict(run, config, experiment, wanted, training)
    if submitted is not None:
        submission.write(submitted, experiment, predictions[submission.SPLIT])
    heading = report.heading(experiment)
    return {
        **heading,
        "notes": [*heading["notes"], *_about_inputs(config, training)],
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


def _keep(
    arguments: argparse.Namespace,
    config: Mapping[str, Any],
    request: CorpusRequest,
    content: Mapping[str, Any],
) -> None:
    """Writes the figures on another corpus into the run's folder.

    Raises:
        UsageError: they are not what a card means by a corpus that was not
            learnt from.
    """
    folders = config["data"]  # by name, where several were joined
    learnt = {*folders} if isinstance(folders, dict) else {config["corpus"]}
    changed = arguments.normalisation or request.partial or request.options
    rules = {
        "a corpus that the run has not learnt from": bool(
            learnt & {*request.each()} or content["overlap"]
        ),
        "real recordings": content["simulated"],
        "a whole corpus as it is, without other options": bool(changed),
        "a corpus whose test labels are known": "test"
        not in content["metrics"],
    }
    for rule, is_broken in rules.items():
        if is_broken:
            raise cli.UsageError(
                f"--keep is for {rule}, since a card has no room to say more. "
                f"Received: {content['corpus']}. Leave --keep out."
            )
    evaluated.write(arguments.run, content)


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
    training: Mapping[str, Any],
) -> dict[str, Predictions]:
    """Returns the predictions of a run's `model.keras`, by partition."""
    # A relative path could be the name of packaged weights.
    model = zoo.get(config["model"], weights=str(run.resolve()))
    return {
        split: experiment.predict(model, split, training)
        for split in SPLITS
        if split in wanted
    }


def _training(
    config: Mapping[str, Any], normalisation: str | None = None
) -> dict[str, Any]:
    """Returns a run's training values, with another normalisation.

    Raises:
        UsageError: the model has no choice of it, or not this one.
    """
    training = next(iter(config["training"].values()))
    if normalisation is None:
        return dict(training)
    rule = recipe(config["model"]).values.get(NORMALISATION)
    if rule is None or NORMALISATION not in training:
        raise cli.UsageError(
            "--normalisation is for models of utterances. Received: a run of "
            f"{config['model']}. Leave it out."
        )
    if rule.parse(normalisation) is None:
        raise cli.UsageError(
            f"--normalisation {normalisation}: it must be {rule.words}."
        )
    return {**training, NORMALISATION: normalisation}


def _about_inputs(
    config: Mapping[str, Any], training: Mapping[str, Any]
) -> list[str]:
    """Returns how utterances are normalised, where they are."""
    learnt = _training(config).get(NORMALISATION, "none")
    own = training.get(NORMALISATION, "none")
    if own != learnt:
        text = f"normalisation {own}, where the network learnt with {learnt}"
        return [text]
    return [] if own == "none" else [f"normalisation {own}"]


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
