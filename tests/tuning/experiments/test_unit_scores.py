"""Scores with bounds, of units, and their paired differences."""

from __future__ import annotations

import numpy as np
import pytest

from tuning.experiments import class_scores, unit_scores

TASKS = {"emotion": ("sad", "happy", "never")}


def sums(right, speakers=10, names="s{}"):
    """Confusions of ten utterances a speaker, a share of which is right."""
    rng = np.random.default_rng(0)
    y_true = np.tile([[0], [1]], (5 * speakers, 1))
    is_right = rng.uniform(size=y_true[:, 0].shape) < right
    y_pred = np.where(is_right, y_true[:, 0], 1 - y_true[:, 0])
    units = np.repeat([names.format(i) for i in range(speakers)], 10).tolist()
    posteriors = np.eye(3)[y_pred][:, None]
    return class_scores.sums(y_true, posteriors, TASKS, units)


def test_every_measure_has_its_bounds_and_a_class_that_never_occurs_none():
    scores = sums(0.7).scores()
    assert list(scores) == ["emotion", "emotion: sad", "emotion: happy"]
    emotion = scores["emotion"]
    for prefix, name in (("", "uar"), ("wa_", "wa"), ("f1_", "f1")):
        low, high = emotion[f"{prefix}low"], emotion[f"{prefix}high"]
        assert low < emotion[name] < high
    assert {*scores["emotion: sad"]} == {"uar", "low", "high"}


def test_units_are_scored_by_themselves():
    by_unit = sums(0.7).of_units()
    assert list(by_unit) == sorted(f"s{i}" for i in range(10))
    values = [own["emotion"]["wa"] for own in by_unit.values()]
    assert np.mean(values) == pytest.approx(sums(0.7).scores()["emotion"]["wa"])
    assert "low" not in by_unit["s0"]["emotion"]


def test_two_systems_are_compared_on_the_same_units_alone():
    value, bounds = unit_scores.difference(
        sums(0.9), sums(0.5), "emotion", "uar"
    )
    assert bounds[0] < value < bounds[1] and 0.2 < value < 0.6
    value, bounds = unit_scores.difference(
        sums(0.9, 4), sums(0.5, 4), "emotion", "uar"
    )
    assert bounds is None
    with pytest.raises(ValueError, match="same units.*10 and 10"):
        unit_scores.difference(
            sums(0.9), sums(0.9, names="t{}"), "emotion", "uar"
        )
