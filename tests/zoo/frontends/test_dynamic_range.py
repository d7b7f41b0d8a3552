"""The range of log energies, and what a gain then changes."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import array, noise

from zoo import frontends
from zoo.frontends import DynamicRange, LogMelFilterBank


def spoken_and_silent() -> np.ndarray:
    """Two seconds of noise that swells, then digital silence, (samples,)."""
    loud = 0.1 * noise((32_000,)) * np.linspace(0.2, 1.0, 32_000)
    return np.concatenate([loud, np.zeros(16_000)]).astype("float32")


def features(waveform: np.ndarray) -> np.ndarray:
    inputs = {
        "waveform": waveform[None],
        "lengths": np.array([len(waveform)], "int32"),
    }
    return array(frontends.stacked_log_mel()(inputs)["features"])[0]


@pytest.mark.parametrize("gain", [0.1, 0.01, 10.0])
def test_a_gain_changes_no_feature(gain):
    waveform = spoken_and_silent()
    np.testing.assert_allclose(
        features(gain * waveform), features(waveform), atol=2e-3
    )


def test_without_the_range_a_gain_does():
    bank, standardise = LogMelFilterBank(), frontends.Standardisation()
    loud, quiet = (
        array(standardise(bank((gain * spoken_and_silent())[None])))
        for gain in (1.0, 0.1)
    )
    assert np.abs(loud - quiet).max() > 0.05


def test_frames_of_speech_are_left_as_they_are():
    frames = array(LogMelFilterBank()(spoken_and_silent()[None, :32_000]))
    np.testing.assert_array_equal(array(DynamicRange()(frames)), frames)


def test_padding_says_nothing_of_the_loudest_frame():
    frames = np.zeros((1, 3, 2), "float32")
    frames[0, 1], frames[0, 2] = -100.0, 1000.0
    lifted = array(DynamicRange(10.0)(frames, lengths=np.array([2])))
    assert lifted[0, 1] == pytest.approx(-np.log(10), rel=1e-6)
    assert lifted[0, 0] == pytest.approx(0.0)


@pytest.mark.parametrize("decibels", [0.0, -3.0, float("nan")])
def test_a_range_is_above_zero(decibels):
    with pytest.raises(ValueError, match="must be above 0"):
        DynamicRange(decibels)


def test_a_layer_is_saved_with_its_range():
    config = DynamicRange(60.0).get_config()
    assert DynamicRange.from_config(config).decibels == 60.0


def test_rows_without_frames_and_nan_in_the_padding_are_no_error():
    frames = np.full((2, 3, 2), np.nan, "float32")
    frames[0, :2] = [[0.0, 0.0], [-99.0, 0.0]]
    lifted = array(DynamicRange(10.0)(frames, lengths=np.array([2, 0])))
    assert lifted[0, 1, 0] == pytest.approx(-np.log(10), rel=1e-6)
