"""Correlation of attention with amplitude."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import noise

from tuning.papers.waveform_mtl import attention
from zoo.papers.waveform_mtl import HOP, WINDOW


@pytest.mark.parametrize("samples", [640, 799, 800, 12345])
def test_amplitudes_are_those_of_the_networks_windows(samples):
    waveform = noise((samples,))
    sizes = attention.amplitudes(waveform)
    assert len(sizes) == 1 + (samples - WINDOW) // HOP
    last = waveform[HOP * (len(sizes) - 1) :][:WINDOW]
    assert sizes[-1] == pytest.approx(np.sqrt(np.mean(np.square(last))))


def test_correlations_that_are_undefined_are_nan():
    three = np.arange(3.0)
    assert attention.correlation(three, three) == 1
    assert attention.correlation(-three, three) == -1
    assert np.isnan(attention.correlation(three[:2], three[:2]))
    assert np.isnan(attention.correlation(np.ones(3), three))
    assert np.isnan(attention.correlation(three, np.zeros(3)))
    assert attention.amplitudes(noise((639,))).shape == (0,)
