"""The 743 features against the toolbox's own output, and at their edges."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.features import yaafe
from pipelines.features.yaafe import bands, framing, prediction, temporal

SIGNALS = (
    "harmonic",
    "noise",
    "chirp_then_silence",
    "emodb_03a01Fa",
    "emodb_16b10Wb",
    "emodb_11a01Ld",
)
# The toolbox's output for frames 0, 1 and 5 of the signal of `worked`.
WORKED = """
AmplitudeModulation.0 3.984375 3.984375 3.984375
AmplitudeModulation.1 0.0762745 0.3916126 0.3998975
AmplitudeModulation.3 0.3039062 1.560331 1.593342
AmplitudeModulation.4 9.921875 9.921875 9.921875
AmplitudeModulation.6 0.07083847 0.3579006 0.3653755
AutoCorrelation.0 23.75378 47.32355 51.88018
AutoCorrelation.10 16.20277 32.17168 35.95249
AutoCorrelation.48 -17.38411 -35.7936 -36.12591
ComplexDomainOnsetDetection.0 344.4593 448.133 61.78178
Energy.0 0.1523058 0.2149754 0.2250872
Envelope.0 0.001044338 0.007721403 0.00793269
Envelope.3 0.03497408 0.3027117 0.3087283
Envelope.5 0.2197745 0.2964729 0.3036339
EnvelopeShapeStatistics.0 4.402922 3.535139 3.536606
EnvelopeShapeStatistics.1 0.8826834 1.199564 1.200043
EnvelopeShapeStatistics.2 -1.754461 -0.4669636 -0.4691746
EnvelopeShapeStatistics.3 -2982.739 -362.4294 -362.5083
LPC.0 -1.026787 -1.076197 -1.412219
LPC.1 0.04573239 0.09683985 0.46457
LSF.0 0.07968188 0.08045851 0.08076296
LSF.4 1.229065 1.157011 1.107768
LSF.9 2.823804 2.820601 2.813773
Loudness.0 0.07155748 0.01677449 0.01577201
Loudness.13 0.02702641 0.0658898 0.1267399
Loudness.23 0.03845042 0.05144577 0.04812864
MFCC.0 2.153016 0.6799723 0.6828272
MFCC.1 1.614183 0.7377012 0.472017
MFCC.7 -0.158564 0.6490185 0.8890566
MFCC.12 0.476067 1.22364 1.277532
MagnitudeSpectrum.0 3.829591 0.007094869 0.00463387
MagnitudeSpectrum.2 3.974147 0.01240522 0.0072718
MagnitudeSpectrum.13 37.92425 74.80235 74.74126
MagnitudeSpectrum.256 0.0725308 0.1477739 0.1462232
MagnitudeSpectrum.512 0.1262927 0.1040163 0.1030517
MelSpectrum.0 1.520583 1.646343 1.644696
MelSpectrum.19 0.01917684 0.07409486 0.3325492
MelSpectrum.39 0.01036087 0.01109055 0.01115572
OBSI.0 3.99977 -2.592906 -2.593723
OBSI.3 8.804778 9.579223 9.577525
OBSI.5 2.092645 2.018764 3.336222
OBSI.8 3.322791 3.979316 3.979302
OBSIR.0 0.5777845 0.7270698 0.7003069
OBSIR.4 -2.577933 1.21584 2.534849
OBSIR.7 -0.8492328 -0.8605187 -0.8674031
PerceptualSharpness.0 2.020234 2.548574 2.484044
PerceptualSpread.0 0.7005342 0.5909279 0.6142183
SpectralCrestFactorPerBand.0 3.599707 5.419477 5.45665
SpectralCrestFactorPerBand.1 2.232861 2.357703 2.418179
SpectralCrestFactorPerBand.11 7.556827 13.39979 14.11562
SpectralCrestFactorPerBand.18 8.075397 9.530233 9.532761
SpectralDecrease.0 0.001388743 0.05049605 0.04524622
SpectralFlatness.0 0.2744849 0.1265935 0.1241673
SpectralFlatnessPerBand.0 0.5570584 0.08665634 0.08147042
SpectralFlatnessPerBand.1 0.8261993 0.6276964 0.6874445
SpectralFlatnessPerBand.11 0.212949 0.02070323 0.001392949
SpectralFlatnessPerBand.18 0.332394 0.1964233 0.1962582
SpectralFlux.0 0 0.3950854 0.003443572
SpectralRolloff.0 2437.5 2421.875 2421.875
SpectralShapeStatistics.0 89.39873 103.2417 104.5913
SpectralShapeStatistics.1 135.0703 141.2187 132.1478
SpectralShapeStatistics.2 1.666465 1.431812 1.500825
SpectralShapeStatistics.3 -2.212443 -4.113566 -4.822906
SpectralSlope.0 -9.477397e-07 -8.689917e-07 -8.613141e-07
SpectralVariation.0 0 0.13678 0.001604644
TemporalShapeStatistics.0 769.3862 513.0757 513.5627
TemporalShapeStatistics.1 148.9283 296.5757 297.459
TemporalShapeStatistics.2 0.00462444 0.0002024048 -0.007457944
TemporalShapeStatistics.3 -4429.434 -72.76363 -72.25902
ZCR.0 0.01660156 0.0390625 0.05371094
"""


def worked():
    """A signal of 4096 samples that needs no file and no random numbers."""
    n = np.arange(4096)
    low = 0.30 * np.sin(2 * np.pi * 200 * n / 16000)
    high = 0.15 * n / 4096 * np.sin(2 * np.pi * 1750 * n / 16000 + 1)
    saw = 0.10 * (7919 * n % 1009 / 1009 - 0.5)
    return np.rint(32767 * (low + high + saw)) / 32768


def noise(samples, seed=0):
    return 0.1 * np.random.default_rng(seed).normal(size=samples)


def column(features, name):
    return features[:, yaafe.COLUMNS[name]]


def test_columns_stand_where_the_toolbox_puts_them():
    assert len(yaafe.NAMES) == len(set(yaafe.NAMES)) == 743
    assert yaafe.NAMES[105] == "MFCC.0" and yaafe.NAMES[-1] == "ZCR.0"
    assert yaafe.COLUMNS["Loudness"] == slice(81, 105)
    assert yaafe.COLUMNS["SpectralFlatnessPerBand"] == slice(711, 730)
    for name, columns in yaafe.COLUMNS.items():
        last = yaafe.DIMENSIONS[name] - 1
        assert yaafe.NAMES[columns][-1] == f"{name}.{last}"
    assert list(yaafe.COLUMNS) == sorted(yaafe.COLUMNS, key=ascii_order)


def ascii_order(name):
    """Capitals before small letters: LPC, LSF, Loudness."""
    return name.encode()


@pytest.mark.parametrize("signal", SIGNALS)
def test_agrees_with_the_reference_file(shared, signal):
    with np.load(shared("reference", "yaafe743_16k_1024_512.npz")) as file:
        features = yaafe.extract(file[f"{signal}/waveform_int16"] / 32768)
        for name in yaafe.COLUMNS:
            ours, theirs = column(features, name), file[f"{signal}/{name}"]
            if name in ("ZCR", "SpectralRolloff"):
                np.testing.assert_array_equal(ours, theirs)
            error = np.abs(ours - theirs).max(0)
            peak = np.abs(theirs).max(0)
            assert (error <= 1e-6 * peak).all(), name


@pytest.mark.parametrize("line", WORKED.strip().splitlines())
def test_agrees_with_the_worked_example(features_of_worked, line):
    name, *values = line.split()
    ours = features_of_worked[[0, 1, 5], yaafe.NAMES.index(name)]
    np.testing.assert_allclose(ours, np.array(values, float), rtol=1e-6)


@pytest.fixture(scope="module")
def features_of_worked():
    start = worked()[:5] * 32768
    assert start.tolist() == [-1638, 1914, 2184, 2443, 2686]
    return yaafe.extract(worked())


def test_identities_between_features_hold():
    features = yaafe.extract(noise(20000)).astype(float)[1:]
    norm = np.linalg.norm(column(features, "MagnitudeSpectrum"), axis=1)
    ratio = norm[1:] / norm[:-1]
    cosine = 1 - column(features, "SpectralVariation")[1:, 0]
    flux = column(features, "SpectralFlux")[1:, 0]
    np.testing.assert_allclose(flux, ratio + 1 / ratio - 2 * cosine, rtol=1e-5)
    np.testing.assert_allclose(
        column(features, "Energy")[:, 0] ** 2,
        column(features, "AutoCorrelation")[:, 0] / 1024,
        rtol=1e-6,
    )
    np.testing.assert_allclose(column(features, "Loudness").sum(1), 1, 1e-6)


def test_envelope_is_the_low_passed_modulus_of_the_analytic_signal():
    frames = noise(3 * 1024).reshape(3, 1024)
    modulus = np.abs(scipy.signal.hilbert(frames))
    fall = 1 - np.cos(2 * np.pi * np.arange(800, 0, -1) / 1601)
    padded = np.pad(modulus, ((0, 0), (600, 176)))
    for output in range(6):
        seen = padded[:, 200 * output :][:, :800]
        np.testing.assert_allclose(
            temporal.envelope(frames)[:, output], seen @ fall / fall.sum()
        )


def test_autocorrelation_is_the_sum_of_lagged_products():
    frames = noise(2 * 1024).reshape(2, 1024) + 0.5
    direct = [np.correlate(f, f, "full")[1023:1072] for f in frames]
    np.testing.assert_allclose(temporal.autocorrelation(frames), direct)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.002, 0.1, 1.0]))
def test_zero_crossings_skip_zeros(seed, density):
    rng = np.random.default_rng(seed)
    samples = rng.integers(-1, 2, 2560) * (rng.random(2560) < density)
    for t, rate in enumerate(temporal.zero_crossing_rate(samples)):
        frame = samples[512 * t : 512 * t + 1024]
        signs = frame[frame != 0]
        assert rate == np.sum(signs[1:] != signs[:-1]) / 1024


@pytest.mark.parametrize("cutoff", [None, 200, 1000])
def test_lsf_are_the_angles_of_the_polynomials_roots(cutoff):
    frames = np.random.default_rng(2).normal(size=(20, 1024))
    if cutoff:
        sos = scipy.signal.butter(8, cutoff, fs=16000, output="sos")
        frames = scipy.signal.sosfilt(sos, frames)
    lags = temporal.autocorrelation(frames)
    for lines, row in zip(prediction.lsf(lags), lags):
        a = scipy.linalg.solve_toeplitz(row[:10], -row[1:11])
        padded = np.concatenate([[1], a, [0]])
        roots = [
            np.roots(np.polydiv(padded + sign * padded[::-1], [1, sign])[0])
            for sign in (1, -1)
        ]
        angles = np.sort(np.angle(np.concatenate(roots)))
        np.testing.assert_allclose(lines, angles[10:], rtol=1e-6)


def test_lpc_undoes_a_recursive_filter():
    lags = np.array([[4.0, 2.0, 1.0], [8.0, -4.0, 2.0]])
    np.testing.assert_allclose(prediction.lpc(lags), [[-0.5, 0], [0.5, 0]])


def test_a_frame_that_cannot_be_predicted_is_predicted_by_nothing():
    lags = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    np.testing.assert_array_equal(prediction.lpc(lags), np.zeros((2, 2)))


def test_bands_stand_where_the_toolbox_puts_them():
    table = bands.quarter_octaves()
    assert len(table) == 19
    assert table[:2] == ((15, 6, 1), (18, 7, 1))
    assert table[8] == (61, 10, 2) and table[11] == (102, 17, 2)
    assert table[12] == (122, 10, 4) and table[18] == (344, 14, 8)
    power = np.arange(513.0)[None]
    groups = bands.grouped_power(power)
    assert groups.shape == (1, 227)
    assert groups[0, -1] == sum(range(448, 456))
    impulse = np.eye(513)[[5, 6, 277, 278, 511]]
    owners = bands.loudness(impulse).argmax(1)
    assert owners.tolist() == [0, 1, 19, 20, 23]


def test_shape_statistics_follow_their_definition():
    weights = noise(40).reshape(4, 10) ** 2
    index = np.arange(10)
    mean, spread, skewness, kurtosis = framing.shape_statistics(weights).T
    share = weights / weights.sum(1, keepdims=True)
    away = index - mean[:, None]
    np.testing.assert_allclose(mean, share @ index)
    np.testing.assert_allclose(spread**2, (share * away**2).sum(1))
    np.testing.assert_allclose(skewness, (share * away**3).sum(1) / spread**3)
    second = share @ index**2
    excess = (share * away**4).sum(1) / spread**4 - 3
    odd = 6 * mean * second * (1 - mean) / spread**4
    np.testing.assert_allclose(kurtosis, excess + odd)
