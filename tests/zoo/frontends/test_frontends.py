"""Signal front ends against Kaldi, and over time, padding and graphs."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from contracts import array, check_layer, with_lengths
from hypothesis import given
from hypothesis import strategies as st

from zoo import frontends
from zoo.frontends import FrameStacking, LogMelFilterBank, Standardisation
from zoo.frontends.log_mel import FLOAT32_EPSILON, mel_filters

SIGNALS = (
    "harmonic noise chirp_then_silence emodb_03a01Fa emodb_16b10Wb "
    "emodb_11a01Ld"
).split()
FAR = 20.0
"""Nats below a frame's strongest value: single precision's own noise."""


def log_mel(waveform, **arguments) -> np.ndarray:
    """Of one waveform, valid frames only."""
    bank = LogMelFilterBank(**arguments)
    frames = bank.frames(len(waveform))
    return array(bank(waveform[None].astype("float32")))[0, :frames]


def exact_log_mel(waveform: np.ndarray) -> np.ndarray:
    """Kaldi's definition, a frame at a time, in float64."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)) ** 0.85
    filters = mel_filters(40, 512, 16000, 20.0, 8000.0).astype("float64")
    rows = []
    for start in range(0, len(waveform) - 399, 160):
        frame = waveform[start : start + 400] * 32768.0
        frame = frame - frame.mean()
        frame[1:] -= 0.97 * frame[:-1].copy()
        frame[0] -= 0.97 * frame[0]
        power = np.abs(np.fft.rfft(frame * window, 512)) ** 2
        rows.append(np.log(np.maximum(power @ filters, FLOAT32_EPSILON)))
    return np.array(rows)


@pytest.fixture
def reference(shared):
    """A function from a signal's name to the signal and Kaldi's answer."""
    answers = np.load(shared("reference", "kaldi_fbank40_16k.npz"))

    def find(name):
        waveform = answers[f"{name}/waveform_int16"] / 32768.0
        return waveform, answers[f"{name}/fbank"]

    return find


@pytest.mark.parametrize("name", SIGNALS)
def test_log_mel_is_kaldis(name, reference):
    waveform, expected = reference(name)
    difference = np.abs(log_mel(waveform) - expected)
    if name == "chirp_then_silence":
        near = expected > expected.max(axis=1, keepdims=True) - FAR
        assert near.mean() > 0.5
        assert difference[near].max() <= 2e-3
    else:
        assert difference.max() <= 1e-3


def test_where_log_mel_is_not_kaldis_kaldi_is_not_exact_either(reference):
    waveform, expected = reference("chirp_then_silence")
    error = np.abs(expected - exact_log_mel(waveform))
    difference = np.abs(log_mel(waveform) - expected)
    near = expected > expected.max(axis=1, keepdims=True) - FAR
    assert difference[~near].max() > 0.05
    assert error[~near].max() > 0.05
    assert error[near].max() < 2e-3


def test_log_mel_is_exact_where_sound_fills_the_spectrum():
    waveform = np.random.default_rng(0).uniform(-0.5, 0.5, 8000)
    waveform = waveform.astype("float32").astype("float64")
    difference = np.abs(log_mel(waveform) - exact_log_mel(waveform))
    assert difference.max() <= 1e-4


VARIANTS = [
    {},
    {"num_mel_bins": 23},
    {"snip_edges": False},
    {"window": "hamming"},
    {"window": "hanning"},
    {"window": "rectangular"},
    {"preemphasis": 0.0},
    {"remove_dc_offset": False},
    {"use_power": False},
    {"use_log": False},
    {"low_frequency": 100.0, "high_frequency": -500.0},
    {"high_frequency": 3800.0},
    {"sampling_rate": 8000},
    {"sampling_rate": 44100, "snip_edges": False},
    {"frame_length": 32.0, "frame_shift": 16.0},
]


def kaldi(waveform, **arguments) -> np.ndarray:
    """kaldi-native-fbank's answer to the layer's arguments."""
    fbank = pytest.importorskip("kaldi_native_fbank")
    options = fbank.FbankOptions()
    options.use_energy = False
    options.frame_opts.dither = 0
    options.mel_opts.num_bins = 40
    places = {
        "num_mel_bins": (options.mel_opts, "num_bins"),
        "sampling_rate": (options.frame_opts, "samp_freq"),
        "frame_length": (options.frame_opts, "frame_length_ms"),
        "frame_shift": (options.frame_opts, "frame_shift_ms"),
        "preemphasis": (options.frame_opts, "preemph_coeff"),
        "window": (options.frame_opts, "window_type"),
        "low_frequency": (options.mel_opts, "low_freq"),
        "high_frequency": (options.mel_opts, "high_freq"),
        "use_log": (options, "use_log_fbank"),
        "use_power": (options, "use_power"),
    }
    for name, value in arguments.items():
        setattr(*places.get(name, (options.frame_opts, name)), value)
    online = fbank.OnlineFbank(options)
    rate = arguments.get("sampling_rate", 16000)
    online.accept_waveform(rate, (waveform * 32768.0).tolist())
    online.input_finished()
    count = online.num_frames_ready
    return np.array([online.get_frame(place) for place in range(count)])


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("samples", [90, 4321])
def test_every_argument_means_what_kaldi_means(variant, samples):
    source = np.random.default_rng(samples)
    waveform = source.uniform(-0.5, 0.5, samples).astype("float32")
    expected = kaldi(waveform, **variant)
    found = log_mel(waveform, **variant)
    assert len(found) == len(expected)
    if len(found):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_silence_has_the_smallest_log_energy():
    found = log_mel(np.zeros(1000))
    np.testing.assert_allclose(found, np.log(FLOAT32_EPSILON), rtol=1e-6)


@pytest.mark.parametrize("samples", [0, 1, 399, 400, 559, 560, 4_800_000])
def test_frames_are_counted_as_kaldi_does(samples):
    whole = LogMelFilterBank()
    assert whole.frames(samples) == len(range(0, samples - 399, 160))
    every = LogMelFilterBank(snip_edges=False)
    assert every.frames(samples) == int(samples / 160 + 0.5)
    for bank in (whole, every):
        counted = bank.frames(keras.ops.convert_to_tensor([samples], "int32"))
        assert int(counted[0]) == bank.frames(samples)


def test_five_minutes_have_as_many_steps_as_recola_has_labels():
    bank, stacking = LogMelFilterBank(), FrameStacking(4)
    assert bank.frames(300 * 16000) == 29_998
    assert stacking.steps(29_998) == 7_500
    assert LogMelFilterBank(snip_edges=False).frames(300 * 16000) == 30_000


@given(st.integers(1, 200_000))
def test_whole_steps_of_sound_have_as_many_steps(count):
    frames = LogMelFilterBank().frames(640 * count)
    assert FrameStacking(4).steps(frames) == count


@pytest.mark.parametrize("count", [1, 2, 7])
def test_whole_steps_of_sound_become_as_many_steps(count):
    waveform = np.random.default_rng(0).uniform(-1, 1, (1, 640 * count))
    inputs = {"waveform": waveform, "lengths": np.array([640 * count], "int32")}
    outputs = frontends.stacked_log_mel()(inputs)
    assert outputs["features"].shape == (1, count, 160)
    assert int(outputs["lengths"][0]) == count


@pytest.mark.parametrize("snip_edges", [True, False])
def test_log_mel_keeps_the_contract(snip_edges):
    bank = LogMelFilterBank(num_mel_bins=12, snip_edges=snip_edges)
    check_layer(bank, (), (12,), with_lengths, (2000, 1300), bank.frames)


def test_stacking_keeps_the_contract():
    layer = FrameStacking(4)
    check_layer(layer, (3,), (12,), with_lengths, (14, 9), layer.steps)


def test_standardisation_keeps_the_contract():
    check_layer(Standardisation(), (3,), (3,), with_lengths)


def test_stacking_repeats_the_last_frame():
    frames = np.arange(1.0, 7.0)[None, :, None]
    found = array(FrameStacking(4)(frames))
    np.testing.assert_array_equal(found[0], [[1, 2, 3, 4], [5, 6, 6, 6]])
    shorter = array(FrameStacking(4)(frames, lengths=np.array([3])))
    np.testing.assert_array_equal(shorter[0, 0], [1, 2, 3, 3])


@given(st.integers(0, 50), st.integers(1, 6))
def test_every_frame_is_in_some_step(frames, count):
    steps = FrameStacking(count).steps(frames)
    assert (steps - 1) * count < frames <= steps * count or frames == 0 == steps


def test_standardised_values_have_mean_0_and_deviation_1():
    features = np.random.default_rng(0).normal(5, 3, (2, 50, 4))
    lengths = np.array([50, 30], "int32")
    found = array(Standardisation()(features, lengths=lengths))
    for row, length in enumerate(lengths):
        np.testing.assert_allclose(found[row, :length].mean(0), 0, atol=1e-5)
        np.testing.assert_allclose(found[row, :length].std(0), 1, atol=1e-5)
        assert (found[row, length:] == 0).all()
    alone = array(Standardisation()(features[:1]))
    np.testing.assert_allclose(found[:1], alone, atol=1e-5)


def test_a_value_that_never_varies_becomes_zero():
    features = np.full((1, 20, 2), -15.942385, "float32")
    for lengths in (None, np.array([20])):
        found = array(Standardisation()(features, lengths=lengths))
        assert np.abs(found).max() < 1e-2


@pytest.mark.parametrize("standardise", [True, False])
def test_a_front_end_answers_alike_in_graphs_and_streams(standardise):
    import tensorflow as tf

    frontend = frontends.get("stacked_log_mel", standardise=standardise)
    inputs = {
        "waveform": np.random.default_rng(0).uniform(-1, 1, (2, 6400)),
        "lengths": np.array([6400, 3000], "int32"),
    }
    inputs["waveform"] = inputs["waveform"].astype("float32")
    eager = frontend(inputs)
    steps = array(eager["lengths"])
    np.testing.assert_array_equal(steps, [10, 5])
    stream = tf.data.Dataset.from_tensors(inputs).map(frontend)
    for answer in (tf.function(frontend)(inputs), next(iter(stream))):
        np.testing.assert_array_equal(array(answer["lengths"]), steps)
        for row, count in enumerate(steps):
            np.testing.assert_allclose(
                array(answer["features"])[row, :count],
                array(eager["features"])[row, :count],
                atol=1e-4,
            )


@pytest.mark.parametrize(
    "layer, arguments, words",
    [
        (LogMelFilterBank, {"window": "hann"}, "`window` must be one of"),
        (LogMelFilterBank, {"low_frequency": 9000.0}, "between 0 and 8000.0"),
        (LogMelFilterBank, {"high_frequency": -8000.0}, "must lie in this o"),
        (
            FrameStacking,
            {"count": 0},
            "must be a whole number of at least 1. Received: count=0",
        ),
    ],
)
def test_arguments_that_make_no_front_end_are_refused(layer, arguments, words):
    with pytest.raises(ValueError, match=words):
        layer(**arguments)
