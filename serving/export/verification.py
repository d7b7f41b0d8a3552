"""Compares exports with the model, and rows of a batch with the rows alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from serving.signatures import (
    DECODED,
    DEFAULT,
    WAVEFORM,
    alone,
    decoded_model,
)
from zoo import frontends
from zoo.registry import Card, Port

TOLERANCE = 1e-4
ALONE = 1e-3
"""Tolerance for a row alone: sums run in another order than in a batch."""

Arrays = Mapping[str, np.ndarray]


def expected(model: keras.Model, card: Card) -> dict[str, Callable]:
    """Returns a function per signature that computes its outputs with Keras."""
    functions: dict[str, Callable] = {DEFAULT: model}
    if card.frontend is not None:
        frontend = frontends.get(card.frontend)

        def after(network: keras.Model) -> Callable:
            def from_waveform(inputs: Arrays) -> dict[str, Any]:
                features = frontend(inputs)
                return {**network(features), "lengths": features["lengths"]}

            return from_waveform

        functions[WAVEFORM] = after(model)
        decoded = decoded_model(model, card)
        if decoded is not None:
            functions[DECODED] = after(decoded)
    return functions


def difference(
    expected: Callable,
    received: Callable[[Arrays], Arrays],
    batches: Sequence[Arrays],
    tolerance: float = TOLERANCE,
) -> float:
    """Returns the largest difference between two functions of named arrays.

    Args:
        expected: the model.
        received: the export.
        batches: inputs that both are called with.
        tolerance: largest difference that passes.

    Raises:
        ValueError: the difference is larger than `tolerance`, or the shapes
            differ.

    Example:
        >>> double = lambda inputs: {"y": 2 * inputs["x"]}
        >>> difference(double, double, [{"x": np.ones(3)}])
        0.0
    """
    worst = 0.0
    for inputs in batches:
        right = {
            name: keras.ops.convert_to_numpy(output)
            for name, output in expected(inputs).items()
        }
        outputs = received(inputs)
        if _shapes(right) != _shapes(outputs):
            raise ValueError(
                f"The export's outputs are {_shapes(outputs)}, not "
                f"{_shapes(right)}."
            )
        worst = float(np.max([worst, _largest(right, outputs)]))
    if not worst <= tolerance:  # also where one of the two is NaN
        raise ValueError(
            f"The export differs from the model by {worst:.2e}, more than "
            f"{tolerance:.0e}. Nothing was written."
        )
    return worst


def independence(
    answer: Callable[[Arrays], Arrays],
    ports: Sequence[Port],
    batch: Arrays,
    tolerance: float = ALONE,
) -> float:
    """Returns the largest difference of a row in a batch from the row alone.

    Args:
        answer: the export.
        ports: inputs of the signature.
        batch: inputs of several rows.
        tolerance: largest difference that passes.

    Raises:
        ValueError: the difference is larger than `tolerance`.
    """
    together, worst = answer(batch), 0.0
    rows = len(next(iter(batch.values())))
    for row in range(rows):
        single = answer(alone(batch, ports, row))
        same = {
            name: together[name][row : row + 1][
                tuple(slice(size) for size in output.shape)
            ]
            for name, output in single.items()
        }
        worst = float(np.max([worst, _largest(single, same)]))
    if not worst <= tolerance:
        raise ValueError(
            "An answer must not depend on what it is batched with. It differs "
            f"from the row's own by {worst:.2e}, more than {tolerance:.0e}. "
            "Nothing was written."
        )
    return worst


def _largest(one: Arrays, other: Arrays) -> float:
    differences = [
        np.abs(np.subtract(value, other[name], dtype="float64")).max(initial=0)
        for name, value in one.items()
    ]
    return float(np.max(differences))


def _shapes(outputs: Arrays) -> dict[str, tuple[int, ...]]:
    return {name: outputs[name].shape for name in sorted(outputs)}
