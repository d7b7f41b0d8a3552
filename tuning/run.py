"""A configuration becomes a finished run: seeds, ensemble, model, report."""

from __future__ import annotations

import pathlib
import platform
import shlex
import sys
import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

import zoo
from tuning import files, fits, plots, report
from tuning.experiment import Experiment, Predictions, averaged
from tuning.fits import Configuration, Fit, joined
from tuning.progress import Progress


def finish(
    experiment: Experiment,
    configurations: Mapping[str, Configuration],
    out: pathlib.Path,
    seeds: list[int],
    progress: Progress,
    search: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Trains every seed, scores their average, and writes the run's files.

    `model.keras` joins, for each dimension, the network whose seed is best on
    the development partition.

    Returns:
        The report, as in `report.json`.
    """
    started = time.monotonic()
    done: dict[str, list[Fit]] = {}
    predictions: list[dict[str, Predictions]] = [{} for _ in seeds]
    for dimension, configuration in configurations.items():
        done[dimension] = []
        for place, seed in enumerate(seeds):
            line = f"{dimension}, seed {place + 1} of {len(seeds)}"
            fit = experiment.fit(
                out,
                dimension,
                configuration,
                seed,
                on_epoch=lambda epoch, logs: progress.show(
                    f"{line}, epoch {epoch + 1}"
                ),
            )
            done[dimension].append(fit)
            network = experiment.load(fit, configuration)
            for split in experiment.scored:
                known = predictions[place].setdefault(split, {})
                known.update(experiment.predict(network, split))
    progress.clear()
    best = {d: max(each, key=lambda fit: fit.best) for d, each in done.items()}
    model = join(experiment, configurations, best)
    with files.replacing(out / "model.keras") as part:
        model.save(part)
    ensemble = {
        split: averaged([each[split] for each in predictions])
        for split in experiment.scored
    }
    content = {
        **report.heading(experiment),
        "metrics": _scores(experiment, ensemble),
        "saved": {
            "seeds": {d: fit.seed for d, fit in best.items()},
            "metrics": _scores(experiment, _predict_all(experiment, model)),
        },
        "runs": [
            {
                "seed": seed,
                "best_epoch": {d: done[d][i].best_epoch for d in done},
                "folders": {d: done[d][i].folder.name for d in done},
                "metrics": _scores(experiment, predictions[i]),
            }
            for i, seed in enumerate(seeds)
        ],
        "search": dict(search or {}),
        "seconds": round(time.monotonic() - started, 1),
        **provenance(),
    }
    _write(experiment, configurations, out, best, ensemble, content)
    return content


def join(
    experiment: Experiment,
    configurations: Mapping[str, Configuration],
    best: Mapping[str, Fit],
) -> keras.Model:
    """One model of each dimension's best network."""
    model = zoo.get(
        experiment.card.name,
        weights=None,
        dimensions=tuple(best),
        **joined(configurations),
    )
    for dimension, fit in best.items():
        network = experiment.load(fit, configurations[dimension])
        own = [
            variable
            for variable in model.weights
            if variable.path.startswith(f"{dimension}_")
        ]
        for variable, trained in zip(own, network.weights, strict=True):
            variable.assign(trained)
    return model


def _predict_all(
    experiment: Experiment, model: keras.Model
) -> dict[str, Predictions]:
    return {
        split: experiment.predict(model, split) for split in experiment.scored
    }


def _scores(experiment: Experiment, predictions: dict[str, Predictions]):
    return {
        split: experiment.score(each, split)
        for split, each in predictions.items()
        if experiment.labelled(split)
    }


def _write(
    experiment: Experiment,
    configurations: Mapping[str, Configuration],
    out: pathlib.Path,
    best: Mapping[str, Fit],
    ensemble: dict[str, Predictions],
    content: dict[str, Any],
) -> None:
    config = files.read_json(out / "config.json")
    files.write_json(
        out / "config.json",
        {
            **config,
            "arguments": {
                **joined(configurations),
                "dimensions": list(configurations),
            },
            "training": {
                d: dict(each.training) for d, each in configurations.items()
            },
            "seeds": [each["seed"] for each in content["runs"]],
            "command": content["command"],
            "versions": content["versions"],
        },
    )
    history = fits.read_histories(best)
    fits.write_history(out / "history.csv", history)
    save_predictions(out / "predictions.npz", ensemble)
    pictures = plots.of_run(experiment, ensemble, history, content, out)
    files.write_json(out / "report.json", content)
    text = report.markdown(content, configurations, pictures)
    files.write_text(out / "report.md", text)


def save_predictions(
    path: pathlib.Path, predictions: dict[str, Predictions]
) -> None:
    """Writes the ensemble's traces as SPLIT/DIMENSION/NUMBER."""
    arrays = {
        f"{split}/{dimension}/{place}": trace
        for split, each in predictions.items()
        for dimension, traces in each.items()
        for place, trace in enumerate(traces)
    }
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
