"""The extreme learning machine: closed form, seed, bounds."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import noise
from sklearn.linear_model import Ridge

from zoo.baselines.extreme_learning_machine import ExtremeLearningMachine


def test_the_output_weights_are_those_of_a_ridge_regression():
    inputs, y_true = noise((50, 4)), np.arange(50) % 3
    machine = ExtremeLearningMachine(units=7, ridge=0.3, seed=1)
    machine.fit(inputs, y_true, 3)
    hidden = 1 / (1 + np.exp(-(inputs @ machine.kernel + machine.bias)))
    ridge = Ridge(alpha=0.3, fit_intercept=False)
    ridge.fit(hidden, np.eye(3)[y_true])
    np.testing.assert_allclose(machine.weights, ridge.coef_.T, atol=1e-5)
    np.testing.assert_allclose(
        machine.scores(inputs), ridge.predict(hidden), atol=1e-5
    )


def test_the_seed_decides():
    inputs, y_true = noise((20, 4)), np.arange(20) % 2

    def scores(seed):
        machine = ExtremeLearningMachine(seed=seed)
        return machine.fit(inputs, y_true, 2).scores(inputs)

    np.testing.assert_array_equal(scores(3), scores(3))
    assert not np.array_equal(scores(3), scores(4))


@pytest.mark.parametrize("wrong", [{"units": 0}, {"ridge": 0.0}])
def test_sizes_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="`units` must be .* `ridge` above 0"):
        ExtremeLearningMachine(**wrong)
