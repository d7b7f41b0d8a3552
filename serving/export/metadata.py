"""Writes and reads the metadata of an export, the files in `assets.extra`.

- `card.json`: the zoo's card with the record of the weights and their figures.
- `labels.json`: unit and labels of each output.
- `contract.json`: name, type, shape and unit of each input and output of each
  signature, and the rule by which samples become steps.
- `tested.json`: format, device and precision, the device that the export was
  compared on, its difference from the model, and the versions that wrote it.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from serving.signatures import (
    DECODED,
    DEFAULT,
    LENGTHS,
    signatures_of,
    steps_formula,
)
from zoo import description
from zoo.common import files
from zoo.registry import Card, Port

FOLDER = "assets.extra"
BATCH, TIME = "batch", "time"


def describe(
    model: keras.Model,
    card: Card,
    folder: pathlib.Path,
    weights: str,
    tested: Mapping[str, Any],
) -> None:
    """Writes all metadata but the warm-up requests.

    Args:
        model: the exported model.
        card: its card.
        folder: of the export.
        weights: where the weights came from.
        tested: content of `tested.json`.

    Raises:
        ValueError: a run's report is damaged.
    """
    extra = folder / FOLDER
    extra.mkdir(exist_ok=True)
    outputs = description.outputs(model, card.hop)
    record = dataclasses.asdict(description.of_model(model, card))
    if weights != "pretrained":
        record["weights"] = _record_of_run(weights)
    labels = {
        port.name: {"unit": port.unit, "labels": port.labels}
        for port in outputs
    }
    interface = {
        "signatures": {
            name: _signature(name, inputs, _named(name, outputs), card)
            for name, inputs in signatures_of(model, card).items()
        },
        "sampling_rate": card.sampling_rate,
        "hop": card.hop,
        "steps": steps_formula(card),
    }
    files.write_json(extra / "card.json", record)
    files.write_json(extra / "labels.json", labels)
    files.write_json(extra / "contract.json", interface)
    files.write_json(extra / "tested.json", tested)


def _record_of_run(weights: str) -> dict[str, Any]:
    """Returns corpus and figures of a run's weights, from its report.

    Beside the figures stand those of constant baselines, and the units that
    intervals are over.
    """
    record: dict[str, Any] = {"file": weights}
    path = pathlib.Path(weights) / "report.json"
    if not path.is_file():
        return record
    remedy = "Evaluate the run again."
    report = files.read_json(path, remedy)
    try:
        saved = report.get("saved", report)
        record["corpus"] = report["corpus"]
        record["figures"] = saved["metrics"] or _crossed(report)
        for name in ("constants", "unit", "units"):
            if name in report:
                record[name] = report[name]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is damaged ({error!r}). {remedy}") from error
    return record


def _crossed(report: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a cross-validation's figures, of a network of all speakers."""
    return {"cross-validation": report["metrics"]["test"]}


def _named(signature: str, outputs: Sequence[Port]) -> list[Port]:
    """Returns the outputs of a signature: of `DECODED`, traces alone."""
    if signature != DECODED:
        return list(outputs)
    return [port for port in outputs if port.shape == (None,)]


def _signature(
    name: str, inputs: Sequence[Port], outputs: Sequence[Port], card: Card
) -> dict[str, Any]:
    ports = [_port(port) for port in outputs]
    if name != DEFAULT:
        steps = Port(LENGTHS, (), "int32", f"valid steps of {card.hop:g} s")
        ports.append(_port(steps))
    return {
        "inputs": [_port(port) for port in inputs],
        "outputs": ports,
        "output_time": "steps" if name != DEFAULT else "as the inputs",
    }


def _port(port: Port) -> dict[str, Any]:
    shape = [BATCH, *(TIME if n is None else n for n in port.shape)]
    described = {**dataclasses.asdict(port), "shape": shape}
    if not port.labels:
        del described["labels"]
    return described


def read(folder: pathlib.Path, name: str) -> Any:
    """Returns the content of a metadata file; `None` where there is none.

    Args:
        folder: of the export.
        name: of the file, such as "card.json".

    Raises:
        ValueError: it is not JSON.
    """
    path = folder / FOLDER / name
    if not path.is_file():
        return None
    return files.read_json(path, "Export the model again.")
