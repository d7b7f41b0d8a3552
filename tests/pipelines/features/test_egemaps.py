"""eGeMAPS: equal to openSMILE's own output, and refused waveforms."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import pipelines
from pipelines.features import egemaps, extraction

LEVELS = {
    "egemaps": egemaps.functionals,
    "egemaps_lld": egemaps.low_level_descriptors,
}
SIGNALS = ("chirp_then_silence", "emodb_16b10Wb", "harmonic", "noise")
needs_opensmile = pytest.mark.skipif(
    importlib.util.find_spec("opensmile") is None,
    reason="needs the extra baselines (opensmile, for research use only)",
)


def noise(samples, seed=0):
    return 0.1 * np.random.default_rng(seed).normal(size=samples)


def test_names_are_those_of_the_set(shared):
    answers = np.load(shared("reference", "egemaps_v02_16k.npz"))
    assert egemaps.NAMES["egemaps"] == tuple(answers["functional_names"])
    assert egemaps.NAMES["egemaps_lld"] == tuple(answers["lld_names"])


def test_names_are_counted_and_told_apart():
    for name, count in (("egemaps", 88), ("egemaps_lld", 25)):
        assert len(set(egemaps.NAMES[name])) == count
    # The paper's 23 descriptors lack two bandwidths.
    later = {"F2bandwidth_sma3nz", "F3bandwidth_sma3nz"}
    assert later < set(egemaps.NAMES["egemaps_lld"])


@needs_opensmile
def test_opensmile_calls_them_so():
    for name, level in (
        ("egemaps", "Functionals"),
        ("egemaps_lld", "LowLevelDescriptors"),
    ):
        features = tuple(egemaps._smile(level).feature_names)
        assert features == egemaps.NAMES[name]


@needs_opensmile
@pytest.mark.parametrize("signal", SIGNALS)
def test_values_are_the_toolkits(shared, signal):
    answers = np.load(shared("reference", "egemaps_v02_16k.npz"))
    waveform = answers[f"{signal}/waveform_int16"] / np.float32(32768)
    for name, answer in (("egemaps", "functionals"), ("egemaps_lld", "lld")):
        features = LEVELS[name](waveform)
        expected = np.atleast_2d(answers[f"{signal}/{answer}"])
        assert features.shape == expected.shape and features.dtype == np.float32
        np.testing.assert_allclose(features, expected, 1e-5, 1e-5)


@needs_opensmile
@pytest.mark.parametrize(
    ("samples", "frames"),
    [(1, 2), (959, 2), (960, 2), (1119, 2), (1120, 3), (16_000, 96)],
)
def test_descriptors_come_every_10_ms(samples, frames):
    waveform = noise(samples)
    features = egemaps.low_level_descriptors(waveform)
    assert features.shape == (frames, 25) and np.isfinite(features).all()
    assert egemaps.functionals(waveform).shape == (1, 88)


@needs_opensmile
def test_a_short_signal_is_followed_by_silence():
    waveform = noise(300)
    padded = np.concatenate([waveform, np.zeros(660)])
    for extract in LEVELS.values():
        np.testing.assert_array_equal(extract(waveform), extract(padded))


@needs_opensmile
def test_silence_is_finite_and_unvoiced():
    silent = np.zeros(16_000)
    features = egemaps.low_level_descriptors(silent)
    columns = egemaps.NAMES["egemaps_lld"]
    assert np.isfinite(features).all()
    assert not features[:, columns.index("F0semitoneFrom27.5Hz_sma3nz")].any()
    assert np.isfinite(egemaps.functionals(silent)).all()


@needs_opensmile
@settings(max_examples=15, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        st.sampled_from([1, 960, 4000]),
        elements=st.floats(-256, 256, width=32),
        fill=st.sampled_from([0.0, 1.0, 2.0**-100]),
    )
)
def test_any_waveform_has_finite_features(waveform):
    for extract in LEVELS.values():
        assert np.isfinite(extract(waveform)).all()


@needs_opensmile
def test_what_is_beyond_full_scale_is_clipped():
    loud = np.sin(0.05 * np.arange(16_000)).astype("float32")
    clipped = np.clip(1.5 * loud, -1, 1 - 2**-15)
    for extract in LEVELS.values():
        np.testing.assert_array_equal(extract(1.5 * loud), extract(clipped))
    # A sample of 1.0 that wrapped around would add energy at all rates.
    flux = egemaps.NAMES["egemaps_lld"].index("spectralFlux_sma3")
    one, other = (
        egemaps.low_level_descriptors(rows)[20:70, flux].mean()
        for rows in (loud, 0.999 * loud)
    )
    np.testing.assert_allclose(one, other, rtol=0.02)


@needs_opensmile
def test_two_workers_find_what_one_finds(tmp_path):
    rows = ["file,speaker,emotion"]
    for place in range(6):
        soundfile.write(tmp_path / f"{place}.wav", noise(4000, place), 16_000)
        rows.append(f"{place}.wav,{place % 2},sad")
    (tmp_path / "manifest.csv").write_text("\n".join(rows) + "\n")
    corpus = pipelines.corpus("manifest", tmp_path)
    for name, extract in LEVELS.items():
        features = extraction.extract(
            corpus, corpus.utterances, name, workers=2
        )
        for rows, utterance in zip(features, corpus.utterances, strict=True):
            expected = extract(corpus.waveform(utterance))
            np.testing.assert_array_equal(rows, expected)


def test_without_the_package_people_are_told_what_to_do(monkeypatch):
    egemaps._smile.cache_clear()
    monkeypatch.setitem(sys.modules, "opensmile", None)
    for extract in LEVELS.values():
        with pytest.raises(ValueError, match="'emotion-zoo.baselines.'.*rese"):
            extract(noise(16_000))
    egemaps._smile.cache_clear()


def test_what_opensmile_cannot_tell_is_refused(monkeypatch):
    def broken(level):
        return lambda samples, rate: np.full((1, 88, 1), np.nan)

    monkeypatch.setattr(egemaps, "_smile", broken)
    with pytest.raises(ValueError, match="finite features.*960 samples"):
        egemaps.functionals(noise(10))


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
@pytest.mark.parametrize("name", sorted(LEVELS))
def test_bad_waveforms_are_refused(name, waveform, message):
    with pytest.raises(ValueError, match=message):
        LEVELS[name](waveform)


@needs_opensmile
@pytest.mark.parametrize("seconds", [4, 6])
def test_windows_are_the_functionals_of_their_part(seconds):
    """Of the noise alone, or of the noise that became louder."""
    rate, half = egemaps.RATE, 10
    waveform = noise(2 * half * rate)
    waveform[half * rate :] *= 8
    found = egemaps.windows(waveform, seconds)
    assert found.shape == (2 * half * 25, 88) and found.dtype == np.float32
    loudness = found[:, egemaps.NAMES["egemaps"].index("loudness_sma3_amean")]
    for step in (150, 250, 340):
        middle = (step + 0.5) * 0.04
        start = round((middle - seconds / 2) * rate)
        part = waveform[start : start + seconds * rate]
        alone = egemaps.functionals(part)[0]
        np.testing.assert_allclose(found[step, 10], alone[10], rtol=0.05)
    # The mean loudness passes the middle where the noise does.
    crossing = np.argmax(loudness > (loudness[0] + loudness[-1]) / 2)
    assert abs(crossing - half * 25) <= 3
    edge = round(seconds / 2 * 25)
    assert (found[: edge - 1] == found[0]).all()
    assert not (found[: edge + 2] == found[0]).all()


@needs_opensmile
def test_a_recording_shorter_than_a_window_has_its_functionals_everywhere():
    waveform = noise(2 * egemaps.RATE)
    found = egemaps.windows(waveform, 4)
    assert found.shape == (50, 88)
    np.testing.assert_array_equal(
        found, np.repeat(egemaps.functionals(waveform), 50, axis=0)
    )


def test_windows_of_nothing_are_refused():
    with pytest.raises(ValueError, match="25 ms at least.*100 samples"):
        egemaps.windows(noise(100), 4)
