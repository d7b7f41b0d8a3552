"""Table 1: random baselines by both readings, constants with intervals."""

from __future__ import annotations

import numpy as np
import pytest

from tuning.papers.mosei_fusion import chance
from zoo.baselines import random_intensities
from zoo.metrics import intensities


def labels(segments: int) -> np.ndarray:
    source = np.random.default_rng(segments)
    present = source.uniform(size=(segments, 6)) < [
        0.2,
        0.15,
        0.1,
        0.5,
        0.25,
        0,
    ]
    return present * source.integers(1, 10, present.shape) / 3


@pytest.mark.parametrize("steps", chance.STEPS)
def test_the_mean_of_draws_is_near_the_expected_error(steps):
    train, test = labels(300), labels(200)
    scores = chance.mean_scores(train, test, "fully random", steps)
    expected = random_intensities.expected_error(test, 0.5, chance.STEPS[steps])
    found = [scores[name]["mae"] for name in intensities.EMOTIONS]
    np.testing.assert_allclose(found, expected, atol=0.01)
    assert scores["overall"]["mae"] == pytest.approx(np.mean(found))
    assert {*scores["sad"]} == {
        *intensities.measures(intensities.EMOTIONS, (0, 3))
    }


def test_steps_from_zero_give_the_published_error_of_rare_emotions():
    zeros = np.zeros((1, 6))
    from_zero, literal = (
        random_intensities.expected_error(zeros, 0.5, steps)
        for steps in (random_intensities.FROM_ZERO, random_intensities.STEPS)
    )
    assert from_zero == pytest.approx(0.67, abs=0.005)
    assert literal == pytest.approx(0.83, abs=0.005)
