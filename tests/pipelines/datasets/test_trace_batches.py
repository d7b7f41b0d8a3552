"""Batches of traces: padding, order, resumed streams."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import tensorflow as tf

from pipelines.datasets import traces
from pipelines.datasets.traces import TraceSample

LENGTHS = (5, 3, 8, 1, 4)
VALUES = 2


def make_samples(lengths=LENGTHS):
    """Returns samples in which no two steps are the same."""
    rng = np.random.default_rng(0)
    return [
        TraceSample(
            f"r{n}",
            "anna",
            rng.normal(size=(length, VALUES)).astype("float32"),
            {
                "arousal": rng.normal(size=length).astype("float32"),
                "valence": rng.normal(size=length).astype("float32"),
            },
        )
        for n, length in enumerate(lengths)
    ]


def take(stream, count):
    return list(itertools.islice(stream.as_numpy_iterator(), count))


def order(elements):
    """Returns the lengths of the recordings, in order."""
    return [int(n) for inputs, *_ in elements for n in inputs["lengths"]]


def stream(seed, first_epoch=0, epochs=1, batch_size=1):
    dataset = traces.batches(
        make_samples(), ["arousal"], batch_size, seed, first_epoch
    )
    steps = -(-len(LENGTHS) // batch_size)
    return order(take(dataset, epochs * steps))


def test_without_a_seed_recordings_come_once_and_in_order():
    samples = make_samples()
    elements = take(traces.batches(samples, ["arousal"]), None)
    assert len(elements) == len(samples)
    for (inputs, targets, weights), sample in zip(elements, samples):
        np.testing.assert_array_equal(inputs["features"], sample.features[None])
        np.testing.assert_array_equal(inputs["lengths"], [len(sample.features)])
        trace = sample.traces["arousal"]
        np.testing.assert_array_equal(targets["arousal"], trace[None])
        np.testing.assert_array_equal(weights["arousal"], [[1] * len(trace)])


def test_a_batch_is_padded_to_its_own_longest_row():
    samples = make_samples()
    dataset = traces.batches(samples, ["arousal", "valence"], 3)
    first, last = take(dataset, None)
    for (inputs, targets, weights), rows in (
        (first, samples[:3]),
        (last, samples[3:]),
    ):
        longest = max(len(sample.features) for sample in rows)
        shape = (len(rows), longest)
        assert inputs["features"].shape == (*shape, VALUES)
        assert sorted(targets) == sorted(weights) == ["arousal", "valence"]
        for row, sample in enumerate(rows):
            steps = len(sample.features)
            assert inputs["lengths"][row] == steps
            features = inputs["features"][row]
            np.testing.assert_array_equal(features[:steps], sample.features)
            np.testing.assert_array_equal(features[steps:], 0)
            for dimension, trace in sample.traces.items():
                padded = targets[dimension][row]
                assert padded.shape == (longest,)
                np.testing.assert_array_equal(padded[:steps], trace)
                np.testing.assert_array_equal(padded[steps:], 0)
                expected = np.arange(longest) < steps
                np.testing.assert_array_equal(weights[dimension][row], expected)


def test_elements_are_as_their_signature_says():
    dataset = traces.batches(make_samples(), ["arousal"], 2)
    inputs, targets, weights = dataset.element_spec
    assert inputs["features"] == tf.TensorSpec((None, None, VALUES))
    assert inputs["lengths"] == tf.TensorSpec((None,), tf.int32)
    assert targets == weights == {"arousal": tf.TensorSpec((None, None))}


@pytest.mark.parametrize(
    "batch_size, batches", [(1, 5), (2, 3), (4, 2), (5, 1), (9, 1)]
)
def test_every_recording_comes_in_a_last_smaller_batch_too(batch_size, batches):
    dataset = traces.batches(make_samples(), ["arousal"], batch_size)
    assert int(dataset.cardinality()) == batches
    elements = take(dataset, None)
    assert len(elements) == batches
    assert order(elements) == list(LENGTHS)


def test_a_shuffled_stream_has_no_end():
    dataset = traces.batches(make_samples(), ["arousal"], shuffle_seed=0)
    assert int(dataset.cardinality()) == tf.data.INFINITE_CARDINALITY
    assert len(take(dataset, 23)) == 23


@pytest.mark.parametrize("batch_size", [1, 2])
def test_every_epoch_holds_every_recording_once_in_an_order_of_its_own(
    batch_size,
):
    lengths = stream(7, epochs=6, batch_size=batch_size)
    epochs = [tuple(lengths[n : n + 5]) for n in range(0, 30, 5)]
    assert all(sorted(epoch) == sorted(LENGTHS) for epoch in epochs)
    assert len(set(epochs)) > 3


@pytest.mark.parametrize("batch_size", [1, 2])
@pytest.mark.parametrize("first", [1, 3])
def test_a_resumed_stream_goes_on_as_the_uninterrupted_one(first, batch_size):
    whole = stream(7, epochs=5, batch_size=batch_size)
    resumed = stream(7, first, 5 - first, batch_size)
    assert resumed == whole[first * len(LENGTHS) :]


def test_the_order_depends_on_the_seed():
    orders = {tuple(stream(seed)) for seed in range(6)}
    assert len(orders) > 3
    assert stream(0) == stream(0)
    assert stream(0, 1) != stream(1, 0), "seed and epoch are not one sum"


def test_the_order_does_not_depend_on_what_was_drawn_before():
    expected = stream(3)
    np.random.seed(1)
    tf.random.set_seed(1)
    assert stream(3) == expected


def test_no_sequences_are_refused():
    with pytest.raises(ValueError, match="`samples` must hold at least one"):
        traces.batches([], ["arousal"])


def test_a_recording_without_the_labels_asked_for_is_named():
    dataset = traces.batches(make_samples(), ["arousal", "dominance"])
    with pytest.raises(tf.errors.OpError, match="r0 has no labels of domin"):
        take(dataset, 1)
