"""Golden files: structure and outputs of every model.

A file says which arguments make the model small enough for every contract
(`tiny`, on rows of `tiny_lengths`), and pins the model that the entry point
builds by default: its ports, its weights and, on rows of `lengths`, its
answers, the weights being fixed and the input a ramp.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

import zoo
from zoo.registry import Card

FOLDER = pathlib.Path(__file__).parent
GIVEN = {"tiny": {}, "tiny_lengths": [29, 17], "lengths": [1100, 700]}
"""Default fields of a golden file."""
ANSWERS = 16
TOLERANCE = 5e-5


def batch(
    card: Card, lengths: Sequence[int], fill: Callable[[tuple], np.ndarray]
) -> dict[str, np.ndarray]:
    """Returns inputs under the card's names, all sequences of `lengths`."""
    inputs = {}
    for port in card.inputs:
        shape = [max(lengths) if n is None else n for n in port.shape]
        if port.name == "lengths":
            inputs[port.name] = np.array(lengths, port.dtype)
        elif port.dtype == "float32":
            inputs[port.name] = fill((len(lengths), *shape)).astype("float32")
        else:
            raise ValueError(
                f"{card.name}: say in tests/golden/__init__.py how to fill "
                f"the input {port.name!r} of dtype {port.dtype}."
            )
    return inputs


def ramp(shape: tuple) -> np.ndarray:
    """Returns a repeated ramp from -1 to 1, steeper row by row."""
    places = np.arange(np.prod(shape[1:])).reshape(shape[1:])
    slopes = 0.013 * (1 + np.arange(shape[0]))
    return np.stack([(slope * places) % 2 - 1 for slope in slopes])


def fix_weights(model: keras.Model) -> None:
    """Sets every weight to numbers that depend on its index and shape alone."""
    for number, weight in enumerate(model.weights):
        source = np.random.RandomState(number)  # a stream that never changes
        values = source.uniform(-1, 1, weight.shape)
        if weight.path.endswith(("variance", "priors", "scale")):
            values = 1 + values / 10
        elif weight.path.endswith(("/low", "/high")):
            values = values / 10 + (1 if weight.path.endswith("high") else -1)
        elif len(weight.shape) > 1:
            values = values * np.sqrt(3 / np.prod(weight.shape[:-1]))
        else:
            values = values / 10
        weight.assign(values)


def describe(name: str, lengths: Sequence[int]) -> dict[str, Any]:
    """Structure and answers of a model at its default sizes."""
    keras.backend.clear_session()  # names of layers count from zero again
    model = zoo.get(name, weights=None)
    fix_weights(model)
    outputs = model(batch(zoo.card(name), lengths, ramp), training=False)
    return {
        "inputs": _ports(model.input),
        "outputs": _ports(model.output),
        "parameters": model.count_params(),
        "weights": {
            weight.path: list(weight.shape) for weight in model.weights
        },
        "answers": {port: _some(outputs[port]) for port in sorted(outputs)},
    }


def _ports(tensors: dict[str, keras.KerasTensor]) -> dict[str, list]:
    return {
        name: [tensor.dtype, *tensor.shape]
        for name, tensor in sorted(tensors.items())
    }


def _some(answers) -> list[float]:
    flat = keras.ops.convert_to_numpy(answers).astype("float64").ravel()
    places = np.linspace(0, flat.size - 1, min(ANSWERS, flat.size))
    return [round(value, 5) for value in flat[places.astype(int)].tolist()]


def command(name: str) -> str:
    """What regenerates a golden file."""
    return f"python -m tests.golden {name}"


def read(name: str) -> dict[str, Any]:
    """A golden file.

    Raises:
        FileNotFoundError: the model has none yet; the message says what to do.
    """
    path = FOLDER / f"{name}.json"
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is missing. Write it, with the arguments that make the "
            f"model tiny, such as: {command(name)} --tiny '{{\"width\": 4}}'"
        )
    return json.loads(path.read_text("utf-8"))


def check(name: str) -> None:
    """Fails where a model is not as its golden file says."""
    kept = read(name)
    now = describe(name, kept["lengths"])
    advice = f"If that is meant, run: {command(name)}"
    answers = kept.pop("answers")
    for port, values in now.pop("answers").items():
        difference = np.abs(np.subtract(values, answers[port])).max()
        message = f"{name}: {port} moved by {difference:.1e}. {advice}"
        assert difference <= TOLERANCE, message
    for part, content in now.items():
        assert kept[part] == content, f"{name}: other {part}. {advice}"
