"""The softmax at a temperature, by itself and in the networks."""

from __future__ import annotations

import golden
import keras
import numpy as np
import pytest
from contracts import array, noise

import zoo
from zoo.layers import TemperedSoftmax
from zoo.metrics.calibration import tempered
from zoo.metrics.class_offsets import shifted

CLASSIFIERS = {
    "iemocap_attention_blstm_fcn": "emotion",
    "iemocap_attentive_cnn": "emotion",
    "iemocap_e2e_mtl": "valence",
    "iemocap_egemaps_rnn": "arousal",
}


def test_at_one_it_is_the_softmax():
    logits = noise((5, 4)) * 10
    expected = array(keras.ops.softmax(logits))
    np.testing.assert_array_equal(array(TemperedSoftmax()(logits)), expected)


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan"), float("inf")])
def test_a_temperature_is_above_zero(temperature):
    with pytest.raises(ValueError, match="`temperature` must be a finite"):
        TemperedSoftmax(temperature)


@pytest.mark.parametrize(("name", "output"), CLASSIFIERS.items())
def test_a_network_takes_the_temperatures_of_its_outputs(name, output):
    kept = golden.read(name)
    inputs = golden.batch(zoo.card(name), kept["tiny_lengths"], golden.ramp)
    plain = zoo.get(name, None, **kept["tiny"])
    heat = {output: 2.0}
    warm = zoo.get(name, None, temperatures=heat, **kept["tiny"])
    warm.set_weights(plain.get_weights())
    before, after = plain(inputs), warm(inputs)
    for port in before:
        expected = tempered(array(before[port]), heat.get(port, 1.0))
        np.testing.assert_allclose(array(after[port]), expected, atol=1e-6)


def test_an_output_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="must be one of arousal"):
        zoo.get("iemocap_e2e_stl", None, temperatures={"anger": 2.0})
    with pytest.raises(ValueError, match=r"temperatures\['arousal'\]"):
        zoo.get("iemocap_e2e_stl", None, temperatures={"arousal": 0.0})


@pytest.mark.parametrize("offsets", [[1.0], np.zeros(2), [0, 0, np.nan]])
def test_there_is_a_finite_offset_for_each_class(offsets):
    with pytest.raises(ValueError, match="`offsets` must"):
        TemperedSoftmax(offsets=offsets)(np.zeros((1, 3), "float32"))


def test_a_network_with_offsets_decides_as_shifted_posteriors(tmp_path):
    shifts = {"valence": [2.0, -1.0, -1.0]}
    arguments = {"framing": "shared", "units": 4}
    plain = zoo.get("iemocap_e2e_mtl", weights=None, **arguments)
    moved = zoo.get("iemocap_e2e_mtl", None, offsets=shifts, **arguments)
    moved.set_weights(plain.get_weights())
    moved.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    inputs = {
        "waveform": 0.1 * noise((2, 1600)),
        "lengths": np.array([1600, 900], "int32"),
    }
    before, after = plain(inputs), loaded(inputs)
    np.testing.assert_allclose(
        array(after["valence"]),
        shifted(array(before["valence"]), shifts["valence"]),
        atol=1e-6,
    )
    np.testing.assert_allclose(array(after["arousal"]), before["arousal"])


def test_offsets_of_another_output_or_number_are_refused():
    for offsets, words in (
        ({"valenc": [0, 0, 0]}, "offsets"),
        ({"valence": [0, 0]}, "low, middle, high"),
    ):
        with pytest.raises(ValueError, match=words):
            zoo.get("iemocap_e2e_mtl", weights=None, offsets=offsets)
