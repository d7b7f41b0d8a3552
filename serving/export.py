"""Exports a model: SavedModel for TF Serving, or ONNX.

An export proves itself before it is visible: it is reloaded and compared with
the model on other batch sizes and lengths.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

import zoo
from serving import onnx_file, savedmodel
from zoo import command, frontends
from zoo.registry import Card

FORMATS = ("savedmodel", "onnx")
TOLERANCE = 1e-4
BATCHES = ((1, 300), (3, 977))
"""Batch size and longest row of each comparison."""


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
    arguments = parser.parse_args(argv)
    model = zoo.get(arguments.name, arguments.weights)
    path, difference = export(
        model,
        zoo.card(arguments.name),
        pathlib.Path(arguments.out),
        arguments.format,
        arguments.weights,
    )
    print(f"{path} (differs from the model by {difference:.1e} at most)")


def export(
    model: keras.Model,
    card: Card,
    out: pathlib.Path,
    format: str = "savedmodel",
    weights: str = "pretrained",
) -> tuple[pathlib.Path, float]:
    """Writes, proves and then publishes an export under the next number.

    Args:
        model: built by the zoo.
        card: its card.
        out: folder of models. A SavedModel goes to OUT/NAME/NUMBER, as TF
            Serving reads it, an ONNX file to OUT/NAME/onnx/NUMBER.
        format: "savedmodel" or "onnx".
        weights: where the weights came from, for the record.

    Returns:
        The folder, and the largest difference from the model that was seen.

    Raises:
        ValueError: the export does not do what the model does.
    """
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "Exports are written by TensorFlow. Run again with "
            "KERAS_BACKEND=tensorflow; the weights are the same."
        )
    base = out / card.name
    base = base / "onnx" if format == "onnx" else base
    base.mkdir(parents=True, exist_ok=True)
    staged = pathlib.Path(tempfile.mkdtemp(prefix=".part-", dir=base))
    try:
        write = _write_onnx if format == "onnx" else _write_savedmodel
        difference = write(model, card, staged)
        _describe(model, card, staged, weights)
        return _publish(staged, base), difference
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _write_savedmodel(
    model: keras.Model, card: Card, folder: pathlib.Path
) -> float:
    savedmodel.write(model, card, folder)
    foreign = savedmodel.foreign_operations(folder)
    if foreign:
        raise ValueError(
            "An export must hold operations of core TensorFlow alone. "
            f"Received: {', '.join(foreign)}"
        )
    _keep, signatures = savedmodel.signatures(folder)
    frontend = frontends.get(card.frontend)

    def whole(inputs):
        features = frontend(inputs)
        return {**model(features), "lengths": features["lengths"]}

    return max(
        _difference(
            model,
            lambda inputs: savedmodel.run(
                signatures["serving_default"], inputs
            ),
            _features(card),
        ),
        _difference(
            whole,
            lambda inputs: savedmodel.run(signatures["from_waveform"], inputs),
            _waveforms(card),
        ),
    )


def _write_onnx(model: keras.Model, card: Card, folder: pathlib.Path) -> float:
    path = folder / "model.onnx"
    onnx_file.write(model, card, path)
    return _difference(
        model, lambda inputs: onnx_file.run(path, inputs), _features(card)
    )


def _features(card: Card) -> list[dict[str, np.ndarray]]:
    """Batches of seeded noise in the shape of the card's features."""
    generator = np.random.default_rng(0)
    values = card.inputs[0].shape[-1] or 1
    return [
        _padded("features", generator.normal(size=(rows, longest, values)))
        for rows, longest in BATCHES
    ]


def _waveforms(card: Card) -> list[dict[str, np.ndarray]]:
    generator = np.random.default_rng(0)
    hop = int(card.hop * card.sampling_rate)
    return [
        _padded("waveform", generator.uniform(-0.5, 0.5, (rows, longest * hop)))
        for rows, longest in BATCHES
    ]


def _padded(name: str, sequence: np.ndarray) -> dict[str, np.ndarray]:
    """Inputs whose rows end earlier and earlier, with NaN behind the end."""
    rows, longest = sequence.shape[:2]
    lengths = np.linspace(longest, longest // 2, rows).astype("int32")
    sequence = sequence.astype("float32")
    for row, length in zip(sequence, lengths):
        row[length:] = np.nan
    return {name: sequence, "lengths": lengths}


def _difference(
    expected: Callable,
    received: Callable,
    batches: list[dict[str, np.ndarray]],
) -> float:
    """The largest difference between two functions of named arrays."""
    differences = []
    for inputs in batches:
        known = {
            name: keras.ops.convert_to_numpy(each)
            for name, each in expected(inputs).items()
        }
        found: Mapping[str, np.ndarray] = received(inputs)
        if _shapes(known) != _shapes(found):
            raise ValueError(
                f"The export's outputs are {_shapes(found)}, not "
                f"{_shapes(known)}."
            )
        differences += [
            np.abs(value - found[name]).max() for name, value in known.items()
        ]
    worst = float(np.max(differences))  # NaN where one is NaN
    if not worst <= TOLERANCE:
        raise ValueError(
            f"The export differs from the model by {worst:.2e}, more than "
            f"{TOLERANCE:.0e}. Nothing was written."
        )
    return worst


def _shapes(outputs: Mapping[str, np.ndarray]) -> dict[str, tuple]:
    return {name: outputs[name].shape for name in sorted(outputs)}


def _describe(
    model: keras.Model, card: Card, folder: pathlib.Path, weights: str
) -> None:
    """Puts the card and the outputs' labels beside the model."""
    extra = folder / "assets.extra"
    extra.mkdir()
    record = dataclasses.asdict(card)
    if weights != "pretrained":
        record["weights"] = {"file": weights}
    labels = {
        port.name: {"unit": port.unit, "labels": port.labels}
        for port in card.outputs
        if port.name in model.output
    }
    for name, content in (("card.json", record), ("labels.json", labels)):
        (extra / name).write_text(json.dumps(content, indent=2) + "\n")


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


def cli() -> int:
    """The console script."""
    return command.run(main)


if __name__ == "__main__":
    sys.exit(cli())
