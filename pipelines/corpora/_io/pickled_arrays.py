"""NumPy arrays as pickles describe them, made without NumPy's own unpickling.

NumPy trusts what a pickle says of a type's layout, and a wrong one can make it
read foreign memory. Here only plain types of numbers and texts are made, and
arrays are views of the file's own bytes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

MAX_AXES = 4
_TYPE = re.compile(r"(?:b1|[iu][1248]|f[248]|[SU]\d{1,4}|O8?)")
_ORDERS = "<>|="
_MODULES = ("numpy.core", "numpy._core")
_NAMES: Mapping[tuple[str, str], str] = {
    **{(f"{m}.multiarray", "_reconstruct"): "new array" for m in _MODULES},
    **{(f"{m}.multiarray", "scalar"): "number" for m in _MODULES},
    **{(f"{m}.numeric", "_frombuffer"): "array" for m in _MODULES},
    ("numpy", "ndarray"): "array type",
    ("numpy", "dtype"): "type",
    ("_codecs", "encode"): "bytes",
    ("__builtin__", "bytes"): "no bytes",
}
"""What stands for the functions that a pickle of arrays names."""


class Refused(Exception):
    """A pickle holds what is not read; the message completes "it: …"."""


class Function:
    """Stands for a function that a pickle names; it does nothing.

    Args:
        name: one of the values of `_NAMES`.
    """

    __slots__ = ("name",)

    def __init__(self, name: str):
        self.name = name


class Type:
    """A type of numbers or texts.

    Args:
        name: without byte order, such as "f4".

    Attributes:
        order: its byte order.
    """

    __slots__ = ("name", "order")

    def __init__(self, name: str):
        self.name, self.order = name, "="

    @property
    def is_object(self) -> bool:
        return self.name.startswith("O")

    def dtype(self) -> np.dtype:
        """Returns NumPy's type."""
        return np.dtype(object if self.is_object else self.order + self.name)


class Array:
    """An array, which is empty until its content was read.

    Attributes:
        values: the content.
    """

    __slots__ = ("values",)

    def __init__(self, values: np.ndarray | None = None):
        self.values = np.empty(0) if values is None else values


def named(module: Any, name: Any) -> Function:
    """Returns what stands for a function.

    Raises:
        Refused: pickles of arrays do not name it.
    """
    if not (isinstance(module, str) and isinstance(name, str)):
        raise Refused("it names something by no text")
    if (module, name) not in _NAMES:
        raise Refused(f"it names {module}.{name}"[:100])
    return Function(_NAMES[module, name])


def call(function: Any, arguments: Any) -> Any:
    """Makes what a function of pickled arrays would return.

    Raises:
        Refused: something else, or arguments that it does not take.
    """
    name = function.name if isinstance(function, Function) else None
    if not isinstance(arguments, tuple):
        raise Refused("it has no arguments")
    if name == "new array":
        return Array()
    if name == "type":
        return _type(*arguments)
    if name == "bytes":
        return _encoded(*arguments)
    if name == "no bytes" and not arguments:
        return b""
    if name == "number":
        kind, raw = arguments
        return _array(raw, kind, (), "C").item()
    if name == "array":
        return Array(_array(*arguments))
    raise Refused("it calls what is no function of arrays")


def set_state(target: Any, state: Any) -> None:
    """Sets the content of an `Array`, or the byte order of a `Type`.

    Raises:
        Refused: another target, or a content that is not allowed.
    """
    if not isinstance(state, tuple):
        raise Refused("it sets a content that is no tuple")
    if isinstance(target, Array):
        _, shape, kind, is_fortran, raw = state
        target.values = _array(raw, kind, shape, "F" if is_fortran else "C")
    elif isinstance(target, Type):
        order, *layout = state[1:5]
        if order not in tuple(_ORDERS) or any(x is not None for x in layout):
            raise Refused("it has a type of several fields")
        target.order = order
    else:
        raise Refused("it sets the content of what is no array")


def _type(name: Any, *_: Any) -> Type:
    if not isinstance(name, str) or not _TYPE.fullmatch(name):
        raise Refused("it has a type other than numbers and texts")
    return Type(name)


def _encoded(text: Any, encoding: Any) -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        raise Refused("it has bytes in an unknown encoding")
    return text.encode("latin1")


def _array(raw: Any, kind: Any, shape: Any, order: Any) -> np.ndarray:
    """Returns an array of the bytes, or list of objects, of a pickle."""
    if not isinstance(kind, Type) or order not in ("C", "F"):
        raise Refused("it has an array without a type")
    is_shape = isinstance(shape, tuple) and len(shape) <= MAX_AXES
    if not is_shape or any(type(n) is not int or n < 0 for n in shape):
        raise Refused("it has an array of an impossible shape")
    size = math.prod(shape)
    if kind.is_object:
        return _objects(raw, size).reshape(shape, order=order)
    dtype = kind.dtype()
    if isinstance(raw, str):  # few bytes, by Python 2
        raw = raw.encode("latin1")
    if not isinstance(raw, (bytes, memoryview)):
        raise Refused("it has an array without content")
    if len(raw) != size * dtype.itemsize:
        raise Refused(
            f"it has {len(raw)} bytes for an array of shape {shape[:9]}"
        )
    if not size:
        return np.empty(shape, dtype)
    return np.frombuffer(raw, dtype).reshape(shape, order=order)


def _objects(values: Any, size: int) -> np.ndarray:
    if type(values) is not list or len(values) != size:
        raise Refused("it has an array of objects without its objects")
    objects = np.empty(size, object)
    for index, value in enumerate(values):
        if not isinstance(value, (str, memoryview, bytes, int, float)):
            raise Refused("it has an array of other objects than texts")
        objects[index] = value
    return objects
