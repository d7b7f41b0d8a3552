"""Filters and readouts that the decoder is compared with."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.labels import KMeansLevels
from tuning.papers.recola_discrete import smoothing
from zoo.metrics import concordance_cc


def traces(seed: int = 0) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Slow labels, and predictions that are the labels with noise."""
    rng = np.random.default_rng(seed)
    y_true = [np.cumsum(rng.normal(size=400)) / 20 for _ in range(3)]
    return y_true, [own + rng.normal(0, 0.5, 400) for own in y_true]


def test_a_median_and_a_gaussian_by_hand():
    step = np.array([0.0, 0, 0, 9, 0, 0, 1, 1, 1, 1])
    assert smoothing.median(step, 3).tolist() == [0] * 6 + [1] * 4
    flat = smoothing.gaussian(np.ones(20, "float32"), 5)
    np.testing.assert_allclose(flat, 1)
    impulse = smoothing.gaussian(np.eye(1, 81, 40)[0], 4)
    expected = np.exp(-0.5 * (np.arange(-40, 41) / 4) ** 2)
    np.testing.assert_allclose(impulse, expected / expected.sum(), atol=1e-4)


@pytest.mark.parametrize("kind", smoothing.FILTERS)
def test_the_width_is_the_best_of_all_on_dev(kind):
    y_true, noisy = traces()
    width = smoothing.best_width(noisy, y_true, kind)
    scores = {
        tried: concordance_cc(
            np.concatenate(y_true),
            np.concatenate(smoothing.filtered(noisy, kind, tried)),
        )
        for tried in (0, *smoothing.WIDTHS[kind])
    }
    assert width and scores[width] == max(scores.values()) > scores[0]
    assert smoothing.best_width(y_true, y_true, kind) == 0


def test_the_expected_value_is_the_mean_over_tasks_and_networks():
    values = np.linspace(-1, 1, 40)
    levels = {n: KMeansLevels(n).fit(values) for n in (2, 4)}
    rng = np.random.default_rng(0)
    networks = [
        [{n: rng.dirichlet(np.ones(n), 9) for n in levels} for _ in range(2)]
        for _ in range(3)
    ]
    received = smoothing.expected(levels, networks)
    for index, trace in enumerate(received):
        each = [
            recordings[index][n] @ own.means
            for recordings in networks
            for n, own in levels.items()
        ]
        np.testing.assert_allclose(trace, np.mean(each, axis=0))
