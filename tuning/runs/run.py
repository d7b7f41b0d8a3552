"""Training of a run: seeds, ensemble, saved model, report."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from tuning.experiments import class_calibration
from tuning.experiments.base import Experiment
from tuning.experiments.predictions import Decoded, Predictions
from tuning.plots import curves
from tuning.runs import ensemble, markdown, overlap, report
from tuning.runs.ensemble import Ensemble
from tuning.runs.provenance import provenance
from tuning.training.fits import Configuration, read_histories, write_history
from tuning.training.pool import Pool
from tuning.training.progress import Progress
from zoo.common import files

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def train_and_report(
    experiment: Experiment,
    configurations: Mapping[str, Configuration],
    out: pathlib.Path,
    seeds: Sequence[int],
    progress: Progress,
    pool: Pool,
    search: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Trains every seed, scores their average, and writes the run's files.

    `model.keras` joins, for each target, the network whose seed is best on
    the development partition; of `recola_blstm_cls` the networks of all seeds,
    with their decoder. Its posteriors are calibrated on dev; figures of the
    ensemble are of posteriors as they were trained, but for thresholds.

    Returns:
        The report, as in `report.json`.
    """
    started = time.monotonic()
    networks = ensemble.train(
        experiment, configurations, out, seeds, progress, pool, is_saved=True
    )
    decoded = experiment.decode(configurations, networks.outputs, progress)
    model, calibration = _save_model(experiment, networks, decoded, out)
    progress.clear()
    predictions = {
        split: networks.averaged(split) for split in experiment.scored
    }
    content = {
        **_content(experiment, networks, model, predictions, decoded),
        "calibration": calibration,
        "search": dict(search or {}),
        "seconds": round(time.monotonic() - started, 1),
        **provenance(),
    }
    content["chosen"] = markdown.chosen(content)
    overlap.write(out, experiment)
    save_predictions(out / "predictions.npz", experiment, predictions)
    if decoded is not None:
        save_predictions(out / "decoded.npz", experiment, decoded.predictions)
    _describe(experiment, networks, out, content)
    figures = _plot(experiment, networks, model, predictions, decoded, content)
    _write(out, content, configurations, figures)
    return content


def _save_model(
    experiment: Experiment,
    networks: Ensemble,
    decoded: Decoded | None,
    out: pathlib.Path,
) -> tuple[keras.Model, dict[str, Any]]:
    """Writes `model.keras`; returns it, and how it was calibrated."""
    model = experiment.saved_model(
        experiment.saved_fits(networks.fits, networks.best),
        networks.configurations,
        decoded,
    )
    model, calibration = experiment.calibrated(
        model, networks.configurations, networks.best
    )
    with files.replacing(out / "model.keras") as part:
        model.save(part)
    return model, calibration


def _content(
    experiment: Experiment,
    networks: Ensemble,
    model: keras.Model,
    predictions: Mapping[str, Predictions],
    decoded: Decoded | None,
) -> dict[str, Any]:
    """Returns the heading and all scores of a report."""
    seeds = len(next(iter(networks.fits.values())))
    content = {
        **report.heading(experiment),
        "metrics": _scores(experiment, predictions),
        "saved": _saved(experiment, networks, model),
        "runs": [_seed(experiment, networks, index) for index in range(seeds)],
        **_references(experiment, predictions),
    }
    if decoded is not None:
        content["decoded"] = {
            "metrics": _scores(experiment, decoded.predictions),
            "sweeps": decoded.sweeps,
        }
    return content


def _references(
    experiment: Experiment, predictions: Mapping[str, Predictions]
) -> dict[str, Any]:
    """Returns constant baselines, class counts and scores of each unit."""
    labelled = [split for split in predictions if experiment.labelled(split)]
    return {
        "constants": {split: experiment.constants(split) for split in labelled},
        "classes": experiment.class_counts(),
        "by_corpus": {
            split: experiment.of_corpora(own, split)
            for split, own in predictions.items()
            if split in labelled
        },
        "by_unit": {
            split: experiment.of_units(predictions[split], split)
            for split in labelled[-1:]
        },
    }


def _plot(
    experiment: Experiment,
    networks: Ensemble,
    model: keras.Model,
    predictions: Mapping[str, Predictions],
    decoded: Decoded | None,
    content: Mapping[str, Any],
) -> dict[str, tuple[str, Figure]]:
    """Returns a report's plots: by title, the file's name and the figure."""
    split = "test" if experiment.labelled("test") else "dev"
    shown = {"predicted": predictions[split]}
    if decoded is not None:
        shown["decoded"] = decoded.predictions[split]
    note = content["note"]
    training = next(iter(networks.configurations.values())).training
    history = read_histories(experiment.shown_fits(networks.best))
    measure = next(iter(experiment.measures))
    figures = {
        **experiment.prediction_plots(shown, split, note),
        **experiment.model_plots(model, training, note),
        f"Training of {experiment.shown_as}": (
            "history.png",
            curves.curves(history, measure, note),
        ),
    }
    if content["search"]:
        figures["Trials"] = (
            "search.png",
            curves.search(content["search"], note),
        )
    return figures


def _write(
    out: pathlib.Path,
    content: dict[str, Any],
    configurations: Mapping[str, Configuration],
    figures: Mapping[str, tuple[str, Figure]],
) -> None:
    """Writes the plots and, last, the report."""
    for name, figure in figures.values():
        curves.save(figure, out / name)
    plots = {title: name for title, (name, _) in figures.items()}
    text = markdown.markdown(content, configurations, plots)
    files.write_text(out / "report.md", text)
    files.write_json(out / "report.json", content)


def _saved(
    experiment: Experiment, networks: Ensemble, model: keras.Model
) -> dict[str, Any]:
    """Returns the seeds and scores of `model.keras`.

    One that nothing validated has its epochs instead of scores.
    """
    training = next(iter(networks.configurations.values())).training
    kept = experiment.saved_fits(networks.fits, networks.best)
    epochs = experiment.saved_epochs(networks.best)
    return {
        "seeds": {
            target: [fit.seed for fit in fits]
            if len(fits) > 1
            else fits[0].seed
            for target, fits in kept.items()
        },
        "metrics": experiment.saved_scores(model, training),
        **({"epochs": epochs} if epochs else {}),
    }


def _seed(
    experiment: Experiment, networks: Ensemble, index: int
) -> dict[str, Any]:
    """Returns the fits and scores of one seed's networks."""
    fits = {target: by_seed[index] for target, by_seed in networks.fits.items()}
    predictions = {
        split: networks.of_seed(index, split) for split in experiment.scored
    }
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
        split: experiment.score(own, split)
        for split, own in predictions.items()
        if experiment.labelled(split)
    }


def _describe(
    experiment: Experiment,
    networks: Ensemble,
    out: pathlib.Path,
    content: Mapping[str, Any],
) -> None:
    """Writes the settings that repeat the run, and the training logs."""
    configurations = networks.configurations
    kept = experiment.saved_fits(networks.fits, networks.best)
    arguments = experiment.saved_arguments(
        configurations, len(next(iter(kept.values())))
    )
    arguments.update(class_calibration.arguments(content["calibration"]))
    config = {
        **files.read_json(out / "config.json"),
        "arguments": arguments,
        "training": {t: dict(c.training) for t, c in configurations.items()},
        "seeds": [run["seed"] for run in content["runs"]],
        "command": content["command"],
        "versions": content["versions"],
    }
    files.write_json(out / "config.json", config)
    shown = experiment.shown_fits(networks.best)
    write_history(out / "history.csv", read_histories(shown))


def save_predictions(
    path: pathlib.Path,
    experiment: Experiment,
    predictions: Mapping[str, Predictions],
) -> None:
    """Writes an ensemble's predictions."""
    arrays: dict[str, Any] = {}
    for split, own in predictions.items():
        arrays.update(experiment.arrays(own, split))
    with files.replacing(path) as part:
        np.savez_compressed(part, **arrays)
