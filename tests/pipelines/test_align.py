"""Alignment of features, words, segments and labels in time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipelines import align
from pipelines.corpora._io import csd
from zoo import frontends

STREAMS = {"COVAREP": "COVAREP.csd", "FACET 4.2": "FACET_4.2.csd"}

intervals = hnp.arrays(
    float, st.tuples(st.integers(0, 12), st.just(2)), elements=st.floats(-3, 9)
).map(lambda rows: np.sort(rows, axis=1))


def by_hand(reference, rows, features):
    """One word after the other, by the definition."""
    averages = np.zeros((len(reference), features.shape[1]))
    for average, (start, end) in zip(averages, reference):
        total = 0.0
        for (begins, stops), values in zip(rows, features):
            overlap = min(end, stops) - max(start, begins)
            if overlap > align.EPSILON:
                average += overlap * values
                total += overlap
        if total:
            average /= total
    return averages


@given(intervals, intervals)
def test_averages_are_those_of_the_definition(reference, rows):
    features = np.arange(3.0 * len(rows)).reshape(-1, 3) ** 2
    np.testing.assert_allclose(
        align.overlap_average(reference, rows, features),
        by_hand(reference, rows, features),
        atol=1e-9,
    )


@given(intervals, intervals, st.randoms(use_true_random=False))
def test_the_order_of_frames_changes_nothing(reference, rows, random):
    features = np.arange(2.0 * len(rows)).reshape(-1, 2)
    order = random.sample(range(len(rows)), len(rows))
    np.testing.assert_allclose(
        align.overlap_average(reference, rows, features),
        align.overlap_average(reference, rows[order], features[order]),
        atol=1e-9,
    )


@given(intervals, intervals)
def test_an_average_lies_among_what_it_averages(reference, rows):
    features = np.linspace(1, 2, len(rows))[:, None]
    averages = align.overlap_average(reference, rows, features)
    assert ((averages == 0) | (1 - 1e-12 <= averages)).all()
    assert (averages <= 2 + 1e-12).all()


@pytest.mark.parametrize("root", STREAMS)
def test_words_are_what_the_sdk_answers(shared, root):
    words = csd.ComputationalSequence(
        shared("reference", "mmsdk", "glove_vectors.csd")
    )
    stream = csd.ComputationalSequence(
        shared("reference", "mmsdk", STREAMS[root])
    )
    answers = np.load(shared("reference", "mmsdk", "sdk_answers.npz"))
    zeros = infinite = 0
    for video in words.videos:
        averages = align.overlap_average(
            words.intervals(video),
            stream.intervals(video),
            stream.features(video),
        )
        for place, average in enumerate(averages):
            key = f"words/{root}/{video}[{place}]/features"
            (wanted,) = answers[key]
            np.testing.assert_allclose(average, wanted, rtol=0, atol=1e-5)
            zeros += not wanted.any()
            infinite += np.isinf(wanted).sum()
    # A lost face for three words, and frames of -inf, are among them.
    assert (zeros, infinite > 0) == (3 * (root == "FACET 4.2"), root[0] == "C")


def test_segments_hold_the_words_that_the_sdk_finds(shared):
    words, labels = (
        csd.ComputationalSequence(shared("reference", "mmsdk", name))
        for name in ("glove_vectors.csd", "All_Labels.csd")
    )
    answers = np.load(shared("reference", "mmsdk", "sdk_answers.npz"))
    for video in words.videos:
        features = words.features(video)
        held = align.words_of_segments(
            labels.intervals(video), words.intervals(video)
        )
        for place, rows in enumerate(held):
            key = f"segments/glove_vectors/{video}[{place}]/features"
            np.testing.assert_allclose(features[rows], answers[key], atol=1e-5)


def test_a_word_covered_in_part_is_not_drawn_towards_zero():
    average = align.overlap_average([[0, 10]], [[2, 3]], [[5.0]])
    assert average == 5.0


def test_what_touches_or_hardly_overlaps_does_not_count():
    frames = [[0, 1], [1, 2], [2 - 0.9e-5, 3]]
    average = align.overlap_average([[1, 2]], frames, [[9.0], [1.0], [9.0]])
    assert average == 1.0


@pytest.mark.parametrize("rows", [np.empty((0, 2)), [[5, 6]], [[0.5, 0.5]]])
def test_words_without_any_frame_are_zeros(rows):
    averages = align.overlap_average([[0, 1]], rows, np.ones((len(rows), 4)))
    np.testing.assert_array_equal(averages, np.zeros((1, 4)))


def test_a_word_of_no_length_is_zeros():
    averages = align.overlap_average([[1, 1 + 1e-6]], [[0, 2]], [[7.0]])
    assert averages == 0.0


def test_infinities_reach_the_words_that_they_overlap_alone():
    frames = [[0, 1], [1, 2], [2, 3]]
    features = [[-np.inf, 1.0], [2.0, np.nan], [3.0, 4.0]]
    averages = align.overlap_average([[0, 2], [2, 3]], frames, features)
    np.testing.assert_array_equal(averages, [[-np.inf, np.nan], [3.0, 4.0]])


def test_sums_do_not_lose_digits_over_a_long_recording():
    """What a running sum from the start would lose."""
    frames = np.stack([np.arange(300_000), np.arange(300_000) + 1], 1) / 100
    features = np.full((300_000, 1), 1e6)
    features[-100:] = 1e-3
    average = align.overlap_average([[2999.0, 3000.0]], frames, features)
    assert average == pytest.approx(1e-3, rel=1e-9)


def test_words_of_segments_gives_a_word_on_a_border_to_both_sides():
    first, second, none = align.words_of_segments(
        [[0, 2], [2, 4], [7, 8]], [[1, 3], [0, 1], [3, 4], [2, 2]]
    )
    assert first.tolist() == [1, 0] and second.tolist() == [0, 2]
    assert none.tolist() == []


def test_words_of_segments_of_nothing_is_nothing():
    assert align.words_of_segments([], [[0, 1]]) == []
    assert [
        len(indices)
        for indices in align.words_of_segments([[0, 1], [1, 2]], [])
    ] == [0, 0]


@pytest.mark.parametrize(
    "rows, words",
    [
        ([[0, 1, 2]], "shape=.1, 3."),
        ([0, 1], "shape=.2,."),
        ([[0, 1], [3, 2]], "1 invalid of 2, first row 1: 3 to 2 s"),
        ([[np.nan, 1]], "first row 0: nan to 1 s"),
        ([[0, np.inf]], "first row 0: 0 to inf s"),
    ],
)
def test_broken_intervals_are_refused(rows, words):
    with pytest.raises(ValueError, match=f"`reference_intervals`.*{words}"):
        align.overlap_average(rows, [[0, 1]], [[0.0]])
    with pytest.raises(ValueError, match=f"`words`.*{words}"):
        align.words_of_segments([[0, 1]], rows)


def test_features_must_have_a_row_a_frame():
    with pytest.raises(ValueError, match="each of the 1 .*shape=.2, 1."):
        align.overlap_average([[0, 1]], [[0, 1]], [[0.0], [1.0]])


def test_pairs_that_would_fill_the_memory_are_refused(monkeypatch):
    monkeypatch.setattr(align, "_MAX_PAIRS", 50)
    frames = np.stack([np.zeros(10), np.full(10, 9.0)], 1)
    with pytest.raises(ValueError, match="100 pairs.*longest of 9 s"):
        align.overlaps(frames, frames)


def test_the_row_at_the_end_of_300_seconds_is_dropped():
    steps = frontends.stacked_log_mel_steps(300 * 16_000)
    rows = np.arange(7501)
    assert steps == 7500
    np.testing.assert_array_equal(align.fit_to_steps(rows, steps), rows[:7500])
    np.testing.assert_array_equal(
        align.fit_to_steps(rows[:7500], steps), rows[:7500]
    )


@pytest.mark.parametrize("rows", [0, 1, 9, 12, 20])
def test_any_other_number_of_rows_is_refused(rows):
    with pytest.raises(ValueError, match=f"x.arff.* 10 .*Received: {rows} "):
        align.fit_to_steps(np.zeros(rows), 10, "x.arff")


def test_a_recording_shorter_than_a_window_is_refused():
    steps = frontends.stacked_log_mel_steps(399)
    assert steps == 0
    with pytest.raises(ValueError, match="longer than one window of 25 ms"):
        align.fit_to_steps(np.zeros(1), steps)
