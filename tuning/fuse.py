"""Fuses the predictions of finished runs on the same utterances and folds.

`python -m tuning.fuse RUN RUN` averages posteriors; `--by selected` weighs and
`--by stacked` combines them as the development partition of each fold says.
The report compares the fusion with each run, paired by speaker.
"""

from __future__ import annotations

import json
import pathlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tuning.experiments import class_scores, unit_scores
from tuning.runs import fused, fusion, options, provenance, report, workspace
from tuning.runs.figures import about_intervals, cell, signed
from zoo.common import cli, files

FUSION = "fusion of all"
DIGITS, PERCENT = 1, 100.0


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    parser = options.parser("fuse", __doc__)
    parser.add_argument(
        "runs", nargs="+", type=pathlib.Path, help="folders of finished runs"
    )
    parser.add_argument(
        "--by",
        choices=sorted(fusion.METHODS),
        default="mean",
        help="mean of the posteriors; selected: a weighted mean; stacked: a "
        "logistic regression; the latter on each fold's dev (default: mean)",
    )
    parser.add_argument(
        "--out",
        type=pathlib.Path,
        help="folder of the report (default: fused-BY-RUN-RUN… beside the "
        "first run)",
    )
    arguments = parser.parse_args(argv)
    content = fuse(arguments.runs, arguments.by)
    names = "-".join(run.name for run in arguments.runs)
    beside = arguments.runs[0].resolve().parent
    out = arguments.out or beside / f"fused-{arguments.by}-{names}"
    text = markdown(content)
    workspace.make_folder(out)
    files.write_text(out / "report.md", text)
    files.write_json(out / "report.json", content)
    print(json.dumps(content) if arguments.json else text)


def fuse(runs: Sequence[pathlib.Path], by: str = "mean") -> dict[str, Any]:
    """Returns the scores of a fusion, and how they differ from each run's.

    Args:
        runs: folders of finished runs.
        by: one of `tuning.runs.fusion.METHODS`.

    Raises:
        UsageError: fewer than two runs, or one that is named twice.
        ValueError: runs on different classes, utterances, speakers or folds.
    """
    systems = [fused.read(run) for run in runs]
    fused.check(systems, learns=by != "mean")
    first = systems[0]
    split, tasks = first.splits[first.scored], first.tasks
    posteriors, weights = fusion.METHODS[by](systems)
    own = split.sums(posteriors, tasks)
    others = {
        system.name: split.sums(system.splits[system.scored].posteriors, tasks)
        for system in systems
    }
    return {
        "note": first.report["note"],
        "corpus": first.report["corpus"],
        "citation": first.report["citation"],
        "by": by,
        "runs": {system.name: system.config["model"] for system in systems},
        "split": first.scored,
        "speakers": len(np.unique(split.speakers)),
        "tasks": {task: list(names) for task, names in tasks.items()},
        "metrics": {
            name: sums.scores()
            for name, sums in {FUSION: own, **others}.items()
        },
        "differences": {
            name: {
                task: unit_scores.difference(own, sums, task, "uar")
                for task in tasks
            }
            for name, sums in others.items()
        },
        "weights": weights,
        **provenance.provenance(),
    }


def markdown(content: Mapping[str, Any]) -> str:
    """Returns the report."""
    caveats = [f"**{content['note']}**"] if content["note"] else []
    runs = [f"- {name}: {model}" for name, model in content["runs"].items()]
    measures = class_scores.MEASURES
    scores = [
        [system, label, *(cell(own, m, DIGITS, PERCENT) for m in measures)]
        for system, by_label in content["metrics"].items()
        for label, own in by_label.items()
    ]
    differences = [
        [name, *(signed(own, DIGITS, PERCENT) for own in by_task.values())]
        for name, by_task in content["differences"].items()
    ]
    parts = [
        *caveats,
        f"# Fusion by {content['by']} on {content['corpus']}",
        f"Data: {content['citation']}",
        "\n".join(runs),
        f"Figures of {content['split']}, in %. "
        + about_intervals("speaker", content["speakers"]),
        report.table(["system", "label", *measures.values()], scores),
        "UA of the fusion less that of each run, paired by speaker:",
        report.table(["run", *content["tasks"]], differences),
    ]
    if content["weights"]:
        rows = [
            [fold, *(f"{weight:.2f}" for weight in own)]
            for fold, own in content["weights"].items()
        ]
        parts += [
            "Weights that each fold's dev chose:",
            report.table(["fold", *content["runs"]], rows),
        ]
    parts.append(provenance.sentence(content))
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main())
