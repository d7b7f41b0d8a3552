"""Converts a value of a JSON request to an array, with TF Serving's errors."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

import numpy as np

from serving.server.errors import invalid

LONGEST = 256
"""Characters of a value that an error shows at most."""

_KINDS = {"f": "biuf", "i": "iu", "u": "iu", "b": "b"}


def tensor(value: Any, number: int) -> np.ndarray:
    """Converts a JSON value to an array.

    Args:
        value: a number, or lists of one depth.
        number: of the TensorFlow type.

    Raises:
        ServingError: lists of different lengths, or values of another type.

    Example:
        >>> tensor([[1, 2.5]], 1)
        array([[1. , 2.5]], dtype=float32)
    """
    import tensorflow as tf

    dtype = tf.dtypes.as_dtype(number)
    shape, inner = [], value
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    if dtype.as_numpy_dtype is not object:
        fast = _fast(value, shape, np.dtype(dtype.as_numpy_dtype))
        if fast is not None:
            return fast
    flat: list[Any] = []
    _fill(value, 0, shape, dtype, flat)
    return np.array(flat, dtype.as_numpy_dtype).reshape(shape)


def _fast(value: Any, shape: list[int], dtype: np.dtype) -> np.ndarray | None:
    """Converts by NumPy; `None` where kind or shape are not the right ones."""
    try:
        array = np.array(value)
    except (ValueError, OverflowError):
        return None
    if list(array.shape) != shape or array.dtype.kind not in _KINDS[dtype.kind]:
        return None
    if array.dtype.kind == "b" and dtype.kind != "b":
        return None
    if dtype.kind in "iu" and array.size:
        bounds = np.iinfo(dtype)
        if array.min() < bounds.min or array.max() > bounds.max:
            return None
    with np.errstate(over="ignore"):
        return array.astype(dtype)


def _fill(
    value: Any, level: int, shape: list[int], dtype: Any, flat: list[Any]
) -> None:
    """Collects values in TF Serving's order, with its errors."""
    if not isinstance(value, list):
        if level != len(shape):
            raise invalid(
                f"JSON Value: {shown(value)} found at incorrect level: "
                f"{level + 1} in the JSON DOM. Expected at level: {len(shape)}"
            )
        flat.append(_single(value, dtype))
        return
    if level >= len(shape):
        raise invalid(
            f"Encountered list at unexpected level: {level} expected < "
            f"{len(shape)}"
        )
    if len(value) != shape[level]:
        raise invalid(
            f"Encountered list at unexpected size: {len(value)} at level: "
            f"{level} expected size: {shape[level]}"
        )
    for inner in value:
        _fill(inner, level + 1, shape, dtype, flat)


def _single(value: Any, dtype: Any) -> Any:
    """Returns one value for an array, or raises TF Serving's error."""
    if dtype.name == "string":
        if is_base64(value):
            try:
                return base64.b64decode(value["b64"], validate=True)
            except binascii.Error:
                raise invalid("Unable to base64 decode") from None
        if isinstance(value, dict):
            raise invalid(
                f"JSON Value: {shown(value)} not formatted correctly for "
                "base64 data"
            )
        if isinstance(value, str):
            return value.encode()
    plain = np.dtype(dtype.as_numpy_dtype)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if plain.kind == "f" and number:
        return value
    if plain.kind in "iu" and number and isinstance(value, int):
        bounds = np.iinfo(plain)
        if bounds.min <= value <= bounds.max:
            return value
    if plain.kind == "b" and isinstance(value, bool):
        return value
    raise invalid(
        f"JSON Value: {shown(value)} Type: {_type(value)} is not of expected "
        f"type: {'float' if dtype.name == 'float32' else dtype.name}"
    )


def _type(value: Any) -> str:
    """Returns the name of a value's type in TF Serving's errors."""
    if value is None or isinstance(value, bool):
        return {None: "Null", True: "True", False: "False"}[value]
    if isinstance(value, dict):
        return "Object"
    return "String" if isinstance(value, str) else "Number"


def is_base64(value: Any) -> bool:
    """Returns whether a value is TF Serving's object for bytes.

    Example:
        >>> is_base64({"b64": "aGk="})
        True
    """
    if not isinstance(value, dict) or [*value] != ["b64"]:
        return False
    return isinstance(value["b64"], str)


def shown(value: Any) -> str:
    """Returns the beginning of a value's JSON, for an error."""
    text = ""
    for part in json.JSONEncoder(indent=4).iterencode(value):
        text += part
        if len(text) >= LONGEST:
            break
    return text[:LONGEST]
