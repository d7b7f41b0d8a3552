"""PCA whitening, and normalisations by name."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings, strategies
from sklearn.decomposition import PCA

from pipelines import normalise
from pipelines.whitening import Whitening, _bounds


def frames(count=400, seed=0):
    """Six features of unlike units: two that depend, one constant."""
    rng = np.random.default_rng(seed)
    free = rng.normal(size=(count, 4)) * [1, 1e-8, 1e9, 3] + [0, 1e-8, 5, 100]
    dependent = free[:, :1] - 0.5 * free[:, 3:]
    return np.hstack([free, dependent, np.full((count, 1), 0.1)]).astype(
        "float32"
    )


def whitened(data, **options):
    return Whitening(**options).fit([data]).apply([data])[0]


def test_the_training_comes_out_white():
    white = whitened(frames(), tails=0)
    assert white.shape == (400, 4) and white.dtype == np.float32
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-5)
    covariance = np.cov(white.astype(float).T)
    np.testing.assert_allclose(covariance, np.eye(4), atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(
    seed=strategies.integers(0, 999),
    width=strategies.integers(1, 9),
    tails=strategies.sampled_from([0.0, 0.01]),
)
def test_anything_comes_out_white(seed, width, tails):
    rng = np.random.default_rng(seed)
    data = rng.normal(size=(200, width)) @ rng.normal(size=(width, width))
    whitening = Whitening(tails=tails).fit([data[:50], data[50:]])
    white = np.concatenate(whitening.apply([data]))
    count = whitening.matrix.shape[1]
    np.testing.assert_allclose(
        np.atleast_2d(np.cov(white.T)), np.eye(count), atol=0.02
    )
    assert whitening.explained.sum() == pytest.approx(1)


@pytest.mark.parametrize("components", [1, 3, 0.5, 0.9])
def test_components_are_those_of_scikit_learn(components):
    data = frames().astype(float)[:, :5]
    spread = (data - data.mean(axis=0)) / data.std(axis=0)
    expected = PCA(components, whiten=True, svd_solver="full")
    expected = expected.fit_transform(spread)
    white = whitened(data, components=components, tails=0)
    assert white.shape == expected.shape
    np.testing.assert_allclose(np.abs(white), np.abs(expected), atol=1e-3)


def test_others_do_not_matter_to_the_training():
    train, test = frames(), frames(seed=1)
    whitening = Whitening().fit([train])
    first = whitening.apply([test])[0]
    both = whitening.apply([train, test])[1]
    np.testing.assert_array_equal(first, both)
    assert not np.allclose(first, whitened(np.vstack([train, test]))[400:])


def test_a_feature_that_never_varied_has_no_part():
    train, test = frames(), frames(seed=1)
    changed = test.copy()
    changed[:, 5] = 1e6
    whitening = Whitening().fit([train])
    np.testing.assert_array_equal(whitening.matrix[5], 0)
    np.testing.assert_array_equal(
        whitening.apply([test])[0], whitening.apply([changed])[0]
    )


def test_single_frames_far_out_are_clipped():
    data = frames(200)[:, :4]
    wild = data.copy()
    wild[7, 0] = 1e13
    white = whitened(wild)
    assert np.abs(white).max() < 5
    assert np.abs(whitened(wild, tails=0)).max() > 9
    np.testing.assert_allclose(
        np.abs(white).mean(), np.abs(whitened(data)).mean(), rtol=0.01
    )


def test_many_frames_are_drawn_by_seed(monkeypatch):
    monkeypatch.setattr(Whitening, "FRAMES", 100)
    data = [frames()]
    one, same, other = (Whitening().fit(data, seed=n).mean for n in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_drawn_frames_are_those_of_the_joined_sequences(monkeypatch):
    joined, parts = frames(), np.split(frames(), [50, 50, 120, 399])
    monkeypatch.setattr(Whitening, "FRAMES", 100)
    sample = np.random.default_rng(3).choice(400, 100, replace=False)
    expected = Whitening().fit([joined[np.sort(sample)]])
    found = Whitening().fit(parts, seed=3)
    for name, values in expected.arrays().items():
        np.testing.assert_array_equal(found.arrays()[name], values)


@pytest.mark.parametrize("tails", [0.0, 0.001, 0.01, 0.3])
@pytest.mark.parametrize("values", ["normal", "zeros", "steps"])
def test_bounds_are_the_quantiles(tails, values):
    rng = np.random.default_rng(0)
    row = {
        "normal": rng.normal(size=5003),
        "zeros": np.where(rng.random(5003) < 0.02, rng.normal(size=5003), 0),
        "steps": np.repeat([3.0, 1.0, 2.0], [2, 5000, 1]),
    }[values].astype("float32")
    low, high = _bounds(row, tails)
    assert low == np.quantile(row, tails, method="higher")
    assert high == np.quantile(row, 1 - tails, method="lower")


@pytest.mark.slow
def test_frames_are_kept_once_and_in_single_precision(monkeypatch):
    monkeypatch.setattr(Whitening, "FRAMES", 30_000)
    rng = np.random.default_rng(0)
    data = [rng.normal(size=(500, 100)).astype("float32") for _ in range(80)]
    tracemalloc.start()
    try:
        Whitening().fit(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1.6 * 30_000 * 100 * 4


def test_what_is_given_stays_as_it_was():
    data = frames()
    copy = data.copy()
    whitened(data)
    np.testing.assert_array_equal(data, copy)


@pytest.mark.parametrize("components", [0, -1, 1.0, 1.5, float("nan"), 0.0])
def test_impossible_components_are_named(components):
    with pytest.raises(ValueError, match="`components` must be .*Received"):
        Whitening(components)


@pytest.mark.parametrize("tails", [-0.1, 0.5, float("nan")])
def test_impossible_tails_are_named(tails):
    with pytest.raises(ValueError, match=f"`tails`.*tails={tails}"):
        Whitening(tails=tails)


@pytest.mark.parametrize(
    "data, words",
    [
        ([], "two frames .*Received: 0"),
        ([frames(1)], "two frames .*Received: 1"),
        ([np.ones((9, 3))], "must vary.*Received: 3 values"),
        ([frames(), frames()[:, :5]], r"\(steps, 6\).*\(400, 5\) at 1"),
        ([frames(), np.full((2, 6), np.nan)], "finite.*at 1"),
        ([frames()[:, 0]], r"shape \(steps, 400\).*\(400,\) at 0"),
    ],
)
def test_features_that_cannot_be_whitened_are_named(data, words):
    with pytest.raises(ValueError, match=words):
        Whitening().fit(data)


def test_more_components_than_there_are_is_refused():
    with pytest.raises(ValueError, match="at most 4, .*components=5"):
        Whitening(5, tails=0).fit([frames()])


def test_a_fit_comes_first():
    with pytest.raises(ValueError, match="call `fit` first"):
        Whitening().apply([frames()])
    with pytest.raises(ValueError, match="call `fit` first"):
        Whitening().arrays()


def test_normalisations_have_names():
    data, speakers = [frames(9), frames(8, 1)], ["a", "a"]
    expected = {
        "none": data,
        "speaker": normalise.by_speaker(data, speakers),
        "recording": normalise.by_recording(data),
        "running": normalise.running(data, speakers),
    }
    assert tuple(expected) == normalise.SCHEMES
    for scheme, expected_rows in expected.items():
        white = normalise.by_name(scheme, data, speakers)
        for one, other in zip(white, expected_rows, strict=True):
            np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match="none, speaker, .*scheme='all'"):
        normalise.by_name("all", data, speakers)
