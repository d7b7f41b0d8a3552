"""What lies beside an exported model in `assets.extra`, for people and tools.

- `card.json`: the zoo's card with the record of the weights and their figures.
- `labels.json`: unit and labels of each output.
- `contract.json`: name, type, shape and unit of each input and output of each
  signature, and how samples become steps.
- `tested.json`: what was compared with the model, where, and how it differed.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from serving.signatures import (
    DEFAULT,
    LENGTHS,
    WAVEFORM,
    signatures_of,
    steps_formula,
)
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
    """Writes every file but the warm-up requests.

    Args:
        model: that was exported.
        card: its card.
        folder: of the export.
        weights: where the weights came from.
        tested: content of `tested.json`.
    """
    extra = folder / FOLDER
    extra.mkdir(exist_ok=True)
    outputs = _outputs(model, card, weights)
    record = dataclasses.asdict(dataclasses.replace(card, outputs=outputs))
    if weights != "pretrained":
        record["weights"] = _of_run(weights)
    labels = {
        port.name: {"unit": port.unit, "labels": port.labels}
        for port in outputs
    }
    contract = {
        "signatures": {
            name: _signature(name, inputs, outputs, card)
            for name, inputs in signatures_of(model, card).items()
        },
        "sampling_rate": card.sampling_rate,
        "hop": card.hop,
        "steps": steps_formula(card),
    }
    write_json(extra / "card.json", record)
    write_json(extra / "labels.json", labels)
    write_json(extra / "contract.json", contract)
    write_json(extra / "tested.json", tested)


def write_json(path: pathlib.Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def _of_run(weights: str) -> dict[str, Any]:
    """What is known of weights that are not packaged: a run's own report."""
    record: dict[str, Any] = {"file": weights}
    path = pathlib.Path(weights) / "report.json"
    if not path.is_file():
        return record
    try:
        report = json.loads(path.read_text("utf-8"))
        saved = report.get("saved", report)
        record["corpus"] = report["corpus"]
        record["figures"] = saved["metrics"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is damaged ({error!r}). Evaluate the run again."
        ) from error
    return record


def _outputs(model: keras.Model, card: Card, weights: str) -> tuple[Port, ...]:
    """The card's outputs that the model has, with the labels it learnt.

    Raises:
        ValueError: nobody knows what the model's classes are called.
    """
    names = _labels(card, weights)
    ports = [port for port in card.outputs if port.name in model.output]
    for place, port in enumerate(ports):
        if not port.labels:
            continue
        learnt = names or port.labels
        count = model.output[port.name].shape[-1]
        if len(learnt) != count:
            raise ValueError(
                f"{weights} gives {count} values of {port.name!r}; the card "
                f"of {card.name!r} names {len(learnt)}. Export the run's "
                "folder, whose config.json names them."
            )
        unit = port.unit.replace(", ".join(port.labels), ", ".join(learnt))
        ports[place] = dataclasses.replace(
            port, shape=(*port.shape[:-1], count), unit=unit, labels=learnt
        )
    return tuple(ports)


def _labels(card: Card, weights: str) -> tuple[str, ...]:
    """Names of the classes that weights were trained for, where known."""
    path = pathlib.Path(weights) / "config.json"
    if weights == "pretrained" and card.weights:
        arguments = card.weights.arguments
    elif path.is_file():
        arguments = json.loads(path.read_text("utf-8")).get("arguments", {})
    else:
        arguments = {}
    return tuple(arguments.get("labels", ()))


def _signature(
    name: str, inputs: Sequence[Port], outputs: Sequence[Port], card: Card
) -> dict[str, Any]:
    ports = [_port(port) for port in outputs]
    if name == WAVEFORM:
        steps = Port(LENGTHS, (), "int32", f"valid steps of {card.hop:g} s")
        ports.append(_port(steps))
    return {
        "inputs": [_port(port) for port in inputs],
        "outputs": ports,
        "output_time": "steps" if name == WAVEFORM else "as the inputs",
    }


def _port(port: Port) -> dict[str, Any]:
    shape = [BATCH, *(TIME if n is None else n for n in port.shape)]
    described = {**dataclasses.asdict(port), "shape": shape}
    if not port.labels:
        del described["labels"]
    return described


def read(folder: pathlib.Path, name: str) -> Any:
    """A file of an export's `assets.extra`; `None` where there is none.

    Raises:
        ValueError: it is not JSON.
    """
    path = folder / FOLDER / name
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(
            f"{path} is damaged ({error}). Export the model again."
        ) from error


__all__ = ["DEFAULT", "FOLDER", "describe", "read", "write_json"]
