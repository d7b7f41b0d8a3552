"""Bootstrap intervals over units: coverage, pairing, too few units."""

from __future__ import annotations

import time

import numpy as np
import pytest
import scipy.stats

from zoo.metrics import bootstrap
from zoo.metrics import classification as classes
from zoo.metrics.bootstrap import difference, interval, sums_by_unit


def accuracy(sums):
    return sums[..., 0] / sums[..., 1]


def hits(speakers, utterances, rng, spread=0.0):
    """Right utterances and their number, of speakers with own accuracies."""
    chance = np.clip(rng.normal(0.6, spread, speakers), 0, 1)
    right = rng.binomial(utterances, chance)
    return np.stack([right, np.full(speakers, utterances)], axis=1)


def test_sums_of_units_add_up():
    statistics = np.arange(12.0).reshape(6, 2)
    units = ["b", "a", "b", "c", "a", "b"]
    names, sums = sums_by_unit(statistics, units)
    assert names == ["a", "b", "c"]
    np.testing.assert_array_equal(sums[1], statistics[[0, 2, 5]].sum(axis=0))
    np.testing.assert_array_equal(sums.sum(axis=0), statistics.sum(axis=0))


def test_independent_utterances_have_the_binomial_interval():
    utterances = np.array([[1, 1]] * 800 + [[0, 1]] * 200)
    low, high = interval(utterances, accuracy, draws=4000)
    ends = scipy.stats.binom(1000, 0.8).ppf([0.025, 0.975]) / 1000
    np.testing.assert_allclose([low, high], ends, atol=2e-3)


def test_intervals_over_speakers_cover_and_over_utterances_do_not():
    """Speakers' accuracies have a standard deviation of 15 points."""
    rng = np.random.default_rng(0)
    covered = {"speakers": 0, "utterances": 0}
    for seed in range(300):
        sums = hits(24, 40, rng, 0.15)
        right = int(sums[:, 0].sum())
        single = np.repeat([[1, 1], [0, 1]], [right, 24 * 40 - right], axis=0)
        for name, own in {"speakers": sums, "utterances": single}.items():
            low, high = interval(own, accuracy, draws=400, seed=seed)
            covered[name] += low <= 0.6 <= high
    assert 0.90 <= covered["speakers"] / 300 <= 0.98
    assert covered["utterances"] / 300 < 0.75


def test_the_same_seed_draws_the_same_units():
    sums = hits(20, 30, np.random.default_rng(1), 0.1)
    assert interval(sums, accuracy) == interval(sums, accuracy)
    assert interval(sums, accuracy, seed=1) != interval(sums, accuracy)
    wide, narrow = interval(sums, accuracy), interval(sums, accuracy, level=0.5)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_blocks_of_draws_change_nothing(monkeypatch):
    sums = hits(20, 30, np.random.default_rng(1), 0.1)
    expected = interval(sums, accuracy, draws=100)
    monkeypatch.setattr(bootstrap, "_AT_ONCE", 90)
    assert interval(sums, accuracy, draws=100) == expected


def test_few_units_have_no_interval():
    sums = hits(8, 30, np.random.default_rng(0), 0.1)
    assert interval(sums, accuracy) is not None
    assert interval(sums[:7], accuracy) is None
    value, bounds = difference(sums[:7], sums[:7], accuracy)
    assert (value, bounds) == (0, None)


def test_a_paired_difference_is_narrower_than_the_systems():
    rng = np.random.default_rng(2)
    first = hits(20, 50, rng, 0.15)
    second = first - np.array([3, 0]) - rng.integers(0, 2, (20, 1)) * [1, 0]
    value, (low, high) = difference(first, second, accuracy)
    assert 0 < low <= value <= high < 0.1
    own = interval(first, accuracy)
    assert high - low < (own[1] - own[0]) / 4
    opposite, bounds = difference(second, first, accuracy)
    assert (opposite, *bounds) == pytest.approx((-value, -high, -low))


def test_draws_without_the_measure_are_left_out():
    sums = np.zeros((10, 2, 2))
    sums[:, 0, 0] = 5
    sums[0, 1, 1] = 3

    def recall(stack):
        return classes.recalls(stack)[..., 1]

    assert interval(sums, recall) == (1, 1)
    assert interval(sums[1:], recall) is None


def test_an_interval_of_many_units_is_quick():
    sums = np.random.default_rng(0).random((3000, 6, 6))
    began = time.process_time()
    interval(sums, lambda stack: stack[:, 0, 0] / stack[:, 0, 1])
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: interval(np.zeros((0, 2)), accuracy), "each unit.*shape"),
        (lambda: interval(np.ones((9, 2)), accuracy, draws=0), "draws=0"),
        (lambda: interval(np.ones((9, 2)), accuracy, level=1), "level=1"),
        (
            lambda: difference(np.ones((9, 2)), np.ones((8, 2)), accuracy),
            "same units.*9 and 8",
        ),
        (lambda: sums_by_unit(np.ones(3), ["a"]), "3 items and 1 units"),
        (lambda: sums_by_unit(np.ones(0), []), "at least one"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
