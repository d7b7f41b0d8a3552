"""Moments by unit give CCC, RMSE and r of all frames."""

from __future__ import annotations

import numpy as np
import pytest

from zoo.metrics import concordance_cc, rmse
from zoo.metrics.concordance import (
    ccc_of_moments,
    r_of_moments,
    rmse_of_moments,
    unit_moments,
)
from zoo.metrics.intensities import pearson


def recordings(offset=0.0, scale=1.0):
    rng = np.random.default_rng(0)
    true = [offset + scale * rng.normal(size=size) for size in (50, 80, 30, 9)]
    return true, [x + scale * rng.normal(0.1, 0.5, len(x)) for x in true]


@pytest.mark.parametrize("offset, scale", [(0, 1), (50, 1), (-3, 1e-3)])
def test_moments_give_the_pooled_measures(offset, scale):
    true, pred = recordings(offset, scale)
    names, sums = unit_moments(true, pred, ["b", "a", "b", "c"])
    assert names == ["a", "b", "c"]
    joined = np.concatenate(true), np.concatenate(pred)
    total = sums.sum(axis=0)
    assert ccc_of_moments(total) == pytest.approx(concordance_cc(*joined))
    assert rmse_of_moments(total) == pytest.approx(rmse(*joined))
    assert r_of_moments(total) == pytest.approx(pearson(*joined))
    own = np.concatenate([true[0], true[2]]), np.concatenate([pred[0], pred[2]])
    assert ccc_of_moments(sums)[1] == pytest.approx(concordance_cc(*own))


def test_constant_predictions_have_no_concordance():
    true, _ = recordings()
    for value in (0.1, 1 / 3, 7.7):
        constant = [np.full(len(x), value) for x in true]
        _, sums = unit_moments(true, constant, range(4))
        assert not ccc_of_moments(sums).any() and not r_of_moments(sums).any()
        assert ccc_of_moments(sums.sum(axis=0)) == 0
    same = [np.full(7, 0.1)] * 2
    _, sums = unit_moments(same, same, range(2))
    assert not ccc_of_moments(sums).any() and not rmse_of_moments(sums).any()


@pytest.mark.parametrize(
    "arguments, words",
    [
        (([[1.0]], [[1.0], [2.0]], "a"), "equally many recordings.*1 and 2"),
        (([], [], []), "at least one"),
        (([[1.0]], [[1.0, 2.0]], "a"), "equally many numbers"),
        (([[1.0]], [[np.nan]], "a"), "NaN"),
        (([[1.0]], [[1.0]], "ab"), "1 items and 2 units"),
    ],
)
def test_bad_input_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        unit_moments(*arguments)
