"""How folds were trained, for a training without a development partition."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tuning.training import fits, retraining
from tuning.training.callbacks import AllEpochs
from tuning.training.fits import Configuration, Fit

SGD = Configuration({}, {"schedule": "plateau", "learning_rate": 0.1})


def fold(folder, scores, best_epoch, window=1):
    """A finished fit with these dev scores."""
    folder.mkdir(parents=True)
    history = [{"epoch": n, "val_uar": own} for n, own in enumerate(scores)]
    fits.write_history(folder / "history.csv", history)
    rule = {"monitor": "val_uar", "mode": "max", "window": window}
    fits.files.write_json(folder / "result.json", {"rule": rule})
    best = max(scores)
    return Fit("classes", 0, len(scores), best, best_epoch, folder)


LATE = [0.5, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.6, 0.1]
"""Waits three epochs twice before the best one."""
EARLY = [0.1, 0.5, *[0.4] * 9]
"""Waits only after the best one."""


def test_the_rate_is_halved_as_in_the_folds_up_to_their_best(tmp_path):
    late = fold(tmp_path / "late", LATE, 7)
    early = fold(tmp_path / "early", EARLY, 1)
    assert retraining.halvings([late], 9) == [0, 0, 0, 0, 1, 1, 1, 2, 2]
    assert retraining.halvings([early], 4) == [0, 0, 0, 0]
    assert retraining.halvings([late, early], 8) == (
        [0, 0, 0, 0, 0.5, 0.5, 0.5, 1]
    )


def test_a_warm_up_begins_anew_at_the_whole_rate(tmp_path):
    late = fold(tmp_path / "late", LATE, 7)
    assert retraining.halvings([late], 8, 5) == [0, 0, 0, 0, 0, 0, 0, 1]


def test_epochs_that_were_judged_together_are_so_again(tmp_path):
    smoothed = fold(tmp_path / "one", [0.5, 0.4, 0.3, 0.2, 0.9, 0.9], 5, 2)
    assert retraining.halvings([smoothed], 6) == [0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_other_schedules_are_those_of_the_configuration(schedule):
    own = Configuration({}, {**SGD.training, "schedule": schedule})
    assert retraining.configuration(own, (), 4) == own


def test_halvings_are_part_of_the_configuration(tmp_path):
    late = fold(tmp_path / "late", LATE, 7)
    observed = retraining.configuration(SGD, (late,), 5)
    assert observed.training == {**SGD.training, "halvings": (0, 0, 0, 0, 1)}


def test_without_dev_no_epoch_ends_training_and_the_last_is_kept():
    rule = AllEpochs()
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.optimizer.build(model.trainable_variables)
    model.stop_training = False
    rule.set_model(model)
    for epoch, loss in enumerate([0.3, float("nan"), 0.7]):
        model.set_weights([np.full((1, 1), epoch), np.zeros(1)])
        rule.on_epoch_end(epoch, {"loss": loss})
    assert not model.stop_training and not rule.is_over(99)
    assert (rule.best, rule.best_epoch) == (0.7, 2)
    model.set_weights([np.ones((1, 1)), np.ones(1)])
    rule.restore()
    assert [own.item() for own in model.get_weights()] == [2, 0]
