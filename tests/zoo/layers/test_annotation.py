"""Unit and labels kept in a model's graph."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from zoo.layers import Annotation


@pytest.mark.parametrize("dtype", ["float16", "float32", "int32"])
def test_values_pass_unchanged_in_their_own_type(dtype):
    values = np.arange(6).reshape(2, 3).astype(dtype)
    layer = Annotation("probability", ("a", "b", "c"))
    outputs = layer(keras.ops.convert_to_tensor(values))
    assert keras.backend.standardize_dtype(outputs.dtype) == dtype
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(outputs), values)
    assert not layer.weights


def test_unit_and_labels_are_in_its_configuration():
    layer = Annotation("probability", ["a", "b"])
    again = Annotation.from_config(layer.get_config())
    assert (again.unit, again.labels) == ("probability", ("a", "b"))


def test_labels_name_every_value():
    with pytest.raises(ValueError, match="name the 3 values .*: a, b"):
        Annotation("probability", ("a", "b"))(np.zeros((1, 3)))
