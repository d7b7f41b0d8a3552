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
    found = array(EqualLevel()(waveform[None, :, None]))[0, :, 0]
    assert speech_level(found) == pytest.approx(1.0, rel=1e-3)


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
