"""Confusions and attention as pictures."""

from __future__ import annotations

import numpy as np
import pytest

from tuning.plots import classes

NAMES = {"emotion": ("sad", "angry"), "arousal": ("low", "high")}


def test_a_confusion_shows_counts_shares_and_ua():
    matrices = {
        "emotion": np.array([[3, 1], [0, 6]]),
        "arousal": np.array([[0, 0], [1, 1]]),
    }
    made = classes.confusions(matrices, NAMES, "simulated")
    assert [each.get_title() for each in made.axes] == [
        "emotion, UA 87.5%",
        "arousal, UA 50.0%",  # of the one class that there is
    ]
    texts = [each.get_text() for each in made.axes[0].texts]
    assert texts == ["3\n75%", "1\n25%", "0\n0%", "6\n100%"]
    assert made.get_suptitle() == "simulated"


@pytest.mark.parametrize("over_time", [True, False])
def test_attention_stands_below_its_waveform(over_time):
    waveforms = {"a": np.zeros(16_000), "b": np.zeros(8000)}
    own = {name: np.ones(50) for name in ("arousal", "valence")}
    weights = [{f"attention_{n}": w for n, w in own.items()}] * 2
    made = classes.attention(waveforms, weights, "", over_time)
    assert len(made.axes) == 6
    top, *below = made.axes[::2]
    assert top.get_title() == "a"
    assert [axes.get_ylabel() for axes in below] == ["arousal", "valence"]
    places = below[0].lines[0].get_xdata()
    assert places[-1] == pytest.approx(0.99 if over_time else 49)
    label = below[1].get_xlabel()
    assert label == ("seconds" if over_time else "component")
