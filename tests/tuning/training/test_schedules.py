"""Schedules of the learning rate, and averaged weights."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tuning.training.averaging import AveragedWeights
from tuning.training.callbacks import AllEpochs, Checkpoint, EarlyStopping
from tuning.training.schedules import Schedule

RATE = 0.1


def tiny(**average) -> keras.Model:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    optimizer = keras.optimizers.SGD(RATE, **average)
    model.compile(optimizer, "mse", jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    model.set_weights([np.zeros((1, 1)), np.zeros(1)])
    return model


@pytest.mark.parametrize("warmup", [0, 4])
def test_a_cosine_starts_at_the_rate_and_ends_near_zero(warmup):
    schedule = Schedule("cosine", RATE, 40 + warmup, warmup)
    rates = [schedule.rate_of(epoch) for epoch in range(40 + warmup)]
    assert rates[warmup] == RATE and rates[warmup + 20] == RATE / 2
    assert 0 < rates[-1] < RATE / 100
    assert np.all(np.diff(rates[warmup:]) < 0)
    rise = np.diff(rates[: warmup + 1])
    np.testing.assert_allclose(rise, RATE / (warmup + 1))


@pytest.mark.parametrize("name", ["constant", "plateau"])
def test_other_schedules_are_left_alone_but_for_the_warm_up(name):
    plain = Schedule(name, RATE, 9)
    assert [plain.rate_of(epoch) for epoch in range(9)] == [None] * 9
    warmed = Schedule(name, RATE, 9, 1)
    assert [warmed.rate_of(e) for e in range(4)] == [0.05, RATE, None, None]


def test_halvings_of_other_folds_are_taken_over():
    halved = Schedule("plateau", RATE, 3, halvings=(0, 0.5, 2))
    rates = [halved.rate_of(epoch) for epoch in range(3)]
    np.testing.assert_allclose(rates, [RATE, RATE / 2**0.5, RATE / 4])
    warmed = Schedule("plateau", RATE, 3, 1, (0, 0, 1))
    assert [warmed.rate_of(e) for e in range(3)] == [RATE / 2, RATE, RATE / 2]


def test_an_epoch_is_trained_at_its_rate():
    model, seen = tiny(), []
    schedule = Schedule("cosine", RATE, 4, 1)
    schedule.set_model(model)
    for epoch in (0, 2, 3):
        schedule.on_epoch_begin(epoch)
        seen.append(float(model.optimizer.learning_rate))
    np.testing.assert_allclose(seen, [0.05, 0.075, 0.025], rtol=1e-6)


def trained(
    path, epochs: int, momentum: float = 0.75, dev: bool = True
) -> keras.Model:
    """Trains on one batch an epoch; resumes from `path`."""
    model = tiny(use_ema=True, ema_momentum=momentum)
    stopping = AllEpochs()
    if dev:
        stopping = EarlyStopping("val_loss", patience=9, mode="min")
    checkpoint = Checkpoint(path, stopping)
    callbacks = [stopping, AveragedWeights(), checkpoint]
    for callback in callbacks:
        callback.set_model(model)
    checkpoint.restore()
    ones = np.ones((2, 1))
    model.fit(
        ones,
        ones,
        initial_epoch=len(checkpoint.history),
        epochs=epochs,
        validation_data=(ones, ones) if dev else None,
        callbacks=callbacks,
        shuffle=False,
        verbose=0,
    )
    stopping.restore()
    name = "val_loss" if dev else "loss"
    model.losses_seen = [own[name] for own in checkpoint.history]
    return model


def by_hand(steps: int, momentum: float = 0.75) -> list[float]:
    """Averages of the only weight: kernel and bias are the same here."""
    weight, average, averages = 0.0, None, []
    for _ in range(steps):
        weight -= RATE * 2 * (2 * weight - 1)
        average = (
            weight
            if average is None
            else momentum * average + (1 - momentum) * weight
        )
        averages.append(average)
    return averages


def test_averages_are_validated_and_kept_and_training_goes_on_without(tmp_path):
    model = trained(tmp_path / "state.npz", 4)
    expected = by_hand(4)
    losses = [(2 * average - 1) ** 2 for average in expected]
    np.testing.assert_allclose(model.losses_seen, losses, atol=1e-6)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose([kernel.item(), bias.item()], expected[-1])


def test_a_resumed_average_is_that_of_an_uninterrupted_training(tmp_path):
    trained(tmp_path / "state.npz", 2)
    resumed = trained(tmp_path / "state.npz", 4)
    whole = trained(tmp_path / "whole.npz", 4)
    assert resumed.losses_seen == whole.losses_seen


@pytest.mark.parametrize("stops", [(4,), (2, 4), (1, 3, 4)])
def test_without_dev_averages_are_kept_too(tmp_path, stops):
    for epochs in stops:
        model = trained(tmp_path / "state.npz", epochs, dev=False)
    kernel, bias = model.get_weights()
    expected = by_hand(4)[-1]
    np.testing.assert_allclose([kernel.item(), bias.item()], expected)
