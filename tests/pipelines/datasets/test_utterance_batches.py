"""Batches of utterances: similar lengths, order, padding, weights."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.datasets import batching, utterances
from pipelines.datasets.utterances import UtteranceSample

LENGTHS = np.random.default_rng(0).integers(5, 500, 103)
WEIGHTS = {"emotion": np.linspace(0.5, 2, len(LENGTHS)).astype("float32")}


def samples(width=None):
    step = () if width is None else (width,)
    return [
        UtteranceSample(
            str(place),
            "1",
            np.full((length, *step), place, "float32"),
            {"emotion": place % 3},
        )
        for place, length in enumerate(LENGTHS)
    ]


def batches(count, **changes):
    options = {
        "input_name": "features",
        "tasks": ["emotion"],
        "batch_size": 10,
        "weights": WEIGHTS,
        **changes,
    }
    stream = utterances.batches(samples(2), **options)
    return list(stream.take(count).as_numpy_iterator())


def test_an_epoch_holds_every_utterance_once():
    elements = batches(22, shuffle_seed=1)
    for epoch in (elements[:11], elements[11:]):
        values = np.concatenate(
            [element[0]["features"][:, 0, 0] for element in epoch]
        )
        assert sorted(values) == list(range(103))
        sizes = [len(element[0]["lengths"]) for element in epoch]
        assert sizes == [10] * 10 + [3]


def test_batches_hold_utterances_of_like_length():
    places = np.random.default_rng(3).permutation(103)
    ordered = batching.bucketed(places, LENGTHS, 10)[:100]

    def waste(order):
        rows = LENGTHS[order].reshape(10, 10)
        return 1 - rows.sum() / (rows.max(axis=1).sum() * 10)

    assert waste(ordered) < waste(places[:100]) / 2
    firsts = LENGTHS[ordered].reshape(10, 10).max(axis=1)
    assert np.any(np.diff(firsts) < 0)  # not from short to long


def test_the_order_depends_on_seed_and_epoch_alone():
    first, resumed = (
        batches(22, shuffle_seed=1),
        batches(11, shuffle_seed=1, first_epoch=1),
    )
    for element, expected in zip(first[11:], resumed):
        np.testing.assert_array_equal(
            element[0]["lengths"], expected[0]["lengths"]
        )
    another = batches(1, shuffle_seed=2)[0][0]["lengths"]
    assert not np.array_equal(first[0][0]["lengths"], another)


def test_rows_are_padded_and_weighed_by_their_sample():
    inputs, true, weights = batches(1)[0]
    assert inputs["features"].shape == (10, -(-max(LENGTHS[:10]) // 32) * 32, 2)
    np.testing.assert_array_equal(inputs["lengths"], LENGTHS[:10])
    np.testing.assert_array_equal(true["emotion"], np.arange(10) % 3)
    np.testing.assert_array_equal(weights["emotion"], WEIGHTS["emotion"][:10])


def test_a_shuffled_row_keeps_its_weight():
    for inputs, _, weights in batches(11, shuffle_seed=1):
        places = inputs["features"][:, 0, 0].astype(int)
        expected = WEIGHTS["emotion"][places]
        np.testing.assert_array_equal(weights["emotion"], expected)


def test_a_waveform_has_no_values():
    stream = utterances.batches(samples(), "waveform", ["emotion"], 4, WEIGHTS)
    inputs, *_ = next(stream.as_numpy_iterator())
    assert inputs["waveform"].shape == (4, 1600)


def test_no_utterances_are_refused():
    with pytest.raises(ValueError, match="`samples` must hold at least one"):
        utterances.batches([], "features", ["emotion"], 4, WEIGHTS)


@pytest.mark.parametrize("most", [300, 1000, 10**6])
def test_batches_that_are_not_shuffled_have_few_steps(monkeypatch, most):
    monkeypatch.setitem(utterances.MOST_STEPS, "features", most)
    elements = batches(-1)
    values = [inputs["features"][:, 0, 0] for inputs, *_ in elements]
    assert np.concatenate(values).tolist() == list(range(103))
    for inputs, *_ in elements:
        rows = inputs["lengths"]
        assert len(rows) <= 10
        assert len(rows) == 1 or len(rows) * rows.max() <= most
    assert len(elements) == 11 if most == 10**6 else len(elements) > 11


def test_shuffled_batches_keep_their_size(monkeypatch):
    expected = batches(11, shuffle_seed=1)
    monkeypatch.setitem(utterances.MOST_STEPS, "features", 300)
    for element, other in zip(batches(11, shuffle_seed=1), expected):
        np.testing.assert_array_equal(
            element[0]["features"], other[0]["features"]
        )
