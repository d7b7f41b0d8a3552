"""AVEC's baseline: what is chosen on synthetic features, and smoothing."""

from __future__ import annotations

import numpy as np
import pytest

from tuning.experiments import avec
from zoo.metrics import concordance_cc

DELAY = 2.0


def slow(steps: int, rng: np.random.Generator, values: int = 1) -> np.ndarray:
    """Returns noise without fast changes, of unit variance."""
    noise = rng.normal(size=(steps + 100, values))
    smooth = np.cumsum(noise, axis=0)
    smooth = smooth[100:] - smooth[:-100]
    return smooth / smooth.std(axis=0)


def recordings(count: int, seed: int):
    """Labels that follow the features over 6 s by two seconds, not of 4 s."""
    rng = np.random.default_rng(seed)
    features: dict[int, list[np.ndarray]] = {4: [], 6: []}
    labels = []
    for _ in range(count):
        rows = slow(700, rng, 5)
        trace = avec.delayed(rows @ [0.3, -0.2, 0.1, 0.0, 0.0], DELAY)
        features[6].append((100 + 10 * rows).astype("float32"))
        features[4].append(slow(700, rng, 5).astype("float32"))
        labels.append((trace + 0.02 * rng.normal(size=700)).astype("float32"))
    return features, labels


@pytest.fixture(scope="module")
def fitted():
    (train, y_train), (dev, y_dev) = recordings(4, 0), recordings(3, 1)
    lines: list[str] = []
    found = avec.fit(train, y_train, dev, y_dev, lines.append)
    return found, lines


def test_window_and_delay_are_those_that_made_the_labels(fitted):
    found, lines = fitted
    assert (found.window, found.delay) == (6, DELAY)
    assert found.ccc > 0.95
    assert lines[0] == "windows of 4 s, delay 0 s"
    assert len(lines) == 2 * len(avec.DELAYS)


def test_unseen_recordings_are_predicted(fitted):
    test, y_test = recordings(3, 2)
    predicted = fitted[0].predict(test)
    assert [trace.shape for trace in predicted] == [(700,)] * 3
    ccc = concordance_cc(np.concatenate(y_test), np.concatenate(predicted))
    assert ccc > 0.95


def test_settings_are_plain_values(fitted):
    settings = fitted[0].settings()
    assert settings["complexity"] in avec.COMPLEXITIES
    assert {"window", "delay", "median", "bias", "scale", "shift"} <= {
        *settings
    }


def test_rows_are_delayed_by_whole_steps():
    rows = np.arange(10).reshape(5, 2)
    np.testing.assert_array_equal(avec.delayed(rows, 0), rows)
    np.testing.assert_array_equal(
        avec.delayed(rows, 0.08), rows[[0, 0, 0, 1, 2]]
    )
    np.testing.assert_array_equal(avec.delayed(rows, 9), rows[[0] * 5])


def leading(trace: np.ndarray) -> np.ndarray:
    """Returns a trace 20 steps, 0.8 s, early."""
    return np.append(trace[20:], np.repeat(trace[-1], 20))


def test_smoothing_undoes_bias_scale_and_lead():
    rng = np.random.default_rng(3)
    y_true = [slow(900, rng)[:, 0] for _ in range(3)]
    y_pred = [0.2 * leading(trace) - 1 for trace in y_true]
    found = avec.choose_smoothing(y_pred, y_true)
    assert found.shift == 0.8
    assert 4.5 < found.scale < 5.5 and found.bias > 0.5
    before, after = (
        concordance_cc(np.concatenate(y_true), np.concatenate(traces))
        for traces in (y_pred, found.apply(y_pred))
    )
    assert before < 0.3 and after > 0.9


def test_smoothing_takes_out_spikes():
    rng = np.random.default_rng(5)
    y_true = [slow(900, rng)[:, 0] for _ in range(3)]
    y_pred = [trace + 3 * (rng.random(900) < 0.1) for trace in y_true]
    found = avec.choose_smoothing(y_pred, y_true)
    assert found.median in avec.MEDIANS[:2]
    smooth = np.concatenate(found.apply(y_pred))
    assert concordance_cc(np.concatenate(y_true), smooth) > 0.98


def test_predictions_that_are_right_stay_as_they_are():
    y_true = [slow(300, np.random.default_rng(4))[:, 0]]
    found = avec.choose_smoothing(y_true, y_true)
    assert found == avec.Smoothing()
    np.testing.assert_array_equal(found.apply(y_true)[0], y_true[0])


def test_constant_predictions_are_not_scaled():
    constant = [np.zeros(100)]
    y_true = [np.linspace(0, 1, 100)]
    assert avec.choose_smoothing(constant, y_true) == avec.Smoothing()


def test_a_partition_without_recordings_is_refused():
    features, labels = recordings(1, 0)
    with pytest.raises(ValueError, match="must hold recordings"):
        avec.fit({4: []}, [], features, labels)
