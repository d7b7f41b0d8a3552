"""Training rules of the papers, and runs that survive an interruption."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest

from tuning.training.callbacks import Checkpoint, EarlyStopping, TwoStage

NAN = float("nan")


def tiny(values: int = 1) -> keras.Model:
    model = keras.Sequential([keras.Input((values,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.002), "mse", jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model


class Play:
    """A rule that sees made-up scores, one an epoch, until it has enough.

    The model's weights say which epoch they are of, counted from 1.

    Attributes:
        epochs: played.
        rates: of learning, behind each epoch.
        starts: of which epoch the weights are that each epoch starts from.
    """

    def __init__(self, rule, scores):
        self.rule, self.model = rule, tiny()
        self.rates, self.starts = [], []
        rule.set_model(self.model)
        self.model.stop_training = False
        for epoch, score in enumerate(scores):
            self.starts.append(self.weights_of())
            self.model.set_weights([np.full((1, 1), epoch + 1.0), np.ones(1)])
            rule.on_epoch_end(epoch, {"score": score, "loss": 1.0})
            self.rates.append(float(self.model.optimizer.learning_rate))
            if self.model.stop_training:
                break
        self.epochs = len(self.rates)

    def weights_of(self) -> int:
        return round(float(self.model.get_weights()[0][0, 0]))

    def restored(self) -> int:
        self.rule.restore()
        return self.weights_of()


@pytest.mark.parametrize(
    "scores, epochs, best, best_epoch",
    [
        ([0.1, 0.2, 0.3, 0.4], 4, 0.4, 3),  # always better
        ([0.5, 0.4, 0.4, 0.4, 0.9], 4, 0.5, 0),  # three without, that ends it
        ([0.1, 0.5, 0.4, 0.4, 0.6, 0.1], 6, 0.6, 4),  # just in time
        ([0.5, 0.5, 0.5, 0.5, 0.5], 4, 0.5, 0),  # equal is not better
        ([-0.3, -0.2, -0.9], 3, -0.2, 1),  # below zero counts too
        ([NAN, NAN, 0.1, NAN, NAN], 5, 0.1, 2),
        ([0.2, NAN, NAN, NAN, 0.9], 4, 0.2, 0),
        ([NAN] * 9, 4, -math.inf, 0),
    ],
)
def test_early_stopping_waits_so_long_and_keeps_the_best(
    scores, epochs, best, best_epoch
):
    rule = EarlyStopping("score", patience=3)
    played = Play(rule, scores)
    assert played.epochs == epochs
    assert (rule.best, rule.best_epoch) == (best, best_epoch)
    assert rule.is_over(epochs) == played.model.stop_training
    assert played.restored() == best_epoch + 1
    assert set(played.rates) == {played.rates[0]}


def test_a_plateau_of_three_epochs_halves_the_rate():
    rule = EarlyStopping("score", patience=8, schedule="plateau")
    scores = [0.1, 0.2, 0.2, 0.2, 0.1, 0.3, *[0.2] * 9]
    played = Play(rule, scores)
    factors = [rate / played.rates[0] for rate in played.rates[:12]]
    assert factors == [1, 1, 1, 1, *[0.5] * 4, *[0.25] * 3, 0.125]
    assert played.epochs == 14 and rule.best_epoch == 5


def test_epochs_may_be_judged_together():
    rule = EarlyStopping("score", patience=3, window=2)
    played = Play(rule, [0.0, 0.9, 0.1, 0.6, 0.5, 0.5, 0.4, 0.5, 0.9])
    assert (played.epochs, played.restored()) == (8, 4 + 1)
    assert (rule.best, rule.best_epoch) == (pytest.approx(0.55), 4)


def test_the_score_must_be_logged():
    with pytest.raises(KeyError, match="another"):
        Play(EarlyStopping("another", patience=3), [0.1])


def test_the_first_stage_is_left_alone_for_twenty_epochs():
    scores = [0.9] + [0.1] * 19
    played = Play(TwoStage("score"), scores)
    assert played.epochs == 20 and not played.model.stop_training
    np.testing.assert_allclose(played.rates, 0.002, rtol=1e-6)
    assert played.starts == list(range(20))


@pytest.mark.parametrize("best", [0, 7, 19])
def test_the_second_stage_starts_from_the_best_weights(best):
    scores = [0.1] * 20 + [0.2]
    scores[best] = 0.5
    played = Play(TwoStage("score"), scores)
    assert played.starts[20] == best + 1


def test_the_rate_halves_after_every_epoch_that_is_not_better():
    second = [0.6, 0.5, 0.7, 0.7, NAN, 0.8]
    played = Play(TwoStage("score"), [0.5] * 20 + second)
    halvings = [0, 1, 1, 2, 3, 3]
    np.testing.assert_allclose(
        played.rates[20:], [0.002 / 2**n for n in halvings], rtol=1e-6
    )
    assert played.starts[21:] == list(range(21, 26)), "goes on, not back"
    assert played.restored() == 26


def test_training_ends_when_the_rate_falls_below_the_lowest():
    rule = TwoStage("score")
    played = Play(rule, [0.5] + [0.1] * 99)
    assert played.epochs == 20 + 8  # 0.002 / 2^8 is the first below 1e-5
    assert played.rates[-2] >= 1e-5 > played.rates[-1]
    assert [rule.is_over(n) for n in (1, 20, 28)] == [False, False, True]
    assert played.restored() == 1


def test_a_better_epoch_now_and_then_goes_on_to_the_epoch_limit():
    scores = [0.1] * 20 + [0.1 + n / 100 for n in range(20)]
    played = Play(TwoStage("score"), scores)
    assert played.epochs == 40 and not played.model.stop_training


def test_two_stages_of_nothing_but_nan_end():
    rule = TwoStage("score")
    played = Play(rule, [NAN] * 99)
    assert played.epochs == 28
    assert rule.best == -math.inf and rule.best_epoch == 0


def test_stages_can_have_other_lengths():
    played = Play(TwoStage("score", 2, 9e-4), [0.5, 0.1, 0.1, 0.1, 0.1])
    assert played.epochs == 4
    assert played.starts[2] == 1


SCORES = (0.1, 0.5, 0.2, 0.6, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0, 0.0, 0.0)
STOPS = {"early": (6, 3), "stages": (9, 3), "window": (7, 4)}
"""Epochs that each rule trains for, and its best one."""


def rule(kind):
    if kind == "early":
        return EarlyStopping("score", 2)
    if kind == "window":
        return EarlyStopping("score", 2, window=2)
    return TwoStage("score", first_stage=3, lowest_rate=1e-4)


def train(path, kind, epochs=len(SCORES), fall=None):
    """Training that takes up what `path` holds, and may fall in an epoch."""
    keras.utils.set_random_seed(1)
    model, checkpoint = tiny(2), Checkpoint(path, rule(kind))
    for callback in (checkpoint.stopping, checkpoint):
        callback.set_model(model)
    assert checkpoint.restore() == bool(checkpoint.history)
    first = len(checkpoint.history)
    model.stop_training = bool(first) and checkpoint.stopping.is_over(first)
    for epoch in range(first, epochs):
        if model.stop_training:
            break
        for step in range(3):
            weights = model.trainable_variables
            model.optimizer.apply([each + epoch + step for each in weights])
            if (epoch, step) == (fall, 1):
                raise KeyboardInterrupt
        for callback in (checkpoint.stopping, checkpoint):
            callback.on_epoch_end(epoch, {"score": SCORES[epoch]})
    return checkpoint


def assert_alike(found, expected):
    """Weights, optimiser, best weights, history and rule are the same."""
    assert found.history == expected.history
    for name in ("best", "best_epoch", "recent"):
        assert vars(found.stopping)[name] == vars(expected.stopping)[name]
    for pick in (
        lambda each: each.model.variables,
        lambda each: each.model.optimizer.variables,
        lambda each: each.stopping.best_weights,
    ):
        for one, other in zip(pick(found), pick(expected), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.slow
@pytest.mark.parametrize("kind", STOPS)
@pytest.mark.parametrize("fall", [1, 3, 4])
def test_an_interrupted_run_ends_as_an_uninterrupted_one(tmp_path, kind, fall):
    expected = train(tmp_path / "whole.npz", kind)
    stopped = len(expected.history), expected.stopping.best_epoch
    assert stopped == STOPS[kind]
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "torn.npz", kind, fall=fall)
    assert_alike(train(tmp_path / "torn.npz", kind), expected)
    files = sorted(each.name for each in tmp_path.iterdir())
    assert files == ["torn.npz", "whole.npz"]


@pytest.mark.parametrize("kind", STOPS)
def test_a_run_to_fewer_epochs_goes_on_when_more_are_asked_for(tmp_path, kind):
    expected = train(tmp_path / "whole.npz", kind)
    for epochs in (2, 4, len(SCORES)):
        found = train(tmp_path / "steps.npz", kind, epochs)
    assert_alike(found, expected)


def test_a_run_that_is_over_stays_as_it_is(tmp_path):
    expected = train(tmp_path / "state.npz", "stages")
    before = (tmp_path / "state.npz").read_bytes()
    assert_alike(train(tmp_path / "state.npz", "stages"), expected)
    assert (tmp_path / "state.npz").read_bytes() == before


def test_a_failure_to_write_leaves_the_state_before(tmp_path, monkeypatch):
    path = tmp_path / "state.npz"
    train(path, "early", epochs=2)
    before = path.read_bytes()

    def fail(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        train(path, "early", epochs=3)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def replaced(path, **changes):
    """Rewrites a state with other arrays; `None` leaves one out."""
    with np.load(path) as arrays:
        found = {**arrays, **changes}
    np.savez(path, **{n: each for n, each in found.items() if each is not None})


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"not an archive"),
        lambda path: path.write_bytes(path.read_bytes()[:200]),
        lambda path: path.write_bytes(path.read_bytes()[:-30]),
        lambda path: path.write_bytes(
            path.read_bytes().replace(*(w.encode("u32")[4:] for w in "be"))
        ),
        lambda path: replaced(path, plain=None),
        lambda path: replaced(path, plain=np.array("{}")),
        lambda path: replaced(path, plain=np.array("{")),
        lambda path: replaced(path, **{"variable/1": None}),
        lambda path: replaced(path, **{"variable/0": np.zeros((3, 1))}),
        lambda path: replaced(path, **{"best/0": None}),
    ],
)
def test_a_damaged_state_is_refused_in_one_sentence(tmp_path, damage):
    path = tmp_path / "state.npz"
    train(path, "early", epochs=2)
    damage(path)
    with pytest.raises(ValueError, match="(?s)state.npz is no.*--fresh"):
        train(path, "early")


class Pickled:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


def test_a_pickle_in_a_state_is_not_opened(tmp_path):
    path = tmp_path / "state.npz"
    train(path, "early", epochs=2)
    replaced(path, plain=np.array(Pickled(), dtype=object))
    with pytest.raises(ValueError, match="state.npz is not a state"):
        train(path, "early")


def test_a_state_holds_plain_arrays_alone(tmp_path):
    train(tmp_path / "state.npz", "early", epochs=2)
    with np.load(tmp_path / "state.npz", allow_pickle=False) as arrays:
        assert all(each.dtype.kind in "fiU" for each in arrays.values())
