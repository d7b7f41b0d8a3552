"""Rows that say what kind of figure they hold."""

from __future__ import annotations

import pytest

import pipelines
from tuning.tables import kinds, quoted

COLUMNS = [("test", "arousal", "ccc"), ("dev", "arousal", "rmse")]


def report(*seeds):
    """A run's report whose ensemble has CCC 0.7 on test, and no dev."""
    scores = {"ccc": 0.7, "rmse": 0.1, "low": 0.6, "high": 0.8}
    return {
        "corpus": "toy",
        "metrics": {"test": {"arousal": scores}},
        "runs": [
            {"metrics": {"test": {"arousal": {"ccc": seed}}}} for seed in seeds
        ],
        "constants": {
            "test": {"zero": {"arousal": {"ccc": 0.0, "rmse": 0.3}}},
            "dev": {"zero": {"arousal": {"ccc": 0.0, "rmse": 0.2}}},
        },
    }


def test_an_ensemble_and_the_mean_of_its_seeds_are_two_rows():
    assert quoted.rows("**X**", report(0.5, 0.6, 0.7), COLUMNS) == [
        ["**X**", "ensemble of 3 seeds", "0.700 (0.600 to 0.800)", "-"],
        ["**X**", "mean of 3 seeds", "0.600 ± 0.100", "-"],
    ]


def test_one_seed_is_one_row():
    ((_, kind, *_),) = quoted.rows("X", report(0.7), COLUMNS)
    assert kind == "single network"


def test_constants_have_a_row_each():
    assert quoted.constants(report(0.7), COLUMNS) == [
        ["**zero, toy**", "constant", "0.000", "0.200"]
    ]
    old = report(0.7)
    del old["constants"]
    assert quoted.constants(old, COLUMNS) == []


@pytest.fixture
def intact(simulated):
    return pipelines.corpus("simulated", simulated)


def test_published_rows_may_say_more(intact):
    (row,) = kinds.published(intact, "Y", [".5"])
    assert row == ["Y", "published", ".5"]
    (row,) = kinds.published(intact, "Y", [".5"], "mean of 10 seeds")
    assert row[1] == "published, mean of 10 seeds"


def test_nothing_published_stands_beside_a_partial_copy(intact, monkeypatch):
    assert kinds.quotation(intact, "less than 5 %") == "less than 5 %"
    monkeypatch.setattr(intact, "partial", True)
    assert kinds.quotation(intact, "less than 5 %") == ""
    assert kinds.published(intact, "Y", [".5"]) == []
