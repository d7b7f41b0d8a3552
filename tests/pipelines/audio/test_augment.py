"""Augmentation of waveforms: known answers, and what all operations keep."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.audio import augment
from pipelines.audio.augment import OPERATIONS, RATE, Augmentation


def rng(seed=0):
    return np.random.default_rng(seed)


def tone(frequency=500.0, seconds=1.0, size=0.3) -> np.ndarray:
    time = np.arange(int(RATE * seconds)) / RATE
    return (size * np.sin(2 * np.pi * frequency * time)).astype("float32")


def level(waveform) -> float:
    """In dB."""
    return 10 * np.log10(np.mean(np.square(waveform, dtype="float64")))


def peak(waveform) -> float:
    """Frequency of the strongest component, in Hz."""
    sizes = np.abs(np.fft.rfft(waveform))
    return sizes.argmax() * RATE / len(waveform)


@pytest.mark.parametrize("percent", [90, 100, 110])
def test_speed_changes_length_and_pitch(percent):
    changed = augment.speed(tone(), rng(), (percent, percent))
    assert len(changed) == -(-RATE * 100 // percent)
    assert peak(changed) == pytest.approx(5 * percent, abs=2)
    assert level(changed) == pytest.approx(level(tone()), abs=0.1)


@pytest.mark.parametrize("db", [-20.0, 3.0])
def test_gain_is_in_decibels(db):
    changed = augment.gain(tone(), rng(), (db, db))
    assert level(changed) - level(tone()) == pytest.approx(db, abs=1e-3)


@pytest.mark.parametrize("snr", [0.0, 15.0])
def test_noise_has_its_ratio_and_is_white(snr):
    changed = augment.noise(tone(), rng(), (snr, snr))
    added = changed - tone() * (changed @ tone()) / (tone() @ tone())
    scaled = level(changed - added) - level(added)
    assert scaled == pytest.approx(snr, abs=0.2)
    power = np.square(np.abs(np.fft.rfft(added)))
    halves = power[: len(power) // 2].mean() / power[len(power) // 2 :].mean()
    assert halves == pytest.approx(1, abs=0.1)


def test_a_room_answers_to_a_click_with_a_decay():
    click = np.zeros(RATE, "float32")
    click[0] = 0.5
    changed = augment.room(click, rng(), (0.4, 0.4), (6.0, 6.0))
    assert len(changed) == RATE and changed.argmax() == 0
    tail = changed[1:6400]
    ratio = level(changed[:1]) - 10 * np.log10(np.square(tail).sum())
    assert ratio == pytest.approx(6, abs=0.1)
    early, late = tail[:800], tail[3200:4000]
    # 60 dB in 0.4 s: 30 dB in the 0.2 s that lie between them.
    assert level(early) - level(late) == pytest.approx(30, abs=1.5)
    assert np.abs(changed[6400:]).max() < 1e-6
    assert level(changed) == pytest.approx(level(click), abs=1e-3)


@pytest.mark.parametrize(
    "frequency, lost", [(60, 30), (1000, -0.5), (2500, -0.5), (7000, 30)]
)
def test_a_band_keeps_what_is_inside(frequency, lost):
    waveform = tone(frequency)
    changed = augment.band(waveform, rng(), (300, 300), (3400, 3400))
    assert len(changed) == len(waveform)
    loss = level(waveform[RATE // 2 :]) - level(changed[RATE // 2 :])
    assert loss > lost and (lost > 0 or loss < 0.5)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_seeded_pure_and_never_clips(name):
    loud = np.sign(tone()).astype("float32")
    before = loud.copy()
    changed = [OPERATIONS[name](loud, rng(seed)) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(loud, before)
    np.testing.assert_array_equal(changed[0], changed[1])
    assert not np.array_equal(changed[0], changed[2])
    for own in changed:
        assert own.dtype == np.float32 and np.abs(own).max() <= 1
        assert np.mean(np.abs(own) == 1) < 0.5 or name in ("gain", "speed")
    silence = np.zeros(RATE, "float32")
    assert not OPERATIONS[name](silence, rng()).any()


def test_each_operation_meets_half_of_the_waveforms():
    change = Augmentation(("gain",))
    waveform = tone()
    kept = [change(waveform, rng(seed)) is waveform for seed in range(200)]
    assert 70 < sum(kept) < 130
    assert Augmentation(())(waveform, rng()) is waveform
