"""Writes an export, verifies it, and moves it to the next number."""

from __future__ import annotations

import functools
import pathlib
from typing import Any

import keras

from serving.export import (
    devices,
    metadata,
    precision,
    savedmodel,
    verification,
    warmup,
)
from serving.export.onnx import file
from serving.signatures import DEFAULT, batches, signatures_of
from zoo.common import files
from zoo.common.arguments import check_choice
from zoo.registry import Card

FORMATS = ("savedmodel", "onnx")
BATCHES = ((1, 300), (3, 977))
"""Rows and longest row, in steps, of each batch that is compared."""


def export(
    model: keras.Model,
    card: Card,
    out: pathlib.Path,
    format: str = "savedmodel",
    weights: str = "pretrained",
    device: str = "any",
    weight: str = "float32",
) -> tuple[pathlib.Path, float | None]:
    """Exports a model under the next number, if it answers as the model does.

    Args:
        model: built by the zoo.
        card: its card.
        out: folder of models. A SavedModel goes to OUT/NAME/NUMBER, as TF
            Serving reads it, an ONNX file to OUT/NAME/onnx/NUMBER.
        format: "savedmodel" or "onnx".
        weights: where the weights came from, for `card.json`; "pretrained"
            for packaged weights, whose record the card has.
        device: "any", "cpu" or "gpu", where a SavedModel is to run; see
            `serving.export.devices`.
        weight: precision of an ONNX file; see `serving.export.precision`.

    Returns:
        The export's folder, and its largest difference from the model; `None`
        where the export needs a GPU and this machine has none to compare on.

    Raises:
        ValueError: an argument is wrong, or the export does not answer as the
            model does.
    """
    _check(format, device, weight)
    base = out / card.name
    base = base / "onnx" if format == "onnx" else base
    try:
        base.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"--out {out} cannot be written to ({error.strerror}). Name "
            "another folder."
        ) from error
    with files.temporary_folder(base) as part:
        difference: float | None
        if format == "onnx":
            difference = _write_onnx(model, card, part, weight)
        else:
            difference = _write_savedmodel(model, card, part, device)
        tested = _tested(format, device, weight, difference)
        metadata.describe(model, card, part, weights, tested)
        return files.move_to_next_number(part, base), difference


def _check(format: str, device: str, weight: str) -> None:
    check_choice("format", format, FORMATS)
    check_choice("device", device, devices.DEVICES)
    check_choice("precision", weight, precision.PRECISIONS)
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "Exports are written by TensorFlow. Run again with "
            "KERAS_BACKEND=tensorflow; the weights are the same."
        )
    if format != "onnx" and weight != "float32":
        raise ValueError(
            "A SavedModel is written in float32; other precisions need "
            f"format='onnx'. Received: {weight}"
        )


def _write_savedmodel(
    model: keras.Model, card: Card, folder: pathlib.Path, device: str
) -> float | None:
    """Writes a SavedModel with its warm-up requests, and compares it.

    Returns the largest difference; `None` where it cannot run here.
    """
    savedmodel.write(model, card, folder, device)
    savedmodel.check(folder, device)
    signatures = signatures_of(model, card)
    requests = [
        (name, inputs)
        for name, ports in signatures.items()
        for inputs in batches(name, ports, card, warmup.SIZES)
    ]
    needs_gpu = devices.needs_gpu(savedmodel.operations(folder))
    if needs_gpu and devices.here() != "gpu":
        unanswered = [(name, inputs, None) for name, inputs in requests]
        warmup.write(folder, card.name, unanswered)
        return None
    _loaded, functions = savedmodel.signatures(folder)
    answer = {
        name: functools.partial(savedmodel.run, function)
        for name, function in functions.items()
    }
    expected = verification.expected(model, card)
    differences = []
    for name, ports in signatures.items():
        compared = batches(name, ports, card, BATCHES)
        differences.append(
            verification.difference(expected[name], answer[name], compared)
        )
        verification.independence(answer[name], ports, compared[-1])
    warmup.write(
        folder,
        card.name,
        [(name, inputs, answer[name](inputs)) for name, inputs in requests],
    )
    return max(differences)


def _write_onnx(
    model: keras.Model, card: Card, folder: pathlib.Path, weight: str
) -> float:
    """Writes an ONNX file and returns its largest difference."""
    path = folder / "model.onnx"
    file.write(model, card, path)
    precision.reduce(path, weight)
    tolerance = precision.TOLERANCES[weight]
    ports = signatures_of(model, card)[DEFAULT]
    compared = batches(DEFAULT, ports, card, BATCHES)
    answer = functools.partial(file.run, path)
    difference = verification.difference(model, answer, compared, tolerance)
    # 8-bit inputs share one scale, so the rows of a batch share it too.
    verification.independence(
        answer, ports, compared[-1], max(verification.ALONE, tolerance)
    )
    return difference


def _tested(
    format: str, device: str, weight: str, difference: float | None
) -> dict[str, Any]:
    """Returns the content of `tested.json`."""
    import tensorflow as tf

    return {
        "format": format,
        "device": "any" if format == "onnx" else device,
        "precision": weight,
        "compared_on": None if difference is None else devices.here(),
        "difference": difference,
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
    }
