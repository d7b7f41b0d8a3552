"""The random baselines of paper 000: what is drawn, how often, how wrong."""

from __future__ import annotations

import numpy as np
import pytest

from zoo.baselines import random_intensities

ROWS = 40_000
every_baseline = pytest.mark.parametrize(
    "draw",
    random_intensities.BASELINES.values(),
    ids=random_intensities.BASELINES,
)


def training() -> np.ndarray:
    """Labels with emotions of unlike frequency, many segments with none."""
    source = np.random.default_rng(1)
    often = [0.20, 0.15, 0.05, 0.50, 0.25, 0.08]
    present = source.uniform(size=(3000, 6)) < often
    return present * source.integers(1, 10, present.shape) / 3


def baselines():
    train = training()
    present = train > 0
    chances = [0.5, present.mean(axis=0), present.mean()]
    for draw, chance in zip(random_intensities.BASELINES.values(), chances):
        yield draw(train, ROWS, 0), chance


@pytest.mark.parametrize("place", range(3))
def test_the_error_is_the_one_expected(place):
    drawn, chance = list(baselines())[place]
    true = np.resize(training()[::-1], drawn.shape)
    found = np.abs(drawn - true).mean(axis=0)
    expected = random_intensities.expected_error(true, chance)
    np.testing.assert_allclose(found, expected, atol=0.02)


@pytest.mark.parametrize("place", range(3))
def test_intensities_are_nine_steps_and_equally_likely(place):
    drawn, _ = list(baselines())[place]
    steps, counts = np.unique(drawn[drawn > 0], return_counts=True)
    np.testing.assert_allclose(steps, np.arange(1, 10) / 3)
    np.testing.assert_allclose(counts / counts.sum(), 1 / 9, atol=0.006)


def test_the_expected_error_by_hand():
    # Drawn or not is a half each; drawn intensities have the mean of 5 / 3.
    zeros = np.zeros((1, 6))
    assert random_intensities.expected_error(zeros, 0.5) == pytest.approx(5 / 6)
    # 3 is missed by 3 or by 8/3, 7/3, … 0, 4/3 on average.
    threes = np.full((2, 6), 3.0)
    assert random_intensities.expected_error(threes, 0.5) == pytest.approx(
        (3 + 4 / 3) / 2
    )


def test_any_number_of_emotions_and_any_of_them_is_as_likely():
    present = random_intensities.fully_random(training(), ROWS, 0) > 0
    numbers = np.bincount(present.sum(axis=1)) / ROWS
    np.testing.assert_allclose(numbers, [1 / 7] * 7, atol=0.01)
    np.testing.assert_allclose(present.mean(axis=0), [0.5] * 6, atol=0.01)
    pairs = present[present.sum(axis=1) == 2]
    together = pairs.T.astype(float) @ pairs / len(pairs)
    np.testing.assert_allclose(
        together[np.triu_indices(6, 1)], 1 / 15, atol=0.012
    )


def test_what_is_said_to_be_kept_is_kept_and_no_more():
    train = training() > 0
    categories = random_intensities.keeping_categories(training(), ROWS, 0) > 0
    quantities = random_intensities.keeping_quantities(training(), ROWS, 0) > 0
    np.testing.assert_allclose(
        categories.mean(axis=0), train.mean(axis=0), atol=0.01
    )
    np.testing.assert_allclose(
        np.bincount(quantities.sum(axis=1), minlength=7) / ROWS,
        np.bincount(train.sum(axis=1), minlength=7) / len(train),
        atol=0.01,
    )
    assert np.ptp(quantities.mean(axis=0)) < 0.02 < np.ptp(train.mean(axis=0))


@every_baseline
def test_a_seed_is_a_prediction(draw):
    first = draw(training(), 9, 3)
    assert (first == draw(training(), 9, 3)).all()
    assert (first != draw(training(), 9, 4)).any()
    assert draw(training(), 0, 0).shape == (0, 6)
    assert draw(training()[:, :4], 9, 0).shape == (9, 4)


@every_baseline
@pytest.mark.parametrize("train", [np.zeros((0, 6)), np.zeros(6)])
def test_no_training_labels_are_refused(draw, train):
    with pytest.raises(ValueError, match="`train` must be intensities"):
        draw(train, 9, 0)
