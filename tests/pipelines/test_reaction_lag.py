"""The lag between speech and its ratings."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from pipelines import reaction_lag

HOP = 0.04


def rated(lag, steps=1500, seed=0, sign=1.0):
    """Levels of speech, and ratings that follow them by `lag` steps."""
    rng = np.random.default_rng(seed)
    arousal = gaussian_filter1d(rng.normal(size=steps), 50)
    arousal /= arousal.std()
    late = np.concatenate([np.full(lag, arousal[0]), arousal])[:steps]
    levels = np.exp(arousal / 2) * rng.uniform(0.5, 1.5, steps)
    return levels, {"arousal": sign * late, "valence": rng.normal(size=steps)}


def test_the_lag_of_late_ratings_is_found():
    levels, traces = zip(*(rated(70, seed=seed) for seed in range(4)))
    found = reaction_lag.estimate(levels, traces, HOP)
    assert found.seconds == pytest.approx(2.8, abs=0.2)
    assert found.correlations["arousal"] > 0.5
    assert abs(found.correlations["valence"]) < 0.1


def test_ratings_without_a_lag_and_of_the_other_sign():
    levels, traces = rated(0, sign=-1.0)
    found = reaction_lag.estimate([levels], [traces], HOP)
    assert found.seconds <= 0.2
    assert found.correlations["arousal"] < -0.5


def test_correlations_are_those_of_numpy():
    levels, traces = rated(25)
    found = reaction_lag.estimate([levels], [traces], HOP)
    lag = round(found.seconds / HOP)
    speech = levels[:-200]
    later = traces["arousal"][lag : lag + len(speech)]
    expected = np.corrcoef(speech, later)[0, 1]
    assert found.correlations["arousal"] == pytest.approx(expected, abs=1e-9)


def test_a_loud_recording_counts_as_much_as_a_quiet_one():
    quiet, traces = rated(25, seed=0)
    loud, others = rated(100, seed=1)
    both = reaction_lag.estimate([quiet, loud], [traces, others], HOP)
    same = reaction_lag.estimate([quiet, 100 * loud], [traces, others], HOP)
    assert same.correlations == pytest.approx(both.correlations)


def test_short_recordings_take_no_part():
    levels, traces = rated(40, steps=399)
    with pytest.raises(ValueError, match="of 16 s or more.*1 shorter"):
        reaction_lag.estimate([levels], [traces], HOP)
    longer, its_traces = rated(40)
    together = reaction_lag.estimate(
        [levels, longer], [traces, its_traces], HOP
    )
    alone = reaction_lag.estimate([longer], [its_traces], HOP)
    assert together == alone


def test_nothing_to_go_by_is_refused():
    levels, traces = rated(0)
    still = {name: np.zeros(len(levels)) for name in traces}
    with pytest.raises(ValueError, match="by 0.1 or more. Received: at most"):
        reaction_lag.estimate([levels], [still], HOP)
    with pytest.raises(ValueError, match="by 0.1 or more. Received: at most"):
        reaction_lag.estimate([np.ones(len(levels))], [traces], HOP)
    noise = np.random.default_rng(0).normal(size=(2, 10_000))
    with pytest.raises(ValueError, match=r"at most arousal [+-]0.0\d at"):
        reaction_lag.estimate([noise[0]], [{"arousal": noise[1]}], HOP)
    later, traces = rated(250)
    with pytest.raises(ValueError, match="by 0.1 or more. Received: at most"):
        reaction_lag.estimate([later], [{"arousal": traces["arousal"]}], HOP)


def test_levels_beyond_the_end_are_zero():
    waveform = np.tile(np.float32([3, -4]), 5)
    levels = reaction_lag.level(waveform, 4, 4)
    np.testing.assert_allclose(levels, np.sqrt([12.5, 12.5, 6.25, 0]))
    np.testing.assert_allclose(reaction_lag.level(waveform, 4, 1), levels[:1])
