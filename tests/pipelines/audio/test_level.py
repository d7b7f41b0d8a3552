"""Recordings of one level."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.audio.level import TARGET, equal_level, speech_level
from pipelines.features import yaafe


def speech(seconds=1.0, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.1, int(16_000 * seconds)).astype("float32")


@pytest.mark.parametrize("db", [-60, -20, 0, 12])
def test_a_gain_changes_nothing(db):
    own = speech()
    louder = (own * 10 ** (db / 20)).astype("float32")
    np.testing.assert_allclose(equal_level(louder), equal_level(own), rtol=1e-5)
    assert speech_level(equal_level(louder)) == pytest.approx(TARGET, rel=1e-5)


def test_pauses_and_padding_do_not_count():
    own = speech()
    padded = np.concatenate([own, np.zeros(24_000, "float32")])
    np.testing.assert_allclose(equal_level(padded)[:16_000], equal_level(own))
    hiss = np.concatenate([own, 1e-3 * speech()])
    assert speech_level(hiss) == pytest.approx(speech_level(own), rel=1e-6)


@pytest.mark.parametrize("samples", [0, 1, 16_000])
def test_silence_stays_silent(samples):
    silence = np.zeros(samples, "float32")
    np.testing.assert_array_equal(equal_level(silence), silence)
    assert speech_level(silence) == 0


def test_features_of_recordings_of_one_level_do_not_know_the_gain():
    own = speech(2.0)
    plain, changed = (
        [yaafe.extract(wave) for wave in waves]
        for waves in (
            (own, 0.1 * own),
            (equal_level(own), equal_level(0.1 * own)),
        )
    )
    assert np.abs(plain[0] - plain[1]).max() > 1
    np.testing.assert_allclose(changed[0], changed[1], rtol=1e-3, atol=1e-3)
