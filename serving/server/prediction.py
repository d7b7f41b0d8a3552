"""Checks and answers requests to predict, for both protocols.

TensorFlow would cast another type, and refuse another shape deep inside a
model, so types and shapes are checked here, with TF Serving's messages where
it has some.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from serving.server.batching import Request
from serving.server.errors import ServingError, invalid
from serving.server.models import Models, Version
from serving.server.servable import Arrays, Signature
from serving.signatures import DEFAULT


@dataclasses.dataclass(frozen=True)
class Spec:
    """Model and signature that a request names.

    Attributes:
        name: of the model.
        number: of the version, if named.
        label: of the version, if named.
        signature: "" for the default one.
    """

    name: str
    number: int | None = None
    label: str | None = None
    signature: str = ""


@dataclasses.dataclass(frozen=True)
class Answer:
    """Outputs, with the version and signature that gave them."""

    number: int
    signature: str
    outputs: Mapping[str, np.ndarray]


def predict(
    models: Models,
    spec: Spec,
    inputs: Arrays,
    only: Sequence[str] = (),
    seconds: float = 30.0,
) -> Answer:
    """Answers one request.

    Args:
        models: the served models.
        spec: model and signature.
        inputs: by name.
        only: names of the wanted outputs; all where it is empty.
        seconds: that an answer may take.

    Raises:
        ServingError: the request is wrong, or the model failed.
    """
    with models.using(spec.name, spec.number, spec.label) as version:
        name = spec.signature or DEFAULT
        tensors = signature(version, name, "FAILED_PRECONDITION")
        check(tensors, inputs, only)
        if version.batcher is None:
            outputs = version.loaded.run(name, inputs, tuple(only))
        else:
            deadline = time.monotonic() + seconds
            request = Request(name, tensors, inputs, tuple(only), deadline)
            outputs = version.batcher.answer(request)
        return Answer(version.number, name, outputs)


def signature(version: Version, name: str, code: str) -> Signature:
    """Returns a signature by its name.

    Args:
        version: a loaded version.
        name: of the signature.
        code: of the error where there is none; REST and gRPC differ in it.

    Raises:
        ServingError: there is no such signature.
    """
    try:
        return version.loaded.signatures[name]
    except KeyError:
        if code == "FAILED_PRECONDITION":
            text = f'Serving signature key "{name}" not found.'
        else:
            text = (
                f'Serving signature name: "{name}" not found in signature def'
            )
        raise ServingError(code, text) from None


def check(
    signature: Signature, inputs: Arrays, only: Sequence[str] = ()
) -> None:
    """Checks the names, types and shapes of a request.

    Raises:
        ServingError: with TF Serving's message.
    """
    _check_names(signature, inputs)
    for index, (name, dtype, shape) in enumerate(signature.ports):
        _check_tensor(index, name, dtype, shape, inputs[name])
    rows = {len(array) for array in inputs.values()}
    if len(rows) > 1:
        raise invalid(
            "Batching Run() input tensors must have equal 0th-dimension size"
        )
    for index, name in enumerate(only):
        if name not in signature.outputs:
            raise invalid(
                f"output tensor alias not found in signature: {name} Outputs "
                f"expected to be in the set {_set(signature.outputs)}."
            )
        if name in only[:index]:
            raise invalid(f"duplicate output tensor alias: {name}")


def _check_names(signature: Signature, inputs: Arrays) -> None:
    expected, names = {*signature.inputs}, {*inputs}
    if expected == names:
        return
    raise invalid(
        f"input size does not match signature: {len(names)}!={len(expected)} "
        f"len({_set(names)}) != len({_set(expected)}). Sent extra: "
        f"{_set(names - expected)}. Missing but required: "
        f"{_set(expected - names)}."
    )


def _set(names: Iterable[str]) -> str:
    return "{" + ",".join(sorted(names)) + "}"


def _check_tensor(
    index: int,
    name: str,
    dtype: np.dtype,
    shape: Sequence[int] | None,
    value: np.ndarray,
) -> None:
    if dtype != value.dtype:
        raise invalid(
            f"Expects arg[{index}] to be {_type(dtype)} but "
            f"{_type(value.dtype)} is provided"
        )
    if shape is not None and not _fits(shape, value.shape):
        raise invalid(
            f"Tensor {name} must have shape {_dims(shape)}. Received: "
            f"{_dims(value.shape)}"
        )
    if not value.ndim:
        raise invalid(
            "Batching Run() input tensors must have at least one dimension"
        )
    if 0 in value.shape:  # some kernels crash on it
        raise invalid(
            f"Tensor {name} must hold at least one row and one step. "
            f"Received: {_dims(value.shape)}"
        )


def _fits(expected: Sequence[int], shape: Sequence[int]) -> bool:
    """Returns whether a shape is as expected; -1 stands for any size.

    Example:
        >>> _fits([-1, -1, 3], [2, 50, 3])
        True
    """
    return len(expected) == len(shape) and all(
        wanted in (-1, size) for wanted, size in zip(expected, shape)
    )


def _type(dtype: np.dtype) -> str:
    """Returns the name of a type in TensorFlow's errors."""
    names = {"float32": "float", "float64": "double", "object": "string"}
    return names.get(dtype.name, dtype.name)


def _dims(shape: Sequence[int]) -> str:
    return "[" + ",".join("?" if n < 0 else str(n) for n in shape) + "]"
