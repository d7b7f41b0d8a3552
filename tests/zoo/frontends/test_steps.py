"""Number of steps of the log Mel front end."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zoo import frontends


def count_of_windows(samples):
    """Counts the windows of 25 ms every 10 ms that lie inside, one by one."""
    return sum(1 for start in range(0, samples, 160) if start + 400 <= samples)


@given(st.integers(0, 20_000))
def test_steps_are_whole_windows_stacked_by_four(samples):
    windows = count_of_windows(samples)
    assert frontends.stacked_log_mel_steps(samples) == (windows + 3) // 4


def test_whole_steps_of_audio_give_as_many_feature_steps():
    for steps in range(1, 200):
        assert frontends.stacked_log_mel_steps(steps * 640) == steps


def test_the_number_of_steps_is_the_front_ends():
    frontend = frontends.stacked_log_mel()
    for samples in (400, 639, 640, 1281):
        outputs = frontend(
            {
                "waveform": np.zeros((1, samples), "float32"),
                "lengths": np.array([samples], "int32"),
            }
        )
        steps = frontends.stacked_log_mel_steps(samples)
        assert int(outputs["lengths"][0]) == steps
        assert outputs["features"].shape[1] == steps
