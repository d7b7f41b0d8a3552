"""Paper 004: Table 1 and Figure 2."""

from __future__ import annotations

import argparse
import importlib.util
import pathlib

import numpy as np

from pipelines.corpora.base import Corpus
from tuning.experiments import classes
from tuning.experiments.classification import TARGET, ClassExperiment
from tuning.plots import curves
from tuning.runs.ensemble import Ensemble
from tuning.runs.report import table
from tuning.tables.quoted import heading
from tuning.tables.trained import (
    Systems,
    by_machines,
    changed,
    likeliest,
    percent,
)
from tuning.training import hyperparameters
from tuning.training.progress import Progress
from zoo.metrics import classification
from zoo.papers.waveform_mtl import LEVELS, TASKS

SPLITS = ("dev", "test")
PUBLISHED = {
    "OS+SVMs": ("52.1", "50.5", "50.5", "49.8", "39.1", "48.7"),
    "OS+RNNs": ("57.8", "53.1", "51.8", "51.0", "56.4", "49.6"),
    "e2e STL": ("45.3", "45.1", "60.9", "60.1", "50.9", "51.1"),
    "e2e STL+att.": ("46.5", "45.4", "61.4", "60.7", "51.4", "52.6"),
    "e2e MTL": ("46.2", "44.0", "64.6", "63.4", "52.3", "53.9"),
    "e2e MTL+att.": ("48.7", "48.5", "66.2", "63.8", "53.4", "51.6"),
}
"""UAR on dev and test of arousal, valence and dominance (Table 1)."""
MODELS = {
    "OS+RNNs": "iemocap_egemaps_rnn",
    "e2e STL": "iemocap_e2e_stl",
    "e2e STL+att.": "iemocap_e2e_stl_att",
    "e2e MTL": "iemocap_e2e_mtl",
    "e2e MTL+att.": "iemocap_e2e_mtl_att",
}
MACHINES = "OS+SVMs"
BASELINES = (MACHINES, "e2e STL")
PROPOSED = "e2e MTL+att."
SIGNIFICANT = 0.05
NO_OPENSMILE = (
    "OS+SVMs and OS+RNNs are left out: they need openSMILE, whose licence "
    "covers research use only: pip install 'emotion-zoo[baselines]'."
)
BALANCED = (
    "Classes weigh the same in the loss, since most utterances are of the "
    "middle level and a network that sees them all alike finds no other: its "
    "accuracy would be high and its UAR a third."
)
ABOUT_MACHINES = (
    "OS+SVMs are single machines that train on those who validate networks "
    "too and are chosen by a nested search."
)


def make(
    corpus: Corpus,
    out: pathlib.Path,
    arguments: argparse.Namespace,
    progress: Progress,
) -> str:
    """All that the corpus allows, as Markdown; trains what is missing."""
    trained = Trained(Systems(corpus, out, arguments, progress))
    parts = [
        *heading("004", "IEMOCAP", corpus),
        trained.told(),
        f"## Table 1: UAR in percent\n\n{_table_1(trained)}",
        f"## {PROPOSED} against others, test\n\n{_compared(trained)}",
        f"## Figure 2: attention of {PROPOSED}\n\n{_figure_2(trained, out)}",
    ]
    progress.clear()
    return "\n\n".join(parts) + "\n"


class Trained:
    """The systems of Table 1.

    Args:
        systems: that trains the networks.
    """

    def __init__(self, systems: Systems):
        self.systems = systems
        self.corpus = systems.corpus
        self.has_opensmile = importlib.util.find_spec("opensmile") is not None
        self.without = "" if self.has_opensmile else NO_OPENSMILE
        self.rows = [
            name
            for name in PUBLISHED
            if self.has_opensmile or not name.startswith("OS+")
        ]
        self._proposed = changed(MODELS[PROPOSED], systems.asked)
        self._known: dict[tuple[str, str], Ensemble] = {}
        self._machines = self._by_machines()

    def told(self) -> str:
        """The protocol in words."""
        experiment = self.systems.experiment(MODELS[PROPOSED])
        remarks = [self.without, *experiment.remarks()]
        said = [self.systems.told(MODELS[PROPOSED])]
        if self._proposed.training["class_weights"] == "balanced":
            said.append(BALANCED)
        if MACHINES in self.rows:
            said.append(ABOUT_MACHINES)
        listed = "\n".join(f"- {each}" for each in remarks if each)
        return f"{' '.join(said)}\n{listed}"

    def network(
        self, system: str, task: str
    ) -> tuple[ClassExperiment, Ensemble, int]:
        """A system for a task: experiment, networks, the task's place."""
        model = MODELS[system]
        is_single = "mtl" not in model
        known = hyperparameters.defaults(model, TARGET)
        asked = self.systems.asked if "e2e" in model else {}
        changes = {n: text for n, text in asked.items() if n in known}
        chosen = task if is_single else None
        key = model, chosen or ""
        if key not in self._known:
            self._known[key] = self.systems.train(model, changes, chosen)
        experiment = self.systems.experiment(model, chosen)
        place = list(experiment.material.tasks).index(task)
        return experiment, self._known[key], place

    def _by_machines(self) -> dict[str, np.ndarray]:
        """Classes that machines take utterances for, of every task.

        Before anything is trained: where they cannot be, it is said.
        """
        if not self.has_opensmile:
            return {}
        experiment = self.systems.experiment(MODELS[PROPOSED])
        try:
            return {
                task: by_machines(self.systems, experiment, task)
                for task in TASKS
            }
        except ValueError as error:
            self.rows.remove(MACHINES)
            self.without = f"{MACHINES} are left out: {error}"
            return {}

    def score(self, system: str, task: str, split: str) -> str:
        """UAR in percent with its interval; machines have no dev."""
        if system != MACHINES:
            experiment, together, _ = self.network(system, task)
            found = experiment.score(together.averaged(split), split)[task]
            return percent(found)[0]
        if split == "dev":
            return "-"
        true, predicted = self.predicted(system, task)
        certain = np.eye(len(LEVELS))[predicted]
        tasks = {task: LEVELS}
        found = classes.scores(true[:, None], certain[:, None], tasks)[task]
        return percent(found)[0]

    def predicted(
        self, system: str, task: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """True and predicted classes of the tested utterances."""
        if system == MACHINES:
            experiment = self.systems.experiment(MODELS[PROPOSED])
            place = list(experiment.material.tasks).index(task)
            return experiment.true("test")[:, place], self._machines[task]
        experiment, together, place = self.network(system, task)
        true = experiment.true("test")[:, place]
        return true, likeliest(together, "test", place)


def _table_1(trained: Trained) -> str:
    rows = []
    for system, cells in PUBLISHED.items():
        rows.append([f"{system}, IEMOCAP, published", *cells])
        if system in trained.rows:
            own = [
                trained.score(system, task, split)
                for task in TASKS
                for split in SPLITS
            ]
            name = trained.corpus.name
            rows.append([f"**{system}, {name}, ours**", *own])
    head = ["system", *(f"{task} {s}" for task in TASKS for s in SPLITS)]
    return table(head, rows)


def _compared(trained: Trained) -> str:
    """The paper's z-test of two UARs, and what should stand beside it.

    The z-test takes a UAR for a share of utterances, which it is only where
    all classes are as frequent; McNemar's test looks at the utterances that
    one system alone gets right.
    """
    rows = [
        [system, task, *_difference(trained, system, task)]
        for system in BASELINES
        if system in trained.rows
        for task in TASKS
    ]
    tests = ["one-tailed z-test, p", "McNemar, p"]
    return table(["against", "task", "UAR, points", *tests], rows)


def _difference(trained: Trained, system: str, task: str) -> list[str]:
    """By how much the paper's system is better, and both tests."""
    true, baseline = trained.predicted(system, task)
    _, proposed = trained.predicted(PROPOSED, task)
    before, after = (
        classification.unweighted_average_recall(
            classification.confusion(true, each, len(LEVELS))
        )
        for each in (baseline, proposed)
    )
    p = classification.z_test(after, before, len(true))
    exact = classification.mcnemar(true, baseline, proposed)
    star = " *" if p < SIGNIFICANT else ""
    points = f"{100 * (after - before):+.1f}{star}"
    return [points, f"{p:.3f}", f"{exact:.3f}"]


def _figure_2(trained: Trained, out: pathlib.Path) -> str:
    """The waveform over the weights of each task."""
    experiment, together, _ = trained.network(PROPOSED, TASKS[0])
    model = experiment.join(together.best, together.configurations)
    ((_, configuration),) = together.configurations.items()
    drawn = experiment.model_pictures(
        model, configuration.training, trained.corpus.note
    )
    for _, picture in drawn.values():
        curves.save(picture, out / "figure_2.png")
    return "![Figure 2](figure_2.png)"
