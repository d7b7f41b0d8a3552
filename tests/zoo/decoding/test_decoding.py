"""The decoder against brute force and against beams."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo import decoding

TRAINING = [[0, 1, 0, 2, 0, 1], [1, 2, 1, 0], [0, 1, 2]]


def simplexes(rng, shape, zeros=0.0):
    """Random distributions over the last axis, some of their values zero."""
    values = rng.uniform(0.01, 1, shape) * (rng.uniform(size=shape) >= zeros)
    values[..., 0] += 1e-3 * (values.sum(-1) == 0)
    return values / values.sum(-1, keepdims=True)


def problem(seed, frames, classes, order, zeros=0.0):
    """Posteriors, transitions and a language model, all random."""
    rng = np.random.default_rng(seed)
    sequences = [
        decoding.regions(rng.integers(classes, size=12)) for _ in range(3)
    ]
    return (
        decoding.log_probabilities(simplexes(rng, (frames, classes), zeros)),
        decoding.log_probabilities(simplexes(rng, (classes, classes), zeros)),
        decoding.LanguageModel(order).fit(sequences, classes),
    )


def brute_force(posteriors, transitions, model, alpha):
    """The best score over all labellings."""
    frames, classes = posteriors.shape
    best = -np.inf
    for labels in itertools.product(range(classes), repeat=frames):
        total = sum(posteriors[frame, u] for frame, u in enumerate(labels))
        total += sum(transitions[u, w] for u, w in itertools.pairwise(labels))
        runs = [label for label, _ in itertools.groupby(labels)]
        best = max(best, total + alpha * model.log_probability(runs))
    return best


@settings(deadline=None, max_examples=150)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.sampled_from([(1, 2), (7, 2), (1, 3), (5, 3), (4, 4), (3, 5)]),
    order=st.sampled_from([2, 3]),
    alpha=st.sampled_from([0, 0.3, 2, 14]),
    zeros=st.sampled_from([0, 0.4]),
    beam=st.integers(1, 8),
)
def test_exact_equals_brute_force_and_no_beam_beats_it(
    seed, size, order, alpha, zeros, beam
):
    inputs = (*problem(seed, *size, order, zeros), alpha)
    best = brute_force(*inputs)
    if best == -np.inf:
        with pytest.raises(ValueError, match="No labelling is left"):
            decoding.decode(*inputs)
        return
    labels, score = decoding.decode(*inputs)
    assert score == pytest.approx(best, abs=1e-9)
    assert decoding.score(labels, *inputs) == score
    wide = decoding.decode(*inputs, method="beam", beam=size[1] ** size[0])
    assert wide[1] == pytest.approx(best, abs=1e-9)
    if not zeros:
        narrow = decoding.decode(*inputs, method="beam", beam=beam)
        assert narrow[1] <= best + 1e-9


@pytest.mark.parametrize("order", [2, 3])
def test_exact_never_scores_below_a_beam_on_long_sequences(order):
    inputs = (*problem(5, 400, 6, order), 3.0)
    _, best = decoding.decode(*inputs)
    found = [
        decoding.decode(*inputs, method="beam", beam=beam)[1]
        for beam in (1, 10, 100)
    ]
    assert max(found) <= best + 1e-9
    assert min(found) < best


def test_a_beam_of_one_is_greedy():
    posteriors, transitions, model = problem(6, 30, 4, 3)
    labels, _ = decoding.decode(posteriors, transitions, model, 0, "beam", 1)
    greedy = [posteriors[0].argmax()]
    for frame in posteriors[1:]:
        greedy.append((frame + transitions[greedy[-1]]).argmax())
    np.testing.assert_array_equal(labels, greedy)


def test_score_is_equations_8_and_9():
    posteriors, transitions, model = problem(7, 4, 3, 3)
    expected = posteriors[[0, 1, 2, 3], [2, 2, 0, 2]].sum()
    expected += transitions[2, 2] + transitions[2, 0] + transitions[0, 2]
    expected += 2.5 * model.log_probability([2, 0, 2])
    found = decoding.score([2, 2, 0, 2], posteriors, transitions, model, 2.5)
    assert found == pytest.approx(expected)


def test_a_beam_that_loses_every_labelling_says_so():
    transitions = decoding.log_probabilities([[1, 0], [0, 1]])
    posteriors = decoding.log_probabilities([[0.9, 0.1], [0, 1]])
    model = decoding.LanguageModel(2).fit([[0, 1]], 2)
    labels, _ = decoding.decode(posteriors, transitions, model, 0)
    np.testing.assert_array_equal(labels, [1, 1])
    with pytest.raises(ValueError, match="widen the beam"):
        decoding.decode(posteriors, transitions, model, 0, "beam", beam=1)


def test_a_forbidden_transition_is_never_taken_at_alpha_zero():
    transitions = decoding.transition_log_probabilities(
        [[0, 0, 1, 1, 2, 2, 2]], 3, smoothing=0
    )
    assert transitions[0, 2] == -np.inf
    model = decoding.LanguageModel(3).fit(TRAINING, 3)
    posteriors = decoding.log_probabilities(
        [[1.0, 0.0, 0.0], [0.1, 0.0, 0.9], [0.0, 0.1, 0.9], [0.0, 0.1, 0.9]]
    )
    for method, beam in (("exact", None), ("beam", 9)):
        labels, score = decoding.decode(
            posteriors, transitions, model, 0, method, beam
        )
        np.testing.assert_array_equal(labels, [0, 0, 1, 2])
        assert np.isfinite(score)


def test_regions_collapse_runs():
    np.testing.assert_array_equal(
        decoding.regions([3, 3, 1, 3, 3, 3, 0]), [3, 1, 3, 0]
    )
    assert decoding.regions(np.array([], dtype=int)).size == 0
    with pytest.raises(ValueError, match=r"shape=\(2, 2\)"):
        decoding.regions([[0, 0], [1, 1]])


def test_transitions_are_counted_within_recordings():
    found = decoding.transition_log_probabilities(
        [[0, 0, 1], [2, 2, 0]], 3, smoothing=0.5
    )
    counts = np.array([[1, 1, 0], [0, 0, 0], [1, 0, 1]]) + 0.5
    np.testing.assert_allclose(
        np.exp(found), counts / counts.sum(1, keepdims=True)
    )


def test_priors_scale_posteriors_which_still_sum_to_one():
    posteriors = np.array([[[0.6, 0.3, 0.1]], [[0.2, 0.2, 0.6]]])
    found = decoding.posteriors_over_priors(posteriors, [0.8, 0.1, 0.1])
    weights = posteriors / [0.8, 0.1, 0.1]
    np.testing.assert_allclose(found, weights / weights.sum(-1, keepdims=True))
    assert found[0, 0].argmax() == 1


def test_a_class_never_shown_is_never_chosen():
    found = decoding.posteriors_over_priors([[0.1, 0.8, 0.1]], [0.5, 0, 0.5])
    np.testing.assert_allclose(found, [[0.5, 0, 0.5]])
    with pytest.raises(ValueError, match="1 frames without"):
        decoding.posteriors_over_priors([[0, 1, 0]], [0.5, 0, 0.5])


FLAT = np.log(np.full((4, 3), 1 / 3))
MODEL = decoding.LanguageModel(2).fit(TRAINING, 3)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"alpha": -1}, "`alpha` must be at least 0. Received: alpha=-1"),
        ({"alpha": np.nan}, "alpha=nan"),
        ({"log_posteriors": FLAT + 0.1}, "must sum to one.*1.10517"),
        ({"log_posteriors": FLAT + 1e4}, "must sum to one.*inf"),
        ({"log_posteriors": FLAT * np.nan}, "must not hold NaN.*12 NaN"),
        ({"log_posteriors": FLAT[0]}, r"\(frames, classes\)"),
        ({"log_posteriors": FLAT[:0]}, "at least one frame"),
        ({"log_transitions": FLAT}, r"`log_transitions` must be \(3, 3\)"),
        ({"log_transitions": FLAT[:3] * 2}, "must sum to one.*0.333"),
        (
            {"language_model": decoding.LanguageModel(2).fit(TRAINING, 4)},
            "must know the 3 classes.*Received: 4",
        ),
        ({"language_model": decoding.LanguageModel(2)}, "call `fit` first"),
        ({"method": "greedy"}, "`method` must be"),
        ({"method": "beam"}, "beam=None"),
        ({"method": "beam", "beam": 0}, "beam=0"),
        ({"beam": 5}, '"exact" without `beam`'),
    ],
)
def test_decode_refuses_bad_input(change, message):
    good = {
        "log_posteriors": FLAT,
        "log_transitions": FLAT[:3],
        "language_model": MODEL,
        "alpha": 1.0,
    }
    decoding.decode(**good)
    with pytest.raises(ValueError, match=message):
        decoding.decode(**{**good, **change})


def test_score_refuses_another_number_of_labels():
    with pytest.raises(ValueError, match="2 labels for 4 frames"):
        decoding.score([0, 1], FLAT, FLAT[:3], MODEL, 1)
    with pytest.raises(ValueError, match="`labels` must hold labels from 0"):
        decoding.score([0, 1, 2, 3], FLAT, FLAT[:3], MODEL, 1)


@pytest.mark.parametrize(
    "sequences, smoothing, message",
    [
        ([[0, 2]], 1, "from 0 to 1"),
        ([], 1, "must hold a recording"),
        ([[0]], -1, "`smoothing` must be at least 0"),
        ([[0, 0]], 0, r"no transition from \[1\]"),
    ],
)
def test_transitions_refuse_bad_input(sequences, smoothing, message):
    with pytest.raises(ValueError, match=message):
        decoding.transition_log_probabilities(sequences, 2, smoothing)


@pytest.mark.parametrize(
    "posteriors, priors, message",
    [
        ([[0.5, 0.4]], [0.5, 0.5], "`posteriors` must sum to one.*0.9"),
        ([[1.5, -0.5]], [0.5, 0.5], "at least 0"),
        ([[1.0]], [0.5, 0.5], r"`priors` \(classes,\)"),
        ([[0.5, 0.5]], [1, np.nan], "`priors` must not hold NaN"),
        ([[0.5, 0.5]], [1, 1], "`priors` must sum to one.*2"),
    ],
)
def test_scaling_refuses_bad_input(posteriors, priors, message):
    with pytest.raises(ValueError, match=message):
        decoding.posteriors_over_priors(posteriors, priors)
