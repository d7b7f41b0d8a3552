"""Calibration error by its definition, and temperatures that are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.metrics import calibration


def drawn(count=4000, sharpness=1.0, seed=0):
    """Classes drawn from posteriors, and those posteriors sharpened."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(count, 4)) * 1.5
    posteriors = calibration.tempered(np.exp(logits), 1.0)
    true = (rng.uniform(size=(count, 1)) > posteriors.cumsum(axis=1)).sum(1)
    return np.minimum(true, 3), calibration.tempered(posteriors, 1 / sharpness)


def error(true, posteriors, bins=15):
    _, sums = calibration.unit_bins(true, posteriors, [0] * len(true), bins)
    return float(calibration.expected_calibration_error(sums[0]))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 60), st.integers(2, 20), st.integers(0, 9))
def test_the_error_is_that_of_its_definition(count, bins, seed):
    true, posteriors = drawn(count, 2.0, seed)
    confidence, right = posteriors.max(1), posteriors.argmax(1) == true
    expected = 0.0
    for low in range(bins):
        own = np.minimum((confidence * bins).astype(int), bins - 1) == low
        if own.any():
            gap = abs(right[own].mean() - confidence[own].mean())
            expected += own.mean() * gap
    assert error(true, posteriors, bins) == pytest.approx(expected, abs=1e-12)


def test_what_is_drawn_from_the_posteriors_is_calibrated():
    assert error(*drawn(40_000)) < 0.01
    assert error(*drawn(sharpness=3.0)) > 0.1


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_applied_is_found_and_undone(sharpness):
    true, posteriors = drawn(20_000, sharpness)
    found = calibration.fit_temperature(true, posteriors)
    assert found == pytest.approx(sharpness, rel=0.05)
    mended = calibration.tempered(posteriors, found)
    assert error(true, mended) < 0.02
    np.testing.assert_array_equal(mended.argmax(1), posteriors.argmax(1))


def test_posteriors_without_a_mistake_get_the_lowest_temperature():
    found = calibration.fit_temperature([0, 1], [[0.9, 0.1], [0.2, 0.8]])
    assert found == pytest.approx(calibration.LOWEST, rel=0.01)


def test_the_sums_of_units_add_up():
    true, posteriors = drawn(50)
    units = np.arange(50) % 7
    names, sums = calibration.unit_bins(true, posteriors, units)
    assert names == list(range(7)) and sums.shape == (7, 15, 3)
    stack = calibration.expected_calibration_error(np.stack([sums.sum(0)] * 2))
    assert stack == pytest.approx([error(true, posteriors)] * 2)


@pytest.mark.parametrize(
    ("true", "posteriors", "message"),
    [
        ([0], [[0.5, 0.6]], "add up to 1"),
        ([0], [[np.nan, 1.0]], "add up to 1"),
        ([0], [0.5, 0.5], "shape"),
        ([2], [[0.5, 0.5]], "from 0 to 1"),
        ([0, 1], [[0.5, 0.5]], "2 and 1"),
        ([], np.zeros((0, 2)), "at least one"),
    ],
)
def test_what_is_no_posterior_is_refused(true, posteriors, message):
    with pytest.raises(ValueError, match=message):
        calibration.unit_bins(true, posteriors, [0] * len(true))
    with pytest.raises(ValueError, match=message):
        calibration.fit_temperature(true, posteriors)


@pytest.mark.parametrize("temperature", [0, -1, np.nan, np.inf])
def test_a_temperature_must_be_above_zero(temperature):
    with pytest.raises(ValueError, match="above 0"):
        calibration.tempered([0.5, 0.5], temperature)
