"""A value of a JSON request becomes an array, or TF Serving's error."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

import numpy as np

from serving.server.errors import invalid

LONGEST = 256
"""Characters of a value in an error."""

_KINDS = {"f": "biuf", "i": "iu", "u": "iu", "b": "b"}


def tensor(value: Any, number: int) -> np.ndarray:
    """A JSON value as an array.

    Args:
        value: a number, or lists of one depth.
        number: of the TensorFlow type.

    Raises:
        ServingError: lists of different lengths, or values of another type.
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
    """An array where NumPy finds numbers of the right kind in that shape."""
    try:
        found = np.array(value)
    except (ValueError, OverflowError):
        return None
    if list(found.shape) != shape or found.dtype.kind not in _KINDS[dtype.kind]:
        return None
    if found.dtype.kind == "b" and dtype.kind != "b":
        return None
    if dtype.kind in "iu" and found.size:
        bounds = np.iinfo(dtype)
        if found.min() < bounds.min or found.max() > bounds.max:
            return None
    with np.errstate(over="ignore"):
        return found.astype(dtype)


def _fill(value: Any, level: int, shape: list[int], dtype, flat: list) -> None:
    """Collects values as TF Serving does, and stops where it would."""
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
    for each in value:
        _fill(each, level + 1, shape, dtype, flat)


def _single(value: Any, dtype) -> Any:
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
    kind = _type(value)
    raise invalid(
        f"JSON Value: {shown(value)} Type: {kind} is not of expected type: "
        f"{'float' if dtype.name == 'float32' else dtype.name}"
    )


def _type(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "Null", True: "True", False: "False"}[value]
    if isinstance(value, dict):
        return "Object"
    return "String" if isinstance(value, str) else "Number"


def is_base64(value: Any) -> bool:
    """Whether a value stands for bytes."""
    if not isinstance(value, dict) or [*value] != ["b64"]:
        return False
    return isinstance(value["b64"], str)


def shown(value: Any) -> str:
    """The beginning of a value's JSON, for an error."""
    text = ""
    for part in json.JSONEncoder(indent=4).iterencode(value):
        text += part
        if len(text) >= LONGEST:
            break
    return text[:LONGEST]
