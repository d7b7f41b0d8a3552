"""Batches of waveforms that are changed on the fly."""

from __future__ import annotations

import itertools

import numpy as np

from pipelines.datasets import utterances
from pipelines.datasets.augmented import augmented
from pipelines.datasets.utterances import UtteranceSample

LENGTHS = (3000, 1000, 2000, 1500, 500)


def longer(waveform, rng):
    """Adds one to three copies of a number of this row's own."""
    added = np.full(100 * rng.integers(1, 4), rng.random(), "float32")
    return np.concatenate([waveform, added])


def batches(first_epoch=0, seed=0):
    samples = [
        UtteranceSample(str(i), "anna", np.full(n, i, "float32"), {"x": i % 2})
        for i, n in enumerate(LENGTHS)
    ]
    plain = utterances.batches(
        samples,
        "waveform",
        ["x"],
        2,
        {"x": np.ones(len(LENGTHS), "float32")},
        shuffle_seed=seed,
        first_epoch=first_epoch,
    )
    return augmented(plain, longer, 1600, seed, 3 * first_epoch)


def taken(dataset, count):
    return list(itertools.islice(dataset.as_numpy_iterator(), count))


def test_rows_are_changed_one_by_one_and_keep_their_labels():
    found = taken(batches(), 3)
    assert sum(len(inputs["lengths"]) for inputs, *_ in found) == 5
    added = set()
    for inputs, targets, weights in found:
        assert inputs["waveform"].shape[1] % 1600 == 0
        rows = zip(inputs["waveform"], inputs["lengths"], targets["x"])
        for row, length, label in rows:
            own = int(row[0])
            assert label == own % 2
            extra = length - LENGTHS[own]
            assert extra in (100, 200, 300)
            assert (row[: LENGTHS[own]] == own).all() and not row[length:].any()
            added.add(float(row[length - 1]))
        assert (weights["x"] == 1).all()
    assert len(added) == 5


def test_epochs_differ_and_a_resumed_training_sees_the_same():
    whole = taken(batches(), 6)
    resumed = taken(batches(first_epoch=1), 3)
    for (one, *_), (other, *_) in zip(whole[3:], resumed, strict=True):
        np.testing.assert_array_equal(one["waveform"], other["waveform"])
    first = {float(i["waveform"].max()) for i, *_ in whole[:3]}
    other_seed = {
        float(i["waveform"].max()) for i, *_ in taken(batches(seed=1), 3)
    }
    assert first != other_seed
