"""Batches of words: padding, labels, order."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.datasets import words
from pipelines.datasets.words import WordInputs

LENGTHS = [3, 1, 5, 2, 4]


def segments(lengths=LENGTHS, ids=None):
    return [
        WordInputs(
            f"s{number}",
            "someone",
            (np.full((length, 2), number + 1, "float32"),),
            None if ids is None else np.array(ids)[:length],
            3,
            {"happy": number / 3, "sad": float(length)},
        )
        for number, length in enumerate(lengths)
    ]


OUTPUTS = {"emotions": ("sad", "happy")}


def test_a_batch_has_padded_words_lengths_and_labels_by_name():
    data = words.batches(segments(), OUTPUTS, batch_size=3)
    assert int(data.cardinality()) == 2
    first, second = data.as_numpy_iterator()
    inputs, labels = first
    assert inputs["features"].shape == (3, 5, 2)
    assert inputs["lengths"].tolist() == [3, 1, 5]
    assert inputs["lengths"].dtype == np.int32
    np.testing.assert_array_equal(inputs["features"][1, :, 0], [2, 0, 0, 0, 0])
    assert labels["emotions"].dtype == np.float32
    np.testing.assert_allclose(
        labels["emotions"], [[3, 0], [1, 1 / 3], [5, 2 / 3]], rtol=1e-6
    )
    assert second[0]["features"].shape == (2, 4, 2)


def test_steps_are_the_same_in_every_batch_where_asked_for():
    data = words.batches(segments(), OUTPUTS, 3, steps=6)
    assert data.element_spec[0]["features"].shape[1:] == (6, 2)
    shapes = [inputs["features"].shape for inputs, _ in data]
    assert shapes == [(3, 6, 2), (2, 6, 2)]


def test_several_outputs_have_labels_of_their_own():
    outputs = {"one": ("happy",), "other": ("sad",)}
    ((_, labels),) = words.batches(segments(), outputs).as_numpy_iterator()
    assert labels["one"].shape == (5, 1)
    np.testing.assert_array_equal(labels["other"][:, 0], LENGTHS)


def test_one_hot_words_are_spread_in_the_batch():
    data = words.batches(segments([3], ids=[2, -1, 0]), OUTPUTS)
    ((inputs, _),) = data.as_numpy_iterator()
    np.testing.assert_array_equal(
        inputs["features"][0],
        [[0, 0, 1, 1, 1], [0, 0, 0, 1, 1], [1, 0, 0, 1, 1]],
    )


def order(seed, first_epoch=0, batches=6):
    data = words.batches(segments(), OUTPUTS, 2, 5, seed, first_epoch)
    taken = list(data.take(batches).as_numpy_iterator())
    return [first["features"][:, 0, 0].tolist() for first, _ in taken]


def test_epochs_are_shuffled_by_seed_and_number_alone():
    two = order(seed=1)
    assert two == order(seed=1) != order(seed=2)
    assert [sorted(sum(two[i : i + 3], [])) for i in (0, 3)] == (
        [[1.0, 2.0, 3.0, 4.0, 5.0]] * 2
    )
    assert order(seed=1, first_epoch=1, batches=3) == two[3:]


def test_without_a_seed_a_pass_ends_and_starts_again_the_same():
    data = words.batches(segments(), OUTPUTS, 2)
    once, again = (
        [x["lengths"].tolist() for x, _ in data.as_numpy_iterator()]
        for _ in range(2)
    )
    assert once == again == [[3, 1], [5, 2], [4]]


@pytest.mark.parametrize(
    "samples, outputs, steps, message",
    [
        ([], OUTPUTS, None, "at least one segment"),
        (segments(), {"x": ("fear",)}, None, "s0 has no labels of fear"),
        (segments(), OUTPUTS, 4, "at least 5, the words of s2.*steps=4"),
    ],
)
def test_what_cannot_be_batched_is_refused(samples, outputs, steps, message):
    with pytest.raises(ValueError, match=message):
        words.batches(samples, outputs, steps=steps)
