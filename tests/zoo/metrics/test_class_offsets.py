"""Offsets of classes that are fitted on dev."""

from __future__ import annotations

import numpy as np
import pytest

from zoo.metrics import classification
from zoo.metrics.class_offsets import fit_offsets, shifted


def drawn(count: int, lift: tuple[float, ...], seed: int):
    """Classes drawn from posteriors, which are then wrongly shifted."""
    rng = np.random.default_rng(seed)
    own = rng.dirichlet(np.full(len(lift), 0.7), count)
    passed = rng.uniform(size=(count, 1)) > own.cumsum(axis=1)
    return passed.sum(axis=1), shifted(own, lift)


def test_a_shift_of_the_priors_is_found_and_undone():
    lift = (2.0, -1.5, -0.5)
    offsets = fit_offsets(*drawn(20_000, lift, 0))
    np.testing.assert_allclose(offsets, np.negative(lift), atol=0.15)
    true, posteriors = drawn(5000, lift, 1)
    before, after = (
        classification.recalls(
            classification.confusion(true, own.argmax(axis=1), 3)
        )
        for own in (posteriors, shifted(posteriors, offsets))
    )
    assert before[1] < 0.3 < 0.55 < after.min()
    assert after.mean() > before.mean() + 0.1


def test_offsets_of_few_utterances_are_small_and_of_absent_classes_zero():
    posteriors = np.array([[0.98, 0.01, 0.01], [0.97, 0.02, 0.01]])
    offsets = fit_offsets([0, 1], posteriors)
    assert offsets[2] == 0 and abs(offsets[0] + offsets[1]) < 1e-9
    assert 0 < offsets[1] < 3


def test_posteriors_stay_posteriors_and_zero_offsets_change_none():
    _, posteriors = drawn(50, (0.0, 0.0, 0.0), 0)
    np.testing.assert_allclose(shifted(posteriors, np.zeros(3)), posteriors)
    moved = shifted(posteriors, [5.0, 0.0, -5.0])
    np.testing.assert_allclose(moved.sum(axis=1), 1.0)


def test_what_is_no_posterior_is_refused():
    with pytest.raises(ValueError, match="must add up to 1"):
        fit_offsets([0], [[0.5, 0.6]])
