"""Attention pooling against the papers' formula."""

from __future__ import annotations

import numpy as np
from contracts import array, check_layer, noise, with_mask

from zoo import layers


def attended(layer, sequence, lengths):
    """The weights of attention."""
    return with_mask(layer, sequence, lengths)[1]


def test_the_weights_of_attention_keep_the_contract():
    check_layer(layers.AttentionPooling(), (4,), (), attended)


def test_attention_is_the_papers_formula():
    sequence, lengths = noise((2, 9, 4)), np.array([9, 5])
    layer = layers.AttentionPooling()
    pooled, weights = map(array, with_mask(layer, sequence, lengths))
    for row, length in enumerate(lengths):
        steps = sequence[row, :length].astype("float64")
        scores = np.exp(steps @ array(layer.vector)[:, 0])
        expected = scores / scores.sum()
        np.testing.assert_allclose(weights[row, :length], expected, atol=1e-6)
        assert (weights[row, length:] == 0).all()
        np.testing.assert_allclose(pooled[row], expected @ steps, atol=1e-6)
    everywhere = layer(sequence[:, :5])[0]
    expected = with_mask(layer, sequence, np.array([5, 5]))[0]
    np.testing.assert_allclose(array(everywhere), array(expected), atol=1e-6)


def test_attention_weighs_steps_of_any_size():
    layer = layers.AttentionPooling()
    sequence = 1e6 * noise((2, 9, 4))
    pooled, weights = map(array, with_mask(layer, sequence, np.array([9, 1])))
    assert np.isfinite(pooled).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(pooled[1], sequence[1, 0])
