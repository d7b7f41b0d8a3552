"""Down- and upsampled labels, and their power below a frequency."""

from __future__ import annotations

import numpy as np
import pytest

import pipelines
from tuning.papers.recola_conv import label_dynamics
from zoo.metrics import concordance_cc

HOP = 0.04


def sine(frequency: float, seconds: float = 60.0) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * HOP * np.arange(seconds / HOP))


@pytest.mark.parametrize("length", [2, 3, 5, 100, 7501])
@pytest.mark.parametrize("factor", [1, 2, 7, 64, 10_000])
def test_any_factor_reconstructs_a_straight_line(length, factor):
    line = 0.3 - 0.01 * np.arange(length)
    upsampled = label_dynamics.down_and_up(line, factor)
    np.testing.assert_allclose(upsampled, line, atol=1e-9)


def test_four_kept_values_reconstruct_a_cubic():
    steps = np.linspace(-1, 1, 301)
    cubic = steps**3 - 0.4 * steps + 0.1
    np.testing.assert_allclose(
        label_dynamics.down_and_up(cubic, 100), cubic, atol=1e-9
    )


@pytest.mark.parametrize("length", [64, 65, 100, 128])
def test_kept_values_are_unchanged_and_the_last_value_is_kept(length):
    trace = np.random.default_rng(0).normal(size=length)
    upsampled = label_dynamics.down_and_up(trace, 8)
    assert upsampled.shape == trace.shape
    np.testing.assert_allclose(upsampled[::8], trace[::8], atol=1e-9)
    assert abs(upsampled[-1] - trace[-1]) < 1e-9
    assert np.abs(upsampled - trace).max() > 0.5


def test_frequencies_below_half_the_kept_rate_are_reconstructed():
    for factor in (8, 32):
        nyquist = 1 / (HOP * factor) / 2
        kept = label_dynamics.reconstruction([sine(nyquist / 4)], [factor])
        lost = label_dynamics.reconstruction([sine(nyquist * 3.3)], [factor])
        assert kept[factor] > 0.98 and lost[factor] < 0.2


def test_reconstruction_is_pooled_over_traces():
    traces = [sine(0.2) + 5, sine(0.7) - 5, np.zeros(1500)]
    ccc = label_dynamics.reconstruction(traces, [4, 64])
    joined = np.concatenate(traces)
    for factor in (4, 64):
        upsampled = [
            label_dynamics.down_and_up(trace, factor) for trace in traces
        ]
        expected = concordance_cc(joined, np.concatenate(upsampled))
        assert ccc[factor] == expected
    assert list(ccc) == [4, 64] and ccc[4] > ccc[64] > 0.9
    assert list(label_dynamics.reconstruction(traces)) == [
        2,
        4,
        8,
        16,
        32,
        64,
        128,
    ]


@pytest.mark.parametrize(
    "traces, expected",
    [
        ([sine(0.5)], 1.0),
        ([sine(3.0)], 0.0),
        ([7 + sine(0.5)], 1.0),
        ([sine(0.5) + sine(3.0)], 0.5),
        ([sine(0.5) + 2 * sine(3.0)], 0.2),
        ([sine(0.5), sine(3.0)], 0.5),
        ([sine(0.5, 60), sine(3.0, 120)], 1 / 3),
        ([np.full(100, 0.3)], 1.0),
    ],
)
def test_power_below_a_frequency_is_that_of_the_slow_signals(traces, expected):
    share = label_dynamics.power_below(traces, HOP)
    assert abs(share - expected) < 1e-6


@pytest.mark.parametrize("length", [100, 101])
def test_the_highest_frequency_counts_like_the_others(length):
    steps = 2 * np.pi * np.arange(length) / length
    low, high = np.cos(3 * steps), np.cos((length // 2) * steps)
    expected = low.var() / (low.var() + high.var())
    assert abs(label_dynamics.power_below([low + high], HOP) - expected) < 1e-9


def test_white_noise_has_equal_power_at_all_frequencies():
    noise = [np.random.default_rng(n).normal(size=n) for n in (4001, 4000)]
    for frequency in (1.0, 6.25):
        share = label_dynamics.power_below(noise, HOP, frequency)
        assert abs(share - frequency / 12.5) < 0.03


@pytest.mark.slow
def test_real_ratings_change_as_slowly_as_the_paper_says(shared):
    corpus = pipelines.corpus("ceap", shared("corpora", "ceap"))
    by_dimension = label_dynamics.labelled_traces(corpus)
    assert sorted(by_dimension) == ["arousal", "valence"]
    for traces in by_dimension.values():
        assert len(traces) == 160
        assert label_dynamics.power_below(traces, HOP) > 0.95
        ccc = label_dynamics.reconstruction(traces)
        assert all(ccc[factor] > 0.95 for factor in ccc if factor <= 64)
        assert list(ccc.values()) == sorted(ccc.values(), reverse=True)
