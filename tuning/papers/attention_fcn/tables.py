"""Tables 1 to 4 of Zhao et al. 2018."""

from __future__ import annotations

import dataclasses
import gc
from collections import Counter
from collections.abc import Mapping

from pipelines import corpora
from pipelines.corpora.base import Corpus
from pipelines.datasets.utterances import EMOTION
from tuning.experiments.classification import TARGET
from tuning.papers.attention_fcn import published
from tuning.papers.attention_fcn.published import DATASETS, PROPOSED
from tuning.papers.attention_fcn.systems import Compared
from tuning.plots import curves
from tuning.runs.report import table
from tuning.tables import kinds, registry
from tuning.tables.quoted import heading
from tuning.tables.registry import TablesRequest
from tuning.tables.trained import Systems
from tuning.training.progress import Progress

SPEAKER = (
    "normalised by speaker, which uses {} of a test speaker "
    "without their labels; not comparable with systems that take one recording "
    "at a time"
)
BY_SPEAKER = {
    "speaker": SPEAKER.format("all recordings"),
    "running": SPEAKER.format("the recordings up to the predicted one"),
}
"""What is said of each normalisation by speaker."""
QUOTED = (
    "MEC 2017 baseline and DBN-ivector are quoted, not run. Attention-BLSTM in "
    "Table 4 is Huang and Narayanan's in the paper, and the paper's own "
    "recurrent branch here. DNN-ELM and the attentive CNN train by Adam."
)
HEAD = ["system", kinds.KIND, "UA (95 %)", "WA (95 %)"]
DIRECTIONS = (
    "In each fold one speaker of the session validates and the other is "
    "tested. The paper runs one of the two directions and does not say which: "
    "five folds, as in each row."
)


@registry.register(
    "attention_fcn",
    "003",
    "simulated_iemocap",
    trains=True,
    models=("cheavd_attention_blstm_fcn", "iemocap_attention_blstm_fcn"),
)
def make(request: TablesRequest, progress: Progress) -> str:
    """Makes all that the corpus allows, as Markdown; trains what is missing.

    IEMOCAP without the option `dataset` gives the tables of both data sets.
    """
    parts = heading(
        "attention_fcn", "003", "CHEAVD 2.0 and IEMOCAP", request.corpus
    )
    by_dataset = _corpora(request)
    parts.append(_table_1(list(by_dataset.values())))
    parts += filter(None, [kinds.quotation(request.corpus, QUOTED)])
    for dataset, corpus in by_dataset.items():
        own = dataclasses.replace(request, corpus=corpus)
        compared = Compared(Systems(own, progress, dataset))
        parts += _parts(compared, request, dataset)
        del compared
        gc.collect()  # the features of one data set are enough to hold
    progress.clear()
    return "\n\n".join(parts) + "\n"


def _corpora(request: TablesRequest) -> dict[str, Corpus]:
    """Returns the corpus, or both data sets of IEMOCAP by their names."""
    corpus = request.corpus
    if getattr(corpus, "dataset", "none") is not None:
        return {"": corpus}
    given = corpora.check_options(type(corpus), dict(request.corpus_options))
    return {
        name: corpora.reopen(corpus, {**given, "dataset": name})
        for name in DATASETS
    }


def _parts(
    compared: Compared, request: TablesRequest, dataset: str
) -> list[str]:
    """Returns the tables of one corpus or data set."""
    parts = [_notes(compared)]
    is_iemocap = compared.corpus.name.endswith("iemocap")
    if not is_iemocap:
        rows = compared.branches()
        parts.append(_table("2: branches", published.TABLE_2, compared, rows))
    if not compared.has_eight:
        three, four = published.TABLE_3, published.TABLE_4
        if dataset:
            three = {dataset: three[dataset]}
            four = {dataset: four[dataset]}
        rows = compared.poolings()
        parts.append(_table("3: pooling", three, compared, rows))
        rows = compared.others()
        parts.append(_table("4: other systems", four, compared, rows))
    parts += _details(compared)
    name = "-".join(filter(None, ("confusion", dataset))) + ".png"
    curves.save(compared.confusions(), request.out / name)
    parts.append(f"### Confusions of {PROPOSED}\n\n![{TARGET}]({name})")
    return parts


def _notes(compared: Compared) -> str:
    """Returns corpus and protocol in words."""
    notes = compared.experiment.notes()
    notes.append(f"chance is a UA of {100 / len(compared.classes):.1f} %")
    if compared.normalisation in BY_SPEAKER:
        notes.append(BY_SPEAKER[compared.normalisation])
    if compared.split == "dev":
        notes.append("dev chose the epochs: its figures are optimistic")
    lines = "\n".join(f"- {note}" for note in notes)
    return (
        f"## {compared.where}\n\nOurs are of {compared.split}. "
        f"{compared.systems.notes(compared.model)}\n\n{lines}"
    )


def _table_1(opened: list[Corpus]) -> str:
    """Returns the number of utterances of each class, published and ours."""
    counts: dict[str, Counter[str]] = {}
    for corpus in opened:
        where = f"{corpus.name} {getattr(corpus, 'dataset', None) or ''}"
        is_divided = not corpus.name.endswith("iemocap")  # but by session
        for utterance in corpus.utterances:
            split = utterance.split or "" if is_divided else ""
            column = f"{where.strip()} {split}".strip()
            own = counts.setdefault(column, Counter())
            own[utterance.labels.get(EMOTION, "")] += 1
    sizes = {} if opened[0].partial else published.SIZES
    columns: dict[str, Mapping[str, int]] = {
        **{f"{name}, published": own for name, own in sizes.items()},
        **counts,
    }
    names = dict.fromkeys(
        (
            *published.SIZES["CHEAVD train"],
            *(name for corpus in opened for name in corpus.emotions),
        )
    )
    rows = [
        [name, *(str(own.get(name) or "-") for own in columns.values())]
        for name in names
    ]
    totals = [str(sum(own.values())) for own in columns.values()]
    head = ["class", *columns]
    return f"## Table 1: utterances\n\n{table(head, [*rows, ['all', *totals]])}"


def _table(
    title: str,
    quoted: published.Systems,
    compared: Compared,
    rows: list[list[str]],
) -> str:
    """Returns a table of systems: published, ours, constant."""
    first = [
        row
        for where, systems in quoted.items()
        for name, cells in systems.items()
        for row in kinds.published(compared.corpus, f"{name}, {where}", cells)
    ]
    every = [*first, *rows, *compared.constants()]
    return f"### Table {title}\n\n{table(HEAD, every)}"


def _details(compared: Compared) -> list[str]:
    """Returns differences between systems, recalls, and both directions."""
    head = ["compared with", "UA", "WA"]
    differences = table(head, compared.differences())
    recalls = table(["system", *compared.classes], compared.recalls())
    parts = [
        f"### {PROPOSED} less each other system\n\nIn percentage points, with "
        f"paired 95 % intervals over speakers.\n\n{differences}",
        f"### Recall of each class, in %\n\n{recalls}",
    ]
    directions = compared.directions()
    if directions:
        rows = table(["gender tested", "folds", "UA", "WA"], directions)
        parts.append(f"### {PROPOSED} by direction\n\n{DIRECTIONS}\n\n{rows}")
    return parts
