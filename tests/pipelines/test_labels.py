"""Levels: k-means against real traces, ratings against the scale's rule."""

from __future__ import annotations

import csv
import functools
import pathlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipelines.labels import (
    DISCRETISATIONS,
    EqualWidthLevels,
    KMeansLevels,
    QuantileLevels,
    RatingLevels,
    priors,
)

FINITE = st.floats(-100, 100, allow_subnormal=False)


@functools.cache
def traces(path: pathlib.Path) -> dict[str, np.ndarray]:
    columns = np.loadtxt(path, delimiter=",", skiprows=1, usecols=(3, 4))
    return {"valence": columns[:, 0], "arousal": columns[:, 1]}


def ccc(x, y):
    covariance = np.mean((x - x.mean()) * (y - y.mean()))
    return 2 * covariance / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)


@pytest.mark.parametrize(
    "dimension, clusters, expected",
    [
        ("arousal", 4, 0.965),
        ("arousal", 6, 0.988),
        ("arousal", 8, 0.995),
        ("arousal", 10, 0.997),
        ("valence", 4, 0.973),
        ("valence", 6, 0.992),
        ("valence", 8, 0.996),
        ("valence", 10, 0.998),
    ],
)
def test_real_traces_are_reconstructed_as_well_as_they_should_be(
    shared, dimension, clusters, expected
):
    values = traces(shared("corpora", "ceap", "ratings_25hz.csv.gz"))[dimension]
    scheme = KMeansLevels(clusters).fit(values)
    rebuilt = scheme.reconstruct(values)
    assert ccc(values, rebuilt) == pytest.approx(expected, abs=0.003)
    levels = scheme.levels(values)
    own = [values[levels == level].mean() for level in range(clusters)]
    np.testing.assert_allclose(scheme.means, own, atol=1e-9)


def test_reconstruction_does_not_depend_on_the_scale(shared):
    values = traces(shared("corpora", "ceap", "ratings_25hz.csv.gz"))["valence"]
    values, mapped = values[::50], (values[::50] - 5) / 4
    levels = KMeansLevels(6).fit(values).levels(values)
    np.testing.assert_array_equal(
        KMeansLevels(6).fit(mapped).levels(mapped), levels
    )


def test_levels_rise_with_the_value_and_take_the_nearest_mean():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(40, 5))
    scheme = KMeansLevels(4).fit(values)
    assert np.all(np.diff(scheme.means) > 0)
    nearest = np.abs(values[..., None] - scheme.means).argmin(-1)
    np.testing.assert_array_equal(scheme.levels(values), nearest)
    assert scheme.levels(values).shape == (40, 5)


def test_values_beyond_the_fit_belong_to_the_outermost_level():
    scheme = KMeansLevels(3).fit([0.0, 1.0, 2.0])
    np.testing.assert_array_equal(scheme.levels([-9, 9]), [0, 2])
    np.testing.assert_allclose(scheme.reconstruct([-9, 9]), [0, 2])


def test_a_value_midway_belongs_to_the_lower_level():
    scheme = KMeansLevels(2).fit([0.0, 1.0])
    np.testing.assert_array_equal(scheme.levels([0.5, 0.5000001]), [0, 1])


def test_frequent_values_weigh_as_often_as_they_occur():
    scheme = KMeansLevels(2).fit([0.0] * 9 + [1.0] + [10.0])
    np.testing.assert_allclose(scheme.means, [0.1, 10.0])


def test_the_same_seed_finds_the_same_means():
    values = np.random.default_rng(2).uniform(size=500)
    first = KMeansLevels(10, seed=3).fit(values).means
    np.testing.assert_array_equal(
        KMeansLevels(10, seed=3).fit(values).means, first
    )


@settings(deadline=None, max_examples=30)
@given(arrays.arrays(float, st.integers(3, 40), elements=FINITE))
def test_levels_of_means_are_themselves(values):
    values = values.round(3)
    clusters = min(3, len(np.unique(values)))
    if clusters < 2:
        return
    scheme = KMeansLevels(clusters).fit(values)
    np.testing.assert_array_equal(
        scheme.levels(scheme.means), np.arange(clusters)
    )
    np.testing.assert_array_equal(
        scheme.reconstruct(scheme.means), scheme.means
    )


def test_kmeans_refuses_bad_input():
    with pytest.raises(ValueError, match="`clusters` must be at least 2"):
        KMeansLevels(1)
    with pytest.raises(ValueError, match="clusters=4, 3 distinct values"):
        KMeansLevels(4).fit([1.0, 2.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="2 of 4 NaN or infinite"):
        KMeansLevels(2).fit([1.0, np.nan, 2.0, np.inf])
    with pytest.raises(ValueError, match="call `fit` first"):
        KMeansLevels(2).levels([1.0])
    scheme = KMeansLevels(2).fit([0.0, 1.0])
    with pytest.raises(ValueError, match="1 of 1 NaN"):
        scheme.levels([np.nan])
    with pytest.raises(ValueError, match="from 0 to 1. Received: 0 to 2"):
        scheme.values([0, 2])
    with pytest.raises(ValueError, match="Received: -1 to 0"):
        scheme.values([-1, 0])
    with pytest.raises(ValueError, match="dtype=float64"):
        scheme.values([0.0])


def test_ratings_fall_into_the_levels_of_the_scale():
    ratings = [1, 2, np.nextafter(2, 3), 3, np.nextafter(4, 3), 4, 5]
    np.testing.assert_array_equal(
        RatingLevels().levels(ratings), [0, 0, 1, 1, 1, 2, 2]
    )
    assert RatingLevels.names == ("low", "mid", "high")


@pytest.mark.parametrize("wrong", [0.9, 5.1, np.nan])
def test_ratings_off_the_scale_are_refused(wrong):
    with pytest.raises(ValueError, match="`ratings` must"):
        RatingLevels().levels([3.0, wrong])


def test_emotale_ratings_have_the_known_level_counts(shared):
    path = shared("corpora", "emotale", "annotations.csv")
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    expected = {"A": (153, 501, 146), "V": (226, 475, 99), "D": (142, 582, 76)}
    for dimension, counts in expected.items():
        columns = [f"a{annotator}_{dimension}" for annotator in (1, 2, 3)]
        ratings = [[float(row[name]) for name in columns] for row in rows]
        levels = RatingLevels().levels(np.mean(ratings, axis=1))
        assert tuple(np.bincount(levels)) == counts


def test_priors_are_the_shares_of_the_levels():
    shares = priors(np.array([[0, 2], [2, 2]]), classes=4)
    np.testing.assert_array_equal(shares, [0.25, 0, 0.75, 0])


def test_priors_refuse_bad_input():
    with pytest.raises(ValueError, match="`levels` must hold at least one"):
        priors(np.array([], dtype=int), classes=2)
    with pytest.raises(ValueError, match="from 0 to 1"):
        priors([0, 2], classes=2)


@pytest.mark.parametrize("name", DISCRETISATIONS)
@settings(deadline=None, max_examples=25)
@given(values=arrays.arrays(float, 40, elements=FINITE, unique=True))
def test_means_are_those_of_the_values_of_each_level(name, values):
    scheme = DISCRETISATIONS[name](4).fit(values)
    levels = scheme.levels(values)
    assert (np.diff(scheme.means) >= 0).all()
    for level in np.unique(levels):
        own = values[levels == level].mean()
        assert scheme.means[level] == pytest.approx(own)


def test_bins_of_equal_width_and_of_equal_size_by_hand():
    values = [0.0, 1.0, 2.0, 3.0, 4.0, 100.0]
    wide = EqualWidthLevels(4).fit(values)
    assert wide.levels(values).tolist() == [0, 0, 0, 0, 0, 3]
    assert wide.means.tolist() == [2.0, 37.5, 62.5, 100.0]
    equal = QuantileLevels(3).fit(values)
    assert equal.levels(values).tolist() == [0, 0, 1, 1, 2, 2]
    assert equal.means.tolist() == [0.5, 2.5, 52.0]
    with pytest.raises(ValueError, match="QuantileLevels has no means"):
        QuantileLevels(3).levels(values)


def test_equal_width_is_the_most_imbalanced_on_real_ratings(shared):
    """Le et al. 2017, section 4.1: k-means is the more balanced one."""
    path = shared("corpora", "ceap", "ratings_25hz.csv.gz")
    for values in traces(path).values():
        largest = {
            name: priors(levels(10).fit(values).levels(values), 10).max()
            for name, levels in DISCRETISATIONS.items()
        }
        assert largest["equal_width"] > largest["kmeans"]
