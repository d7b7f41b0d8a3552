"""Inputs that an export is tried with: seeded noise in the shapes of a card.

A model's ports are those of its card that it really has, in the shapes that
it was built with; nothing here knows what they are called, but for `lengths`,
which says where each row of the other inputs ends.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import keras
import numpy as np

from zoo import frontends
from zoo.registry import Card, Port

DEFAULT, WAVEFORM = "serving_default", "from_waveform"
LENGTHS = "lengths"
LOUD = 0.5


def inputs_of(model: keras.Model, card: Card) -> list[Port]:
    """The card's inputs that the model has, in the model's own shapes."""
    return [
        dataclasses.replace(port, shape=tuple(model.input[port.name].shape[1:]))
        for port in card.inputs
        if port.name in model.input
    ]


def waveform_ports(card: Card) -> list[Port]:
    """Inputs of the signature that starts from sound."""
    unit = f"samples in [-1, 1) at {card.sampling_rate} Hz"
    return [
        Port("waveform", (None,), "float32", unit),
        Port(LENGTHS, (), "int32", "valid samples"),
    ]


def signatures_of(model: keras.Model, card: Card) -> dict[str, list[Port]]:
    """Inputs of each signature that an export of the model has."""
    found = {DEFAULT: inputs_of(model, card)}
    if card.frontend is not None:
        found[WAVEFORM] = waveform_ports(card)
    return found


def noise(
    ports: Iterable[Port], rows: int, longest: int, scale: int = 1
) -> dict[str, np.ndarray]:
    """A batch whose rows end earlier and earlier, with NaN behind the end.

    Args:
        ports: of one signature.
        rows: of the batch.
        longest: steps of the first row; the last one is half as long.
        scale: what a step is multiplied by where ports count samples.

    Raises:
        ValueError: an input that nothing is known of.
    """
    generator = np.random.default_rng(0)
    longest = longest * scale
    lengths = np.linspace(longest, longest // 2, rows).astype("int32")
    batch = {}
    for port in ports:
        if port.name == LENGTHS:
            batch[port.name] = lengths.astype(port.dtype)
            continue
        if port.dtype != "float32":
            raise ValueError(
                "An input must be float32, or be called 'lengths'. Received: "
                f"{port.name!r} of dtype {port.dtype}"
            )
        shape = (rows, *(longest if n is None else n for n in port.shape))
        values = generator.normal(size=shape)
        if scale > 1:
            values = np.clip(values * LOUD / 3, -LOUD, LOUD)
        batch[port.name] = values.astype("float32")
        if port.shape[:1] == (None,):
            for row, length in zip(batch[port.name], lengths):
                row[length:] = np.nan
    return batch


def batches(
    signature: str,
    ports: Sequence[Port],
    card: Card,
    sizes: Iterable[tuple[int, int]],
) -> list[dict[str, np.ndarray]]:
    """A batch of noise for each (rows, longest row in steps)."""
    scale = _hop(card) if signature == WAVEFORM else 1
    return [noise(ports, rows, longest, scale) for rows, longest in sizes]


def _hop(card: Card) -> int:
    """Samples a step of a card with a front end."""
    if card.hop is None or card.sampling_rate is None:
        raise ValueError(
            f"The card of {card.name!r} names a front end, so it must give "
            f"`hop` and `sampling_rate`. Received: hop={card.hop}, "
            f"sampling_rate={card.sampling_rate}"
        )
    return round(card.hop * card.sampling_rate)


def alone(
    batch: Mapping[str, np.ndarray], ports: Iterable[Port], row: int
) -> dict[str, np.ndarray]:
    """One row of a batch by itself, without its padding."""
    single = {name: each[row : row + 1] for name, each in batch.items()}
    if LENGTHS not in batch:
        return single
    length = int(batch[LENGTHS][row])
    for port in ports:
        if port.shape[:1] == (None,):
            single[port.name] = single[port.name][:, :length]
    return single


def steps_formula(card: Card, longest: int = 4000) -> dict[str, int] | None:
    """How samples become steps: (samples + `add`) // `hop`, from `least` on.

    Fewer samples than `least` give no step. `None` where the front end
    follows another rule, or where there is no front end.
    """
    if card.frontend is None:
        return None
    frontend = frontends.get(card.frontend)
    count = keras.Model(frontend.input[LENGTHS], frontend.output[LENGTHS])
    hop = _hop(card)
    samples = np.arange(1, longest, dtype="int32")
    steps = keras.ops.convert_to_numpy(count(samples))
    least = int(samples[np.argmax(steps > 0)])
    second = int(samples[np.argmax(steps > 1)])
    formula = {"add": 2 * hop - second, "hop": hop, "least": least}
    expected = np.where(samples < least, 0, (samples + 2 * hop - second) // hop)
    return formula if np.array_equal(expected, steps) else None
