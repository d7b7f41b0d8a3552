"""What a request to predict may be, whatever protocol it came by.

TensorFlow would cast what has another type and find other shapes wrong deep
inside a model, so both are told here, in the words of TF Serving where it has
some.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence

import numpy as np

from serving.server.batching import Task
from serving.server.errors import ServingError, invalid
from serving.server.models import Models, Version
from serving.server.servable import Arrays, Signature
from serving.signatures import DEFAULT


@dataclasses.dataclass(frozen=True)
class Spec:
    """Which model is asked, and for what."""

    name: str
    number: int | None = None
    label: str | None = None
    signature: str = ""


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came out, and of which version."""

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
        models: that are served.
        spec: of the model.
        inputs: by name.
        only: names of the outputs that are wanted; all of them by default.
        seconds: that an answer may take.

    Raises:
        ServingError: the request is wrong, or the model failed.
    """
    with models.using(spec.name, spec.number, spec.label) as version:
        name = spec.signature or DEFAULT
        known = signature(version, name, "FAILED_PRECONDITION")
        check(known, inputs, only)
        wanted = tuple(only)
        if version.batcher is None:
            outputs = version.loaded.run(name, inputs, wanted)
        else:
            deadline = time.monotonic() + seconds
            task = Task(name, known, inputs, wanted, deadline)
            outputs = version.batcher.answer(task)
        return Answer(version.number, name, outputs)


def signature(version: Version, name: str, code: str) -> Signature:
    """A signature by its name; REST and gRPC differ in the code of a miss."""
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


def check(known: Signature, inputs: Arrays, only: Sequence[str] = ()) -> None:
    """Refuses inputs or outputs that are not those of a signature.

    Raises:
        ServingError: in TF Serving's words.
    """
    _check_names(known, inputs)
    for place, (name, dtype, shape) in enumerate(known.ports):
        _check_tensor(place, name, dtype, shape, inputs[name])
    rows = {len(each) for each in inputs.values()}
    if len(rows) > 1:
        raise invalid(
            "Batching Run() input tensors must have equal 0th-dimension size"
        )
    for place, name in enumerate(only):
        if name not in known.outputs:
            raise invalid(
                f"output tensor alias not found in signature: {name} Outputs "
                f"expected to be in the set {_set(known.outputs)}."
            )
        if name in only[:place]:
            raise invalid(f"duplicate output tensor alias: {name}")


def _check_names(known: Signature, inputs: Arrays) -> None:
    wanted, given = {*known.inputs}, {*inputs}
    if wanted == given:
        return
    raise invalid(
        f"input size does not match signature: {len(given)}!={len(wanted)} "
        f"len({_set(given)}) != len({_set(wanted)}). Sent extra: "
        f"{_set(given - wanted)}. Missing but required: "
        f"{_set(wanted - given)}."
    )


def _set(names) -> str:
    return "{" + ",".join(sorted(names)) + "}"


def _check_tensor(
    place: int,
    name: str,
    dtype: np.dtype,
    shape: Sequence[int] | None,
    value: np.ndarray,
) -> None:
    if dtype != value.dtype:
        raise invalid(
            f"Expects arg[{place}] to be {_type(dtype)} but "
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
    if 0 in value.shape:  # no kernel is made for it, and some crash
        raise invalid(
            f"Tensor {name} must hold at least one row and one step. "
            f"Received: {_dims(value.shape)}"
        )


def _fits(shape: Sequence[int], found: Sequence[int]) -> bool:
    return len(shape) == len(found) and all(
        size in (-1, each) for size, each in zip(shape, found)
    )


def _type(dtype: np.dtype) -> str:
    """TensorFlow's name of a type, in its errors."""
    names = {"float32": "float", "float64": "double", "object": "string"}
    return names.get(dtype.name, dtype.name)


def _dims(shape: Sequence[int]) -> str:
    return "[" + ",".join("?" if n < 0 else str(n) for n in shape) + "]"
