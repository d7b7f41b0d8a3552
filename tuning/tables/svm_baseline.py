"""Zhang et al.'s support vector machines on the folds of a table's networks."""

from __future__ import annotations

import numpy as np

from pipelines.datasets.utterances import class_indices
from tuning.experiments import functionals, svm
from tuning.experiments.classification import ClassExperiment
from tuning.protocols import names as protocols
from tuning.protocols.folds import Fold
from tuning.tables.trained import Systems


def predictions(
    systems: Systems,
    experiment: ClassExperiment,
    task: str,
    split: str = "test",
) -> np.ndarray:
    """Returns the classes that Zhang et al.'s SVM predicts on the same folds.

    Classifiers that predict test are trained on train and dev, except where
    dev is of the test's session; those that predict dev, on train alone.

    Args:
        systems: with the corpus.
        experiment: whose utterances are predicted.
        task: whose classes are predicted.
        split: "dev" or "test".

    Returns:
        Classes (utterances,), in the order of the experiment's split.

    Raises:
        ValueError: too few speakers or classes to choose settings by.
    """
    utterances = experiment.data.utterances
    tasks = experiment.data.tasks
    features = functionals.functionals(
        systems.corpus,
        utterances,
        "none",
        systems.progress,
        systems.features,
    )
    y_true = np.array(
        [class_indices(utterance, tasks)[task] for utterance in utterances]
    )
    index_of = {
        utterance.id: index for index, utterance in enumerate(utterances)
    }
    predicted: list[int] = []
    for fold in _svm_folds(systems, experiment, split):
        # Fold by fold, since several folds may predict the same dev.
        y_pred = svm.predict(
            features,
            y_true,
            tasks[task],
            utterances,
            [fold],
            svm.GRIDS["nested grid"],
        ).classes
        systems.progress.show(f"{task}, SVM, {fold.name}")
        predicted += [int(y_pred[index_of[name]]) for name in fold.test]
    return np.array(predicted)


def _svm_folds(
    systems: Systems, experiment: ClassExperiment, split: str
) -> list[Fold]:
    """Returns folds without dev, whose test is the split to predict."""
    if split == "dev":
        return [
            Fold(fold.name, fold.train, (), fold.dev)
            for fold in experiment.folds
        ]
    protocol = systems.protocol or protocols.default(
        experiment.recipe, systems.corpus
    )
    return protocols.without_dev(
        protocol, systems.corpus, experiment.data.utterances
    )
