"""Linear support vector regression over eGeMAPS windows: AVEC 2016's baseline.

Le et al. 2017 and Khorram et al. 2017 quote it in their tables as Valstar et
al. For each dimension, the length of the windows of the functionals, the delay
by which raters react and the complexity of the regression are those with the
highest CCC on the development partition; then each step of post-processing is
kept where it raises that CCC.

Where this departs from the baseline, or what its paper leaves open:
- windows are 4 s and 6 s long, those that it found best for arousal and
  valence; which of them serves a dimension is chosen here;
- features are delayed rather than labels advanced, the first repeated, so that
  every step of a recording keeps its label;
- scikit-learn's LIBLINEAR solves the primal of the L2-loss regression, whose
  optimum is that of the dual, with an insensitivity of 0.1 and a tolerance
  of 0.001, LIBLINEAR's own;
- steps of post-processing follow each other in the order of the paper; bias
  and scale are those of the development partition.

Reference: M. Valstar, J. Gratch, B. Schuller, F. Ringeval, D. Lalanne, M.
    Torres Torres, S. Scherer, G. Stratou, R. Cowie, M. Pantic: AVEC 2016:
    Depression, Mood, and Emotion Recognition Workshop and Challenge. AVEC '16.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.ndimage import median_filter
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVR
from threadpoolctl import threadpool_limits

from pipelines.corpora.base import LABEL_HOP, Corpus, Utterance
from pipelines.features import extraction
from tuning.training.progress import Progress
from zoo.metrics import concordance_cc

WINDOWS = (4, 6)
"""Seconds of the functionals' windows."""
DELAYS = tuple(round(0.4 * number, 1) for number in range(21))
"""Seconds that the features are delayed by."""
COMPLEXITIES = tuple(10.0**exponent for exponent in range(-5, 1))
MEDIANS = (0.4, 1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 20.0)
"""Seconds of the median filter."""
SHIFTS = tuple(round(0.4 * number, 1) for number in range(1, 26))
"""Seconds that predictions are shifted by."""
INSENSITIVITY = 0.1
TOLERANCE = 1e-3
"""LIBLINEAR's own; scikit-learn's takes up to ten times as long."""

Traces = Sequence[np.ndarray]
"""A value a step of each recording."""
Features = Mapping[int, Traces]
"""Functionals (steps, 88) of each recording, by the seconds of the windows."""


@dataclasses.dataclass(frozen=True)
class Smoothing:
    """Steps of post-processing; those at their defaults change nothing.

    Attributes:
        median: seconds of the median filter; 0 for none.
        bias: added.
        scale: of deviations from `centre`.
        centre: mean of the scaled predictions.
        shift: seconds that predictions are delayed by.
    """

    median: float = 0.0
    bias: float = 0.0
    scale: float = 1.0
    centre: float = 0.0
    shift: float = 0.0

    def apply(self, traces: Traces) -> list[np.ndarray]:
        """Returns the traces after all steps."""
        width = _steps(self.median) // 2 * 2 + 1
        smooth = []
        for trace in traces:
            if self.median:
                trace = median_filter(trace, width, mode="nearest")
            trace = trace + self.bias
            trace = self.centre + self.scale * (trace - self.centre)
            smooth.append(delayed(trace, self.shift))
        return smooth


@dataclasses.dataclass(frozen=True)
class Regression:
    """A fitted regression of one dimension.

    Attributes:
        window: seconds of the functionals' windows.
        delay: seconds that the features are delayed by.
        complexity: C of the regression.
        ccc: on dev, before the post-processing.
        scaler: of the features, fitted on train.
        model: fitted on train.
        smoothing: of the predictions.
    """

    window: int
    delay: float
    complexity: float
    ccc: float
    scaler: StandardScaler
    model: LinearSVR
    smoothing: Smoothing = Smoothing()

    def predict(self, features: Features) -> list[np.ndarray]:
        """Returns a trace (steps,) float32 for each recording."""
        traces = [
            self.model.predict(
                delayed(self.scaler.transform(rows), self.delay)
            ).astype("float32")
            for rows in features[self.window]
        ]
        return self.smoothing.apply(traces)

    def settings(self) -> dict[str, Any]:
        """Returns what was chosen on dev, by name."""
        return {
            "window": self.window,
            "delay": self.delay,
            "complexity": self.complexity,
            **dataclasses.asdict(self.smoothing),
        }


def fit(
    train: Features,
    y_train: Traces,
    dev: Features,
    y_dev: Traces,
    progress: Callable[[str], None] = lambda line: None,
) -> Regression:
    """Fits a regression to train, its settings chosen by the CCC on dev.

    Of settings with equal CCC the first is taken.

    Args:
        train, dev: functionals of the partitions' recordings.
        y_train, y_dev: labels, as many steps.
        progress: called with a line while settings are tried.

    Raises:
        ValueError: no windows, or no recordings.
    """
    if not train or not all(train.values()) or not all(dev.values()):
        raise ValueError("`train` and `dev` must hold recordings.")
    # The problems are small: waiting threads would cost far more.
    with threadpool_limits(1):
        best = max(
            (
                regression
                for window in train
                for regression in _regressions(
                    train[window], y_train, dev[window], y_dev, window, progress
                )
            ),
            key=lambda regression: regression.ccc,
        )
    return dataclasses.replace(
        best, smoothing=choose_smoothing(best.predict(dev), y_dev)
    )


def _regressions(
    train: Traces,
    y_train: Traces,
    dev: Traces,
    y_dev: Traces,
    window: int,
    progress: Callable[[str], None],
) -> Iterator[Regression]:
    """Fits one regression for each delay and complexity."""
    scaler = StandardScaler().fit(np.concatenate(train))
    train, dev = (
        [scaler.transform(rows) for rows in rows_of] for rows_of in (train, dev)
    )
    labels, dev_labels = np.concatenate(y_train), np.concatenate(y_dev)
    for delay in DELAYS:
        progress(f"windows of {window} s, delay {delay:g} s")
        rows, dev_rows = (
            np.concatenate([delayed(part, delay) for part in rows_of])
            for rows_of in (train, dev)
        )
        for complexity in COMPLEXITIES:
            model = LinearSVR(
                C=complexity,
                loss="squared_epsilon_insensitive",
                dual=False,
                epsilon=INSENSITIVITY,
                tol=TOLERANCE,
            ).fit(rows, labels)
            ccc = concordance_cc(dev_labels, model.predict(dev_rows))
            yield Regression(window, delay, complexity, ccc, scaler, model)


def choose_smoothing(y_pred: Traces, y_true: Traces) -> Smoothing:
    """Returns the steps of post-processing that raise the CCC.

    Args:
        y_pred: predictions of the development partition.
        y_true: its labels.
    """
    labels = np.concatenate(y_true)

    def score(smoothing: Smoothing) -> float:
        return concordance_cc(labels, np.concatenate(smoothing.apply(y_pred)))

    best = max(
        [Smoothing(), *(Smoothing(median=seconds) for seconds in MEDIANS)],
        key=score,
    )
    for step in (_centred, _scaled):
        predicted = np.concatenate(best.apply(y_pred))
        best = max([best, step(best, labels, predicted)], key=score)
    shifted = [dataclasses.replace(best, shift=seconds) for seconds in SHIFTS]
    return max([best, *shifted], key=score)


def _centred(
    smoothing: Smoothing, y_true: np.ndarray, y_pred: np.ndarray
) -> Smoothing:
    bias = float(y_true.mean() - y_pred.mean())
    return dataclasses.replace(smoothing, bias=bias)


def _scaled(
    smoothing: Smoothing, y_true: np.ndarray, y_pred: np.ndarray
) -> Smoothing:
    if not y_pred.std():
        return smoothing
    return dataclasses.replace(
        smoothing,
        scale=float(y_true.std() / y_pred.std()),
        centre=float(y_pred.mean()),
    )


def delayed(rows: np.ndarray, seconds: float) -> np.ndarray:
    """Returns rows that come later, the first repeated before them.

    Args:
        rows: (steps, …), one every 40 ms.
        seconds: from 0.

    Example:
        >>> delayed(np.array([1, 2, 3, 4]), 0.08)
        array([1, 1, 1, 2])
    """
    return rows[np.maximum(np.arange(len(rows)) - _steps(seconds), 0)]


def _steps(seconds: float) -> int:
    return round(seconds / LABEL_HOP)


def functionals(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    progress: Progress,
    cache: pathlib.Path | None,
) -> dict[int, list[np.ndarray]]:
    """Returns the functionals of recordings, by the seconds of the windows.

    Args:
        corpus: of the recordings.
        utterances: to read, or to take from the cache.
        progress: shows how far the reading is.
        cache: folder where features are kept; those of an utterance of several
            files are not.

    Raises:
        ValueError: no openSMILE, or a recording that cannot be read.
    """
    if any(len(utterance.files) != 1 for utterance in utterances):
        cache = None
    return {
        window: extraction.extract(
            corpus,
            utterances,
            f"egemaps_{window}s",
            cache,
            lambda done, of: progress.show(
                f"windows of {window} s, recording {done} of {of}"
            ),
        )
        for window in WINDOWS
    }
