"""The gold standard against a second computation of AVEC's formula."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from pipelines.gold_standard import advance, agreement, gold_standard


def raters(seed=0, count=6, steps=7501):
    """One slow trace as raters see it: late, with gain, bias and noise."""
    rng = np.random.default_rng(seed)
    trace = np.cumsum(rng.normal(0, 0.01, steps))
    return np.stack(
        [
            rng.uniform(0.5, 1.2) * np.roll(trace, rng.integers(25, 75))
            + rng.normal(0, 0.1)
            + rng.normal(0, 0.02, steps)
            for _ in range(count)
        ]
    )


def ccc(x, y):
    covariance = np.mean((x - np.mean(x)) * (y - np.mean(y)))
    return 2 * covariance / (np.var(x) + np.var(y) + (x.mean() - y.mean()) ** 2)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [2, 6])
def test_the_gold_standard_is_avec_s(seed, count):
    ratings = raters(seed, count)
    pairs = {
        (a, b): ccc(ratings[a], ratings[b])
        for a, b in itertools.combinations(range(count), 2)
    }
    weights = np.array(
        [np.mean([v for k, v in pairs.items() if r in k]) for r in range(count)]
    )
    means = [trace.mean() for trace in ratings]
    expected = [
        np.mean(ratings[:, step])
        - np.mean(ratings)
        + np.sum(weights * means) / np.sum(weights)
        for step in range(ratings.shape[1])
    ]
    np.testing.assert_allclose(gold_standard(ratings), expected, atol=1e-9)
    np.testing.assert_allclose(agreement(ratings), weights, atol=1e-9)


def test_a_rater_who_agrees_with_nobody_moves_the_mean_less():
    ratings = raters(count=6)
    ratings[5] = np.random.default_rng(1).normal(5, 0.1, ratings.shape[1])
    centre = gold_standard(ratings).mean()
    assert centre < ratings[:5].mean() + 0.1 < ratings.mean()


def test_the_order_of_raters_does_not_matter():
    ratings = raters()
    np.testing.assert_allclose(
        gold_standard(ratings[::-1]), gold_standard(ratings), atol=1e-12
    )


def test_one_rater_s_trace_is_its_own_gold_standard():
    ratings = raters(count=1)
    np.testing.assert_array_equal(gold_standard(ratings), ratings[0])


def test_a_pair_that_holds_the_same_value_is_left_out():
    ratings = np.concatenate([np.full((2, 7501), 0.25), raters(count=2)])
    shared = ccc(ratings[2], ratings[3])
    expected = [0.0, 0.0, shared / 3, shared / 3]
    np.testing.assert_allclose(agreement(ratings), expected, atol=1e-9)


@pytest.mark.parametrize(
    "ratings, words",
    [
        ([0.1, 0.2], r"\(raters, steps\).*shape=\(2,\)"),
        (np.zeros((0, 5)), "shape=.0, 5."),
        (np.zeros((3, 0)), "shape=.3, 0."),
        ([[0.1, 0.2], [0.1, np.nan]], "nan of rater 2 in step 2"),
        ([[0.1, np.inf], [0.1, 0.2]], "inf of rater 1 in step 2"),
        (np.full((6, 10), 0.5), "6 raters.*Leave out a rater"),
        ([[0.1, 0.4], [0.2, 0.2]], "2 raters.*Leave out a rater"),
    ],
)
def test_ratings_that_cannot_be_joined_are_refused(ratings, words):
    with pytest.raises(ValueError, match=words):
        gold_standard(ratings)


def test_a_trace_moves_earlier_and_holds_its_last_value():
    trace = np.arange(10.0)
    np.testing.assert_array_equal(advance(trace, 0), trace)
    np.testing.assert_array_equal(advance(trace, 3)[:7], trace[3:])
    np.testing.assert_array_equal(advance(trace, 3)[7:], [9, 9, 9])
    for steps in (-1, 10):
        with pytest.raises(ValueError, match=f"{steps} steps.*10"):
            advance(trace, steps)
