"""Tables 1 to 5 and Figure 2 of Williams et al. 2018."""

from __future__ import annotations

import pathlib

import numpy as np

import zoo
from pipelines.corpora.word_base import WordCorpus
from tuning.experiments.choices import Choices
from tuning.experiments.setup import Setup
from tuning.experiments.words import TARGET, WordExperiment
from tuning.papers.mosei_fusion import (
    chance,
    differences,
    label_counts,
    published,
)
from tuning.papers.mosei_fusion.splits import NETWORKS, Split, splits
from tuning.plots import curves
from tuning.runs import workspace
from tuning.runs.figures import intervals_by_split
from tuning.runs.report import table
from tuning.tables import kinds, quoted, registry
from tuning.tables.registry import TablesRequest
from tuning.training.progress import Progress
from tuning.training.recipe import recipe
from zoo.papers import mosei_fusion

NAMES = {"t": "text", "a": "audio", "v": "video"}
TABLES = {2: ("a", "v", "t"), 3: ("av", "ta", "tv"), 4: ("tav",)}
SETS = {2: "one modality", 3: "two modalities", 4: "three modalities"}
OF_CHALLENGE = {
    "mae": "MAE",
    "binary": "binary accuracy",
    "four_class": "4-class accuracy",
    "r": "r",
}
"""The metrics of Table 5, by our name."""


@registry.register("mosei_fusion", "000", "simulated_mosei")
def make(request: TablesRequest, progress: Progress) -> str:
    """Makes all that the corpus allows, as Markdown.

    Of CMU-MOSEI, Tables 1 to 4 are of the custom split of section 3.2, and
    Table 5 and Figure 2 of the official one. Other corpora of words have one
    split.

    Raises:
        ValueError: a corpus without words.
        UsageError: a split is named.
    """
    custom, official = splits(request)
    parts = [
        *quoted.heading("mosei_fusion", "000", "CMU-MOSEI", official.corpus),
        _about(custom, official),
        label_counts.section(custom.corpus) if official.has_emotions else "",
        chance.section(custom.corpus),
        *(_overall(number, custom) for number in TABLES),
        differences.section(custom.corpus, custom.finished()),
        _table_5(official),
        _figure_2(official, request.out, progress),
        custom.missing_note([*NETWORKS.values()], all_sets=True),
        official.missing_note(["mosei_blstm"]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _about(custom: Split, official: Split) -> str:
    """Returns which tables are of which split."""
    about = f"All tables: {official.described()}."
    if custom is not official:
        about = (
            f"Tables 1 to 4: {custom.described()}. Table 5 and Figure 2: "
            f"{official.described()}."
        )
    counts = {
        f"test of {split.name}": len(
            {utterance.speaker for utterance in split.corpus.split("test")}
        )
        for split in (custom, official)
    }
    sentences = intervals_by_split("video", counts)
    single = "The published networks are single ones."
    quotation = kinds.quotation(official.corpus, single)
    return " ".join(filter(None, [about, quotation, *sentences]))


def _overall(number: int, split: Split) -> str:
    """Returns one of Tables 2 to 4: every network on sets of modalities."""
    title = f"## Table {number}: {SETS[number]}, overall test MAE"
    allowed = split.allowed(TABLES[number])
    if not allowed:
        lacks = "".join({*"".join(TABLES[number])} - {*split.every})
        named = ", ".join(NAMES[letter] for letter in lacks)
        return f"{title}\n\nLeft out: {split.corpus.name} has no {named}."
    label = (
        "overall"
        if len(split.corpus.dimensions) > 1
        else (split.corpus.dimensions[0])
    )
    columns = [("test", label, "mae")]
    rows, fixed = [], []
    for letters in allowed:
        modalities = " + ".join(NAMES[letter] for letter in letters)
        quotes = published.BY_MODALITIES[letters]
        for (network, model), quote in zip(NETWORKS.items(), quotes):
            name = f"{modalities}, {network}"
            if split.has_emotions:
                rows += kinds.published(
                    split.corpus, f"{name}, CMU-MOSEI", [quote]
                )
            report = split.report(model, letters)
            if report:
                name = f"**{name}, {split.corpus.name}, ours**"
                rows += quoted.rows(name, report, columns)
                fixed = quoted.constants(report, columns)
    if not rows:
        return f"{title}\n\nNo run yet; see below."
    head = ["system", kinds.KIND, "MAE"]
    return f"{title}\n\n{table(head, [*rows, *fixed])}"


def _table_5(split: Split) -> str:
    """Returns the trimodal BLSTM by label, beside constant baselines."""
    title = "## Table 5: BLSTM of all modalities by label"
    report = split.report("mosei_blstm", split.every)
    names = [*split.corpus.dimensions]
    names += ["overall"] if len(names) > 1 else []
    known = report["measures"] if report else OF_CHALLENGE
    head = {name: known[name] for name in OF_CHALLENGE if name in known}
    rows = []
    for name in names:
        columns = [("test", name, measure) for measure in head]
        if split.has_emotions:
            quote = published.CHALLENGE[name]
            rows += kinds.published(split.corpus, f"{name}, challenge", quote)
        if report:
            ours = f"**{name}, {split.corpus.name}, ours**"
            rows += quoted.rows(ours, report, columns)
            rows += [
                [f"{name}, {row[0].strip('*')}", *row[1:]]
                for row in quoted.constants(report, columns)
            ]
    return f"{title}\n\n{table(['label', kinds.KIND, *head.values()], rows)}"


def _figure_2(split: Split, out: pathlib.Path, progress: Progress) -> str:
    """Plots the BLSTM's outputs before they are bounded.

    Bounded outputs pile up at 0; the paper's figure has values below.
    """
    title = "## Figure 2: outputs of that BLSTM before the bounds"
    folder = split.path("mosei_blstm", split.every)
    if split.report("mosei_blstm", split.every) is None:
        return f"{title}\n\nIt needs that run, missing below."
    outputs = linear_outputs(folder, split.corpus, progress)
    figure = curves.distribution(
        outputs, split.corpus.dimensions, split.corpus.note
    )
    curves.save(figure, out / "figure_2.png")
    low, high = split.corpus.rating_scale
    outside = np.mean((outputs < low) | (outputs > high))
    return (
        f"{title}\n\n![Figure 2](figure_2.png)\n\nOf the saved network, a "
        f"single one, on {len(outputs)} test segments: {100 * outside:.1f} % "
        f"of the outputs lie outside [{low:g}, {high:g}] and are clipped to it."
    )


def linear_outputs(
    folder: pathlib.Path, corpus: WordCorpus, progress: Progress
) -> np.ndarray:
    """Returns a saved network's test outputs before they are bounded.

    Args:
        folder: of the finished run.
        corpus: that it was trained on.
        progress: shows how far the reading is.

    Returns:
        (segments, labels).
    """
    config = workspace.read_config(folder / "config.json")
    name = config["model"]
    experiment = WordExperiment.open(
        Setup(zoo.card(name, None), recipe(name), corpus),
        Choices(modalities=config["arguments"]["modalities"]),
        progress,
    )
    model = mosei_fusion.linear(zoo.get(name, weights=str(folder.resolve())))
    training = config["training"][TARGET]
    return np.asarray(experiment.outputs(model, "test", training)[TARGET])
