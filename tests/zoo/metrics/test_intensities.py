"""Scores of intensities and ratings, by hand and by other libraries."""

from __future__ import annotations

import audmetric
import numpy as np
import pytest
import scipy.stats
import sklearn.metrics

from zoo.metrics import intensities
from zoo.metrics.intensities import EMOTIONS

TRUE = [0.0, 0.33, 0.67, 1.0, 2.0, 3.0, 0.0, 0.0]
PREDICTED = [0.2, 0.6, 0.4, 1.4, 2.6, 3.8, 0.0, 0.9]
# rounded, 4 -> 3: [0, 0, 1, 1, 2, 3, 0, 0] and [0, 1, 0, 1, 3, 3, 0, 1]


def score(true, predicted):
    return intensities.scores(true, predicted, EMOTIONS)


def noisy(rows: int = 200, labels: int = 6):
    source = np.random.default_rng(0)
    true = source.integers(0, 10, (rows, labels)) / 3
    true *= source.uniform(size=true.shape) < 0.3
    return true, np.clip(true + source.normal(0, 1, true.shape), 0, 3)


def test_every_measure_by_hand():
    assert intensities.mean_absolute_error(TRUE, PREDICTED) == pytest.approx(
        (0.2 + 0.27 + 0.27 + 0.4 + 0.6 + 0.8 + 0.0 + 0.9) / 8
    )
    assert intensities.binary_accuracy(TRUE, PREDICTED) == 5 / 8
    assert intensities.binary_accuracy(TRUE, PREDICTED, "positive") == 6 / 8
    assert intensities.four_class_accuracy(TRUE, PREDICTED) == 4 / 8
    # There (> 0): 5 of 8; predicted 7, of which 5 right.
    there, absent = 2 * 5 / (2 * 5 + 2 + 0), 2 * 1 / (2 * 1 + 0 + 2)
    assert intensities.f1(TRUE, PREDICTED) == pytest.approx(there)
    assert intensities.f1(TRUE, PREDICTED, "weighted") == pytest.approx(
        (5 * there + 3 * absent) / 8
    )
    # Rounded: 4 of 8; predicted 5, of which 3 right.
    assert intensities.f1(TRUE, PREDICTED, present="rounded") == pytest.approx(
        2 * 3 / (2 * 3 + 2 + 1)
    )


def test_a_third_is_absent_for_the_challenge_and_present_today():
    right = [0.33, 0.0], [0.33, 0.0]
    wrong = [0.33, 0.0], [0.0, 0.0]
    for rule in intensities.PRESENT:
        assert intensities.binary_accuracy(*right, rule) == 1
    assert intensities.binary_accuracy(*wrong, "rounded") == 1
    assert intensities.binary_accuracy(*wrong, "positive") == 0.5


def test_other_libraries_agree():
    true, predicted = (each.ravel() for each in noisy())
    assert intensities.mean_absolute_error(true, predicted) == pytest.approx(
        audmetric.mean_absolute_error(true, predicted)
    )
    assert intensities.pearson(true, predicted) == pytest.approx(
        scipy.stats.pearsonr(true, predicted)[0]
    )
    rounded = [np.minimum(np.round(each), 3) for each in (true, predicted)]
    assert intensities.four_class_accuracy(true, predicted) == pytest.approx(
        sklearn.metrics.accuracy_score(*rounded)
    )
    for rule, there in (
        ("rounded", [each != 0 for each in rounded]),
        ("positive", [true > 0, predicted > 0]),
    ):
        found = intensities.binary_accuracy(true, predicted, rule)
        assert found == sklearn.metrics.accuracy_score(*there)
        for average in ("binary", "weighted"):
            found = intensities.f1(true, predicted, average, rule)
            expected = sklearn.metrics.f1_score(*there, average=average)
            assert found == pytest.approx(expected)


def test_pearson_of_constants_is_0():
    constant = np.full(9, 0.1, "float32")
    assert intensities.pearson(constant, np.arange(9.0)) == 0
    assert intensities.pearson(np.arange(9.0), constant) == 0
    assert intensities.pearson([1.0], [2.0]) == 0


def test_f1_where_nothing_is_there_is_0():
    assert intensities.f1([0.0, 0.0], [0.0, 0.0]) == 0
    assert intensities.f1([0.0, 0.0], [0.0, 0.0], "weighted") == 1


def test_sides_of_the_middle():
    true, predicted = [1.0, 3.0, 3.5, 5.0], [2.0, 3.1, 3.2, 2.9]
    assert intensities.accuracy_above(true, predicted, 3) == 0.5


def test_scores_are_those_of_each_column_and_their_means():
    true, predicted = noisy()
    found = score(true, predicted)
    assert list(found) == [*EMOTIONS, "overall"]
    for place, emotion in enumerate(EMOTIONS):
        column = true[:, place], predicted[:, place]
        scores = found[emotion]
        assert list(scores) == list(intensities.measures(EMOTIONS))
        assert scores["mae"] == intensities.mean_absolute_error(*column)
        assert scores["binary_positive"] == intensities.binary_accuracy(
            *column, "positive"
        )
    errors = intensities.mean_absolute_error(true, predicted)
    assert errors == pytest.approx([found[each]["mae"] for each in EMOTIONS])
    assert found["overall"]["mae"] == pytest.approx(errors.mean())
    assert found["overall"]["four_class"] == pytest.approx(
        intensities.four_class_accuracy(true, predicted)
    )


def test_the_overall_row_is_made_as_the_papers_was():
    of_table_5 = [0.101, 0.051, 0.051, 0.404, 0.111, 0.038]
    found = score(np.zeros((1, 6)), np.array([of_table_5]))
    assert round(found["overall"]["mae"], 3) == 0.126


@pytest.mark.parametrize(
    "rated, names, heading",
    [
        (None, ["mae", "r"], "MAE"),
        ((1.0, 5.0), ["mae", "r", "binary"], "accuracy (> 3)"),
        (
            (-3.0, 3.0),
            [
                *("mae", "r", "acc_2", "acc_2_polar"),
                *("f1_2", "f1_2_polar", "acc_7"),
            ],
            "Acc-7",
        ),
    ],
)
def test_other_scales_have_other_measures(rated, names, heading):
    known = intensities.measures(["sentiment"], rated)
    assert list(known) == names and heading in known.values()
    true = np.array([[-3.0], [5.0]])
    found = intensities.scores(true, true, ["sentiment"], rated)
    assert list(found) == ["sentiment"]
    assert found["sentiment"].pop("mae") == 0
    right = [*found["sentiment"].values()]
    assert right == pytest.approx([1.0] * (len(names) - 1))


@pytest.mark.parametrize(
    "call, words",
    [
        (
            lambda: score(np.zeros((4, 5)), np.zeros((4, 6))),
            r"`y_true` must have a column for each of 6 labels. .*\(4, 5\)",
        ),
        (
            lambda: score(np.zeros((4, 6)), np.zeros(6)),
            r"Received: y_pred of shape \(6,\)",
        ),
        (
            lambda: score(np.zeros((4, 6)), np.zeros((3, 6))),
            "equally many numbers, at least one. Received: 4 and 3",
        ),
        (lambda: intensities.pearson([1.0], [np.nan]), "must not hold NaN"),
        (
            lambda: intensities.f1([1.0], [1.0], average="macro"),
            "`average` must be binary or weighted. Received: .*'macro'",
        ),
        (
            lambda: intensities.f1([1.0], [1.0], present="often"),
            "`present` must be one of rounded, positive. Received: .*'often'",
        ),
    ],
)
def test_what_cannot_be_scored_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
