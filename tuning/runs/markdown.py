"""The report of a run as Markdown, `report.md`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from tuning.runs import provenance, report
from tuning.runs.figures import cell, ensemble_of, intervals_by_split, mean_of
from tuning.training.fits import Configuration

MOST_UNITS = 40
"""More units are summarised by quantiles; `report.json` lists them all."""
QUANTILES = {
    "least": 0.0,
    "lower quartile": 0.25,
    "median": 0.5,
    "upper quartile": 0.75,
    "most": 1.0,
}


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
        " ".join([kind(content), *intervals(content), *chosen(content)]),
        report.figures(content),
        *by_corpus(content),
        constants(content),
        *saved(content),
        *calibration(content),
        "Configuration:",
        "\n".join(
            f"- {target}: {report.settings(dataclasses.asdict(configuration))}"
            for target, configuration in configurations.items()
        ),
    ]
    if "decoded" in content:
        parts += ["## Emotion decoding", report.decoding(content["decoded"])]
    if content["search"]:
        parts += ["## Search", report.leaderboard(content["search"])]
        if "nested" in content["search"]:
            parts += ["## Nested selection", report.nested_selection(content)]
    parts += [*classes(content), *by_unit(content)]
    for title, name in plots.items():
        parts += [f"## {title}", f"![{title}]({name})"]
    parts.append(provenance.sentence(content))
    return "\n\n".join(parts) + "\n"


def kind(content: Mapping[str, Any]) -> str:
    """Returns what the figures are of, as a sentence."""
    seeds = len(content["runs"])
    name = ensemble_of(seeds)
    if seeds > 1:
        name += ", whose predictions are averaged"
    article = "an" if name.startswith("e") else "a"
    return f"Figures are of {article} {name}, pooled over all of a split."


def intervals(content: Mapping[str, Any]) -> list[str]:
    """Returns what brackets hold, and where there are none, as sentences."""
    counts = {split: content["units"][split] for split in content["metrics"]}
    return intervals_by_split(content["unit"], counts)


def chosen(content: Mapping[str, Any]) -> list[str]:
    """Returns what was chosen on which partition, as sentences."""
    choices = ["epochs"]
    if content["search"]:
        trials = content["search"]["trials"]
        targets = {trial["target"] for trial in trials}
        count = len(trials) // len(targets)
        seeds = len(content["search"].get("seeds", [0]))
        each = f", by the {mean_of(seeds)}" if seeds > 1 else ""
        choices.append(f"the configuration (of {count} trials a target{each})")
    if any("offsets" in own for own in content["calibration"].values()):
        choices.append("the thresholds")
    if "decoded" in content:
        choices.append("the decoder")
    if len(content["runs"]) > 1:
        choices.append("the saved model's seed")
    listed = " and ".join(filter(None, (", ".join(choices[:-1]), choices[-1])))
    sentences = [
        f"Chosen on dev: {listed}; dev's figures are optimistic for that."
    ]
    if "test" not in content["metrics"]:
        return [*sentences, "No test partition is scored."]
    if content["search"] and "folds" in content["recordings"]:
        return [
            *sentences,
            "Test's are optimistic too: a test speaker of one fold is a dev "
            "speaker of another, so that the search has seen these labels. "
            + (
                "Nested selection, below, has figures without that."
                if "nested" in content["search"]
                else "With --nested the search gives figures without that."
            ),
        ]
    return [*sentences, "Nothing was chosen on test."]


def by_corpus(content: Mapping[str, Any]) -> list[str]:
    """Tabulates the figures on each of joined corpora."""
    rows = [
        [split, corpus, label, *(cell(own, m) for m in content["measures"])]
        for split, corpora in content["by_corpus"].items()
        for corpus, by_label in corpora.items()
        for label, own in by_label.items()
    ]
    if not rows:
        return []
    head = ["split", "corpus", "label", *content["measures"].values()]
    return ["The same on each corpus by itself:", report.table(head, rows)]


def constants(content: Mapping[str, Any]) -> str:
    """Tabulates the constant baselines, which no system should be below."""
    rows = [
        [split, label, name, *(cell(own, m) for m in content["measures"])]
        for split, by_name in content["constants"].items()
        for name, by_label in by_name.items()
        for label, own in by_label.items()
        if not _is_class(label)
    ]
    head = ["split", "label", "constant", *content["measures"].values()]
    parts = ["Constant predictions, learnt from the training labels:"]
    for task, by_partition in content["classes"].items():
        number = len(next(iter(by_partition.values())))
        parts.append(
            f"By chance {task} has UA {1 / number:.3f} (1 of {number} classes)."
        )
    return "\n\n".join([" ".join(parts), report.table(head, rows)])


def saved(content: Mapping[str, Any]) -> list[str]:
    """Says what the saved model is, and tabulates its figures, if any."""
    about = f"**Single network.** {content['saved_as']}"
    epochs = content["saved"].get("epochs")
    if epochs is None:
        own = {**content, **content["saved"], "runs": []}
        return [about, report.figures(own)]
    (count,) = epochs.values()
    return [f"{about} Epochs: {count}."]


def calibration(content: Mapping[str, Any]) -> list[str]:
    """Tabulates the temperatures of the saved model and what they mend."""
    tasks = content["calibration"]
    if not tasks:
        return []
    rows = [
        [
            task,
            f"{own['temperature']:.3g}",
            split,
            f"{errors['before']:.3f}",
            f"{errors['after']:.3f}",
        ]
        for task, own in tasks.items()
        for split, errors in own["errors"].items()
    ]
    where = "dev, whose error is optimistic"
    if "epochs" in content.get("saved", {}):
        where = (
            "dev of all folds, predicted by the networks of the folds; the "
            "errors are theirs, and optimistic"
        )
    about = (
        "Calibration: the temperatures of the saved model's softmax were "
        f"fitted on {where}; thresholds, where they were "
        "asked for, before them. The expected calibration "
        "error (15 bins) is the mean difference between confidence and "
        "accuracy."
    )
    head = ["label", "temperature", "split", "error before", "error after"]
    return [about, report.table(head, rows)]


def classes(content: Mapping[str, Any]) -> list[str]:
    """Tabulates the utterances of each class by partition."""
    parts = []
    for task, by_partition in content["classes"].items():
        names = next(iter(by_partition.values()))
        rows = [
            [name, *(own[name] for own in by_partition.values())]
            for name in names
        ]
        head = ["class", *by_partition]
        parts += [f"## Utterances by {task}", report.table(head, rows)]
    return parts


def by_unit(content: Mapping[str, Any]) -> list[str]:
    """Tabulates the figures of each speaker, recording or video."""
    parts = []
    for split, units in content["by_unit"].items():
        parts.append(f"## By {content['unit']}, {split}")
        write = _each if len(units) <= MOST_UNITS else _quantiles
        parts.append(write(content, units))
    return parts


def _each(content: Mapping[str, Any], units: Mapping[str, Any]) -> str:
    rows = [
        [unit, own["count"], label, *(cell(s, m) for m in content["measures"])]
        for unit, own in units.items()
        for label, s in own["metrics"].items()
        if not _is_class(label)
    ]
    measures = content["measures"].values()
    return report.table([content["unit"], "items", "label", *measures], rows)


def _quantiles(content: Mapping[str, Any], units: Mapping[str, Any]) -> str:
    first, heading = next(iter(content["measures"].items()))
    values: dict[str, list[float]] = {}
    for own in units.values():
        for label, scores in own["metrics"].items():
            if first in scores and not _is_class(label):
                values.setdefault(label, []).append(scores[first])
    rows = [
        [label, *(f"{v:.3f}" for v in np.quantile(own, [*QUANTILES.values()]))]
        for label, own in values.items()
    ]
    about = f"{heading} of {len(units)} {content['unit']}s:"
    return f"{about}\n\n{report.table(['label', *QUANTILES], rows)}"


def _is_class(label: str) -> bool:
    """Whether a label is one class of a task, "emotion: angry"."""
    return ": " in label
