"""Scores of sentiment, by hand and by scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics

from zoo.metrics import agreement, sentiment

TRUE = [-2.4, -0.2, 0.0, 0.0, 1.0, 3.0]
PREDICTED = [-1.6, 0.3, -0.1, 0.0, 1.4, 3.9]


def test_halves_go_to_the_even_neighbour_and_ends_are_ends():
    values = [-2.0, -0.2, 0.5, 1.5, 2.5, 3.5, 4.2]
    assert agreement.levels(values, (0, 3)).tolist() == [0, 0, 0, 2, 2, 3, 3]
    assert agreement.levels([-3.7, -0.5, 8], (-3, 3)).tolist() == [-3, 0, 3]


def test_accuracies_by_hand():
    # negative or not: the second and the third are wrong
    assert sentiment.accuracy(TRUE, PREDICTED, 2) == pytest.approx(4 / 6)
    # rounded: [-2, 0, 0, 0, 1, 3] and [-2, 0, 0, 0, 1, 3]
    assert sentiment.accuracy(TRUE, PREDICTED, 7) == 1
    # of the four that are not 0 the second is wrong
    assert sentiment.polarity_accuracy(TRUE, PREDICTED) == 0.75
    assert sentiment.polarity_accuracy([0.0], [1.0]) == 0
    with pytest.raises(ValueError, match="must be 2 or 7. Received: classes=5"):
        sentiment.accuracy(TRUE, PREDICTED, 5)


def test_f1_by_hand():
    # negative: 2 there, 2 predicted, 1 right; the rest: 4, 4, 3 right
    expected = (2 * (2 * 1 / 4) + 4 * (2 * 3 / 8)) / 6
    assert sentiment.f1(TRUE, PREDICTED) == pytest.approx(expected)
    # without 0, positive: 2 there, 3 predicted, 2 right; the rest: 2, 1, 1
    expected = (2 * (2 * 2 / 5) + 2 * (2 * 1 / 3)) / 4
    assert sentiment.polarity_f1(TRUE, PREDICTED) == pytest.approx(expected)
    assert sentiment.polarity_f1([0.0, 0.0], [1.0, -1.0]) == 0


def test_scikit_learn_agrees():
    rng = np.random.default_rng(0)
    true = rng.integers(-9, 10, 500) / 3
    predicted = np.clip(true + rng.normal(0, 1.5, 500), -3, 3)
    negative = true < 0, predicted < 0
    polar = true != 0
    positive = true[polar] > 0, predicted[polar] > 0
    accuracy = sklearn.metrics.accuracy_score
    assert sentiment.accuracy(true, predicted, 2) == accuracy(*negative)
    assert sentiment.polarity_accuracy(true, predicted) == accuracy(*positive)
    assert sentiment.accuracy(true, predicted, 7) == accuracy(
        np.round(true), np.round(predicted)
    )
    for found, classes in (
        (sentiment.f1(true, predicted), negative),
        (sentiment.polarity_f1(true, predicted), positive),
    ):
        expected = sklearn.metrics.f1_score(*classes, average="weighted")
        assert found == pytest.approx(expected)


@pytest.mark.parametrize("name", sentiment.MEASURES)
def test_what_cannot_be_scored_is_refused(name):
    _, measure = sentiment.MEASURES[name]
    with pytest.raises(ValueError, match="equally many numbers"):
        measure([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="must not hold NaN"):
        measure([1.0, 2.0], [1.0, np.nan])
