"""Scores a run's saved model, on its own corpus or on another.

`python -m tuning.evaluate RUN` prints its figures by split.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

import zoo
from tuning.experiments import factory
from tuning.experiments.base import SPLITS
from tuning.runs import options, report
from tuning.training.progress import Progress
from zoo.common import cli, files


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    parser = options.parser("evaluate", __doc__)
    parser.add_argument("run", type=pathlib.Path, help="its folder")
    parser.add_argument("--corpus", help="another than the run's own")
    parser.add_argument("--data", help="folder of your copy of the corpus")
    arguments = parser.parse_args(argv)
    content = evaluate(arguments)
    if arguments.json:
        print(json.dumps(content))
        return
    if content["note"]:
        print(content["note"], end="\n\n")
    rows = [[split, name, *row] for split, name, row in report.scores(content)]
    print(report.table(["split", "label", *content["measures"].values()], rows))


def evaluate(arguments: argparse.Namespace) -> dict[str, Any]:
    """The figures of a run's `model.keras`.

    Raises:
        ValueError: the folder holds no finished run.
    """
    path = arguments.run / "config.json"
    if not (arguments.run / "model.keras").exists() or not path.exists():
        raise ValueError(
            f"{arguments.run} holds no finished run (config.json and "
            "model.keras). Finish it with the command that began it."
        )
    config = files.read_json(path)
    data, parts = arguments.data, {}
    if arguments.corpus is None:
        _check_unheard(arguments.run, config["corpus"])
        data = data or config["data"]
        parts = {name: config.get(name) for name in ("folds", "dataset")}
    corpus = factory.open_corpus(
        arguments.corpus or config["corpus"], data, **parts
    )
    progress = Progress()
    experiment = factory.open_evaluation(
        config, corpus, progress, is_own=arguments.corpus is None
    )
    progress.clear()
    training = next(iter(config["training"].values()))
    model = zoo.get(config["model"], weights=str(arguments.run))
    return {
        **report.heading(experiment),
        "run": str(arguments.run),
        "metrics": {
            split: experiment.score(
                experiment.predict(model, split, training), split
            )
            for split in SPLITS
            if experiment.labelled(split)
        },
    }


def _check_unheard(run: pathlib.Path, corpus: str) -> None:
    """Refuses the corpus of a run whose saved model heard all of it.

    Raises:
        ValueError: the run was cross-validated.
    """
    report = files.read_json(run / "report.json")
    if "folds" in report["recordings"]:
        raise ValueError(
            f"The model of {run} heard every speaker of {corpus}. What its "
            f"folds reached stands in {run / 'report.md'}; name another "
            "corpus with --corpus and --data."
        )


if __name__ == "__main__":
    sys.exit(main())
