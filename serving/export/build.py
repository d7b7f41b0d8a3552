"""Exports a model: SavedModel for TF Serving, or ONNX.

An export proves itself before it is visible: it is reloaded and compared with
the model on other batch sizes and lengths, and each row with itself alone.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

import keras

import zoo
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
from zoo.common import cli
from zoo.registry import Card

FORMATS = ("savedmodel", "onnx")
BATCHES = ((1, 300), (3, 977))
"""Batch size and longest row of each comparison."""


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m serving.export", description=__doc__
    )
    parser.add_argument("name", help="of a model; `python -m zoo` lists them")
    parser.add_argument("--out", required=True, help="folder of models")
    parser.add_argument("--format", choices=FORMATS, default=FORMATS[0])
    parser.add_argument(
        "--weights",
        default="pretrained",
        help="a run's folder or a weights file (default: the packaged ones)",
    )
    parser.add_argument(
        "--device",
        choices=devices.DEVICES,
        default=devices.DEVICES[0],
        help="recurrent kernels of a SavedModel: a portable loop, the fused "
        "BlockLSTM, or cuDNN's, which needs a GPU (default: %(default)s)",
    )
    parser.add_argument(
        "--precision",
        choices=precision.PRECISIONS,
        default=precision.PRECISIONS[0],
        help="of an ONNX file's weights (default: %(default)s)",
    )
    arguments = parser.parse_args(argv)
    model = zoo.get(arguments.name, arguments.weights)
    path, difference = export(
        model,
        zoo.card(arguments.name),
        pathlib.Path(arguments.out),
        arguments.format,
        arguments.weights,
        arguments.device,
        arguments.precision,
    )
    if difference is None:
        print(f"{path} (not compared: it needs a GPU, and there is none here)")
    else:
        print(f"{path} (differs from the model by {difference:.1e} at most)")


def export(
    model: keras.Model,
    card: Card,
    out: pathlib.Path,
    format: str = "savedmodel",
    weights: str = "pretrained",
    device: str = "any",
    weight: str = "float32",
) -> tuple[pathlib.Path, float | None]:
    """Writes, proves and then publishes an export under the next number.

    Args:
        model: built by the zoo.
        card: its card.
        out: folder of models. A SavedModel goes to OUT/NAME/NUMBER, as TF
            Serving reads it, an ONNX file to OUT/NAME/onnx/NUMBER.
        format: "savedmodel" or "onnx".
        weights: where the weights came from, for the record.
        device: "any", "cpu" or "gpu", where a SavedModel is to run; see
            `serving.devices`.
        weight: precision of an ONNX file; see `serving.precision`.

    Returns:
        The folder, and the largest difference from the model that was seen;
        `None` where the export needs a GPU and there is none to compare on.

    Raises:
        ValueError: the export does not do what the model does.
    """
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
    base = out / card.name
    base = base / "onnx" if format == "onnx" else base
    try:
        base.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"--out {out} cannot be written to ({error.strerror}). Name "
            "another folder."
        ) from error
    staged = pathlib.Path(tempfile.mkdtemp(prefix=".part-", dir=base))
    try:
        difference: float | None
        if format == "onnx":
            difference = _write_onnx(model, card, staged, weight)
        else:
            difference = _write_savedmodel(model, card, staged, device)
        tested = _tested(format, device, weight, difference)
        metadata.describe(model, card, staged, weights, tested)
        return _publish(staged, base), difference
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _write_savedmodel(
    model: keras.Model, card: Card, folder: pathlib.Path, device: str
) -> float | None:
    savedmodel.write(model, card, folder, device)
    savedmodel.check(folder, device)
    ports = signatures_of(model, card)
    requests = [
        (name, each)
        for name, inputs in ports.items()
        for each in batches(name, inputs, card, warmup.SIZES)
    ]
    runs_here = devices.has_gpu() or not devices.needs_gpu(
        savedmodel.operations(folder)
    )
    if not runs_here:
        unanswered = [(name, each, None) for name, each in requests]
        warmup.write(folder, card.name, unanswered)
        return None
    _keep, functions = savedmodel.signatures(folder)
    answer = {
        name: lambda each, run=function: savedmodel.run(run, each)
        for name, function in functions.items()
    }
    expected = verification.expected(model, card)
    differences = []
    for name, inputs in ports.items():
        sizes = batches(name, inputs, card, BATCHES)
        differences.append(
            verification.difference(expected[name], answer[name], sizes)
        )
        verification.independence(answer[name], inputs, sizes[-1])
    warmup.write(
        folder,
        card.name,
        [(name, each, answer[name](each)) for name, each in requests],
    )
    return max(differences)


def _write_onnx(
    model: keras.Model, card: Card, folder: pathlib.Path, weight: str
) -> float:
    path = folder / "model.onnx"
    file.write(model, card, path)
    precision.reduce(path, weight)
    tolerance = precision.TOLERANCES[weight]
    inputs = signatures_of(model, card)[DEFAULT]
    sizes = batches(DEFAULT, inputs, card, BATCHES)

    def run(each):
        return file.run(path, each)

    difference = verification.difference(model, run, sizes, tolerance)
    # 8-bit inputs share one scale, so rows that are batched share it too.
    verification.independence(
        run, inputs, sizes[-1], max(verification.ALONE, tolerance)
    )
    return difference


def _tested(
    format: str, device: str, weight: str, difference: float | None
) -> dict[str, Any]:
    """What was proved of an export, and where."""
    import tensorflow as tf

    return {
        "format": format,
        "device": "any" if format == "onnx" else device,
        "precision": weight,
        "compared_on": None if difference is None else devices.here(),
        "difference": difference,
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
    }


def _publish(staged: pathlib.Path, base: pathlib.Path) -> pathlib.Path:
    """Renames the staged folder to the next free number."""
    staged.chmod(0o755)
    while True:
        names = [each.name for each in base.iterdir()]
        taken = [int(name) for name in names if name.isdecimal()]
        target = base / str(max(taken, default=0) + 1)
        try:
            os.rename(staged, target)
            return target
        except OSError:
            if not target.exists():
                raise


if __name__ == "__main__":
    sys.exit(main())
