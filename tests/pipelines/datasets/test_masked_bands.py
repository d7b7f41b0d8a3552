"""Batches of log Mel energies with bands and spans of time masked."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import zoo
from pipelines.datasets import masked_bands, traces
from pipelines.datasets.masked_bands import BANDS, FILTERS, FRAMES, masked
from pipelines.datasets.traces import TraceSample
from pipelines.stored import Stored
from zoo import frontends

LENGTHS = (600, 1100, 90, 10, 700)
VALUES = FRAMES * FILTERS


def samples(is_stored=False):
    """Returns recordings whose energies are nowhere zero."""
    rng = np.random.default_rng(0)
    made = []
    for number, length in enumerate(LENGTHS):
        features = rng.uniform(1, 2, (length, VALUES)).astype("float32")
        rows = (
            Stored(lambda own=features: own, features.shape)
            if is_stored
            else features
        )
        trace = rng.normal(size=length).astype("float32")
        made.append(TraceSample(f"r{number}", "anna", rows, {"arousal": trace}))
    return made


def plain(first_epoch=0, seed=0, batch_size=2, is_stored=False):
    return traces.batches(
        samples(is_stored), ["arousal"], batch_size, seed, first_epoch
    )


def changed(first_epoch=0, seed=0, batch_size=2, is_stored=False):
    batches = plain(first_epoch, seed, batch_size, is_stored)
    first = first_epoch * -(-len(LENGTHS) // batch_size)
    return masked(batches, seed, first)


def taken(dataset, count=3):
    return list(itertools.islice(dataset.as_numpy_iterator(), count))


def features(dataset, count=3):
    return [inputs["features"] for inputs, *_ in taken(dataset, count)]


def are_equal(some, others):
    return all(map(np.array_equal, some, others))


def rows(count=3, **options):
    """Yields the valid steps of every recording, and where they are masked."""
    for inputs, *_ in taken(changed(**options), count):
        for row, length in zip(inputs["features"], inputs["lengths"]):
            yield row[:length], row[:length].reshape(-1, FRAMES, FILTERS) == 0


def test_the_bands_are_those_of_the_front_end():
    card = zoo.card("recola_dilated")
    features = frontends.get(card.frontend).output["features"]
    assert features.shape == (None, None, VALUES)
    number_of_filter = np.tile(np.arange(FILTERS), (1, 2 * FRAMES, 1))
    steps = np.asarray(frontends.FrameStacking(FRAMES)(number_of_filter))
    bands = steps.reshape(2, FRAMES, FILTERS)
    assert (bands == np.arange(FILTERS)).all()


def test_one_seed_gives_the_same_batches_and_another_seed_others():
    observed = features(changed())
    assert are_equal(observed, features(changed()))
    batches = plain()
    assert are_equal(observed, features(masked(batches, 0)))
    for one, other in zip(observed, features(masked(batches, 1))):
        assert (one != other).any()


@pytest.mark.parametrize("batch_size, batches", [(1, 5), (2, 3)])
def test_a_resumed_training_sees_what_an_uninterrupted_one_would(
    batch_size, batches
):
    whole = features(changed(batch_size=batch_size), 3 * batches)
    resumed = features(changed(2, batch_size=batch_size), batches)
    assert are_equal(whole[2 * batches :], resumed)


def test_the_masks_of_a_recording_differ_between_epochs():
    by_length = {}
    for values, own in rows(count=9):
        by_length.setdefault(len(values), []).append(own)
    for first, second, third in by_length.values():
        assert (first != second).any() or (first != third).any()


def test_rows_of_a_batch_have_masks_of_their_own():
    batches = traces.batches([samples()[0]] * 2, ["arousal"], 2, 0)
    ((first, second),) = features(masked(batches, 0), 1)
    assert (first != second).any()


def test_only_valid_steps_are_changed_and_all_else_is_as_before():
    for before, after in zip(taken(plain()), taken(changed())):
        (was, *labels), (now, *same_labels) = before, after
        np.testing.assert_array_equal(was["lengths"], now["lengths"])
        for one, other in zip(labels, same_labels, strict=True):
            np.testing.assert_array_equal(one["arousal"], other["arousal"])
        is_kept = now["features"] == was["features"]
        assert (is_kept | (now["features"] == 0)).all()
        for row, length in zip(now["features"], now["lengths"]):
            assert not row[length:].any()
            assert row[:length].any()


def test_values_in_the_padding_are_left_as_they_are():
    dataset = plain().map(
        lambda inputs, *rest: (
            {**inputs, "features": inputs["features"] + 5},
            *rest,
        )
    )
    for inputs, *_ in taken(masked(dataset, 0)):
        for row, length in zip(inputs["features"], inputs["lengths"]):
            assert (row[length:] == 5).all()


def test_a_band_is_masked_in_all_stacked_frames_of_the_recording():
    counts = []
    for _, own in rows(count=30):
        bands = own.all(axis=0)
        assert (bands == bands[0]).all()
        is_masked_step = own.all(axis=(1, 2))
        rest = own[~is_masked_step]
        assert (rest == bands).all()
        counts.append(bands[0].sum())
    assert max(counts) <= BANDS * masked_bands.WIDEST_BAND
    assert 0.5 < np.mean(counts) / (BANDS * masked_bands.WIDEST_BAND / 2) <= 1.2


def test_every_filter_is_masked_at_some_time():
    masks = [own.all(axis=0)[0] for _, own in rows(count=90)]
    assert np.any(masks, axis=0).all() and not np.all(masks, axis=0).any()


def test_a_span_of_time_is_masked_in_all_values_and_is_short():
    shares = []
    for values, _ in rows(count=30):
        is_masked = ~values.any(axis=1)
        share = is_masked.mean()
        assert share <= masked_bands.MOST_TIME
        shares.append(share)
    assert np.mean(shares) > masked_bands.MOST_TIME / 5


def test_long_recordings_have_several_spans_of_at_most_a_second():
    lengths, span = (3000, 7500), masked_bands.LONGEST_SPAN
    assert span * frontends.STEP_SECONDS == 1
    for length in lengths:
        ones = np.ones((length, VALUES), "float32")
        observed = masked_bands.mask(ones, np.random.default_rng(length))
        is_masked = np.concatenate([[0], ~observed.any(axis=1), [0]])
        starts, ends = (
            np.flatnonzero(np.diff(is_masked) == sign) for sign in (1, -1)
        )
        assert len(starts) > 2
        assert (ends - starts).max() <= 2 * span, "two may meet"


def test_an_array_is_not_changed_in_place():
    ones = np.ones((500, VALUES), "float32")
    masked_bands.mask(ones, np.random.default_rng(0))
    assert (ones == 1).all()


def test_features_on_disk_are_masked_as_those_in_memory():
    observed = features(changed())
    assert are_equal(observed, features(changed(is_stored=True)))


def test_elements_keep_their_signature():
    assert changed().element_spec == plain().element_spec


def test_other_features_than_stacked_log_mel_are_refused():
    sample = TraceSample(
        "r", "anna", np.ones((5, 25), "float32"), {"arousal": np.ones(5)}
    )
    with pytest.raises(ValueError, match="160 values a step.*Received: 25"):
        masked(traces.batches([sample], ["arousal"]), 0)
