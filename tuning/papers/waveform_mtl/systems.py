"""The systems of Table 1: trained, and their predictions of every task."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util

import numpy as np

from tuning.experiments.classes import MAIN_TASK
from tuning.experiments.classification import TARGET, ClassExperiment
from tuning.papers.waveform_mtl import published, task_weights
from tuning.papers.waveform_mtl.predicted import Predicted
from tuning.papers.waveform_mtl.recipe import TASK_WEIGHTS
from tuning.papers.waveform_mtl.task_weights import Trial
from tuning.runs.ensemble import Ensemble
from tuning.tables import svm_baseline
from tuning.tables.trained import Systems
from tuning.training import hyperparameters
from tuning.training.recipe import recipe
from zoo.papers.waveform_mtl import TASKS

MODELS = {
    "OS+RNNs": "iemocap_egemaps_rnn",
    "e2e STL": "iemocap_e2e_stl",
    "e2e STL+att.": "iemocap_e2e_stl_att",
    "e2e MTL": "iemocap_e2e_mtl",
    "e2e MTL+att.": "iemocap_e2e_mtl_att",
}
SVM = "OS+SVMs"
JOINT = ("e2e MTL", "e2e MTL+att.")
"""Systems that learn all tasks together."""
NO_OPENSMILE = (
    "OS+SVMs and OS+RNNs are left out: they need openSMILE, whose licence "
    "covers research use only: pip install 'emotion-zoo[baselines]'."
)


@dataclasses.dataclass(frozen=True)
class Trained:
    """The networks of a system for one task.

    Attributes:
        experiment: that they were trained by.
        ensemble: a network for every seed.
        task: that they are shown for.
    """

    experiment: ClassExperiment
    ensemble: Ensemble
    task: str

    @property
    def index(self) -> int:
        """The task's place among those that the networks learn."""
        return list(self.experiment.data.tasks).index(self.task)

    @property
    def seeds(self) -> int:
        return len(self.ensemble.fits[TARGET])

    def predicted(self, split: str, seed: int | None = None) -> Predicted:
        """Returns the classes predicted by all networks, or by one seed's."""
        outputs = (
            self.ensemble.averaged(split)
            if seed is None
            else self.ensemble.of_seed(seed, split)
        )
        posteriors = np.asarray(outputs[TARGET])[:, self.index]
        return of_split(
            self.experiment, self.task, split, posteriors.argmax(axis=-1)
        )


def of_split(
    experiment: ClassExperiment, task: str, split: str, y_pred: np.ndarray
) -> Predicted:
    """Returns predicted classes beside the true ones."""
    index = list(experiment.data.tasks).index(task)
    return Predicted(
        experiment.y_true(split)[:, index],
        y_pred,
        experiment.ids(split),
        experiment.units(split),
    )


class TableSystems:
    """The systems of Table 1; networks are trained when they are asked for.

    Args:
        systems: that trains the networks.
        trials: weights of tasks that the search tries; `None` for
            `task_weights.TRIALS`.

    Attributes:
        rows: names of the systems that the corpus allows.
        omissions: why others are left out.
        has_one_main: whether the command names a main task, or says that all
            are; otherwise every task is the main one of its own networks.
    """

    def __init__(self, systems: Systems, trials: int | None = None):
        self.systems = systems
        self.corpus = systems.corpus
        own = systems.configuration(MODELS[published.PROPOSED])
        self.configuration = own
        changed = {change.partition("=")[0] for change in systems.changes}
        self.has_one_main = MAIN_TASK in changed
        are_weights_given = not changed.isdisjoint(TASK_WEIGHTS.values())
        self.trials = 1 if are_weights_given else trials or task_weights.TRIALS
        self.has_opensmile = importlib.util.find_spec("opensmile") is not None
        self.omissions = [] if self.has_opensmile else [NO_OPENSMILE]
        self.rows = [
            name
            for name in published.UAR
            if self.has_opensmile or not name.startswith("OS+")
        ]
        self._ensembles: dict[tuple[str, str], Ensemble] = {}
        self.searched = functools.lru_cache(maxsize=None)(self._searched)
        self._svm = self._predict_by_svm()

    @property
    def experiment(self) -> ClassExperiment:
        """The experiment of the paper's system, which learns all tasks."""
        return self.systems.experiment(MODELS[published.PROPOSED])

    def trained(self, system: str, task: str) -> Trained:
        """Returns the networks of a system for a task.

        Args:
            system: with networks, of `MODELS`.
            task: that a network of one task learns, or the main one.
        """
        model = MODELS[system]
        alone = None if system in JOINT else task
        own = self._changes(model)
        key = model, task
        if system in JOINT:
            main = self.main_task(task)
            key = model, main
            if not self.has_one_main:
                own = [*own, f"{MAIN_TASK}={main}"]
            if self.trials > 1:
                chosen = task_weights.best(self.searched(system), main)
                own = [*own, *task_weights.changes(chosen.weights, main)]
        if key not in self._ensembles:
            self._ensembles[key] = self.systems.train(model, own, alone)
        experiment = self.systems.experiment(model, alone)
        return Trained(experiment, self._ensembles[key], task)

    def main_task(self, task: str) -> str:
        """Returns the main task of the joint networks shown for a task."""
        if self.has_one_main:
            return str(self.configuration.training[MAIN_TASK])
        return task

    def main_tasks(self) -> list[str]:
        """Returns the main tasks of all joint networks."""
        return list(dict.fromkeys(map(self.main_task, TASKS)))

    def _searched(self, system: str) -> list[Trial]:
        """Returns the trials of a joint system's weights of tasks."""
        model = MODELS[system]
        return task_weights.search(
            self.systems,
            model,
            self._changes(model),
            self.trials,
            self.systems.progress.say,
        )

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

    def _predict_by_svm(self) -> dict[tuple[str, str], np.ndarray]:
        """Returns the SVM's classes by task and split.

        It runs before any network is trained, so that a corpus that it cannot
        be fitted on is reported first.
        """
        classes: dict[tuple[str, str], np.ndarray] = {}
        if not self.has_opensmile:
            return classes
        for split in ("test", "dev"):
            try:
                for task in TASKS:
                    classes[task, split] = svm_baseline.predictions(
                        self.systems, self.experiment, task, split
                    )
            except ValueError as error:
                if split == "test":
                    self.rows.remove(SVM)
                    self.omissions.append(f"{SVM} are left out: {error}")
                    return {}
                self.omissions.append(f"{SVM} have no dev: {error}")
        return classes

    def predicted(self, system: str, task: str, split: str) -> Predicted | None:
        """Returns a system's predictions; `None` where it makes none."""
        if system != SVM:
            return self.trained(system, task).predicted(split)
        if (task, split) not in self._svm:
            return None
        y_pred = self._svm[task, split]
        return of_split(self.experiment, task, split, y_pred)

    def constants(self, task: str, split: str) -> dict[str, Predicted]:
        """Returns predictions of constant baselines, by name."""
        constants = self.experiment.constant_predictions(split)
        index = list(self.experiment.data.tasks).index(task)
        return {
            name: of_split(
                self.experiment,
                task,
                split,
                np.asarray(outputs[TARGET])[:, index].argmax(axis=-1),
            )
            for name, outputs in constants.items()
        }
