"""Z-normalisation of feature sequences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies

from pipelines import normalise
from pipelines.stored import Stored

LENGTHS = strategies.lists(strategies.integers(1, 20), min_size=1, max_size=5)


def ramps(lengths, values=3, scale=1.0, offset=0.0):
    """Sequences in which every value has a spread and mean of its own."""
    rng = np.random.default_rng(0)
    spread = scale * np.arange(1, values + 1)
    return [
        (offset + spread * (n + rng.normal(size=(length, values)))).astype(
            "float32"
        )
        for n, length in enumerate(lengths)
    ]


def test_every_value_gets_mean_zero_and_deviation_one():
    normalised = normalise.z_norm(ramps([7, 30, 1]))
    assert [rows.shape for rows in normalised] == [(7, 3), (30, 3), (1, 3)]
    joined = np.concatenate(normalised)
    assert joined.dtype == np.float32
    np.testing.assert_allclose(joined.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(joined.std(axis=0), 1, atol=1e-6)


def test_the_deviation_is_the_biased_one():
    (normalised,) = normalise.z_norm([np.array([[1.0], [3.0]])])
    np.testing.assert_array_equal(normalised, [[-1], [1]])


@given(LENGTHS, strategies.floats(0.5, 20), strategies.floats(-50, 50))
def test_scale_and_offset_do_not_matter(lengths, scale, offset):
    if sum(lengths) == 1:
        lengths = [2]
    plain = normalise.z_norm(ramps(lengths))
    other = normalise.z_norm(ramps(lengths, scale=scale, offset=offset))
    for first, second in zip(plain, other, strict=True):
        np.testing.assert_allclose(first, second, atol=1e-3)


@given(LENGTHS)
def test_where_a_sequence_is_cut_does_not_matter(lengths):
    whole = np.concatenate(ramps(lengths))
    cut = np.split(whole, np.cumsum(lengths)[:-1])
    np.testing.assert_allclose(
        np.concatenate(normalise.z_norm(cut)),
        normalise.z_norm([whole])[0],
        atol=1e-5,
    )


def test_a_large_offset_costs_no_precision():
    ramp = np.linspace(-1, 1, 50_001, dtype="float32")[:, None]
    (normalised,) = normalise.z_norm([(1000 + ramp * [1, 2]).astype("float32")])
    assert np.abs(normalised.mean(axis=0, dtype="float64")).max() < 1e-5
    assert np.abs(normalised.std(axis=0, dtype="float64") - 1).max() < 1e-5


@pytest.mark.parametrize("constant", [0.0, -15.942385, 1e4])
def test_a_constant_value_comes_out_as_zero(constant):
    features = np.random.default_rng(0).normal(size=(40, 2)).astype("float32")
    features[:, 1] = constant
    (normalised,) = normalise.z_norm([features])
    np.testing.assert_array_equal(normalised[:, 1], np.zeros(40))
    assert abs(normalised[:, 0].std() - 1) < 1e-5


def test_a_single_step_comes_out_as_zero():
    (normalised,) = normalise.z_norm([np.array([[3.0, -1.0]], "float32")])
    np.testing.assert_array_equal(normalised, [[0, 0]])


def test_a_small_spread_is_divided_by_the_floor():
    (normalised,) = normalise.z_norm([np.array([[0.0], [1e-5]])])
    expected = 5e-6 / normalise.FLOOR
    np.testing.assert_allclose(normalised, [[-expected], [expected]], rtol=1e-5)


def test_the_floor_is_that_of_the_exported_graphs():
    from zoo.frontends import Standardisation

    assert Standardisation().floor == normalise.FLOOR


def test_what_is_given_stays_as_it_was():
    features = ramps([5, 4])
    copies = [rows.copy() for rows in features]
    normalise.by_speaker(features, ["a", "b"])
    normalise.by_recording(features)
    for first, other in zip(features, copies):
        np.testing.assert_array_equal(first, other)


def test_each_speakers_sequences_are_normalised_together_in_place():
    features = ramps([5, 6, 7, 8])
    normalised = normalise.by_speaker(features, ["a", "b", "a", "b"])
    for indices in ([0, 2], [1, 3]):
        expected = normalise.z_norm([features[i] for i in indices])
        for index, rows in zip(indices, expected):
            np.testing.assert_array_equal(normalised[index], rows)


def test_another_speakers_recordings_do_not_matter():
    features = ramps([5, 6, 7])
    alone = normalise.by_speaker(features[:2], ["a", "a"])
    among = normalise.by_speaker(features, ["a", "a", "b"])
    for first, other in zip(alone, among):
        np.testing.assert_array_equal(first, other)


def test_every_sequence_needs_a_speaker():
    with pytest.raises(ValueError, match="zip"):
        normalise.by_speaker(ramps([5, 6]), ["a"])


def test_by_recording_each_sequence_stands_alone():
    features = ramps([5, 6])
    normalised = normalise.by_recording(features)
    for first, rows in zip(normalised, features, strict=True):
        np.testing.assert_array_equal(first, normalise.z_norm([rows])[0])
    same = normalise.by_speaker(features, ["a", "b"])
    np.testing.assert_array_equal(same[1], normalised[1])


def test_in_turn_a_sequence_is_normalised_with_those_before_it():
    features = ramps([5, 1, 7, 6], offset=3.0)
    for last, found in enumerate(normalise.in_turn(features)):
        expected = normalise.z_norm(features[: last + 1])[-1]
        np.testing.assert_allclose(found, expected, atol=1e-5)
        assert found.dtype == np.float32


def test_in_turn_what_comes_later_does_not_matter():
    features = ramps([5, 1, 7, 6])
    whole = normalise.in_turn(features)
    for first, other in zip(normalise.in_turn(features[:3]), whole):
        np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize("count", [1, 40])
def test_in_turn_every_sequence_is_read_once(count):
    reads = []
    features = ramps([3] * count)

    def store(place):
        def read():
            reads.append(place)
            return features[place]

        return Stored(read, features[place].shape)

    lazy = normalise.in_turn([store(place) for place in range(count)])
    assert reads == [*range(count)], "no more than once, before it is used"
    for first, other in zip(lazy, normalise.in_turn(features), strict=True):
        assert isinstance(first, Stored)
        np.testing.assert_array_equal(first, other)


def test_running_each_speakers_sequences_are_normalised_in_a_drawn_order():
    features = ramps([5, 6, 7, 8, 4, 3])
    speakers = ["a", "b", "a", "b", "a", "b"]
    found = normalise.running(features, speakers)
    for speaker in "ab":
        own = [i for i in range(6) if speakers[i] == speaker]
        order = [own[place] for place in normalise.drawn_order(speaker, 3)]
        expected = normalise.in_turn([features[i] for i in order])
        for index, rows in zip(order, expected):
            np.testing.assert_array_equal(found[index], rows)


def test_running_another_speakers_recordings_do_not_matter():
    features = ramps([5, 6, 7])
    alone = normalise.running(features[:2], ["a", "a"])
    among = normalise.running([features[2], *features[:2]], ["b", "a", "a"])
    for first, other in zip(alone, among[1:]):
        np.testing.assert_array_equal(first, other)


def test_a_drawn_order_is_the_speakers_own_and_the_same_again():
    first = normalise.drawn_order("a", 12)
    assert sorted(first) == [*range(12)]
    assert first == normalise.drawn_order("a", 12)
    assert first != normalise.drawn_order("b", 12)
    assert first != sorted(first), "corpora list recordings by their class"


def test_the_last_recording_of_all_is_normalised_as_by_speaker():
    features = ramps([5, 6, 7])
    last = normalise.drawn_order("a", 3)[-1]
    found = normalise.running(features, ["a"] * 3)[last]
    expected = normalise.by_speaker(features, ["a"] * 3)[last]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_waveforms_are_normalised_in_turn_too():
    waveforms = [rows[:, 0] for rows in ramps([50, 60])]
    found = normalise.in_turn(waveforms)
    np.testing.assert_array_equal(
        found[0], normalise.by_recording(waveforms)[0]
    )
    np.testing.assert_allclose(
        found[1], normalise.z_norm(waveforms)[1], atol=1e-5
    )
