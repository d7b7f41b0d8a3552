"""JSON requests in TF Serving's row and column form become arrays.

Texts of errors are those of TF Serving, which names what it found and where.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from serving.server.errors import ServingError, invalid
from serving.server.json_tensor import is_base64, shown, tensor

ROWS, COLUMNS = "instances", "inputs"
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


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object that a request's body begins with.

    Raises:
        ServingError: it does not begin with one.
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
        found, _ = json.JSONDecoder().raw_decode(text)
    except json.JSONDecodeError as error:
        said = next(
            (
                ours
                for theirs, ours in _PARSE_ERRORS.items()
                if error.msg.startswith(theirs)
            ),
            error.msg,
        )
        raise invalid(
            f"JSON Parse error: {said} at offset: {error.pos}"
        ) from None
    except (RecursionError, ValueError) as error:  # ValueError: a huge integer
        raise invalid(f"JSON Parse error: {error}") from None
    if not isinstance(found, dict):
        raise _format(found, "Is not object")
    return found


def signature_name(document: Mapping[str, Any]) -> str:
    """The signature that a request names; empty for the default one."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {shown(document)} not formatted correctly. "
            "'signature_name' key must be a string value."
        )
    return name


def arrays(
    document: Mapping[str, Any], wanted: Mapping[str, Any]
) -> tuple[str, dict[str, np.ndarray]]:
    """The form of a request and its inputs.

    Args:
        document: of `parse`.
        wanted: TensorFlow's description of each input.

    Returns:
        `ROWS` or `COLUMNS`, and the inputs by name.

    Raises:
        ServingError: something is not as the signature wants it.
    """
    if ROWS in document and COLUMNS in document:
        raise _format(
            document,
            f"Not formatted correctly expecting only one of '{COLUMNS}' or "
            f"'{ROWS}' keys to exist ",
        )
    if ROWS in document:
        return ROWS, _rows(document, wanted)
    if COLUMNS in document:
        return COLUMNS, _columns(document[COLUMNS], wanted)
    raise invalid("Missing 'inputs' or 'instances' key")


def _rows(document: Mapping[str, Any], wanted) -> dict[str, np.ndarray]:
    rows = document[ROWS]
    if not isinstance(rows, list):
        raise _format(document, f"Expecting '{ROWS}' to be an list/array")
    if not rows:
        raise _format(document, f"No values in '{ROWS}' array")
    if not isinstance(rows[0], dict) and len(wanted) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as "
            "multiple input tensors required as per tensorinfo_map"
        )
    named = _is_object(rows[0])
    gathered: dict[str, list[np.ndarray]] = {name: [] for name in wanted}
    for place, row in enumerate(rows):
        if named:
            _check_row(place, row, wanted)
            values = row
        else:
            if _is_object(row):
                raise invalid(
                    "Expecting value/list but got object at item "
                    f"{place} of input list"
                )
            values = {next(iter(wanted)): row}
        for name, value in values.items():
            where = f" key: {name}" if named else ""
            try:
                each = tensor(value, wanted[name].dtype)
                _check_alike(gathered[name], each)
            except ServingError as error:
                raise invalid(
                    f"Failed to process element: {place}{where} of "
                    f"'instances' list. Error: {error.code}: {error.message}"
                ) from None
            gathered[name].append(each)
    return {name: np.stack(each) for name, each in gathered.items()}


def _check_row(place: int, row: Any, wanted) -> None:
    if not _is_object(row):
        raise invalid(
            f"Expecting object but got list at item {place} of input list"
        )
    for name in row:
        if name not in wanted:
            raise invalid(
                f"Failed to process element: {place} key: {name} of "
                "'instances' list. Error: INVALID_ARGUMENT: JSON object: does "
                f"not have named input: {name}"
            )
    if row.keys() != {*wanted}:
        raise invalid(
            f"Failed to process element: {place} of 'instances' list. JSON "
            f"object: {shown(row)} keys must be equal to: "
            f"{','.join(sorted(wanted))}"
        )


def _check_alike(before: list[np.ndarray], each: np.ndarray) -> None:
    if not before or before[0].shape == each.shape:
        return
    if before[0].size != each.size:
        raise invalid(
            f"Expecting tensor size: {before[0].size} but got: {each.size}"
        )
    raise invalid(f"Expecting shape {_dims(before[0])} but got: {_dims(each)}")


def _dims(array: np.ndarray) -> str:
    return "[" + ",".join(map(str, array.shape)) + "]"


def _columns(value: Any, wanted) -> dict[str, np.ndarray]:
    if not _is_object(value):
        if len(wanted) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as "
                "multiple input tensors required as per tensorinfo_map"
            )
        name = next(iter(wanted))
        return {name: tensor(value, wanted[name].dtype)}
    for name in wanted:
        if name not in value:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
    return {name: tensor(value[name], wanted[name].dtype) for name in wanted}


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and not is_base64(value)


def _format(value: Any, text: str) -> ServingError:
    return invalid(f"JSON Value: {shown(value)} {text}")
