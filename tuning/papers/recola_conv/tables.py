"""Tables 1 and 2, Figures 1, 4 and 5, and times of Khorram et al. 2017."""

from __future__ import annotations

import itertools
import pathlib

from tuning.papers.recola_conv import (
    epoch_seconds,
    filter_lengths,
    label_dynamics,
)
from tuning.runs import avec
from tuning.runs.figures import ensemble_of, intervals_by_split
from tuning.runs.report import table
from tuning.tables import kinds, quoted, registry
from tuning.tables.kinds import KIND
from tuning.tables.quoted import Runs, compared, heading
from tuning.tables.registry import TablesRequest
from tuning.training.progress import Progress

SYSTEMS = {
    "Valstar et al.": avec.NAME,
    "BLSTM": "recola_blstm_ccc",
    "Dilated": "recola_dilated",
    "Down/Up": "recola_downup",
}
"""Our run of each system of Tables 1 and 2."""
OWN = ("Dilated", "Down/Up")
"""The systems that the paper proposes."""
COLUMNS = (
    ("dev", "rmse"),
    ("dev", "ccc"),
    ("test", "rmse"),
    ("test", "ccc"),
)
PUBLISHED = {
    "arousal": {
        "Valstar et al.": ("-", ".796", "-", ".648"),
        "Brady et al.": (".107", ".846", "-", "-"),
        "Povolny et al.": (".114", ".832", ".141", ".682"),
        "BLSTM": (".103", ".853", ".143", ".664"),
        "Dilated": (".102", ".857", ".137", ".684"),
        "Down/Up": (".100", ".867", ".137", ".681"),
    },
    "valence": {
        "Valstar et al.": ("-", ".455", "-", ".375"),
        "Brady et al.": (".132", ".450", "-", "-"),
        "Povolny et al.": (".142", ".489", ".355", ".349"),
        "BLSTM": (".113", ".518", ".116", ".499"),
        "Dilated": (".117", ".538", ".121", ".486"),
        "Down/Up": (".107", ".592", ".117", ".502"),
    },
}
SEEDS = 5
"""Networks whose predictions the paper averages on test (section 6.1)."""


@registry.register("recola_conv", "002", "simulated", seeds=filter_lengths.RUNS)
def make(request: TablesRequest, progress: Progress) -> str:
    """Makes all that the corpus allows, as Markdown."""
    corpus, out = request.corpus, request.out
    parts = heading("recola_conv", "002", "RECOLA (AVEC 2016)", corpus)
    if not any(utterance.split == "train" for utterance in corpus.utterances):
        parts.append(
            f"{corpus.name} has no training recordings: Tables 1 and 2 and "
            "Figures 1 and 5 need a corpus with sound."
        )
        parts.append(label_dynamics.figure_4(corpus, out))
        return "\n\n".join(parts) + "\n"
    runs = Runs(
        request.runs, corpus, list(SYSTEMS.values()), request.corpus_options
    )
    parts += [_table(dimension, runs) for dimension in PUBLISHED]
    parts.append(_notes(runs))
    parts += [runs.missing_note()] if runs.missing else []
    parts.append(_differences(runs))
    parts.append(filter_lengths.figure_1(request, progress))
    parts.append(label_dynamics.figure_4(corpus, out))
    parts.append(_figure_5(runs, out))
    parts.append(epoch_seconds.section(out, progress))
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(dimension: str, runs: Runs) -> str:
    """Tabulates the published systems, ours and the constants."""
    number = list(PUBLISHED).index(dimension) + 1
    columns = [(split, dimension, measure) for split, measure in COLUMNS]
    rows = []
    for system, figures in PUBLISHED[dimension].items():
        rows += kinds.published(runs.corpus, f"{system}, RECOLA", figures)
    for title, model in SYSTEMS.items():
        if model in runs.reports:
            name = f"**{title}, {runs.corpus.name}, ours**"
            rows += quoted.rows(name, runs.reports[model], columns)
    for report in runs.reports.values():
        if constants := quoted.constants(report, columns):
            rows += constants
            break
    heads = [f"{split} {measure.upper()}" for split, measure in COLUMNS]
    title = f"## Table {number}: {dimension}"
    return f"{title}\n\n{table(['system', KIND, *heads], rows)}"


def _notes(runs: Runs) -> str:
    """Returns what the figures of Tables 1 and 2 are, and their intervals."""
    about = (
        f"The paper's test figures of Dilated and Down/Up are those of an "
        f"{ensemble_of(SEEDS)}; it does not say which kind its dev figures "
        "are. Those of Povolny et al. on test are unpublished, courtesy of "
        "their authors."
    )
    lines = [
        kinds.quotation(runs.corpus, about),
        "Epochs, hyper-parameters and all of Valstar et al. were chosen on "
        "dev: dev figures are optimistic. Nothing was chosen on test.",
    ]
    speakers = {
        split: len({own.speaker for own in runs.corpus.split(split)})
        for split in runs.corpus.splits
        if split != "train"
    }
    lines += intervals_by_split("speaker", speakers)
    return "\n".join(f"- {line}" for line in lines if line)


def _differences(runs: Runs) -> str:
    """Tabulates differences in CCC between our systems, paired by speaker."""
    found = {
        title: model
        for title, model in SYSTEMS.items()
        if model in runs.reports
    }
    if len(found) < 2:
        return ""
    columns = [
        (split, dimension)
        for dimension in PUBLISHED
        for split in ("dev", "test")
        if runs.is_labelled(split)
    ]
    rows = []
    for first, second in itertools.combinations(reversed(found), 2):
        cells = [
            runs.difference(found[first], found[second], *column, "ccc")
            for column in columns
        ]
        rows.append([f"{first} - {second}", *cells])
    heads = [f"{dimension} {split}" for split, dimension in columns]
    return "\n\n".join(
        [
            "## Differences in CCC",
            "Of the runs above on the same recordings; in brackets 95 % "
            "bootstrap intervals of the difference, paired by speaker. Two "
            "systems differ where the interval leaves 0 out.",
            table(["systems", *heads], rows),
        ]
    )


def _figure_5(runs: Runs, out: pathlib.Path) -> str:
    """Plots 40 s of both systems' predictions and gives their smoothness."""
    title = "## Figure 5: 40 s of predictions"
    if any(SYSTEMS[name] in runs.missing for name in OWN):
        return f"{title}\n\nIt needs the runs that are missing above."
    split = runs.shown_split()
    shown = {name: runs.traces(SYSTEMS[name], split) for name in OWN}
    return f"{title}\n\n{compared(runs, shown, out / 'figure_5.png')}"
