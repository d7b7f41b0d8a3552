"""Reports of runs: as Markdown, and on the terminal."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from tuning.experiments.base import SPLITS, Experiment
from tuning.runs import provenance
from tuning.runs.figures import cell
from tuning.runs.figures import mean_and_deviation as mean_and_deviation
from tuning.training.fits import Configuration


def heading(experiment: Experiment) -> dict[str, Any]:
    """Returns what a report says before any figure."""
    corpus = experiment.corpus
    return {
        "note": corpus.note,
        "simulated": corpus.simulated,
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
    """Tabulates all measures by split, and the first one by seeds too."""
    first, heading = next(iter(content["measures"].items()))
    rows = []
    for split, name, cells in scores(content):
        seeds = [run["metrics"][split][name][first] for run in content["runs"]]
        rows.append([split, name, *cells, mean_and_deviation(seeds)])
    count = len(content["runs"])
    by_seeds = f"{heading}, {count} seed{'s' if count > 1 else ''}"
    head = ["split", "label", *content["measures"].values(), by_seeds]
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
                _settings(trial),
            ]
            for rank, trial in enumerate(ranked[:most], 1)
        ]
    score = search["heading"]
    head = ["target", "", "trial", score, "epochs", "configuration"]
    return table(head, rows)


def decoding(decoded: Mapping[str, Any]) -> str:
    """Tabulates the scores of the chosen decoders, and lists the choices."""
    rows = [
        [split, dimension, f"{scores['ccc']:.3f}", f"{scores['rmse']:.3f}"]
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


def _settings(trial: Mapping[str, Any]) -> str:
    merged = {**trial["arguments"], **trial["training"]}
    return ", ".join(f"{name}={_short(v)}" for name, v in merged.items())


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def markdown(
    content: Mapping[str, Any],
    configurations: Mapping[str, Configuration],
    plots: Mapping[str, str],
) -> str:
    """Returns the whole report; a caveat on the data comes first."""
    parts = [f"**{content['note']}**"] if content["note"] else []
    parts += [
        f"# {content['model']} on {content['corpus']}",
        f"Model: {content['paper']}",
        "\n".join(
            [
                f"Data: {content['citation']}",
                *(f"- {note}" for note in content["notes"]),
            ]
        ),
        _averaged(len(content["runs"]))
        + " Figures are pooled over all that a split holds.",
        figures(content),
        content["saved_as"],
        figures({**content, **content["saved"]}),
        "Configuration:",
        "\n".join(
            f"- {target}: {_settings(dataclasses.asdict(configuration))}"
            for target, configuration in configurations.items()
        ),
    ]
    if "decoded" in content:
        parts += ["## Emotion decoding", decoding(content["decoded"])]
    if content["search"]:
        parts += ["## Search", leaderboard(content["search"])]
    for title, name in plots.items():
        parts += [f"## {title}", f"![{title}]({name})"]
    parts.append(provenance.sentence(content))
    return "\n\n".join(parts) + "\n"


def _averaged(seeds: int) -> str:
    if seeds == 1:
        return "One network, trained with one seed, predicts."
    return (
        f"The predictions of {seeds} networks, trained with different seeds, "
        "are averaged."
    )


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
    print(figures(content), end="\n\n")
    if "decoded" in content:
        print(decoding(content["decoded"]), end="\n\n")
    print(f"Report: {out / 'report.md'}; model: {out / 'model.keras'}")
    print(
        f"To export it: python -m serving.export {content['model']} "
        f"--weights {out} --out models/"
    )
