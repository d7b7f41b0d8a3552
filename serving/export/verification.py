"""Whether an export does what the model does, whatever it is batched with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from serving.signatures import DEFAULT, WAVEFORM, alone
from zoo import frontends
from zoo.registry import Card, Port

TOLERANCE = 1e-4
ALONE = 1e-3
"""Of a row in a batch from itself alone: sums run in another order there."""

Arrays = Mapping[str, np.ndarray]


def expected(model: keras.Model, card: Card) -> dict[str, Callable]:
    """What each signature must answer: the model in its own process."""
    functions: dict[str, Callable] = {DEFAULT: model}
    if card.frontend is not None:
        frontend = frontends.get(card.frontend)

        def whole(inputs):
            features = frontend(inputs)
            return {**model(features), "lengths": features["lengths"]}

        functions[WAVEFORM] = whole
    return functions


def difference(
    expected: Callable,
    received: Callable[[Arrays], Arrays],
    batches: Sequence[Arrays],
    tolerance: float = TOLERANCE,
) -> float:
    """The largest difference between two functions of named arrays.

    Raises:
        ValueError: it is more than `tolerance`, or the shapes differ.
    """
    worst = 0.0
    for inputs in batches:
        known = {
            name: keras.ops.convert_to_numpy(each)
            for name, each in expected(inputs).items()
        }
        found = received(inputs)
        if _shapes(known) != _shapes(found):
            raise ValueError(
                f"The export's outputs are {_shapes(found)}, not "
                f"{_shapes(known)}."
            )
        worst = float(np.max([worst, _largest(known, found)]))
    if not worst <= tolerance:  # NaN where one is NaN
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
    """The largest difference of a row in a batch from itself alone.

    Raises:
        ValueError: it is more than `tolerance`.
    """
    together, worst = answer(batch), 0.0
    rows = len(next(iter(batch.values())))
    for row in range(rows):
        single = answer(alone(batch, ports, row))
        same = {
            name: together[name][row : row + 1][
                tuple(slice(size) for size in each.shape)
            ]
            for name, each in single.items()
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


def _shapes(outputs: Arrays) -> dict[str, tuple]:
    return {name: outputs[name].shape for name in sorted(outputs)}
