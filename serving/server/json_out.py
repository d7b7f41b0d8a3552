"""Answers as JSON, byte by byte as TF Serving writes them.

It writes with four spaces of indentation, rows of the row form on one line,
and numbers with as few digits as bring them back.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

import numpy as np

from serving.server.errors import invalid

_STEP = "    "


def rows(outputs: Mapping[str, np.ndarray]) -> str:
    """The row form: one value, or one object of all outputs, a row."""
    for name, each in outputs.items():
        if not each.ndim:
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
        written = [_line(row, names[0]) for row in outputs[names[0]]]
        return _object("predictions", f"[{', '.join(written)}\n{_STEP}]")
    written = []
    for row in range(count):
        fields = [
            f"{3 * _STEP}{json.dumps(name)}: {_line(outputs[name][row], name)}"
            for name in names
        ]
        inside = ",\n".join(fields)
        written.append(f"\n{2 * _STEP}{{\n{inside}\n{2 * _STEP}}}")
    return _object("predictions", f"[{','.join(written)}\n{_STEP}]")


def columns(outputs: Mapping[str, np.ndarray]) -> str:
    """The column form: one array, or an object of all outputs."""
    names = sorted(outputs)
    if len(names) == 1:
        return _object("outputs", _tall(outputs[names[0]], names[0], 1))
    inside = ",\n".join(
        f"{2 * _STEP}{json.dumps(name)}: {_tall(outputs[name], name, 2)}"
        for name in names
    )
    return _object("outputs", f"{{\n{inside}\n{_STEP}}}")


def error(message: str) -> str:
    """The body of a failure."""
    return _object("error", json.dumps(message, ensure_ascii=False))


def _object(key: str, value: str) -> str:
    return f'{{\n{_STEP}"{key}": {value}\n}}'


def _line(array: np.ndarray, name: str) -> str:
    if not np.ndim(array):
        return _single(array, name)
    return f"[{', '.join(_line(each, name) for each in array)}]"


def _tall(array: np.ndarray, name: str, level: int) -> str:
    if not np.ndim(array):
        return _single(array, name)
    if not len(array):
        return "[]"
    indent = _STEP * (level + 1)
    inside = ",\n".join(indent + _tall(each, name, level + 1) for each in array)
    return f"[\n{inside}\n{_STEP * level}]"


def _single(value, name: str) -> str:
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
    """A float's six digits where they bring it back, else all of them."""
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = f"{value:.6g}"
    kind = type(value)
    if kind(text) != value:
        text = f"{value:.{17 if kind is np.float64 else 9}g}"
    return text if "." in text or "e" in text else f"{text}.0"
