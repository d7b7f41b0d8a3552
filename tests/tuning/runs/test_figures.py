"""How figures are written: digits, intervals, deviations, kinds."""

from __future__ import annotations

import pytest

from tuning.runs import figures


@pytest.mark.parametrize(
    "values, text",
    [
        ([0.5], "0.500"),
        ([0.5, 0.7], "0.600"),
        ([0.5, 0.6, 0.7], "0.600 ± 0.100"),
        ([1.0, 2.0, 3.0, 4.0], "2.500 ± 1.291"),
    ],
)
def test_a_deviation_is_of_three_seeds_or_more_with_n_less_one(values, text):
    assert figures.mean_and_deviation(values) == text


def test_a_figure_has_its_own_interval_in_brackets():
    scores = {"uar": 0.5, "wa": 0.6, "low": 0.4, "high": 0.61}
    scores |= {"wa_low": 0.55, "wa_high": 0.7, "f1": 0.3}
    assert figures.cell(scores, "uar") == "0.500 (0.400 to 0.610)"
    assert figures.cell(scores, "wa", 1, 100) == "60.0 (55.0 to 70.0)"
    assert figures.cell(scores, "f1") == "0.300"
    assert figures.cell(scores, "ccc") == figures.cell({}, "uar") == "-"


def test_differences_have_a_sign():
    assert figures.signed((-0.02, (-0.05, 0.011))) == "-0.020 (-0.050 to 0.011)"
    assert figures.signed((0.02, None), 1, 100) == "+2.0"


def test_one_seed_is_a_single_network():
    assert figures.ensemble_of(1) == figures.mean_of(1) == "single network"
    assert figures.ensemble_of(3) == "ensemble of 3 seeds"
    assert figures.mean_of(10) == "mean of 10 seeds"


def test_partitions_without_an_interval_are_named():
    sentences = figures.intervals_by_split("video", {"dev": 1, "test": 7})
    assert sentences == [
        "No interval for dev: 1 video.",
        "No interval for test: 7 videos.",
    ]
    (sentence,) = figures.intervals_by_split("speaker", {"dev": 8, "test": 9})
    assert "(8 in dev, 9 in test)" in sentence


def test_too_few_units_are_counted_in_words():
    assert figures.about_intervals("speaker", 1) == "No interval: 1 speaker."
    assert "over 8 videos" in figures.about_intervals("video", 8)
