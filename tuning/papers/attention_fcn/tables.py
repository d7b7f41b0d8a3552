"""Tables 1 to 4 of Zhao et al. 2018."""

from __future__ import annotations

import pathlib
from collections import Counter
from collections.abc import Mapping

from pipelines.corpora.base import Corpus
from pipelines.datasets.utterances import EMOTION
from tuning.experiments.classification import TARGET
from tuning.plots import classes as class_plots
from tuning.plots import curves
from tuning.runs.report import table
from tuning.tables import registry, trained
from tuning.tables.quoted import heading
from tuning.tables.registry import TablesRequest
from tuning.tables.trained import Systems
from tuning.training.progress import Progress
from zoo.metrics import classification

PUBLISHED_1 = {
    "neutral": (1400, 200, 400),
    "angry": (884, 128, 252),
    "happy": (828, 119, 236),
    "sad": (462, 67, 132),
    "worried": (567, 81, 162),
    "anxious": (457, 66, 131),
    "surprise": (175, 25, 51),
    "disgust": (144, 21, 42),
}
PUBLISHED_2 = {
    "validation of CHEAVD": {
        "MEC 2017 baseline": ("27.2", "39.9"),
        "FCNs": ("25.1", "41.5"),
        "Attention-LSTM": ("25.2", "41.7"),
        "Attention-BLSTM": ("29.4", "45.3"),
        "Attention-BLSTM-FCN": ("31.8", "46.3"),
    },
}
PUBLISHED_3 = {
    "IEMO_dataset1": {
        "Global max-pooling": ("54.1", "62.8"),
        "Global average-pooling": ("53.7", "62.5"),
        "Attention-pooling": ("56.0", "64.0"),
    },
    "IEMO_dataset2": {
        "Global max-pooling": ("58.8", "56.8"),
        "Global average-pooling": ("58.4", "57.4"),
        "Attention-pooling": ("60.1", "59.7"),
    },
}
PUBLISHED_4 = {
    "IEMO_dataset1": {
        "DNN-ELM": ("52.1", "57.9"),
        "Attention-BLSTM": ("49.9", "59.3"),
        "Attention-BLSTM-FCN": ("56.0", "64.0"),
    },
    "IEMO_dataset2": {
        "Attentive CNN": ("55.1", "56.1"),
        "DBN-ivector": ("59.6", "58.1"),
        "Attention-BLSTM-FCN": ("60.1", "59.7"),
    },
}
"""UA and WA by what they were measured on."""
BRANCHES = {
    "FCNs": "fcn",
    "Attention-LSTM": "lstm",
    "Attention-BLSTM": "blstm",
    "Attention-LSTM-FCN": "lstm+fcn",
    "Attention-BLSTM-FCN": "blstm+fcn",
}
POOLINGS = {
    "Global max-pooling": "max",
    "Global average-pooling": "average",
    "Attention-pooling": "attention",
}
PROPOSED = "Attention-BLSTM-FCN"
SPEAKER = (
    "normalised by speaker, which uses all recordings of a test speaker "
    "without their labels; not comparable with systems that take one recording "
    "at a time"
)
HEAD = ["system", "UA (95 %)", "WA (95 %)", "UA of single seeds"]


@registry.register("attention_fcn", "003", "simulated_iemocap", trains=True)
def make(request: TablesRequest, progress: Progress) -> str:
    """Makes all that the corpus allows, as Markdown; trains what is missing."""
    rows = Rows(Systems(request, progress))
    parts = [
        *heading(
            "attention_fcn", "003", "CHEAVD 2.0 and IEMOCAP", request.corpus
        ),
        rows.notes(),
        _table_1(request.corpus),
        _table("2: branches", PUBLISHED_2, rows.branches()),
        _table("3: pooling", PUBLISHED_3, rows.poolings()),
        _table("4: other systems", PUBLISHED_4, rows.proposed()),
        rows.confusions(request.out),
    ]
    progress.clear()
    return "\n\n".join(parts) + "\n"


class Rows:
    """Rows of the systems, each trained once.

    Args:
        systems: that trains.
    """

    def __init__(self, systems: Systems):
        self.systems = systems
        self.corpus = systems.corpus
        has_eight = self.corpus.name.endswith("cheavd")
        name = "cheavd" if has_eight else "iemocap"
        self.model = f"{name}_attention_blstm_fcn"
        # A wrong value is refused before recordings are read.
        training = systems.configuration(self.model).training
        self.experiment = systems.experiment(self.model)
        # The paper has no labels of CHEAVD's test partition: dev is scored.
        is_known = self.experiment.labelled("test") and not has_eight
        self.split = "test" if is_known else "dev"
        dataset = getattr(self.corpus, "dataset", None)
        self.where = f"{self.corpus.name} {dataset or ''}".strip()
        self.by_speaker = training["normalisation"] == "speaker"
        if self.by_speaker:
            self.where += " by speaker"

    def notes(self) -> str:
        """Returns the protocol in words."""
        notes = self.experiment.notes()
        if self.by_speaker:
            notes.append(SPEAKER)
        lines = "\n".join(f"- {note}" for note in notes)
        return (
            f"Ours are of {self.split}. {self.systems.notes(self.model)}\n"
            f"{lines}"
        )

    def row(self, name: str, *changes: str) -> list[str]:
        """Returns one of our rows, of a system with some changes."""
        ensemble = self.systems.train(
            self.model, (*self.systems.changes, *changes)
        )
        predictions = ensemble.averaged(self.split)
        scores = self.experiment.score(predictions, self.split)[EMOTION]
        single = trained.by_seed(self.experiment, ensemble, self.split, EMOTION)
        title = f"**{name}, {self.where}, ours**"
        return [title, *trained.percent(scores), single]

    def branches(self) -> list[list[str]]:
        return [
            self.row(name, f"branches={branches}")
            for name, branches in BRANCHES.items()
        ]

    def poolings(self) -> list[list[str]]:
        return [
            self.row(name, f"pooling={pooling}")
            for name, pooling in POOLINGS.items()
        ]

    def proposed(self) -> list[list[str]]:
        """Returns rows of both frame orders of the recurrent branch."""
        frames = f"{PROPOSED}, frame by frame"
        return [self.row(PROPOSED), self.row(frames, "shuffle=false")]

    def confusions(self, out: pathlib.Path) -> str:
        """Plots the confusions of the paper's system."""
        ensemble = self.systems.train(self.model, self.systems.changes)
        tasks = self.experiment.data.tasks
        matrix = classification.confusion(
            self.experiment.y_true(self.split)[:, 0],
            trained.likeliest(ensemble, self.split),
            len(tasks[EMOTION]),
        )
        figure = class_plots.confusions(
            {EMOTION: matrix}, tasks, self.corpus.note
        )
        curves.save(figure, out / "confusion.png")
        return f"## Confusions of {PROPOSED}\n\n![{TARGET}](confusion.png)"


def _table_1(corpus: Corpus) -> str:
    """Returns the number of utterances of each class, published and ours."""
    partitions = ("train", "dev", "test", None)
    counts = Counter(
        (utterance.labels.get(EMOTION), utterance.split)
        for utterance in corpus.utterances
    )
    names = dict.fromkeys((*PUBLISHED_1, *corpus.emotions))
    rows = []
    for name in names:
        published = PUBLISHED_1.get(name, ("-", "-", "-"))
        own = [counts[name, partition] or "-" for partition in partitions]
        rows.append([name, *published, *own])
    head = [
        "class",
        *(f"CHEAVD {name}, published" for name in partitions[:3]),
        *(f"{corpus.name} {name or 'undivided'}" for name in partitions),
    ]
    return f"## Table 1: utterances\n\n{table(head, rows)}"


def _table(
    title: str,
    published: Mapping[str, Mapping[str, tuple[str, str]]],
    rows: list[list[str]],
) -> str:
    quoted = [
        [f"{name}, {where}, published", *cells, "-"]
        for where, systems in published.items()
        for name, cells in systems.items()
    ]
    return f"## Table {title}\n\n{table(HEAD, [*quoted, *rows])}"
