"""Table 2 and Figure 3 of Le et al. 2017, and the page of all its tables."""

from __future__ import annotations

import pathlib

from tuning.papers.recola_discrete import comparison, discretisation, variants
from tuning.runs import avec
from tuning.runs.figures import PUBLISHED, cell, ensemble_of
from tuning.runs.report import table
from tuning.tables import kinds, quoted, registry
from tuning.tables.quoted import Runs, compared, heading
from tuning.tables.registry import TablesRequest
from tuning.training.progress import Progress

PUBLISHED_SYSTEMS = {
    "Valstar et al.": (".796", ".648", ".455", ".375"),
    "Povolny et al.": (".832", ".682", ".489", ".349"),
    "Brady et al.": (".846", "-", ".450", "-"),
    "REG-MSE": (".835", ".652", ".268", ".238"),
    "REG-CCC": (".855", ".664", ".518", ".499"),
    "CLS-Raw": (".858", ".682", ".563", ".448"),
    "CLS-Decoded": (".859", ".680", ".596", ".460"),
}
"""Arousal dev and test CCC, valence dev and test CCC (Table 2)."""
COLUMNS = tuple(
    (split, dimension, "ccc")
    for dimension in ("arousal", "valence")
    for split in ("dev", "test")
)
CLASSIFIER = variants.CLASSIFIER
SYSTEMS = {
    "Valstar et al.": (avec.NAME, False),
    "REG-MSE": ("recola_blstm_mse", False),
    "REG-CCC": ("recola_blstm_ccc", False),
    "CLS-Raw": (CLASSIFIER, False),
    "CLS-Decoded": (CLASSIFIER, True),
}


@registry.register("recola_discrete", "001", "simulated")
def make(request: TablesRequest, progress: Progress) -> str:
    """Makes all that the corpus allows, as Markdown."""
    corpus, out = request.corpus, request.out
    parts = [
        *heading("recola_discrete", "001", "RECOLA (AVEC 2016)", corpus),
        discretisation.table_1(corpus),
        discretisation.balance(corpus),
        discretisation.figure_1(corpus, out),
    ]
    if not any(utterance.split == "train" for utterance in corpus.utterances):
        parts.append(
            f"{corpus.name} has no training recordings: Table 2 and Figure 3 "
            "need a corpus with sound."
        )
        return "\n\n".join(parts) + "\n"
    runs = Runs(
        request.runs,
        corpus,
        [model for model, _ in SYSTEMS.values()],
        request.corpus_options,
    )
    parts.append(_table_2(runs))
    parts.append(_figure_3(runs, out))
    if CLASSIFIER in runs.folders:
        folder = runs.folders[CLASSIFIER]
        parts.append(comparison.section(folder, request, progress))
    return "\n\n".join(parts) + "\n"


def _table_2(runs: Runs) -> str:
    rows = []
    for system, figures in PUBLISHED_SYSTEMS.items():
        is_own = system.startswith(("REG", "CLS"))  # section 4.2: three seeds
        kind = ensemble_of(3) if is_own else PUBLISHED
        rows += kinds.published(runs.corpus, f"{system}, RECOLA", figures, kind)
    for system, (model, is_decoded) in SYSTEMS.items():
        if model not in runs.reports:
            continue
        name = f"**{system}, {runs.corpus.name}, ours**"
        report = runs.reports[model]
        if is_decoded:
            decoded, seeds = report["decoded"]["metrics"], report["runs"]
            cells = [
                cell(decoded.get(split, {}).get(dimension, {}), measure)
                for split, dimension, measure in COLUMNS
            ]
            rows.append([name, ensemble_of(len(seeds)), *cells])
        else:
            rows += quoted.rows(name, report, COLUMNS)
    for report in runs.reports.values():
        if constants := quoted.constants(report, COLUMNS):
            rows += constants
            break
    head = ["system", kinds.KIND]
    head += [f"{dimension} {split}" for split, dimension, _ in COLUMNS]
    note = (
        "The decoder's n-gram order and weight are chosen on dev, as are the "
        "searched settings: its dev column is optimistic."
    )
    parts = ["## Table 2: CCC", table(head, rows), note, runs.missing_note()]
    return "\n\n".join(part for part in parts if part)


def _figure_3(runs: Runs, out: pathlib.Path) -> str:
    """Plots a recording's traces without and with decoding."""
    title = "## Figure 3: before and after decoding"
    if CLASSIFIER not in runs.reports:
        return f"{title}\n\nIt needs the classifier's run, missing above."
    split = runs.shown_split()
    shown = {
        "CLS-Raw": runs.traces(CLASSIFIER, split),
        "CLS-Decoded": runs.traces(CLASSIFIER, split, "decoded.npz"),
    }
    return f"{title}\n\n{compared(runs, shown, out / 'figure_3.png')}"
