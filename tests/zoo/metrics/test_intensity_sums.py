"""Sums by unit give the measures of intensities."""

from __future__ import annotations

import numpy as np
import pytest

from zoo.metrics import bootstrap, intensities
from zoo.metrics.intensity_sums import unit_sums

EMOTIONS = intensities.EMOTIONS
CASES = {
    "emotions": (EMOTIONS, None, (0, 3)),
    "sentiment": (("sentiment",), (-3, 3), (-3, 3)),
    "reviews": (("review", "other"), (1, 5), (1, 5)),
    "ratings": (("one", "two"), None, (0, 1)),
}


@pytest.mark.parametrize("case", CASES)
def test_the_sums_of_all_units_give_every_measure(case):
    labels, rated, scale = CASES[case]
    rng = np.random.default_rng(0)
    y_true = rng.choice(np.linspace(*scale, 10), (200, len(labels)))
    y_pred = y_true + rng.normal(size=y_true.shape)
    y_pred[:, 0] = 0.5
    videos = rng.choice([f"v{i}" for i in range(12)], 200)
    names, by_label = unit_sums(y_true, y_pred, videos, labels, rated)
    expected = intensities.scores(y_true, y_pred, labels, rated)
    assert len(names) == 12 and by_label.keys() == expected.keys()
    for label, measures in by_label.items():
        assert list(measures) == list(expected[label])
        for name, (sums, measure) in measures.items():
            found = bootstrap.total(sums, measure)
            assert found == pytest.approx(expected[label][name]), (label, name)
            assert bootstrap.interval(sums, measure, draws=20) is not None


def test_one_unit_is_measured_by_itself():
    y_true, y_pred = np.array([[0.0], [1.0], [3.0]]), np.array([[1.0]] * 3)
    names, by_label = unit_sums(y_true, y_pred, ["b", "b", "a"], ["joy"])
    sums, mae = by_label["joy"]["mae"]
    assert names == ["a", "b"] and mae(sums).tolist() == [2.0, 0.5]
