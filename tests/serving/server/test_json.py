"""Conversion between JSON and arrays, as TF Serving does it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.server import json_out
from serving.server.errors import ServingError
from serving.server.json_tensor import tensor

FLOAT, INT32, STRING, BOOL, INT64 = 1, 3, 7, 10, 9


@pytest.mark.parametrize(
    "value, text",
    [
        (0.2, "0.2"),
        (1.0, "1.0"),
        (9000000.0, "9e+06"),
        (0.00003, "3e-05"),
        (1 / 3, "0.333333343"),
        (123456.0, "123456.0"),
        (1234567.0, "1234567.0"),
        (-0.0, "-0.0"),
        (np.nan, "NaN"),
        (-np.inf, "-Infinity"),
    ],
)
def test_a_float_has_the_digits_that_bring_it_back(value, text):
    assert json_out.decimal(np.float32(value)) == text


@given(st.floats(width=32, allow_nan=False))
def test_any_float_comes_back(value):
    text = json_out.decimal(np.float32(value))
    assert np.float32(text) == np.float32(value)
    assert any(mark in text for mark in ".eI")


@pytest.mark.parametrize(
    "value, dtype, expected",
    [
        ([1, 2.5], FLOAT, np.array([1, 2.5], "f4")),
        (3, INT32, np.array(3, "i4")),
        ([[True], [False]], BOOL, np.array([[True], [False]])),
        ([], FLOAT, np.zeros(0, "f4")),
        ([[], []], FLOAT, np.zeros((2, 0), "f4")),
        ([2**40], INT64, np.array([2**40])),
    ],
)
def test_values_become_tensors(value, dtype, expected):
    array = tensor(value, dtype)
    np.testing.assert_array_equal(array, expected)
    assert array.dtype == expected.dtype


def test_bytes_come_in_base64_and_strings_plain():
    array = tensor([{"b64": "aGk="}, "hi"], STRING)
    assert array.tolist() == [b"hi", b"hi"]


@pytest.mark.parametrize(
    "value, dtype, text",
    [
        ([2**40], INT32, "1099511627776 Type: Number is not of .* type: int32"),
        ([1.0], INT32, "1.0 Type: Number is not of expected type: int32"),
        ([True], FLOAT, "true Type: True is not of expected type: float"),
        ([None], FLOAT, "null Type: Null is not of expected type: float"),
        ([1], STRING, "1 Type: Number is not of expected type: string"),
        ([{"b64": "?"}], STRING, "Unable to base64 decode"),
        ([{"a": "?"}], STRING, "not formatted correctly for base64 data"),
        ([1, [2]], FLOAT, "list at unexpected level: 1 expected < 1"),
        ([[1], 2], FLOAT, "2 found at incorrect level: 2 in the JSON DOM"),
    ],
)
def test_values_of_another_kind_are_refused(value, dtype, text):
    with pytest.raises(ServingError, match=text):
        tensor(value, dtype)


def test_other_types_are_written_too():
    outputs = {
        "a_bytes": np.array([b"hi"], object),
        "b": np.array(["say"], object),
        "c": np.array([True]),
        "d": np.array([3]),
    }
    text = json_out.columns(outputs)
    for part in ('"b64": "aGk="', '"say"', "true", "3"):
        assert part in text
    with pytest.raises(ServingError, match="has inconsistent batch size: 2"):
        json_out.rows({"a": np.zeros(1), "b": np.zeros(2)})
    with pytest.raises(ServingError, match="has no shape information"):
        json_out.rows({"a": np.float32(1)})
