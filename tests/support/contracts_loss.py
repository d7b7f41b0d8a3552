"""The contract that every loss over frames must satisfy."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
from contracts import CLOSE, with_padding


def check_loss(
    loss: keras.losses.Loss,
    labels: np.ndarray,
    right: np.ndarray,
    wrong: np.ndarray,
) -> None:
    """What every loss over frames keeps.

    Args:
        loss: over (batch, time, ...), with weights (batch, time).
        labels: (batch, time, ...).
        right: predictions that are all correct.
        wrong: predictions that are not.
    """
    assert abs(float(loss(labels, right))) < CLOSE
    plain = float(loss(labels, wrong))
    assert plain > 0.01
    ones = np.ones(labels.shape[:2], "float32")
    assert float(loss(labels, wrong, ones)) == pytest.approx(plain)
    _check_weights_of_frames(loss, labels, wrong)
    for predicted in (right, wrong, np.full_like(wrong, wrong.mean())):
        assert np.isfinite(gradient(loss, labels, predicted)).all()
    config = json.loads(json.dumps(keras.losses.serialize(loss)))
    again = keras.losses.deserialize(config)
    assert type(again) is type(loss)
    assert float(again(labels, wrong)) == plain


def _check_weights_of_frames(loss, labels, wrong) -> None:
    """Frames of weight 0 do not count, be they NaN."""
    kept = labels.shape[1] // 2
    weights = np.ones(labels.shape[:2], "float32")
    weights[:, kept:] = 0
    expected = float(loss(labels[:, :kept], wrong[:, :kept]))
    lengths = [kept] * len(labels)
    labels = with_padding(labels, lengths, np.nan)
    predictions = with_padding(wrong, lengths, np.nan)
    value = float(loss(labels, predictions, weights))
    assert value == pytest.approx(expected)
    slope = gradient(loss, labels, predictions, weights)
    assert np.isfinite(slope).all()
    assert (slope[:, kept:] == 0).all() and (slope[:, :kept] != 0).any()


def gradient(loss, labels, predicted, weights=None) -> np.ndarray:
    """Of a loss, with respect to the predictions."""
    import tensorflow as tf

    predicted = tf.constant(predicted)
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        value = loss(labels, predicted, weights)
    return tape.gradient(value, predicted).numpy()
