"""Parses JSON requests in TF Serving's row and column form.

The texts of errors are those of TF Serving.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from serving.server.errors import ServingError, invalid
from serving.server.json_tensor import is_base64, shown, tensor

ROWS, COLUMNS = "instances", "inputs"
Tensors = Mapping[str, Any]
"""TensorFlow's description of each input of a signature."""

_PARSE_ERRORS = {
    "Expecting value": "Invalid value.",
    "Expecting property name": "Missing a name for object member.",
    "Illegal trailing comma": "Missing a name for object member.",
    "Expecting ':'": "Missing a colon after a name of object member.",
    "Expecting ','": "Missing a comma or } after an object member.",
    "Unterminated string": "Missing a closing quotation mark in string.",
    "Invalid \\": "Invalid escape character in string.",
    "Invalid control": "Invalid encoding in string.",
}
"""TF Serving's message by the beginning of Python's."""


def parse(body: bytes) -> dict[str, Any]:
    """Returns the JSON object that a request's body begins with.

    Raises:
        ServingError: it does not begin with one.

    Example:
        >>> parse(b'{"inputs": [1]} and more')
        {'inputs': [1]}
    """
    try:
        text = body.decode("utf-8").lstrip(" \t\r\n")
    except UnicodeDecodeError as error:
        raise invalid(
            "JSON Parse error: Invalid encoding in string. at offset: "
            f"{error.start}"
        ) from None
    if not text:
        raise invalid("JSON Parse error: The document is empty")
    try:
        document, _ = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:
        message = next(
            (
                message
                for beginning, message in _PARSE_ERRORS.items()
                if error.msg.startswith(beginning)
            ),
            error.msg,
        )
        raise invalid(
            f"JSON Parse error: {message} at offset: {error.pos}"
        ) from None
    except (RecursionError, ValueError) as error:  # ValueError: a huge integer
        raise invalid(f"JSON Parse error: {error}") from None
    if not isinstance(document, dict):
        raise _format_error(document, "Is not object")
    return document


def signature_name(document: Mapping[str, Any]) -> str:
    """Returns the signature that a request names; "" for the default one."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {shown(document)} not formatted correctly. "
            "'signature_name' key must be a string value."
        )
    return name


def arrays(
    document: Mapping[str, Any], tensors: Tensors
) -> tuple[str, dict[str, np.ndarray]]:
    """Returns the form of a request and its inputs.

    Args:
        document: of `parse`.
        tensors: the inputs of the signature.

    Returns:
        `ROWS` or `COLUMNS`, and the inputs by name.

    Raises:
        ServingError: the inputs are not those of the signature.
    """
    if ROWS in document and COLUMNS in document:
        raise _format_error(
            document,
            f"Not formatted correctly expecting only one of '{COLUMNS}' or "
            f"'{ROWS}' keys to exist ",
        )
    if ROWS in document:
        return ROWS, _rows(document, tensors)
    if COLUMNS in document:
        return COLUMNS, _columns(document[COLUMNS], tensors)
    raise invalid("Missing 'inputs' or 'instances' key")


def _rows(
    document: Mapping[str, Any], tensors: Tensors
) -> dict[str, np.ndarray]:
    rows = document[ROWS]
    if not isinstance(rows, list):
        raise _format_error(document, f"Expecting '{ROWS}' to be an list/array")
    if not rows:
        raise _format_error(document, f"No values in '{ROWS}' array")
    if not isinstance(rows[0], dict) and len(tensors) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as "
            "multiple input tensors required as per tensorinfo_map"
        )
    named = _is_object(rows[0])
    gathered: dict[str, list[np.ndarray]] = {name: [] for name in tensors}
    for index, row in enumerate(rows):
        values = _values(index, row, tensors, named)
        for name, value in values.items():
            key = f" key: {name}" if named else ""
            try:
                array = tensor(value, tensors[name].dtype)
                _check_equal_shapes(gathered[name], array)
            except ServingError as error:
                raise invalid(
                    f"Failed to process element: {index}{key} of "
                    f"'instances' list. Error: {error.code}: {error.message}"
                ) from None
            gathered[name].append(array)
    return {name: np.stack(parts) for name, parts in gathered.items()}


def _values(
    index: int, row: Any, tensors: Tensors, named: bool
) -> Mapping[str, Any]:
    """Returns the values of a row by input."""
    if named:
        _check_row(index, row, tensors)
        return row
    if _is_object(row):
        raise invalid(
            f"Expecting value/list but got object at item {index} of input list"
        )
    return {next(iter(tensors)): row}


def _check_row(index: int, row: Any, tensors: Tensors) -> None:
    if not _is_object(row):
        raise invalid(
            f"Expecting object but got list at item {index} of input list"
        )
    for name in row:
        if name not in tensors:
            raise invalid(
                f"Failed to process element: {index} key: {name} of "
                "'instances' list. Error: INVALID_ARGUMENT: JSON object: does "
                f"not have named input: {name}"
            )
    if row.keys() != {*tensors}:
        raise invalid(
            f"Failed to process element: {index} of 'instances' list. JSON "
            f"object: {shown(row)} keys must be equal to: "
            f"{','.join(sorted(tensors))}"
        )


def _check_equal_shapes(before: list[np.ndarray], array: np.ndarray) -> None:
    if not before or before[0].shape == array.shape:
        return
    if before[0].size != array.size:
        raise invalid(
            f"Expecting tensor size: {before[0].size} but got: {array.size}"
        )
    raise invalid(f"Expecting shape {_dims(before[0])} but got: {_dims(array)}")


def _dims(array: np.ndarray) -> str:
    return "[" + ",".join(map(str, array.shape)) + "]"


def _columns(value: Any, tensors: Tensors) -> dict[str, np.ndarray]:
    if not _is_object(value):
        if len(tensors) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as "
                "multiple input tensors required as per tensorinfo_map"
            )
        name = next(iter(tensors))
        return {name: tensor(value, tensors[name].dtype)}
    for name in tensors:
        if name not in value:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
    return {name: tensor(value[name], tensors[name].dtype) for name in tensors}


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and not is_base64(value)


def _format_error(value: Any, text: str) -> ServingError:
    return invalid(f"JSON Value: {shown(value)} {text}")
