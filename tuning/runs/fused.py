"""Runs whose predictions of the same utterances are fused."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.labels import RatingLevels
from tuning.experiments import class_scores, classes
from tuning.experiments.classification import TARGET
from tuning.experiments.unit_scores import UnitSums
from tuning.runs import workspace
from zoo.common import files
from zoo.common.cli import UsageError

SPLITS = ("dev", "test")


@dataclasses.dataclass(frozen=True)
class Split:
    """A run's predictions of a partition, fold after fold.

    Attributes:
        posteriors: (utterances, tasks, classes).
        y_true: classes, (utterances, tasks).
        ids: of the utterances, (utterances,).
        speakers: (utterances,).
        folds: name of the fold that each utterance is predicted in.
    """

    posteriors: np.ndarray
    y_true: np.ndarray
    ids: np.ndarray
    speakers: np.ndarray
    folds: np.ndarray

    def sums(self, posteriors: np.ndarray, tasks: classes.Tasks) -> UnitSums:
        """Returns what the scores of some posteriors are computed from."""
        return class_scores.sums(
            self.y_true, posteriors, tasks, self.speakers.tolist()
        )


@dataclasses.dataclass(frozen=True)
class System:
    """A finished run of a model of utterances.

    Attributes:
        name: of its folder.
        config: of the run.
        report: of the run.
        tasks: and the classes of each.
        splits: predictions by partition.
    """

    name: str
    config: Mapping[str, Any]
    report: Mapping[str, Any]
    tasks: classes.Tasks
    splits: Mapping[str, Split]

    @property
    def scored(self) -> str:
        """The partition that is scored: test, or dev where there is none."""
        return "test" if "test" in self.splits else "dev"


def read(run: pathlib.Path) -> System:
    """Reads the averaged predictions of a finished run.

    Raises:
        ValueError: the folder holds no finished run, a run of a model of
            traces or words, or predictions without speakers.
    """
    paths = [run / name for name in ("config.json", "report.json")]
    path = run / "predictions.npz"
    if not all(p.exists() for p in (*paths, path)):
        raise ValueError(
            f"{run} holds no finished run (report.json and predictions.npz). "
            "Finish it with the command that began it."
        )
    config, report = (files.read_json(p) for p in paths)
    with np.load(path, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    if not any(name.endswith(f"/{TARGET}") for name in arrays):
        raise ValueError(
            f"Only runs of models of utterances are fused. Received: {run}, "
            f"of {config['model']}."
        )
    if not any(name.endswith("/fold") for name in arrays):
        raise ValueError(
            f"{path} does not say which speaker and fold an utterance is of. "
            "Repeat the command that made the run; it trains nothing anew."
        )
    splits = {
        split: Split(
            *(
                arrays[f"{split}/{name}"]
                for name in (TARGET, "true", "id", "speaker", "fold")
            )
        )
        for split in SPLITS
        if f"{split}/{TARGET}" in arrays
    }
    return System(run.name, config, report, _tasks(config), splits)


def _tasks(config: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Returns the tasks of a run's model, as its arguments have them."""
    arguments = config["arguments"]
    if "labels" in arguments:
        return {classes.EMOTION: tuple(arguments["labels"])}
    return {task: RatingLevels.names for task in arguments["tasks"]}


def check(systems: Sequence[System], learns: bool) -> None:
    """Refuses runs that did not predict the same utterances in the same folds.

    Args:
        systems: to fuse.
        learns: whether the fusion learns from dev, which must be the same too.

    Raises:
        UsageError: fewer than two runs, or one that is named twice.
        ValueError: other classes, utterances or folds.
    """
    names = [system.name for system in systems]
    if len(set(names)) < max(2, len(names)):
        raise UsageError(
            "Two runs or more, in folders of different names, are fused. "
            f"Received: {', '.join(names) or 'none'}"
        )
    first = systems[0]
    for other in systems[1:]:
        difference = _difference(first, other, learns)
        if difference:
            raise ValueError(
                "Runs are fused that predict the same classes of the same "
                f"utterances in the same folds. Received: {first.name} and "
                f"{other.name}, with different {difference}."
            )


def _difference(first: System, other: System, learns: bool) -> str:
    """Returns in what two runs differ, in words; "" where they do not."""
    if dict(first.tasks) != dict(other.tasks):
        own, its = (
            "; ".join(", ".join(names) for names in system.tasks.values())
            for system in (first, other)
        )
        return f"classes ({own}, and {its}; --classes names them)"
    if first.config[workspace.DIGEST] != other.config[workspace.DIGEST]:
        return (
            f"utterances, of {first.config['corpus']} and "
            f"{other.config['corpus']}"
        )
    if first.scored != other.scored:
        return f"partitions, {first.scored} and {other.scored}"
    wanted = {first.scored} | ({"dev"} if learns else set())
    for split in sorted(wanted):
        if split not in first.splits or split not in other.splits:
            return f"partitions (one has no {split}; choose --by mean)"
        one, two = first.splits[split], other.splits[split]
        if not np.array_equal(one.speakers, two.speakers):
            return f"folds or speakers of {split} (see --protocol)"
        for name in ("ids", "folds", "y_true"):
            if not np.array_equal(getattr(one, name), getattr(two, name)):
                return f"folds of {split} (see --protocol)"
    return ""
