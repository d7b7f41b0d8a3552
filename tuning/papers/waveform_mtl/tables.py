"""Table 1 and Figure 2 of Zhang et al. 2019."""

from __future__ import annotations

import importlib.util
import pathlib

import numpy as np

from tuning.experiments import class_scores
from tuning.experiments.classification import TARGET, ClassExperiment
from tuning.plots import curves
from tuning.runs.ensemble import Ensemble
from tuning.runs.report import table
from tuning.tables import registry
from tuning.tables.quoted import heading
from tuning.tables.registry import TablesRequest
from tuning.tables.trained import Systems, likeliest, percent, svm_predictions
from tuning.training import hyperparameters
from tuning.training.progress import Progress
from tuning.training.recipe import recipe
from zoo.metrics import classification, significance
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
SVM = "OS+SVMs"
BASELINES = (SVM, "e2e STL")
PROPOSED = "e2e MTL+att."
SIGNIFICANT = 0.05
NO_OPENSMILE = (
    "OS+SVMs and OS+RNNs are left out: they need openSMILE, whose licence "
    "covers research use only: pip install 'emotion-zoo[baselines]'."
)
BALANCED = (
    "Classes have the same total weight in the loss: most utterances are of "
    "the middle level, and a network with equal weights predicts no other, "
    "with a high accuracy and a UAR of a third."
)
ABOUT_SVM = (
    "OS+SVMs are single classifiers, trained on the networks' dev speakers "
    "too, with settings chosen by a nested search."
)


@registry.register("waveform_mtl", "004", "simulated_iemocap", trains=True)
def make(request: TablesRequest, progress: Progress) -> str:
    """Makes all that the corpus allows, as Markdown; trains what is missing."""
    systems = TableSystems(Systems(request, progress))
    parts = [
        *heading("waveform_mtl", "004", "IEMOCAP", request.corpus),
        systems.notes(),
        f"## Table 1: UAR in percent\n\n{_table_1(systems)}",
        f"## {PROPOSED} against others, test\n\n{_compared(systems)}",
        f"## Figure 2: attention of {PROPOSED}\n\n"
        f"{_figure_2(systems, request.out)}",
    ]
    progress.clear()
    return "\n\n".join(parts) + "\n"


class TableSystems:
    """The systems of Table 1.

    Args:
        systems: that trains the networks.
    """

    def __init__(self, systems: Systems):
        self.systems = systems
        self.corpus = systems.corpus
        self.has_opensmile = importlib.util.find_spec("opensmile") is not None
        self.omission = "" if self.has_opensmile else NO_OPENSMILE
        self.rows = [
            name
            for name in PUBLISHED
            if self.has_opensmile or not name.startswith("OS+")
        ]
        self._proposed = systems.configuration(MODELS[PROPOSED])
        self._ensembles: dict[tuple[str, str], Ensemble] = {}
        self._svm = self._predict_by_svm()

    def notes(self) -> str:
        """Returns the protocol in words."""
        experiment = self.systems.experiment(MODELS[PROPOSED])
        notes = [self.omission, *experiment.notes()]
        sentences = [self.systems.notes(MODELS[PROPOSED])]
        if self._proposed.training["class_weights"] == "balanced":
            sentences.append(BALANCED)
        if SVM in self.rows:
            sentences.append(ABOUT_SVM)
        lines = "\n".join(f"- {note}" for note in notes if note)
        return f"{' '.join(sentences)}\n{lines}"

    def network(
        self, system: str, task: str
    ) -> tuple[ClassExperiment, Ensemble, int]:
        """Returns a system for a task: experiment, networks, task's index."""
        model = MODELS[system]
        chosen = task if "mtl" not in model else None
        key = model, chosen or ""
        if key not in self._ensembles:
            self._ensembles[key] = self.systems.train(
                model, self._changes(model), chosen
            )
        experiment = self.systems.experiment(model, chosen)
        index = list(experiment.data.tasks).index(task)
        return experiment, self._ensembles[key], index

    def _changes(self, model: str) -> list[str]:
        """Returns the command's changes of a model's hyper-parameters."""
        if "e2e" not in model:
            return []
        known = hyperparameters.defaults(recipe(model), TARGET)
        return [
            change
            for change in self.systems.changes
            if change.partition("=")[0] in known
        ]

    def _predict_by_svm(self) -> dict[str, np.ndarray]:
        """Returns the SVM's classes of every task.

        It runs before any network is trained, so that a corpus that it cannot
        be fitted on is reported first.
        """
        if not self.has_opensmile:
            return {}
        experiment = self.systems.experiment(MODELS[PROPOSED])
        try:
            return {
                task: svm_predictions(self.systems, experiment, task)
                for task in TASKS
            }
        except ValueError as error:
            self.rows.remove(SVM)
            self.omission = f"{SVM} are left out: {error}"
            return {}

    def score(self, system: str, task: str, split: str) -> str:
        """Returns UAR in percent with its interval; the SVM has no dev."""
        if system != SVM:
            experiment, ensemble, _ = self.network(system, task)
            predictions = ensemble.averaged(split)
            return percent(experiment.score(predictions, split)[task])[0]
        if split == "dev":
            return "-"
        y_true, y_pred = self.predicted(system, task)
        certain = np.eye(len(LEVELS))[y_pred]
        scores = class_scores.scores(
            y_true[:, None],
            certain[:, None],
            {task: LEVELS},
            self.systems.experiment(MODELS[PROPOSED]).units("test"),
        )
        return percent(scores[task])[0]

    def predicted(
        self, system: str, task: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns true and predicted classes of the test utterances."""
        if system == SVM:
            experiment = self.systems.experiment(MODELS[PROPOSED])
            index = list(experiment.data.tasks).index(task)
            return experiment.y_true("test")[:, index], self._svm[task]
        experiment, ensemble, index = self.network(system, task)
        y_true = experiment.y_true("test")[:, index]
        return y_true, likeliest(ensemble, "test", index)


def _table_1(systems: TableSystems) -> str:
    rows = []
    for system, cells in PUBLISHED.items():
        rows.append([f"{system}, IEMOCAP, published", *cells])
        if system in systems.rows:
            own = [
                systems.score(system, task, split)
                for task in TASKS
                for split in SPLITS
            ]
            name = systems.corpus.name
            rows.append([f"**{system}, {name}, ours**", *own])
    head = ["system", *(f"{task} {s}" for task in TASKS for s in SPLITS)]
    return table(head, rows)


def _compared(systems: TableSystems) -> str:
    """Tabulates the paper's z-test of two UARs, and McNemar's test.

    The z-test takes a UAR for a share of utterances, which it is only where
    all classes are as frequent; McNemar's test looks at the utterances that
    one system alone gets right.
    """
    rows = [
        [system, task, *_difference(systems, system, task)]
        for system in BASELINES
        if system in systems.rows
        for task in TASKS
    ]
    tests = ["one-tailed z-test, p", "McNemar, p"]
    return table(["against", "task", "UAR, points", *tests], rows)


def _difference(systems: TableSystems, system: str, task: str) -> list[str]:
    """Returns the paper's system's gain in UAR, and both tests."""
    y_true, baseline = systems.predicted(system, task)
    _, proposed = systems.predicted(PROPOSED, task)
    before, after = (
        classification.unweighted_average_recall(
            classification.confusion(y_true, y_pred, len(LEVELS))
        )
        for y_pred in (baseline, proposed)
    )
    p = significance.z_test(after, before, len(y_true))
    exact = significance.mcnemar(y_true, baseline, proposed)
    star = " *" if p < SIGNIFICANT else ""
    points = f"{100 * (after - before):+.1f}{star}"
    return [points, f"{p:.3f}", f"{exact:.3f}"]


def _figure_2(systems: TableSystems, out: pathlib.Path) -> str:
    """Plots the waveform over the weights of each task."""
    experiment, ensemble, _ = systems.network(PROPOSED, TASKS[0])
    model = experiment.join(ensemble.best, ensemble.configurations)
    ((_, configuration),) = ensemble.configurations.items()
    figures = experiment.model_plots(
        model, configuration.training, systems.corpus.note
    )
    for _, figure in figures.values():
        curves.save(figure, out / "figure_2.png")
    return "![Figure 2](figure_2.png)"
