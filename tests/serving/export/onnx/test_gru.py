"""GRU layers with a step that tf2onnx recognises."""

from __future__ import annotations

import golden
import keras
import numpy as np
import pytest
from contracts import array, noise

from serving.export.onnx import gru


@pytest.mark.parametrize("mask", [None, [[True, True, False]]])
def test_steps_of_another_form_compute_the_same(mask):
    inputs = keras.Input((None, 5))
    valid = keras.Input((None,), dtype="bool")
    layer = keras.layers.GRU(4, return_sequences=True)
    outputs = layer(inputs, mask=valid if mask else None)
    model = keras.Model([inputs, valid], outputs)
    golden.fix_weights(model)
    given = noise((1, 3, 5)), np.array(mask or [[True] * 3])
    expected = array(model(given))
    with gru.convertible(model):
        np.testing.assert_allclose(array(model(given)), expected, atol=1e-6)
        assert "inner_loop" in vars(layer)
    assert "inner_loop" not in vars(layer) and "call" not in vars(layer.cell)
