"""Weights in half precision."""

from __future__ import annotations

import keras
import numpy as np
from contracts import array, noise

import zoo
from tuning.runs import half_precision
from zoo.weights import _check_layers

ARGUMENTS = {"depth": 4, "width": 64}


def saved(tmp_path):
    """A network, its input and the file of its weights."""
    model = zoo.get("recola_dilated", weights=None, **ARGUMENTS)
    path = tmp_path / "own.weights.h5"
    model.save_weights(path)
    inputs = {
        "features": noise((1, 60, 160)),
        "lengths": np.array([60], "int32"),
    }
    return model, inputs, path


def test_a_file_is_half_as_large_and_says_the_same(tmp_path):
    model, inputs, path = saved(tmp_path)
    size = path.stat().st_size
    half_precision.halve(path)
    assert path.stat().st_size < 0.75 * size
    _check_layers(model, path)
    loaded = zoo.get("recola_dilated", weights=str(path), **ARGUMENTS)
    before, after = (own(inputs) for own in (model, loaded))
    for name in before:
        np.testing.assert_allclose(
            array(after[name]), array(before[name]), atol=2e-3
        )
    assert {weight.dtype for weight in loaded.weights} == {"float32"}


def test_large_numbers_and_vectors_stay_exact(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    kernel = np.array([[1e6, 1.0], [0.1, 3.0]], "float32")
    bias = np.array([0.1, 0.2], "float32")
    model.set_weights([kernel, bias])
    path = tmp_path / "own.weights.h5"
    model.save_weights(path)
    half_precision.halve(path)
    model.set_weights([np.zeros_like(kernel), np.zeros_like(bias)])
    model.load_weights(path)
    for observed, expected in zip(model.get_weights(), (kernel, bias)):
        np.testing.assert_array_equal(observed, expected)
