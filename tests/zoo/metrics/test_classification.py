"""Recalls, F1 and the tests of two systems, by other libraries."""

from __future__ import annotations

import math

import audmetric
import keras
import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from zoo.metrics import UnweightedAverageRecall
from zoo.metrics.classification import (
    confusion,
    macro_f1,
    recalls,
    unit_confusions,
    unweighted_average_recall,
    weighted_average_recall,
)
from zoo.metrics.significance import mcnemar, z_test

MATRIX = np.array([[60, 30, 10], [5, 20, 0], [0, 0, 0]])


def answers(count=300, classes=4, seed=0):
    """True classes, and two systems that are right more often than not."""
    rng = np.random.default_rng(seed)
    true = rng.choice(classes, count, p=np.arange(1, classes + 1) / 10)
    drawn = rng.integers(0, classes, (2, count))
    is_right = rng.uniform(size=(2, count)) < [[0.6], [0.4]]
    return true, *np.where(is_right, true, drawn)


def test_rows_are_true_and_columns_predicted():
    matrix = confusion([0, 0, 0, 2], [0, 1, 1, 2], 4)
    assert matrix.tolist() == [[1, 2, 0, 0], [0] * 4, [0, 0, 1, 0], [0] * 4]
    true, predicted, _ = answers()
    expected = sklearn.metrics.confusion_matrix(true, predicted)
    np.testing.assert_array_equal(confusion(true, predicted, 4), expected)


def test_recalls_by_hand():
    np.testing.assert_array_equal(recalls(MATRIX), [0.6, 0.8, np.nan])
    assert unweighted_average_recall(MATRIX) == pytest.approx(0.7)
    assert weighted_average_recall(MATRIX) == pytest.approx(80 / 125)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 3)] * 2), min_size=1, max_size=30))
def test_average_recalls_are_those_of_other_libraries(pairs):
    true, predicted = map(list, zip(*pairs))
    matrix = confusion(true, predicted, 4)
    found = unweighted_average_recall(matrix)
    there = sorted(set(true))
    assert isinstance(found, float)
    assert found == pytest.approx(
        sklearn.metrics.recall_score(
            true, predicted, labels=there, average="macro", zero_division=0
        )
    )
    # audmetric counts a class that is predicted alone as one of recall 0.
    if set(predicted) <= set(there):
        assert found == pytest.approx(
            audmetric.unweighted_average_recall(true, predicted)
        )
    assert weighted_average_recall(matrix) == pytest.approx(
        audmetric.accuracy(true, predicted)
    )


def test_a_stack_is_measured_one_by_one():
    stack = np.stack([MATRIX, MATRIX.T, np.diag([1, 2, 3])])
    for measure in (
        unweighted_average_recall,
        weighted_average_recall,
        macro_f1,
    ):
        one_by_one = [measure(each) for each in stack]
        np.testing.assert_allclose(measure(stack), one_by_one)


def test_f1_is_that_of_scikit_learn():
    for seed in range(3):
        true, predicted, _ = answers(seed=seed, classes=4)
        for count in (300, 5):
            expected = sklearn.metrics.f1_score(
                true[:count], predicted[:count], average="macro"
            )
            found = macro_f1(confusion(true[:count], predicted[:count], 4))
            assert found == pytest.approx(expected)


def test_confusions_of_units_add_up():
    true, predicted, _ = answers()
    speakers = np.random.default_rng(0).choice(["b", "c", "a"], len(true))
    names, counts = unit_confusions(true, predicted, 4, speakers)
    assert names == ["a", "b", "c"]
    for name, own in zip(names, counts):
        is_own = speakers == name
        expected = confusion(true[is_own], predicted[is_own], 4)
        np.testing.assert_array_equal(own, expected)


@pytest.mark.parametrize(
    ("better", "worse", "count", "is_starred"),
    [
        (0.487, 0.453, 1811, True),
        (0.485, 0.451, 1819, True),
        (0.662, 0.614, 1811, True),
        (0.638, 0.601, 1819, True),
        (0.534, 0.509, 1811, False),
        (0.516, 0.511, 1819, False),
    ],
)
def test_the_paper_has_its_stars(better, worse, count, is_starred):
    assert (z_test(better, worse, count) < 0.05) is is_starred


def test_the_z_test_is_that_of_a_table_of_two_by_two():
    table = [[700, 300], [650, 350]]
    squared, two_sided, *_ = scipy.stats.chi2_contingency(table, False)
    assert z_test(0.7, 0.65, 1000) == pytest.approx(two_sided / 2)
    assert z_test(0.65, 0.7, 1000) == pytest.approx(1 - two_sided / 2)
    assert z_test(0.5, 0.5, 9) == z_test(1, 1, 9) == 0.5
    assert z_test(1, 0, 10_000) == 0


@pytest.mark.parametrize("count", [1, 5, 40, 3000])
def test_mcnemar_is_the_binomial_test(count):
    true, first, second = answers(count)
    won = int(np.sum((first == true) & (second != true)))
    lost = int(np.sum((first != true) & (second == true)))
    expected = 1.0
    if won + lost:
        expected = scipy.stats.binomtest(won, won + lost).pvalue
    found = mcnemar(true, first, second)
    assert found == pytest.approx(expected)
    assert mcnemar(true, second, first) == found


def test_mcnemar_of_the_same_answers_is_1():
    true, first, _ = answers()
    assert mcnemar(true, first, first) == 1
    wrong = (first + 1) % 4  # both wrong, differently, tells nothing
    is_wrong = first != true
    other = np.where(is_wrong & (wrong != true), wrong, first)
    assert mcnemar(true, first, other) == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: confusion([0, 1], [0], 2), "equally many.* 2 and 1"),
        (lambda: confusion([], [], 2), "at least one.* 0 and 0"),
        (lambda: confusion([0, 2], [0, 1], 2), "`y_true`.* 0 to 1.* 0 to 2"),
        (lambda: confusion([0, 1], [0, -1], 2), "`y_pred`.* -1 to 0"),
        (lambda: confusion([0.0], [0.5], 2), "whole numbers.*float64"),
        (lambda: recalls(np.ones((2, 3))), r"square.*shape=\(2, 3\)"),
        (lambda: recalls(-np.eye(2)), "square of counts"),
        (lambda: recalls(np.zeros((2, 2))), "at least one utterance"),
        (lambda: recalls(np.zeros((0, 0))), "at least one utterance"),
        (lambda: z_test(48.5, 45.1, 9), "shares.*better=48.5"),
        (lambda: z_test(math.nan, 0.5, 9), "shares.*better=nan"),
        (lambda: z_test(0.5, 0.4, 0), "count=0"),
        (lambda: mcnemar([0], [0], [0, 1]), "`second`.* 1 and 1 and 2"),
        (lambda: mcnemar([], [], []), "at least one"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_no_warning_of_a_class_that_never_occurs(recwarn):
    unweighted_average_recall(MATRIX)
    macro_f1(MATRIX)
    assert not recwarn.list


def test_ua_is_pooled_over_batches_and_no_weight_counts():
    rng = np.random.default_rng(0)
    true = rng.choice(4, 90, p=[0.7, 0.1, 0.1, 0.1])
    posteriors = rng.random((90, 4))
    metric = UnweightedAverageRecall(4)
    for start in (0, 13, 60):
        part = slice(start, {0: 13, 13: 60, 60: 90}[start])
        metric.update_state(true[part], posteriors[part], rng.random(13))
    expected = balanced_accuracy_score(true, posteriors.argmax(axis=1))
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert again.classes == 4


def test_ua_leaves_out_classes_that_never_occurred():
    metric = UnweightedAverageRecall(3)
    assert float(metric.result()) == 0
    metric.update_state([0, 0, 2], np.eye(3)[[0, 1, 2]])
    assert float(metric.result()) == pytest.approx(0.75)


def test_the_metric_takes_the_largest_share_of_the_raters():
    metric = UnweightedAverageRecall(3)
    metric.update_state([[0.3, 0.7, 0.0], [0.0, 0.4, 0.6]], np.eye(3)[[1, 1]])
    assert float(metric.result()) == 0.5
