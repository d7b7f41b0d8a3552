"""Pooling over windows and over rows, with masks."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from contracts import array, check_layer, noise, with_mask
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo import layers
from zoo.papers.waveform_mtl.layers import LastStep


def pooled(layer, sequence, lengths):
    return layer(sequence, layers.SequenceMask()(sequence, lengths))


def spread(layer, sequence, lengths):
    """What is pooled over all of a row, at every valid step of it."""
    mask = layers.SequenceMask()(sequence, lengths)
    found = layer(sequence, mask=mask)
    found = found[0] if isinstance(found, (tuple, list)) else found
    mask = keras.ops.expand_dims(mask, -1)
    return keras.ops.where(mask, keras.ops.expand_dims(found, 1), 0.0)


@pytest.mark.parametrize("factor", [2, 3, 5])
def test_pooling_keeps_the_contract(factor):
    check_layer(
        layers.MaxPooling1D(factor),
        (4,),
        (4,),
        pooled,
        steps=lambda length: -(-length // factor),
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20), st.integers(0, 20), st.integers(2, 6))
def test_pooling_takes_the_largest_valid_step(longest, length, factor):
    sequence = noise((1, longest, 2)) - 10  # a zero would win
    lengths = np.array([min(length, longest)], "int32")
    found, mask = pooled(layers.MaxPooling1D(factor), sequence, lengths)
    valid = sequence[0, : lengths[0]]
    expected = [
        valid[start : start + factor].max(axis=0)
        for start in range(0, len(valid), factor)
    ]
    assert array(mask)[0].sum() == len(expected)
    assert array(mask).shape[1] == -(-longest // factor)
    assert array(mask)[0, : len(expected)].all()
    found = array(found)[0]
    np.testing.assert_array_equal(found[: len(expected)], expected or found[:0])
    assert (found[len(expected) :] == 0).all()


@pytest.mark.parametrize(
    "layer",
    [
        layers.AttentionPooling,
        layers.GlobalAveragePooling1D,
        layers.GlobalMaxPooling1D,
        LastStep,
    ],
)
def test_pooling_over_all_steps_keeps_the_contract(layer):
    check_layer(layer(), (4,), (4,), spread)
    nothing = np.full((1, 3, 4), np.nan, "float32")
    empty = spread(layer(), nothing, np.array([0]))
    assert (array(empty) == 0).all()


@pytest.mark.parametrize(
    "layer, expected",
    [
        (layers.GlobalAveragePooling1D(), np.mean),
        (layers.GlobalMaxPooling1D(), np.max),
    ],
)
def test_pooling_without_a_mask_is_over_every_step(layer, expected):
    sequence = noise((2, 9, 4))
    found = array(layer(sequence))
    np.testing.assert_allclose(found, expected(sequence, axis=1), atol=1e-6)


def test_the_mean_is_that_of_the_valid_steps():
    sequence = noise((2, 9, 4))
    layer = layers.GlobalAveragePooling1D()
    found = array(with_mask(layer, sequence, np.array([9, 5])))
    expected = [sequence[0].mean(axis=0), sequence[1, :5].mean(axis=0)]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_factor_below_two_is_refused():
    with pytest.raises(ValueError, match="at least 2. Received: factor=1"):
        layers.MaxPooling1D(1)
