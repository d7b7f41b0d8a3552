"""The 743 features of silence, of odd signals and of bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipelines.features import yaafe

LINES = np.arange(1, 11) * np.pi / 11


def noise(samples, seed=0):
    return 0.1 * np.random.default_rng(seed).normal(size=samples)


def column(features, name):
    return features[:, yaafe.COLUMNS[name]]


def spike(place, samples=1024):
    signal = np.zeros(samples)
    signal[place] = -0.25
    return signal


@pytest.mark.parametrize(
    ("samples", "frames"),
    [(1, 1), (512, 1), (513, 2), (1024, 2), (1025, 3), (8193, 17)],
)
def test_every_512_samples_begin_a_frame(samples, frames):
    features = yaafe.extract(noise(samples))
    assert features.shape == (frames, 743)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()


def test_silence_has_the_stated_values():
    frame = yaafe.extract(np.zeros(4096))[5]
    eps = np.float32(2.220446049250313e-16)
    stated = {
        "AmplitudeModulation": [3.984375, 0, 0, 0, 9.921875, 0, 0, 0],
        "EnvelopeShapeStatistics": [0, eps, 0, -3],
        "TemporalShapeStatistics": [0, eps, 0, -3],
        "SpectralShapeStatistics": [256, 148.090063, 0, -72.431216],
        "LPC": [0, 0],
        "LSF": LINES,
        "MagnitudeSpectrum": [eps] * 513,
        "OBSI": [-42.951409] * 9,
        "OBSIR": [0] * 8,
        "PerceptualSharpness": [2.980635],
        "PerceptualSpread": [0.885450],
        "SpectralCrestFactorPerBand": [1] * 19,
        "SpectralFlatness": [1],
        "SpectralFlatnessPerBand": [1] * 19,
        "SpectralRolloff": [7921.875],
    }
    zero = "AutoCorrelation Energy Envelope ZCR ComplexDomainOnsetDetection "
    zero += "SpectralDecrease SpectralSlope SpectralFlux SpectralVariation"
    for name in zero.split():
        stated[name] = [0] * yaafe.DIMENSIONS[name]
    for name, values in stated.items():
        ours = frame[yaafe.COLUMNS[name]]
        np.testing.assert_allclose(
            ours, values, rtol=1e-6, atol=1e-12, err_msg=name
        )
    cepstra = frame[yaafe.COLUMNS["MFCC"]][:3]
    np.testing.assert_allclose(cepstra, [1.159e-4, 1.134e-4, 1.2e-4], 1e-3)
    mel = frame[yaafe.COLUMNS["MelSpectrum"]]
    np.testing.assert_allclose(mel, 1.42e-17, rtol=0.02)
    loudness = frame[yaafe.COLUMNS["Loudness"]]
    np.testing.assert_allclose(loudness.min(), 0.03322, rtol=2e-4)
    np.testing.assert_allclose(loudness.max(), 0.05902, rtol=2e-4)


def test_flux_out_of_silence_is_large_and_finite():
    features = yaafe.extract(np.concatenate([np.zeros(2048), noise(2048)]))
    norms = np.linalg.norm(column(features, "MagnitudeSpectrum"), axis=1)
    flux = column(features, "SpectralFlux")[:, 0]
    assert flux[:4].tolist() == [0, 0, 0, 0] and flux[4] > 1e13
    np.testing.assert_allclose(flux[4], norms[4] / norms[3], rtol=1e-5)


@pytest.mark.parametrize("place", [0, 1, 500, 1023])
def test_a_single_sample_is_a_single_index(place):
    features = yaafe.extract(spike(place))
    shape = column(features, "TemporalShapeStatistics")[1]
    np.testing.assert_array_equal(shape, np.float32([place, 2**-52, 0, -3]))
    np.testing.assert_allclose(column(features, "LSF")[1], LINES, rtol=1e-6)
    assert np.isfinite(features).all()


def test_two_neighbouring_samples_are_not_a_single_index():
    signal = spike(700) + spike(701)
    shape = column(yaafe.extract(signal), "TemporalShapeStatistics")[1]
    np.testing.assert_allclose(shape[:2], [700.5, 0.5], rtol=1e-6)
    assert shape[3] < -1e12


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        st.sampled_from([1, 2, 511, 1024, 2000]),
        elements=st.floats(-256, 256, width=32),
        fill=st.sampled_from([0.0, 1.0, 2.0**-100]),
    )
)
def test_any_waveform_has_finite_features(waveform):
    assert np.isfinite(yaafe.extract(waveform)).all()


@pytest.mark.parametrize(
    "signal",
    [
        np.clip(50 * noise(5000), -1, 1),
        np.rint(noise(5000, 1) * 5) / 32768,
        np.ones(3000),
        np.exp(-0.5 * ((np.arange(3000) - 1500) / 80) ** 2),
        1e-300 * noise(3000),
        np.concatenate([spike(3) * 4e-20, 256 * np.ones(3000)]),
    ],
    ids=["clipped", "1 LSB", "constant", "smooth", "denormal", "extremes"],
)
def test_hard_signals_have_finite_features(signal):
    features = yaafe.extract(signal)
    assert np.isfinite(features).all()
    lines = column(features, "LSF")
    assert (np.diff(lines) >= 0).all() and (lines >= 0).all()
    assert (lines <= np.float32(np.pi)).all()


@pytest.mark.parametrize("chunk", [1, 7, 31])
def test_the_chunk_changes_nothing(monkeypatch, chunk):
    signal = np.concatenate([noise(6000), np.zeros(3000), noise(5000)])
    whole = yaafe.extract(signal)
    monkeypatch.setattr(yaafe, "CHUNK", chunk)
    np.testing.assert_allclose(yaafe.extract(signal), whole, 1e-6, 1e-10)


def test_features_move_with_the_signal():
    signal = noise(5000)
    late = yaafe.extract(np.concatenate([np.zeros(512), signal]))[2:]
    early = yaafe.extract(signal)[1:]
    np.testing.assert_allclose(late, early, rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (np.zeros((2, 900)), r"shape \(samples,\).*shape=\(2, 900\)"),
        (np.zeros(0), r"at least one sample.*shape=\(0,\)"),
        (np.zeros(900, np.int16), "divide 16-bit samples by 32768.*int16"),
        (np.full(900, 32767.0), "full scale -1 to 1.*peak of 32767"),
        (np.array([0, 0, np.nan, np.inf]), "2 of 4 .* not, the first at 2"),
    ],
)
def test_bad_waveforms_are_refused(waveform, message):
    with pytest.raises(ValueError, match=message):
        yaafe.extract(waveform)
