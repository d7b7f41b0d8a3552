"""The resampling filter: its frequency response, and scipy on the same taps."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.audio.resample import matrices, ratio, reach, resample, taps

RATES = (8000, 11025, 16000, 22050, 24000, 44100, 48000)
ODD = 44056  # 2,000 phases to 16 kHz


def noise(samples, seed=0):
    generator = np.random.default_rng(seed)
    return generator.uniform(-1, 1, samples).astype(np.float32)


def tone(hertz, rate, seconds=0.5):
    time = np.arange(int(rate * seconds)) / rate
    return np.sin(2 * np.pi * hertz * time).astype(np.float32)


@pytest.mark.parametrize("source", [8000, 22050, 44100, 48000])
def test_pass_band_is_flat_and_stop_band_under_16_bit_rounding(source):
    up, down = ratio(source, 16000)
    response = taps(source, 16000)
    gain = np.abs(np.fft.rfft(response, 16 * len(response)))
    decibels = 20 * np.log10(np.maximum(gain, 1e-12))
    frequency = np.linspace(0, max(up, down), len(gain))  # 1: lower Nyquist
    assert np.abs(decibels[frequency <= 0.9]).max() < 0.0002
    assert decibels[frequency >= 1.0].max() < -99


@settings(max_examples=60, deadline=None)
@given(
    source=st.sampled_from(RATES),
    target=st.sampled_from(RATES),
    samples=st.integers(1, 3000),
    seed=st.integers(0, 99),
)
def test_matrices_do_what_scipy_does_with_the_taps(
    source, target, samples, seed
):
    up, down = ratio(source, target)
    if up == down:
        return
    waveform = noise(samples, seed)
    expected = scipy.signal.resample_poly(
        waveform.astype(float), up, down, window=taps(source, target)
    )
    actual = resample(waveform, source, target)
    assert matrices(source, target) is not None
    assert actual.dtype == np.float32
    assert actual.shape == (-(-samples * target // source),)
    np.testing.assert_allclose(actual, expected, atol=3e-6)


def test_an_odd_ratio_meets_the_same_filter():
    waveform = tone(1000, ODD)
    assert matrices(ODD, 16000) is None
    middle = slice(500, 7500)
    np.testing.assert_allclose(
        resample(waveform, ODD, 16000)[middle],
        tone(1000, 16000)[middle],
        atol=3e-5,
    )


@pytest.mark.parametrize("source", [8000, 22050, 44100, 48000])
@pytest.mark.parametrize("hertz", [50, 1000, 3500])
def test_a_tone_keeps_pitch_level_and_place(source, hertz):
    middle = slice(500, 7500)
    np.testing.assert_allclose(
        resample(tone(hertz, source), source, 16000)[middle],
        tone(hertz, 16000)[middle],
        atol=3e-5,
    )


@pytest.mark.parametrize("source", [22050, 44100, 48000])
def test_what_lies_above_the_new_nyquist_frequency_vanishes(source):
    above = resample(tone(8200, source), source, 16000)[500:7500]
    assert 20 * np.log10(np.abs(above).max()) < -95


def test_reach_says_what_a_sample_hears():
    click = np.zeros(4000, np.float32)
    click[2000] = 1.0
    for source in (8000, 22050, 44100):
        samples = np.nonzero(resample(click, source, 16000))[0] * source / 16000
        assert np.abs(samples - 2000).max() <= reach(source, 16000)
        assert np.abs(samples - 2000).max() > reach(source, 16000) - 4


def test_the_same_rate_gives_the_same_samples():
    waveform = noise(100)
    assert resample(waveform, 16000, 16000) is waveform
    assert reach(16000, 16000) == 0
