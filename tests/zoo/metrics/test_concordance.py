"""Pooled concordance and error, as reports and training have them."""

from __future__ import annotations

import math

import audmetric
import keras
import numpy as np
import pytest
from contracts import noise
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.metrics.concordance import (
    Concordance,
    concordance_cc,
    moments,
    rmse,
)

numbers = st.lists(st.floats(-10, 10, width=32), min_size=2, max_size=30)


def rederived(y_true, y_pred) -> float:
    """The coefficient from Pearson's, as textbooks have it."""
    pearson = np.corrcoef(y_true, y_pred)[0, 1]
    spread, other = np.std(y_true), np.std(y_pred)
    offset = np.mean(y_true) - np.mean(y_pred)
    return 2 * pearson * spread * other / (spread**2 + other**2 + offset**2)


def four_recordings():
    """Traces whose means lie far apart, and what follows them closely."""
    labels = noise((4, 100)) / 10 + np.array([[-0.6], [-0.2], [0.3], [0.7]])
    predictions = labels + np.random.default_rng(1).normal(0, 0.1, (4, 100))
    return labels.astype("float32"), predictions.astype("float32")


def result(*batches) -> float:
    metric = Concordance()
    for batch in batches:
        metric.update_state(*batch)
    return float(metric.result())


@settings(max_examples=100)
@given(numbers, st.integers(0, 99))
def test_concordance_is_audmetrics_and_the_textbooks(y_true, seed):
    source = np.random.default_rng(seed)
    y_pred = np.array(y_true) * source.uniform(-1, 2) + source.normal(
        size=len(y_true)
    )
    found = concordance_cc(y_true, y_pred)
    assert abs(found) <= 1 + 1e-12
    expected = audmetric.concordance_cc(y_true, y_pred)
    assert found == pytest.approx(expected, abs=1e-9)
    if np.std(y_true) > 1e-3:
        expected = rederived(y_true, y_pred)
        assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "y_true, y_pred, expected",
    [
        ([1, 2, 3], [1, 2, 3], 1),
        ([1, 2, 3], [3, 2, 1], -1),
        ([1, 2, 3], [2, 2, 2], 0),
        ([2, 2, 2], [1, 2, 3], 0),
        ([2, 2, 2], [2, 2, 2], 0),
        ([2, 2, 2], [5, 5, 5], 0),
        ([5], [5], 0),
        ([0, 1], [1, 2], 1 / 3),
    ],
)
def test_known_and_constant_cases(y_true, y_pred, expected):
    assert concordance_cc(y_true, y_pred) == pytest.approx(expected)
    row = np.array([y_true, y_pred], "float32")[:, None]
    assert result(row) == pytest.approx(expected)


def test_rmse_is_audmetrics_cousin():
    labels, predictions = four_recordings()
    expected = math.sqrt(
        audmetric.mean_squared_error(labels.ravel(), predictions.ravel())
    )
    assert rmse(labels, predictions) == pytest.approx(expected)
    assert rmse([1.0, 2.0], [1.0, 4.0]) == pytest.approx(math.sqrt(2))


@pytest.mark.parametrize("measure", [concordance_cc, rmse])
@pytest.mark.parametrize(
    "y_true, y_pred, words",
    [
        ([1, 2], [1], "equally many numbers, at least one. Received: 2 and 1"),
        ([], [], "Received: 0 and 0"),
        ([1, np.nan], [1, 2], "must not hold NaN"),
        ([1, 2], [np.nan, 2], "must not hold NaN"),
    ],
)
def test_what_has_no_answer_is_refused(measure, y_true, y_pred, words):
    with pytest.raises(ValueError, match=words):
        measure(y_true, y_pred)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(0, 99))
def test_merged_over_batches_is_the_coefficient_of_all_joined(sizes, seed):
    source = np.random.default_rng(seed)
    batches = []
    for size in sizes:
        labels = source.normal(source.normal(), 1, (1, size))
        batches.append((labels, labels + source.normal(size=(1, size))))
    joined = [np.concatenate(each, axis=1) for each in zip(*batches)]
    assert result(*batches) == pytest.approx(concordance_cc(*joined), abs=1e-5)


def test_frames_of_weight_0_do_not_count():
    labels, predictions = four_recordings()
    weights = np.ones_like(labels)
    weights[1, 30:] = 0
    expected = concordance_cc(labels[weights > 0], predictions[weights > 0])
    labels[weights == 0], predictions[weights == 0] = np.nan, np.nan
    found = result((labels, predictions, weights))
    assert found == pytest.approx(expected, abs=1e-6)
    nothing = (labels, predictions, np.zeros_like(weights))
    assert result(nothing, (labels, predictions, weights), nothing) == found


def test_single_precision_survives_an_offset():
    labels, predictions = (each + 100 for each in four_recordings())
    rows = [(a[None], b[None]) for a, b in zip(labels, predictions)]
    expected = concordance_cc(labels, predictions)
    assert result(*rows) == pytest.approx(expected, abs=1e-4)


def test_a_reset_forgets_everything():
    labels, predictions = four_recordings()
    metric = Concordance()
    metric.update_state(labels, -predictions)
    metric.reset_state()
    metric.update_state(labels, predictions)
    assert float(metric.result()) == result((labels, predictions))


def test_nothing_seen_is_0():
    assert float(Concordance().result()) == 0


def test_moments_are_biased_and_zero_where_nothing_counts():
    labels, predictions = four_recordings()
    found = [float(each) for each in moments(labels, predictions)]
    true, pred = labels.ravel(), predictions.ravel()
    covariance = np.mean((true - true.mean()) * (pred - pred.mean()))
    expected = [400, true.mean(), pred.mean(), true.var(), pred.var()]
    np.testing.assert_allclose(found, [*expected, covariance], rtol=1e-4)
    nothing = moments(labels, predictions, np.zeros_like(labels))
    assert [float(each) for each in nothing] == [0] * 6


@pytest.mark.parametrize(
    "shapes",
    [
        ((2, 9), (2, 9, 1), (2, 9)),
        ((2, 9, 1), (2, 9), (2, 9)),
        ((2, 9), (2, 9), (2,)),
    ],
)
def test_shapes_that_would_be_broadcast_are_refused(shapes):
    with pytest.raises(ValueError, match="must have one shape, such as"):
        moments(*(np.ones(shape) for shape in shapes))


def test_a_metric_is_rebuilt_from_its_config():
    metric = keras.metrics.deserialize(keras.metrics.serialize(Concordance()))
    assert isinstance(metric, Concordance) and metric.name == "ccc"


def test_kerass_own_is_another_measure():
    labels, predictions = four_recordings()
    pooled = concordance_cc(labels, predictions)
    assert pooled > 0.95
    apart = keras.metrics.ConcordanceCorrelation(axis=-1)
    apart.update_state(labels, predictions)
    assert abs(float(apart.result()) - pooled) > 0.1
    column = keras.metrics.ConcordanceCorrelation()
    column.update_state(labels.reshape(-1, 1), predictions.reshape(-1, 1))
    assert float(column.result()) == pytest.approx(0, abs=1e-3)
