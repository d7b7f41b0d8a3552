"""Williams et al. 2018: early fusion of words, voice and face on CMU-MOSEI.

Training rule and search spaces (section 4.4); Tables 1 to 5 and Figure 2.
"""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.corpora.base import Corpus
from pipelines.corpora.mosei import EMOTIONS
from pipelines.datasets.word_features import MAXLENS
from tuning.experiments.choices import Choices
from tuning.experiments.words import TARGET, WordExperiment, WordStatistics
from tuning.plots import curves
from tuning.runs import workspace
from tuning.runs.report import table
from tuning.tables import registry
from tuning.tables.quoted import heading
from tuning.tables.registry import TablesRequest
from tuning.training.callbacks import EarlyStopping
from tuning.training.fits import Configuration
from tuning.training.progress import Progress
from tuning.training.recipe import Recipe, register
from zoo.baselines import random_intensities
from zoo.common import files
from zoo.papers import mosei_fusion

if TYPE_CHECKING:
    import keras
    import keras_tuner


def adapt(
    model: keras.Model,
    statistics: WordStatistics,
    arguments: Mapping[str, Any],
) -> None:
    """Scales the inputs and starts from the medians of the labels."""
    mosei_fusion.set_scaling(model, statistics.offset, statistics.scale)
    mosei_fusion.set_medians(model, statistics.medians)


RECIPE = Recipe(
    experiment=WordExperiment,
    corpus=("mosei", "simulated_mosei"),
    epochs=100,
    seeds=3,  # ours; the rest is section 4.4
    tuner="grid",
    rule=functools.partial(EarlyStopping, patience=10, mode="min"),
    measure=("mae", "min"),
    loss="mae",
    adapt=adapt,
)


@register(RECIPE)
def mosei_blstm(hp: keras_tuner.HyperParameters, target: str) -> Configuration:
    """Search space of section 4.4."""
    return _space(hp, hp.Fixed("depth", 1))


@register(RECIPE)
def mosei_lstm(hp: keras_tuner.HyperParameters, target: str) -> Configuration:
    """Search space of section 4.4."""
    return _space(hp, hp.Fixed("depth", 1))


@register(RECIPE)
def mosei_cnn(hp: keras_tuner.HyperParameters, target: str) -> Configuration:
    """Section 4.4: the number of convolutional layers varies too."""
    return _space(hp, hp.Choice("depth", [1, 2, 3], default=1))


def _space(hp: keras_tuner.HyperParameters, depth: int) -> Configuration:
    arguments = {
        "depth": depth,
        "dense": hp.Choice("dense", [1, 2, 3], default=2),
        "dropout": hp.Choice("dropout", [0.1, 0.2], default=0.1),
    }
    training = {
        "learning_rate": hp.Fixed("learning_rate", 1e-3),
        "maxlen": hp.Choice("maxlen", list(MAXLENS), default=20),
        "scaling": hp.Fixed("scaling", "max_abs"),
        "text": hp.Fixed("text", "glove"),
    }
    return Configuration(arguments, training)


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


@registry.register("mosei_fusion", "000", "simulated_mosei")
def make(request: TablesRequest, progress: Progress) -> str:
    """Makes all that the corpus allows, as Markdown.

    Raises:
        ValueError: a corpus without the six emotions.
    """
    corpus = request.corpus
    if tuple(corpus.dimensions) != EMOTIONS:
        raise ValueError(
            f"The tables of mosei_fusion are of {', '.join(EMOTIONS)}. "
            f"{corpus.name!r} has {', '.join(corpus.dimensions)}."
        )
    runs = Runs(request.runs, corpus, request.corpus_options)
    parts = [
        *heading("mosei_fusion", "000", "CMU-MOSEI", corpus),
        _table_1(corpus),
        *(_overall(number, runs) for number in TABLES),
        _table_5(runs),
        _figure_2(runs, request.out),
        runs.missing_note(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


class Runs:
    """The finished runs of every network and set of modalities.

    Args:
        folder: holds them under the names that searches give them.
        corpus: that they ran on.
        corpus_options: that it was opened with, by name.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        corpus: Corpus,
        corpus_options: Mapping[str, Any],
    ):
        self.corpus = corpus
        self.folders = {
            (network, letters): folder
            / workspace.run_name(
                model,
                type(corpus),
                corpus_options,
                Choices(modalities=letters),
            )
            for network, model in NETWORKS.items()
            for letters in PUBLISHED
        }
        self.reports = {
            key: files.read_json(path / "report.json")
            for key, path in self.folders.items()
            if (path / "report.json").exists()
        }

    def missing_note(self) -> str:
        """Returns how to make the missing runs; "" where there are none."""
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
        """Returns the test figures of a run, by emotion."""
        report = self.reports.get((network, letters))
        return report["metrics"]["test"] if report else None


def _table_1(corpus: Corpus) -> str:
    """Returns the MAE of the random baselines on test, mean of many draws."""
    train, test = (
        np.array(
            [
                [utterance.labels[emotion] for emotion in EMOTIONS]
                for utterance in corpus.split(split)
            ]
        )
        for split in ("train", "test")
    )
    rows = [["random, CMU-MOSEI, published", *PUBLISHED_RANDOM]]
    for name, draw in random_intensities.BASELINES.items():
        draws = [draw(train, len(test), seed) for seed in range(DRAWS)]
        errors = np.abs(test - np.array(draws)).mean(axis=(0, 1))
        cells = [f"{error:.3f}" for error in (*errors, errors.mean())]
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
            figures = runs.test(network, letters)
            cells.append(f"{figures['overall']['mae']:.3f}" if figures else "-")
        rows.append([f"**{name}, {runs.corpus.name}, ours**", *cells])
    title = f"## Table {number}: {SETS[len(letters)]}, overall test MAE"
    return f"{title}\n\n{table(['modalities', *NETWORKS], rows)}"


def _table_5(runs: Runs) -> str:
    title = "## Table 5: trimodal BLSTM by emotion"
    ours = runs.test("BLSTM", "tav")
    rows = []
    for name, published in PUBLISHED_CHALLENGE.items():
        rows.append([f"{name}, challenge, published", *published])
        if ours:
            cells = [
                "-"
                if ours[name].get(measure) is None
                else f"{ours[name][measure]:.3f}"
                for measure in ("mae", "binary", "four_class", "r")
            ]
            rows.append([f"**{name}, {runs.corpus.name}, ours**", *cells])
    head = ["emotion", "MAE", "binary accuracy", "4-class accuracy", "r"]
    return f"{title}\n\n{table(head, rows)}"


def _figure_2(runs: Runs, out: pathlib.Path) -> str:
    """Plots the distribution of the trimodal BLSTM's intensities."""
    title = "## Figure 2: predicted intensities of the trimodal BLSTM"
    key = ("BLSTM", "tav")
    if key not in runs.reports:
        return f"{title}\n\nIt needs that run, missing below."
    path = runs.folders[key] / "predictions.npz"
    with np.load(path, allow_pickle=False) as arrays:
        predicted = arrays[f"test/{TARGET}"]
    figure = curves.distribution(predicted, EMOTIONS, runs.corpus.note)
    curves.save(figure, out / "figure_2.png")
    return f"{title}\n\n![Figure 2](figure_2.png)"
