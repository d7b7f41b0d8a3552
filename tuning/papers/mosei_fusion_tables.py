"""Paper 000: Tables 1 to 5 and Figure 2."""

from __future__ import annotations

import argparse
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from pipelines.corpora._io.mosei_files import EMOTIONS
from pipelines.corpora.base import Corpus
from tuning.experiments.words import TARGET
from tuning.plots import curves
from tuning.runs import options
from tuning.runs.report import table
from tuning.tables.quoted import heading
from tuning.training.progress import Progress
from zoo.baselines import random_intensities
from zoo.common import files

NETWORKS = {"LSTM": "mosei_lstm", "BLSTM": "mosei_blstm", "CNN": "mosei_cnn"}
NAMES = {"t": "text", "a": "audio", "v": "video"}
PUBLISHED_RANDOM = (".70", ".68", ".62", ".80", ".72", ".05", ".60")
"""MAE of each emotion and overall (Table 1)."""
PUBLISHED = {
    "a": (".150", ".150", ".146"),
    "v": (".146", ".147", ".149"),
    "t": (".156", ".157", ".158"),
    "av": (".137", ".135", ".138"),
    "ta": (".140", ".142", ".146"),
    "tv": (".149", ".145", ".149"),
    "tav": (".133", ".132", ".134"),
}
"""Overall MAE of LSTM, BLSTM and CNN (Tables 2 to 4)."""
TABLES = {2: ("a", "v", "t"), 3: ("av", "ta", "tv"), 4: ("tav",)}
SETS = {1: "one modality", 2: "two modalities", 3: "three modalities"}
PUBLISHED_CHALLENGE = {
    "anger": (".101", ".926", ".926", ".082"),
    "disgust": (".051", ".963", ".963", ".064"),
    "fear": (".051", ".957", ".957", ".011"),
    "happy": (".404", ".705", ".620", ".551"),
    "sad": (".111", ".910", ".910", "-.062"),
    "surprise": (".038", ".977", ".977", "-.030"),
    "overall": (".126", ".906", ".892", "-"),
}
"""MAE, binary accuracy, 4-class accuracy, Pearson's r (Table 5)."""
DRAWS = 100


def make(
    corpus: Corpus,
    out: pathlib.Path,
    arguments: argparse.Namespace,
    progress: Progress,
) -> str:
    """All that the corpus allows, as Markdown.

    Raises:
        ValueError: a corpus without the six emotions.
    """
    if tuple(corpus.dimensions) != EMOTIONS:
        raise ValueError(
            f"The tables of paper 000 are of {', '.join(EMOTIONS)}. "
            f"{corpus.name!r} has {', '.join(corpus.dimensions)}."
        )
    runs = Runs(arguments.runs, corpus, arguments.folds)
    parts = [
        *heading("000", "CMU-MOSEI", corpus),
        _table_1(corpus),
        *(_overall(number, runs) for number in TABLES),
        _table_5(runs),
        _figure_2(runs, out),
        runs.what_is_missing(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


class Runs:
    """The finished runs of every network and set of modalities.

    Args:
        folder: holds them under the names that searches give them.
        corpus: that they ran on.
        folds: that they ran on, or `None`.
    """

    def __init__(self, folder: pathlib.Path, corpus: Corpus, folds: str | None):
        self.corpus = corpus
        self.folders = {
            (network, letters): folder
            / options.run_name(
                argparse.Namespace(
                    name=model,
                    modalities=letters,
                    corpus=corpus.name,
                    data=None,
                    folds=folds,
                )
            )
            for network, model in NETWORKS.items()
            for letters in PUBLISHED
        }
        self.reports = {
            key: files.read_json(path / "report.json")
            for key, path in self.folders.items()
            if (path / "report.json").exists()
        }

    def what_is_missing(self) -> str:
        """How to make the runs that are not here; "" where all are."""
        missing = [
            f"{network} {letters}"
            for network, letters in self.folders
            if (network, letters) not in self.reports
        ]
        if not missing:
            return ""
        return (
            f"Not run yet on {self.corpus.name}: {', '.join(missing)}. All: "
            "`python -m tuning.search 'mosei_*' --modalities all --corpus "
            f"{self.corpus.name} --data …`"
        )

    def test(self, network: str, letters: str) -> Mapping[str, Any] | None:
        """Test figures of a run, by emotion."""
        report = self.reports.get((network, letters))
        return report["metrics"]["test"] if report else None


def _table_1(corpus: Corpus) -> str:
    """MAE of the random baselines on the test split, mean of many draws."""
    train, test = (
        np.array(
            [
                [each.labels[emotion] for emotion in EMOTIONS]
                for each in corpus.split(split)
            ]
        )
        for split in ("train", "test")
    )
    rows = [["random, CMU-MOSEI, published", *PUBLISHED_RANDOM]]
    for name, draw in random_intensities.BASELINES.items():
        draws = [draw(train, len(test), seed) for seed in range(DRAWS)]
        errors = np.abs(test - np.array(draws)).mean(axis=(0, 1))
        cells = [f"{each:.3f}" for each in (*errors, errors.mean())]
        rows.append([f"**{name}, {corpus.name}, ours**", *cells])
    head = ["baseline", *EMOTIONS, "overall"]
    title = f"## Table 1: random baselines, MAE (mean of {DRAWS} draws)"
    return f"{title}\n\n{table(head, rows)}"


def _overall(number: int, runs: Runs) -> str:
    rows = []
    for letters in TABLES[number]:
        name = " + ".join(NAMES[letter] for letter in letters)
        rows.append([f"{name}, CMU-MOSEI, published", *PUBLISHED[letters]])
        cells = []
        for network in NETWORKS:
            found = runs.test(network, letters)
            cells.append(f"{found['overall']['mae']:.3f}" if found else "-")
        rows.append([f"**{name}, {runs.corpus.name}, ours**", *cells])
    title = f"## Table {number}: {SETS[len(letters)]}, overall test MAE"
    return f"{title}\n\n{table(['modalities', *NETWORKS], rows)}"


def _table_5(runs: Runs) -> str:
    title = "## Table 5: trimodal BLSTM by emotion"
    found = runs.test("BLSTM", "tav")
    rows = []
    for name, figures in PUBLISHED_CHALLENGE.items():
        rows.append([f"{name}, challenge, published", *figures])
        if found:
            cells = [
                "-"
                if found[name].get(each) is None
                else f"{found[name][each]:.3f}"
                for each in ("mae", "binary", "four_class", "r")
            ]
            rows.append([f"**{name}, {runs.corpus.name}, ours**", *cells])
    head = ["emotion", "MAE", "binary accuracy", "4-class accuracy", "r"]
    return f"{title}\n\n{table(head, rows)}"


def _figure_2(runs: Runs, out: pathlib.Path) -> str:
    """How the trimodal BLSTM's intensities are distributed."""
    title = "## Figure 2: predicted intensities of the trimodal BLSTM"
    key = ("BLSTM", "tav")
    if key not in runs.reports:
        return f"{title}\n\nIt needs that run, missing below."
    path = runs.folders[key] / "predictions.npz"
    with np.load(path, allow_pickle=False) as arrays:
        predicted = arrays[f"test/{TARGET}"]
    made = curves.distribution(predicted, EMOTIONS, runs.corpus.note)
    curves.save(made, out / "figure_2.png")
    return f"{title}\n\n![Figure 2](figure_2.png)"
