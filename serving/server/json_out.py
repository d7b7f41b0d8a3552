"""Writes answers as JSON, byte for byte as TF Serving does.

It indents by four spaces, writes each row of the row form on one line, and
each number with the fewest digits that are read as the same number.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from serving.server.errors import invalid

_STEP = "    "


def rows(outputs: Mapping[str, np.ndarray]) -> str:
    """Writes the row form: a row is one value, or an object of all outputs."""
    for name, array in outputs.items():
        if not array.ndim:
            raise invalid(f"Tensor name: {name} has no shape information ")
    names = sorted(outputs)
    count = len(outputs[names[0]])
    for name in names:
        if len(outputs[name]) != count:
            raise invalid(
                f"Tensor name: {name} has inconsistent batch size: "
                f"{len(outputs[name])} expecting: {count}"
            )
    if len(names) == 1:
        texts = [_line(row, names[0]) for row in outputs[names[0]]]
        return _object("predictions", f"[{', '.join(texts)}\n{_STEP}]")
    texts = []
    for row in range(count):
        fields = [
            f"{3 * _STEP}{json.dumps(name)}: {_line(outputs[name][row], name)}"
            for name in names
        ]
        inside = ",\n".join(fields)
        texts.append(f"\n{2 * _STEP}{{\n{inside}\n{2 * _STEP}}}")
    return _object("predictions", f"[{','.join(texts)}\n{_STEP}]")


def columns(outputs: Mapping[str, np.ndarray]) -> str:
    """Writes the column form: one array, or an object of all outputs."""
    names = sorted(outputs)
    if len(names) == 1:
        return _object("outputs", _tall(outputs[names[0]], names[0], 1))
    inside = ",\n".join(
        f"{2 * _STEP}{json.dumps(name)}: {_tall(outputs[name], name, 2)}"
        for name in names
    )
    return _object("outputs", f"{{\n{inside}\n{_STEP}}}")


def error(message: str) -> str:
    """Writes the body of an error.

    Example:
        >>> print(error("Missing model name in request."))
        {
            "error": "Missing model name in request."
        }
    """
    return _object("error", json.dumps(message, ensure_ascii=False))


def _object(key: str, value: str) -> str:
    return f'{{\n{_STEP}"{key}": {value}\n}}'


def _line(array: np.ndarray, name: str) -> str:
    """Writes an array on one line."""
    if not np.ndim(array):
        return _single(array, name)
    return f"[{', '.join(_line(part, name) for part in array)}]"


def _tall(array: np.ndarray, name: str, level: int) -> str:
    """Writes an array with one value per line."""
    if not np.ndim(array):
        return _single(array, name)
    if not len(array):
        return "[]"
    indent = _STEP * (level + 1)
    inside = ",\n".join(indent + _tall(part, name, level + 1) for part in array)
    return f"[\n{inside}\n{_STEP * level}]"


def _single(value: Any, name: str) -> str:
    if isinstance(value, (bytes, str)):
        raw = value if isinstance(value, bytes) else value.encode()
        if name.endswith("_bytes"):
            encoded = json.dumps(base64.b64encode(raw).decode())
            return f'{{\n{_STEP}"b64": {encoded}\n}}'
        return json.dumps(raw.decode("utf-8", "replace"), ensure_ascii=False)
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(value)
    return decimal(value)


def decimal(value: np.floating) -> str:
    """Writes a float with six digits or, where they are too few, with all.

    Example:
        >>> decimal(np.float32(0.2)), decimal(np.float32(1 / 3))
        ('0.2', '0.333333343')
    """
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = f"{value:.6g}"
    kind = type(value)
    if kind(text) != value:
        text = f"{value:.{17 if kind is np.float64 else 9}g}"
    return text if "." in text or "e" in text else f"{text}.0"
