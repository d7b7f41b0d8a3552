"""Tables of reports, and what the terminal shows of a run."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from tuning.experiments.base import SPLITS, Experiment
from tuning.runs.figures import cell, mean_of
from tuning.runs.figures import mean_and_deviation as mean_and_deviation


def heading(experiment: Experiment) -> dict[str, Any]:
    """Returns what a report says before any figure."""
    corpus = experiment.corpus
    return {
        "note": corpus.note,
        "simulated": corpus.simulated,
        "partial": corpus.partial,
        "model": experiment.card.name,
        "paper": experiment.card.paper,
        "corpus": corpus.name,
        "citation": corpus.citation,
        "recordings": experiment.counts(),
        "unit": experiment.unit,
        "units": {
            split: len(set(experiment.units(split)))
            for split in SPLITS
            if experiment.labelled(split)
        },
        "measures": dict(experiment.measures),
        "notes": experiment.notes(),
        "saved_as": experiment.saved_as,
    }


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Returns a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def figures(content: Mapping[str, Any]) -> str:
    """Tabulates all measures by split; of several seeds, their mean too."""
    first, heading = next(iter(content["measures"].items()))
    head = ["split", "label", *content["measures"].values()]
    count = len(content["runs"])
    if count > 1:
        head.append(f"{heading}, {mean_of(count)}")
    rows = []
    for split, name, cells in scores(content):
        row = [split, name, *cells]
        if count > 1:
            by_seed = (run["metrics"][split] for run in content["runs"])
            row.append(
                mean_and_deviation(
                    [own[name][first] for own in by_seed if name in own]
                )
            )
        rows.append(row)
    return table(head, rows)


def scores(content: Mapping[str, Any]) -> list[tuple[str, str, list[str]]]:
    """Returns split, label and figures in the order of the measures."""
    return [
        (
            split,
            name,
            [cell(measures, measure) for measure in content["measures"]],
        )
        for split, by_label in content["metrics"].items()
        for name, measures in by_label.items()
    ]


def leaderboard(search: Mapping[str, Any], most: int = 10) -> str:
    """Tabulates the best trials of each target."""
    objective, rows = search["objective"], []
    for target in dict.fromkeys(t["target"] for t in search["trials"]):
        ranked = sorted(
            (t for t in search["trials"] if t["target"] == target),
            key=lambda trial: trial[objective],
            reverse=search["direction"] == "max",
        )
        rows += [
            [
                target,
                rank,
                trial["trial"],
                f"{trial[objective]:.3f}",
                trial["epochs"],
                settings(trial),
            ]
            for rank, trial in enumerate(ranked[:most], 1)
        ]
    score, seeds = search["heading"], len(search["seeds"])
    if seeds > 1:
        score += f", {mean_of(seeds)}"
    head = ["target", "", "trial", score, "epochs", "configuration"]
    return table(head, rows)


def nested_selection(content: Mapping[str, Any]) -> str:
    """Tabulates the scores of folds' own choices, and lists the choices."""
    search = content["search"]
    own = search["nested"]
    rows = [
        [row["fold"], row["trial"], f"{row[search['objective']]:.3f}"]
        for row in own["folds"]
    ]
    return "\n\n".join(
        [
            "Each fold's configuration was chosen by its own networks on its "
            "own dev partition, which holds no speaker of its test partition: "
            "these figures of test are not optimistic.",
            figures({**content, **own}),
            table(["fold", "trial", f"{search['heading']} of the fold"], rows),
        ]
    )


def decoding(decoded: Mapping[str, Any]) -> str:
    """Tabulates the scores of the chosen decoders, and lists the choices."""
    rows = [
        [split, dimension, cell(scores, "ccc"), cell(scores, "rmse")]
        for split, dimensions in decoded["metrics"].items()
        for dimension, scores in dimensions.items()
    ]
    chosen = [
        f"- {dimension}: {'bigrams' if best['order'] == 2 else 'trigrams'} "
        f"at alpha {best['alpha']}, the best of {len(sweep)} on dev"
        for dimension, sweep in decoded["sweeps"].items()
        for best in sweep[:1]
    ]
    head = ["split", "dimension", "CCC, decoded", "RMSE"]
    return "\n".join([table(head, rows), "", *chosen])


def settings(trial: Mapping[str, Any]) -> str:
    """Returns the values of a configuration in words."""
    merged = {**trial["arguments"], **trial["training"]}
    return ", ".join(f"{name}={_short(v)}" for name, v in merged.items())


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def print_run(
    content: Mapping[str, Any], out: pathlib.Path, as_json: bool
) -> None:
    """Prints the result of a run."""
    if as_json:
        print(json.dumps(content))
        return
    if content["note"]:
        print(content["note"], end="\n\n")
    if content["search"]:
        print(leaderboard(content["search"], 3), end="\n\n")
        print(" ".join(content["chosen"]), end="\n\n")
    print(figures(content), end="\n\n")
    if "decoded" in content:
        print(decoding(content["decoded"]), end="\n\n")
    print(f"Report: {out / 'report.md'}; model: {out / 'model.keras'}")
    print(
        f"To export it: python -m serving.export {content['model']} "
        f"--weights {out} --out models/"
    )
