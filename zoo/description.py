"""The card of a model that was built: what depends on its arguments.

Inputs' shapes, outputs, their labels, rates and receptive fields are read from
the model itself; what the paper fixes comes from the registered card.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import keras

from zoo import receptive_field
from zoo.common.tensors import Tensor
from zoo.layers import Annotation
from zoo.registry import Card, Entry, Output, Port


def of_model(model: keras.Model, card: Card) -> Card:
    """Returns a card with the inputs and outputs of a model.

    Args:
        model: functional, with dicts of inputs and outputs.
        card: as registered.
    """
    return dataclasses.replace(
        card,
        inputs=inputs(model, card),
        outputs=outputs(model, card.hop),
    )


def of_entry(entry: Entry, arguments: Mapping[str, Any]) -> Card:
    """Returns the card of the model that an entry point builds.

    Args:
        entry: of the model.
        arguments: of its entry point, as JSON holds them.
    """
    return _of_entry(entry, json.dumps(arguments, sort_keys=True))


@functools.cache
def _of_entry(entry: Entry, arguments: str) -> Card:
    with _same_random_numbers():
        model = entry.build(**json.loads(arguments))
    return of_model(model, entry.card)


@contextlib.contextmanager
def _same_random_numbers() -> Iterator[None]:
    """Leaves the generator as it was that seeds Keras's initialisers."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)


def inputs(model: keras.Model, card: Card) -> tuple[Port, ...]:
    """Returns the card's inputs that the model has, in the model's shapes."""
    return tuple(
        dataclasses.replace(port, shape=tuple(model.input[port.name].shape[1:]))
        for port in card.inputs
        if port.name in model.input
    )


def outputs(model: keras.Model, hop: float | None) -> tuple[Output, ...]:
    """Returns a model's outputs.

    Args:
        model: functional, with a dict of outputs.
        hop: seconds from one input step to the next, or `None`.

    Example:
        >>> import zoo
        >>> from zoo import description
        >>> model = zoo.get("recola_context", weights=None, span=50)
        >>> description.outputs(model, 0.04)[0].receptive_field_seconds
        2.0
    """
    return tuple(
        _output(name, tensor, hop) for name, tensor in model.output.items()
    )


def _output(name: str, tensor: Tensor, hop: float | None) -> Output:
    layer = tensor._keras_history.operation
    is_annotated = isinstance(layer, Annotation)
    field = receptive_field.of_output(tensor)
    has_steps = field.stride is not None
    return Output(
        name=name,
        shape=tuple(tensor.shape[1:]),
        dtype=str(tensor.dtype),
        unit=layer.unit if is_annotated else "",
        labels=layer.labels if is_annotated else (),
        hop=_seconds(field.stride, hop),
        receptive_field=field.steps,
        receptive_field_seconds=_seconds(field.steps, hop),
        coarsest=float(field.coarsest) if has_steps else None,
    )


def _seconds(steps: Any, hop: float | None) -> float | None:
    if steps is None or hop is None:
        return None
    return round(float(steps) * hop, 6)
