"""A configuration becomes a finished run: seeds, ensemble, model, report."""

from __future__ import annotations

import pathlib
import platform
import shlex
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from tuning.experiments.base import Experiment, Predictions
from tuning.experiments.traces import TraceExperiment
from tuning.plots import curves
from tuning.runs import ensemble, report
from tuning.runs.ensemble import Ensemble
from tuning.training.fits import Configuration, read_histories, write_history
from tuning.training.progress import Progress
from zoo.common import files

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def finish(
    experiment: Experiment,
    configurations: Mapping[str, Configuration],
    out: pathlib.Path,
    seeds: list[int],
    progress: Progress,
    search: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Trains every seed, scores their average, and writes the run's files.

    `model.keras` joins, for each target, the network whose seed is best on
    the development partition.

    Returns:
        The report, as in `report.json`.
    """
    started = time.monotonic()
    together = ensemble.train(experiment, configurations, out, seeds, progress)
    model = experiment.join(together.best, configurations)
    progress.clear()
    with files.replacing(out / "model.keras") as part:
        model.save(part)
    predictions = {s: together.averaged(s) for s in experiment.scored}
    content = {
        **report.heading(experiment),
        "metrics": _scores(experiment, predictions),
        "saved": _saved(experiment, together, model),
        "runs": [
            _seed(experiment, together, place) for place in range(len(seeds))
        ],
        "search": dict(search or {}),
    }
    smoothed: dict[str, Predictions] = {}
    if isinstance(experiment, TraceExperiment) and experiment.recipe.discrete:
        sweeps, smoothed = ensemble.decoded(experiment, together, progress)
        metrics = _scores(experiment, smoothed)
        content["decoded"] = {"metrics": metrics, "sweeps": sweeps}
    content["seconds"] = round(time.monotonic() - started, 1)
    content.update(provenance())
    save_predictions(out / "predictions.npz", experiment, predictions)
    if smoothed:
        save_predictions(out / "decoded.npz", experiment, smoothed)
    _describe(experiment, together, out, content)
    drawn = _draw(experiment, together, model, (predictions, smoothed), content)
    _write(out, content, configurations, drawn)
    return content


def _draw(
    experiment: Experiment,
    together: Ensemble,
    model: keras.Model,
    known: tuple[Mapping[str, Predictions], Mapping[str, Predictions]],
    content: Mapping[str, Any],
) -> dict[str, tuple[str, Figure]]:
    """A report's plots: by title, the file's name and the figure."""
    predictions, smoothed = known
    split = "test" if experiment.labelled("test") else "dev"
    shown = {"predicted": predictions[split]}
    if smoothed:
        shown["decoded"] = smoothed[split]
    note = content["note"]
    training = next(iter(together.configurations.values())).training
    history = read_histories(experiment.shown(together.best))
    measure = next(iter(experiment.measures))
    drawn = {
        **experiment.pictures(shown, split, note),
        **experiment.model_pictures(model, training, note),
        f"Training of {experiment.shown_as}": (
            "history.png",
            curves.curves(history, measure, note),
        ),
    }
    if content["search"]:
        drawn["Trials"] = ("search.png", curves.search(content["search"], note))
    return drawn


def _write(
    out: pathlib.Path,
    content: dict[str, Any],
    configurations: Mapping[str, Configuration],
    drawn: Mapping[str, tuple[str, Figure]],
) -> None:
    """Writes the plots and, last, the report."""
    for name, picture in drawn.values():
        curves.save(picture, out / name)
    pictures = {title: name for title, (name, _) in drawn.items()}
    text = report.markdown(content, configurations, pictures)
    files.write_text(out / "report.md", text)
    files.write_json(out / "report.json", content)


def _saved(
    experiment: Experiment, together: Ensemble, model: keras.Model
) -> dict[str, Any]:
    """What `model.keras` is and how it does."""
    training = next(iter(together.configurations.values())).training
    return {
        "seeds": {target: fit.seed for target, fit in together.best.items()},
        "metrics": experiment.saved_scores(model, training),
    }


def _seed(
    experiment: Experiment, together: Ensemble, place: int
) -> dict[str, Any]:
    """How one seed's networks do."""
    fits = {target: each[place] for target, each in together.fits.items()}
    predictions = {s: together.of_seed(place, s) for s in experiment.scored}
    return {
        "seed": next(iter(fits.values())).seed,
        "epochs": {target: fit.epochs for target, fit in fits.items()},
        "best_epoch": {t: fit.best_epoch for t, fit in fits.items()},
        "folders": {
            target: "folds" if fit.folds else f"fits/{fit.folder.name}"
            for target, fit in fits.items()
        },
        "metrics": _scores(experiment, predictions),
    }


def _scores(
    experiment: Experiment, predictions: Mapping[str, Predictions]
) -> dict[str, Any]:
    return {
        split: experiment.score(each, split)
        for split, each in predictions.items()
        if experiment.labelled(split)
    }


def _describe(
    experiment: Experiment,
    together: Ensemble,
    out: pathlib.Path,
    content: Mapping[str, Any],
) -> None:
    """Writes what repeats the run, and what its networks logged."""
    configurations = together.configurations
    config = {
        **files.read_json(out / "config.json"),
        "arguments": experiment.arguments(configurations),
        "training": {t: dict(c.training) for t, c in configurations.items()},
        "seeds": [each["seed"] for each in content["runs"]],
        "command": content["command"],
        "versions": content["versions"],
    }
    files.write_json(out / "config.json", config)
    shown = experiment.shown(together.best)
    write_history(out / "history.csv", read_histories(shown))


def save_predictions(
    path: pathlib.Path,
    experiment: Experiment,
    predictions: Mapping[str, Predictions],
) -> None:
    """Writes an ensemble's predictions."""
    arrays: dict[str, Any] = {}
    for split, each in predictions.items():
        arrays.update(experiment.arrays(each, split))
    with files.replacing(path) as part:
        np.savez_compressed(part, **arrays)


def provenance() -> dict[str, Any]:
    """What made a report: the command, the versions, the day."""
    import tensorflow as tf

    return {
        "command": shlex.join(["python", "-m", *_module_and_arguments()]),
        "date": time.strftime("%Y-%m-%d"),
        "versions": {
            "python": platform.python_version(),
            "keras": keras.version(),
            "tensorflow": tf.__version__,
            "numpy": np.__version__,
        },
    }


def _module_and_arguments() -> list[str]:
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return [spec.name if spec else "tuning", *sys.argv[1:]]
