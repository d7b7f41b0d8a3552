"""Decoding of many rows and weights at once, against one after another."""

from __future__ import annotations

import numpy as np
import pytest

from zoo import decoding
from zoo.decoding import viterbi

FLAT = np.log(np.full((4, 3), 1 / 3))
MODEL = decoding.LanguageModel(2).fit([[0, 1, 0, 2, 0, 1], [0, 1, 2]], 3)


def one_frame_after_another(posteriors, transitions, model, alpha):
    """Viterbi over (region before, label), one state after another."""
    frames, classes = posteriors.shape
    start = classes
    best = {
        (start, label): (posteriors[0, label] + alpha * score, [label])
        for label, score in enumerate(model.table[start, start])
    }
    for frame in range(1, frames):
        followed = {}
        for (region, label), (score, path) in best.items():
            for new in range(classes):
                state = (region, new) if new == label else (label, new)
                gain = transitions[label, new] + posteriors[frame, new]
                if new != label:
                    gain += alpha * model.table[region, label, new]
                if score + gain > followed.get(state, (-np.inf, None))[0]:
                    followed[state] = (score + gain, [*path, new])
        best = followed
    return max(best.values(), key=lambda found: found[0])[1]


@pytest.mark.parametrize("order", [2, 3])
def test_many_rows_and_weights_decode_as_each_alone(order, monkeypatch):
    alphas, frames, classes = (0, 1.5, 6), 60, 4
    rng = np.random.default_rng(0)
    rows = np.log(rng.dirichlet(np.ones(classes), (5, frames)))
    transitions = np.log(rng.dirichlet(np.ones(classes), classes))
    sequence = decoding.regions(rng.integers(classes, size=30))
    model = decoding.LanguageModel(order).fit([sequence], classes)
    received = decoding.decode_many(rows, transitions, model, alphas)
    assert received.shape == (3, 5, frames)
    for alpha, by_row in zip(alphas, received):
        for posteriors, labels in zip(rows, by_row):
            inputs = (posteriors, transitions, model, alpha)
            assert labels.tolist() == one_frame_after_another(*inputs)
    # Batches of two rows give the same.
    monkeypatch.setattr(viterbi, "_MOST_BYTES", 2 * frames * classes**2)
    again = decoding.decode_many(rows, transitions, model, alphas)
    np.testing.assert_array_equal(again, received)


def test_many_rows_refuse_one_without_a_labelling():
    transitions = decoding.log_probabilities([[1, 0], [0, 1]])
    good, bad = [[0.5, 0.5], [0.5, 0.5]], [[1, 0], [0, 1]]
    model = decoding.LanguageModel(2).fit([[0, 1]], 2)
    rows = decoding.log_probabilities([good, bad])
    with pytest.raises(ValueError, match="No labelling is left"):
        decoding.decode_many(rows, transitions, model, [0])


@pytest.mark.parametrize(
    "rows, alphas, message",
    [
        (FLAT, [1], r"must be \(rows, frames, classes\).*\(4, 3\)"),
        (FLAT[None], [], r"alphas=\[\]"),
        (FLAT[None], [1, -1], "`alpha` must be at least 0"),
        (np.stack([FLAT, FLAT + 1]), [1], "must sum to one"),
    ],
)
def test_many_refuses_bad_input(rows, alphas, message):
    with pytest.raises(ValueError, match=message):
        decoding.decode_many(rows, FLAT[:3], MODEL, alphas)
