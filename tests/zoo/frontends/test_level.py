"""Waveforms of one level, inside a network."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import array, check_layer, noise, with_mask

import zoo
from pipelines.audio.level import speech_level
from zoo.frontends import EqualLevel


def test_the_layer_keeps_the_contract():
    check_layer(EqualLevel(), (1,), (1,), with_mask, lengths=(1300, 900))


def test_speech_has_a_level_of_one_and_pauses_do_not_count():
    waveform = np.concatenate([0.02 * noise((8000,)), np.zeros(8000)])
    observed = array(EqualLevel()(waveform[None, :, None]))[0, :, 0]
    assert speech_level(observed) == pytest.approx(1.0, rel=1e-3)


def test_silence_stays_silence():
    assert not array(EqualLevel()(np.zeros((1, 800, 1), "float32"))).any()


@pytest.mark.parametrize("gain", [0.1, 5.0])
def test_a_gain_changes_no_output_of_a_network_with_level(gain):
    waveform = 0.05 * noise((2, 4000)) + 0.01
    lengths = np.array([4000, 2500], "int32")
    arguments = {"units": 4, "framing": "shared"}
    for level in (True, False):
        model = zoo.get(
            "iemocap_e2e_mtl_att", weights=None, level=level, **arguments
        )
        model.get_layer("scaling").set_scale([0.01], [0.05])
        loud, quiet = (
            model({"waveform": own.astype("float32"), "lengths": lengths})
            for own in (waveform, gain * waveform)
        )
        apart = max(
            np.abs(array(loud[task]) - array(quiet[task])).max()
            for task in loud
        )
        assert bool(apart < 1e-4) is level


def test_half_precision_counts_the_samples_of_five_seconds():
    waveform = 0.1 * noise((1, 80_000, 1)) + 0.3
    exact = array(EqualLevel()(waveform))
    mixed = array(EqualLevel(dtype="mixed_float16")(waveform))
    np.testing.assert_allclose(mixed, exact, atol=0.01)


def test_rows_without_samples_are_no_error():
    nothing = np.zeros((2, 0, 1), "float32")
    assert array(EqualLevel()(nothing)).shape == nothing.shape


@pytest.mark.slow
def test_an_onnx_model_fills_the_last_frame_as_keras_does(tmp_path):
    import onnxruntime
    import tensorflow as tf
    import tf2onnx

    layer, path = EqualLevel(), tmp_path / "level.onnx"
    tf2onnx.convert.from_function(
        tf.function(layer),
        [tf.TensorSpec((None, None, 1), tf.float32)],
        output_path=str(path),
    )
    session = onnxruntime.InferenceSession(str(path))
    (name,) = (port.name for port in session.get_inputs())
    for samples in (1, 300, 400, 4001):
        waveform = 0.1 * noise((2, samples, 1))
        (observed,) = session.run(None, {name: waveform})
        np.testing.assert_allclose(observed, array(layer(waveform)), atol=1e-5)
