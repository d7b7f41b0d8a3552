"""The matrix as Markdown and as heat maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.features.extraction import LEVEL
from tuning.plots import matrices
from tuning.runs import provenance
from tuning.runs.figures import (
    cell,
    ensemble_of,
    mean_and_deviation,
    mean_of,
    signed,
)
from tuning.runs.report import table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEADINGS = {
    "none": "Without normalisation",
    "speaker": "Normalised by speaker, with the unlabelled recordings of each",
    "recording": "Normalised by recording",
    "running": "Normalised by speaker, with the unlabelled recordings of each "
    "up to the one that is predicted",
    LEVEL: "Recordings of one level",
}
DIGITS, PERCENT = 1, 100.0


def markdown(content: Mapping[str, Any]) -> str:
    """Returns the page; a caveat on the data comes first."""
    corpora = " and ".join(content["corpora"])
    parts = [f"**{content['note']}**"] if content["note"] else []
    parts += [
        f"# {content['model']} across {corpora}",
        f"Model: {content['paper']}",
        "\n".join(f"- {line}" for line in about_corpora(content)),
        " ".join(about(content)),
    ]
    for task in content["tasks"]:
        for scheme in content["normalisations"]:
            parts += [
                f"## {task}: UA in %. {HEADINGS[scheme]}",
                scores(content, task, scheme),
            ]
        parts += [
            f"## {task}: recall of every class in %",
            recalls(content, task),
            f"## {task}: network less SVM, points of UA",
            differences(content, task),
            f"![UA of {task}, learnt on rows, tested on columns]"
            f"({picture(task)})",
        ]
    parts.append(provenance.sentence(content))
    return "\n\n".join(parts) + "\n"


def picture(task: str) -> str:
    """Returns the file name of a task's heat maps."""
    return f"matrix-{task}.png"


def about_corpora(content: Mapping[str, Any]) -> list[str]:
    """Returns a line on each corpus: utterances, folds, what is left out."""
    return [
        f"{name}: {own['utterances']} utterances of {own['speakers']} "
        f"speakers ({', '.join(own['classes'])}); within it {own['protocol']}, "
        f"{own['folds']} folds"
        + (f"; {'; '.join(own['notes'])}" if own["notes"] else "")
        + f". {own['citation']}"
        for name, own in content["corpora"].items()
    ]


def about(content: Mapping[str, Any]) -> list[str]:
    """Returns what the figures are, as sentences."""
    chance = ", ".join(
        f"{100 / len(names):.1f}" for names in content["tasks"].values()
    )
    return [
        "In italics: cross-validation within a corpus, in which no tested "
        "speaker is known. Elsewhere a system learns a whole corpus, the "
        "epoch of networks chosen by speakers of it, and is tested on all of "
        "the other, of which nothing enters its training.",
        "In brackets: 95 % intervals over the tested speakers, drawn whole, "
        "where there are eight.",
        f"Chance, and always answering the majority class, has {chance}.",
        "The support vector machines (SVM) have means and standard deviations "
        "over each utterance of Yaafe's 743 features, compressed by a signed "
        "logarithm.",
    ]


def scores(content: Mapping[str, Any], task: str, scheme: str) -> str:
    """Tabulates UA: a row a learnt corpus and system."""
    names = list(content["corpora"])
    rows = []
    for learnt in names:
        for system in content["systems"]:
            own = _row(content, system, scheme, learnt)
            seeds = len(own[names[0]]["seeds"])
            kind = ensemble_of(seeds) if system == "network" else ""
            rows.append(
                [learnt, ", ".join(filter(None, (system, kind)))]
                + [
                    _emphasised(
                        cell(
                            own[tested]["metrics"][task],
                            "uar",
                            DIGITS,
                            PERCENT,
                        ),
                        learnt == tested,
                    )
                    for tested in names
                ]
            )
            if seeds > 1:
                means = [_mean(own[tested], task) for tested in names]
                rows.append(
                    [learnt, f"{system}, {mean_of(seeds)}"]
                    + [
                        _emphasised(mean, learnt == tested)
                        for mean, tested in zip(means, names)
                    ]
                )
    return table(["learnt on", "system", *(f"on {n}" for n in names)], rows)


def recalls(content: Mapping[str, Any], task: str) -> str:
    """Tabulates the recall of each class, for every cell."""
    names = content["tasks"][task]
    rows = []
    for own in content["cells"]:
        figures = (own["metrics"].get(f"{task}: {n}", {}) for n in names)
        rows.append(
            [
                own["normalisation"],
                own["learnt"],
                own["tested"],
                own["system"],
                *(cell(own, "uar", DIGITS, PERCENT) for own in figures),
            ]
        )
    head = ["normalisation", "learnt on", "tested on", "system", *names]
    return table(head, rows)


def differences(content: Mapping[str, Any], task: str) -> str:
    """Tabulates how much better the network is than each machine."""
    others = list(dict.fromkeys(own["other"] for own in content["differences"]))
    by_key: dict[tuple[str, ...], dict[str, str]] = {}
    for own in content["differences"]:
        if own["task"] == task:
            key = own["normalisation"], own["learnt"], own["tested"]
            by_key.setdefault(key, {})[own["other"]] = signed(
                (own["difference"], own["interval"]), DIGITS, PERCENT
            )
    rows = [
        [*key, *(texts[other] for other in others)]
        for key, texts in by_key.items()
    ]
    head = ["normalisation", "learnt on", "tested on"]
    return table([*head, *(f"less {other}" for other in others)], rows)


def plots(content: Mapping[str, Any]) -> dict[str, Figure]:
    """Returns the heat maps of every task by file name."""
    names = list(content["corpora"])
    figures = {}
    for task, labels in content["tasks"].items():
        by_scheme = {
            f"normalisation: {scheme}": {
                system: np.array(
                    [
                        [own[n]["metrics"][task]["uar"] for n in names]
                        for own in (
                            _row(content, system, scheme, learnt)
                            for learnt in names
                        )
                    ]
                )
                for system in content["systems"]
                if system != content["constant"]
            }
            for scheme in content["normalisations"]
        }
        figures[picture(task)] = matrices.heat_maps(
            by_scheme, names, 1 / len(labels), content["note"]
        )
    return figures


def _row(
    content: Mapping[str, Any], system: str, scheme: str, learnt: str
) -> dict[str, Any]:
    """Returns a system's cells by tested corpus."""
    wanted = system, scheme, learnt
    return {
        own["tested"]: own
        for own in content["cells"]
        if (own["system"], own["normalisation"], own["learnt"]) == wanted
    }


def _mean(own: Mapping[str, Any], task: str) -> str:
    values: Sequence[float] = [PERCENT * seed[task] for seed in own["seeds"]]
    return mean_and_deviation(values, DIGITS)


def _emphasised(text: str, is_within: bool) -> str:
    return f"*{text}*" if is_within else text
