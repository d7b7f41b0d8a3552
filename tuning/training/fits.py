"""Fits: trained networks, their configurations and their folders."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
import math
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tuning.training.callbacks import Checkpoint
from zoo.common import files

AFTER_TRAINING = ("thresholds",)
"""Training values that are used when a network is trained."""
OUTPUTS = "outputs.npz"
"""In a fit's folder: what its network predicts."""
SplitOutputs = dict[str, dict[str, Any]]
"""A network's outputs by split and name: an array, or one a recording."""
WORST = {"max": -1.0, "min": 1e9}
"""Replaces NaN: no CCC is lower, no error is higher."""


@dataclasses.dataclass(frozen=True)
class Fit:
    """One network, trained with one seed.

    Attributes:
        target: that it predicts.
        seed: of the initial weights and of the order of batches.
        epochs: trained.
        best: the best development score.
        best_epoch: when it was reached, counted from 0.
        folder: holds `weights.weights.h5`, `history.csv`, `result.json`; of
            a cross-validation, the folders of its folds.
        folds: of a cross-validation, the fit of each.
    """

    target: str
    seed: int
    epochs: int
    best: float
    best_epoch: int
    folder: pathlib.Path
    folds: tuple[Fit, ...] = ()


@dataclasses.dataclass(frozen=True)
class Configuration:
    """Arguments of the entry point, and settings of the training."""

    arguments: Mapping[str, Any]
    training: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class FitRequest:
    """One network to train with one seed.

    Attributes:
        folder: of the fit.
        target: that the network predicts.
        configuration: of the network and of its training.
        seed: of the initial weights and of the order of batches.
        epochs: at most.
        name: in lines of progress.
        fold: of a cross-validation, its number from 0.
        predicts: whether the network predicts the scored splits, too, which
            is kept beside the fit.
    """

    folder: pathlib.Path
    target: str
    configuration: Configuration
    seed: int
    epochs: int
    name: str
    fold: int = 0
    predicts: bool = False


def joined(configurations: Mapping[str, Configuration]) -> dict[str, Any]:
    """Returns one model's arguments from those of the targets' networks."""
    names = next(iter(configurations.values())).arguments
    return {
        name: _one_or_all(
            {
                target: configuration.arguments[name]
                for target, configuration in configurations.items()
            }
        )
        for name in names
    }


def _one_or_all(values: dict[str, Any]) -> Any:
    first, *rest = values.values()
    return first if all(value == first for value in rest) else values


def key(target: str, configuration: Configuration, seed: int) -> str:
    """Returns the name of a fit's folder.

    It does not depend on what no training step depends on.
    """
    settings = dataclasses.asdict(configuration)
    settings["training"] = {
        name: value
        for name, value in configuration.training.items()
        if name not in AFTER_TRAINING
    }
    parts = [target, settings, seed]
    text = json.dumps(parts, sort_keys=True)
    return f"{target}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def finished(folder: pathlib.Path, epochs: int) -> Fit | None:
    """Returns the fit in a folder; `None` unless it is finished.

    Hyperband asks for fits of fewer epochs: one that was trained for longer is
    scored after that many epochs, and its weights are those of the end.
    """
    path = folder / "result.json"
    if not path.exists():
        return None
    result = files.read_json(path)
    stopped, rule = result.pop("stopped"), result.pop("rule")
    if result["epochs"] > epochs:
        best, best_epoch = _best(folder / "history.csv", epochs, **rule)
        result |= {"epochs": epochs, "best": best, "best_epoch": best_epoch}
    elif result["epochs"] < epochs and not stopped:
        return None
    return Fit(**result, folder=folder)


def _best(
    history: pathlib.Path, epochs: int, monitor: str, mode: str, window: int
) -> tuple[float, int]:
    """Returns the best score of a fit's first epochs, and its epoch."""
    scores = _scores(history, monitor, mode, window)[:epochs]
    best = max(scores) if mode == "max" else min(scores)
    return best, scores.index(best)


def _scores(
    history: pathlib.Path, monitor: str, mode: str, window: int
) -> list[float]:
    """Returns the development score that each epoch was judged by."""
    with open(history, encoding="utf-8") as file:
        single = [float(row[monitor]) for row in csv.DictReader(file)]
    scores = [
        float(np.mean(single[max(0, end - window) : end]))
        for end in range(1, len(single) + 1)
    ]
    return [WORST[mode] if math.isnan(score) else score for score in scores]


def judged_by(fit: Fit) -> list[float]:
    """Returns what each epoch of a fit was judged by; higher is better."""
    rule = files.read_json(fit.folder / "result.json")["rule"]
    sign = 1 if rule["mode"] == "max" else -1
    return [sign * own for own in _scores(fit.folder / "history.csv", **rule)]


def finish(
    folder: pathlib.Path, target: str, seed: int, checkpoint: Checkpoint
) -> Fit:
    """Marks a folder's fit as finished."""
    stopping, epochs = checkpoint.stopping, len(checkpoint.history)
    mode = stopping.mode
    result: dict[str, Any] = {
        "target": target,
        "seed": seed,
        "epochs": epochs,
        "best": stopping.best if math.isfinite(stopping.best) else WORST[mode],
        "best_epoch": stopping.best_epoch,
    }
    rest = {
        "stopped": stopping.is_over(epochs),
        "rule": {
            "monitor": stopping.monitor,
            "mode": mode,
            "window": stopping.window,
        },
    }
    files.write_json(folder / "result.json", {**result, **rest})
    return Fit(**result, folder=folder)


def save_outputs(folder: pathlib.Path, outputs: SplitOutputs) -> None:
    """Writes a fitted network's outputs beside the fit."""
    arrays: dict[str, Any] = {}
    for split, by_name in outputs.items():
        for name, values in by_name.items():
            if isinstance(values, np.ndarray):
                arrays[f"{split}/{name}"] = values
            else:
                for index, value in enumerate(values):
                    arrays[f"{split}/{name}/{index}"] = value
    with files.replacing(folder / OUTPUTS) as part, open(part, "wb") as file:
        np.savez(file, **arrays)


def forget_outputs(folder: pathlib.Path) -> None:
    """Removes the outputs of a network that is trained further."""
    (folder / OUTPUTS).unlink(missing_ok=True)


def has_outputs(folder: pathlib.Path) -> bool:
    """Returns whether a fit's outputs are there."""
    return (folder / OUTPUTS).exists()


def load_outputs(folder: pathlib.Path) -> SplitOutputs | None:
    """Returns what `save_outputs` wrote; `None` where there is nothing."""
    path = folder / OUTPUTS
    if not path.exists():
        return None
    outputs: dict[str, dict[str, Any]] = {}
    with np.load(path, allow_pickle=False) as arrays:
        for member, values in arrays.items():
            split, _, rest = member.partition("/")
            name, _, index = rest.partition("/")
            if not name:  # of version 0.1
                return None
            by_name = outputs.setdefault(split, {})
            if index:
                by_name.setdefault(name, []).append(values)
            else:
                by_name[name] = values
    return outputs


def write_history(
    path: pathlib.Path, history: Sequence[Mapping[str, float]]
) -> None:
    """Writes what was logged, one line an epoch."""
    with files.replacing(path) as part:
        with open(part, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(history[0]))
            writer.writeheader()
            writer.writerows(history)


def read_histories(best: Mapping[str, Fit]) -> list[dict[str, Any]]:
    """Returns the logs of each target's network, one row an epoch."""
    rows: list[dict[str, Any]] = []
    for target, fit in best.items():
        with open(fit.folder / "history.csv", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                plain = {
                    name.replace(f"{target}_", "", 1): value
                    for name, value in row.items()
                }
                rows.append({"target": target, **plain})
    return rows
