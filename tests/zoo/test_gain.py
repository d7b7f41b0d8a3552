"""Packaged audio models answer alike at any gain of the recording."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import array, noise

import zoo
from pipelines.audio.level import equal_level
from pipelines.features import yaafe
from zoo import frontends

CLOSE = 0.05
"""Of a trace, and of a posterior."""
WEIGHTED = [name for name in zoo.names() if zoo.card(name).weights is not None]
OF_SOUND = [name for name in WEIGHTED if not name.startswith("mosei_")]


def recording() -> np.ndarray:
    """Three seconds of tones that swell, and digital silence, (samples,)."""
    time = np.arange(40_000) / 16_000
    tones = sum(np.sin(2 * np.pi * 150 * n * time) / n for n in range(1, 9))
    swelling = tones * (1.1 + np.sin(2 * np.pi * 3 * time))
    spoken = 0.03 * swelling + 0.003 * noise((40_000,))
    return np.concatenate([spoken, np.zeros(8000)]).astype("float32")


def inputs_of(card: zoo.Card, waveform: np.ndarray) -> dict[str, np.ndarray]:
    """What a model takes of a recording, as `docs/features.md` says."""
    lengths = np.array([len(waveform)], "int32")
    sound = {"waveform": waveform[None], "lengths": lengths}
    if card.frontend is not None:
        made = frontends.get(card.frontend)(sound)
        return {name: array(value) for name, value in made.items()}
    if "waveform" in {port.name for port in card.inputs}:
        return sound
    features = yaafe.extract(equal_level(waveform))
    return {
        "features": features[None],
        "lengths": np.array([len(features)], "int32"),
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_SOUND)
def test_a_recording_20_db_quieter_has_the_same_answer(name):
    card, model = zoo.card(name), zoo.get(name)
    loud, quiet = (
        model(inputs_of(card, gain * recording())) for gain in (1.0, 0.1)
    )
    for output in loud:
        apart = np.abs(array(loud[output]) - array(quiet[output]))
        assert apart.max() < CLOSE, output
