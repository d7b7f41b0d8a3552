"""Figure 2 of Zhang et al. 2019, and its claim over all test utterances.

The paper reads from two utterances that attention for arousal follows the
amplitude of the waveform and that for valence does not. `correlations` says
how far this holds for every test utterance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import keras
import numpy as np

from pipelines.datasets.utterances import UtteranceSample
from tuning.experiments.classification import TARGET
from tuning.experiments.utterances import SHOWN, UtteranceExperiment
from tuning.papers.waveform_mtl import published
from tuning.papers.waveform_mtl.systems import TableSystems, Trained
from tuning.plots import classes as class_plots
from tuning.training.fits import Fit
from zoo.layers import attention_weights
from zoo.metrics import bootstrap
from zoo.papers.waveform_mtl import HOP, TASKS, WINDOW

BATCH = 8
LEAST_WINDOWS = 3
"""Fewer windows give no correlation."""
Correlation = tuple[float, bootstrap.Bounds | None, int]
"""The mean over utterances, its interval over speakers, and their number."""


def figure(systems: TableSystems) -> class_plots.Figure:
    """Plots waveforms over the attention of each task's own network.

    The utterances are the first of the first fold's dev, the networks those
    of the seed that is best on dev.
    """
    waveforms: dict[str, np.ndarray] = {}
    weights: dict[str, dict[str, np.ndarray]] = {}
    for task in TASKS:
        trained = systems.trained(published.PROPOSED, task)
        part, fit = next(_parts(trained))
        samples = _samples(trained, part, "dev")[:SHOWN]
        by_id = {u.id: u for u in part.data.utterances}
        attended = _attention(trained, part, fit, samples)
        for sample, values in zip(samples, attended):
            waveforms[sample.id] = systems.corpus.waveform(by_id[sample.id])
            weights.setdefault(sample.id, {})[f"attention_{task}"] = values
    return class_plots.attention(
        waveforms, list(weights.values()), systems.corpus.note
    )


def correlations(
    systems: TableSystems, is_trained: bool = True
) -> dict[str, Correlation]:
    """Returns the correlation of attention with amplitude, by task.

    Of each test utterance, Pearson's r between the weights of its windows and
    their root mean square; networks as of `figure`, one for each fold.

    Args:
        systems: of which the paper's is observed.
        is_trained: whether the networks are; otherwise they have the same
            initial weights, for what training adds.
    """
    return {task: _correlation(systems, task, is_trained) for task in TASKS}


def _correlation(
    systems: TableSystems, task: str, is_trained: bool
) -> Correlation:
    trained = systems.trained(published.PROPOSED, task)
    values, speakers = [], []
    for part, fit in _parts(trained):
        samples = _samples(trained, part, "test")
        attended = _attention(trained, part, fit, samples, is_trained)
        for sample, weights in zip(samples, attended):
            value = correlation(weights, amplitudes(np.asarray(sample.inputs)))
            if np.isfinite(value):
                values.append([value, 1.0])
                speakers.append(sample.speaker)
    if not values:
        return float("nan"), None, 0
    _, sums = bootstrap.sums_by_unit(np.array(values), speakers)
    return (
        bootstrap.total(sums, _mean),
        bootstrap.interval(sums, _mean),
        len(values),
    )


def _mean(sums: np.ndarray) -> np.ndarray:
    return sums[:, 0] / sums[:, 1]


def amplitudes(waveform: np.ndarray) -> np.ndarray:
    """Returns the root mean square of every window of a waveform.

    Example:
        >>> amplitudes(np.ones(800)).tolist()
        [1.0, 1.0]
    """
    if len(waveform) < WINDOW:
        return np.zeros(0)
    windows = np.lib.stride_tricks.sliding_window_view(waveform, WINDOW)[::HOP]
    return np.sqrt(np.mean(np.square(windows, dtype="float64"), axis=-1))


def correlation(weights: np.ndarray, sizes: np.ndarray) -> float:
    """Returns Pearson's r; NaN for few windows, or where one never varies.

    Example:
        >>> correlation(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
        1.0
    """
    count = len(sizes)
    if count < LEAST_WINDOWS:
        return float("nan")
    own = weights[:count].astype("float64")
    if np.ptp(own) < 1e-9 or np.ptp(sizes) == 0:
        return float("nan")
    return round(float(np.corrcoef(own, sizes)[0, 1]), 9)


def _parts(trained: Trained) -> Iterator[tuple[UtteranceExperiment, Fit]]:
    """Yields the experiment and the fit of every fold, of the best seed."""
    fit = trained.ensemble.best[TARGET]
    parts = getattr(trained.experiment, "parts", [trained.experiment])
    yield from zip(parts, fit.folds or [fit])


def _samples(
    trained: Trained, part: UtteranceExperiment, split: str
) -> Sequence[UtteranceSample]:
    ((_, configuration),) = trained.ensemble.configurations.items()
    return part.samples(split, configuration.training["normalisation"])


def _attention(
    trained: Trained,
    part: UtteranceExperiment,
    fit: Fit,
    samples: Sequence[UtteranceSample],
    is_trained: bool = True,
) -> list[np.ndarray]:
    """Returns the weights of each utterance's windows, for the task."""
    ((_, configuration),) = trained.ensemble.configurations.items()
    if is_trained:
        model = part.load(fit, configuration)
    else:
        keras.utils.set_random_seed(fit.seed)
        model = part.build(TARGET, configuration)
        part.job(TARGET, configuration).adapt(model)
    layer = attention_weights(model)[f"attention_{trained.task}"]
    observer = keras.Model(model.input, layer)
    found: list[np.ndarray] = [np.zeros(0)] * len(samples)
    order = sorted(range(len(samples)), key=lambda i: len(samples[i].inputs))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        rows = [samples[index].inputs for index in chosen]
        lengths = np.array([len(row) for row in rows], "int32")
        padded = np.zeros((len(rows), lengths.max()), "float32")
        for row, values in zip(padded, rows):
            row[: len(values)] = values
        inputs = {part.data.port: padded, "lengths": lengths}
        outputs = keras.ops.convert_to_numpy(observer(inputs))
        for index, weights, length in zip(chosen, outputs, lengths):
            count = 1 + max(0, int(length) - WINDOW) // HOP
            found[index] = weights[:count]
    return found
