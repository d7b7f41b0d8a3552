"""The emotion language model against its definition."""

from __future__ import annotations

import collections
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo import decoding

START = "start"
TRAINING = [[0, 1, 0, 2, 0, 1], [1, 2, 1, 0], [0, 1, 2]]


def witten_bell(sequences, classes, history, region):
    """P(region | history), one n-gram at a time."""
    after = collections.Counter()
    for sequence in sequences:
        padded = [START, START, *sequence]
        for end in range(2, len(padded)):
            if tuple(padded[end - len(history) : end]) == history:
                after[padded[end]] += 1
    if not history:
        lower = 1 / classes
    elif len(history) == 1:
        share = {
            other: witten_bell(sequences, classes, (), other)
            for other in range(classes)
            if other != history[0]
        }
        lower = share.get(region, 0) / sum(share.values())
    else:
        lower = witten_bell(sequences, classes, history[1:], region)
    if not after:
        return lower
    return (after[region] + len(after) * lower) / (after.total() + len(after))


@pytest.mark.parametrize("order", [2, 3])
def test_language_model_is_witten_bell(order):
    model = decoding.LanguageModel(order).fit(TRAINING, 4)
    symbols = [0, 1, 2, 3, START]
    for v, u, w in itertools.product(range(5), range(5), range(4)):
        history = (symbols[v], symbols[u])[3 - order :]
        expected = witten_bell(TRAINING, 4, history, w) if w != u else 0
        assert np.exp(model.table[v, u, w]) == pytest.approx(expected)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.lists(st.integers(0, 4), min_size=1), min_size=1),
    st.sampled_from([2, 3]),
)
def test_every_history_leaves_all_mass_to_other_regions(labels, order):
    sequences = [decoding.regions(trace) for trace in labels]
    table = np.exp(decoding.LanguageModel(order).fit(sequences, 5).table)
    np.testing.assert_allclose(table.sum(-1), 1)
    repeated = np.eye(6, 5, dtype=bool)
    assert not table[:, repeated].any()
    assert table[:, ~repeated].all()


def test_one_recording_of_one_region_leaves_every_labelling_possible():
    model = decoding.LanguageModel(3).fit([[1]], 3)
    assert np.isfinite(model.log_probability([0, 2, 0, 1, 2]))
    assert model.log_probability([1]) > model.log_probability([0])


def test_log_probability_adds_up_the_ngrams():
    model = decoding.LanguageModel(3).fit(TRAINING, 3)
    expected = (
        model.table[3, 3, 1]
        + model.table[3, 1, 0]
        + model.table[1, 0, 2]
        + model.table[0, 2, 0]
    )
    assert model.log_probability([1, 0, 2, 0]) == pytest.approx(expected)


@pytest.mark.parametrize(
    "sequences, classes, message",
    [
        ([], 3, "must hold a recording. Received: none"),
        ([[0]], 1, "`classes` must be at least 2"),
        ([[0, 0]], 3, "must differ from the one before"),
        ([[0, 3]], 3, "from 0 to 2. Received: 0 to 3"),
        ([[-1]], 3, "Received: -1 to -1"),
        ([[]], 3, r"shape=\(0,\)"),
        ([[0.5]], 3, "integer labels"),
        ([[[0, 1]]], 3, r"shape=\(1, 2\)"),
    ],
)
def test_fit_refuses_bad_input(sequences, classes, message):
    with pytest.raises(ValueError, match=message):
        decoding.LanguageModel(2).fit(sequences, classes)


def test_language_model_refuses_bad_input():
    with pytest.raises(ValueError, match="`order` must be 2 or 3"):
        decoding.LanguageModel(4)
    with pytest.raises(ValueError, match="call `fit` first"):
        decoding.LanguageModel(2).log_probability([0])
    model = decoding.LanguageModel(2).fit(TRAINING, 3)
    with pytest.raises(ValueError, match="from 0 to 2"):
        model.log_probability([1, 3])
    with pytest.raises(ValueError, match="must differ"):
        model.log_probability([1, 1])


def test_unsigned_labels_count_like_any_integers():
    unsigned = [np.array(each, np.uint64) for each in TRAINING]
    np.testing.assert_array_equal(
        decoding.LanguageModel(3).fit(unsigned, 3).table,
        decoding.LanguageModel(3).fit(TRAINING, 3).table,
    )
