"""Signatures of an export, and seeded noise to verify them with.

The inputs of a model are those of its card that it was built with, in its own
shapes. Only `lengths` has a fixed meaning: the lengths of the rows of all
other inputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import keras
import numpy as np

from zoo import description, frontends, registry
from zoo.registry import Card, Port

DEFAULT, WAVEFORM, DECODED = "serving_default", "from_waveform", "decoded"
LENGTHS = "lengths"
PEAK = 0.5
"""Largest sample of waveforms of noise."""


def waveform_ports(card: Card) -> list[Port]:
    """Returns the inputs of the signature that takes a waveform."""
    unit = f"samples in [-1, 1) at {card.sampling_rate} Hz"
    return [
        Port("waveform", (None,), "float32", unit),
        Port(LENGTHS, (), "int32", "valid samples"),
    ]


def signatures_of(model: keras.Model, card: Card) -> dict[str, list[Port]]:
    """Returns the inputs of each signature that an export of the model has."""
    signatures = {DEFAULT: list(description.inputs(model, card))}
    if card.frontend is not None:
        signatures[WAVEFORM] = waveform_ports(card)
        if decoded_model(model, card) is not None:
            signatures[DECODED] = waveform_ports(card)
    return signatures


def decoded_model(model: keras.Model, card: Card) -> keras.Model | None:
    """Returns the model of the signature `DECODED`; `None` without one.

    Args:
        model: built by the zoo.
        card: its card.
    """
    if card.frontend is None or card.name not in registry.names():
        return None
    decoded: keras.Model | None = registry.entry(card.name).decoded(model)
    return decoded


def noise(
    ports: Iterable[Port], rows: int, longest: int, scale: int = 1
) -> dict[str, np.ndarray]:
    """Returns a batch of noise with rows of falling length, padded with NaN.

    Args:
        ports: inputs of one signature.
        rows: of the batch.
        longest: steps of the first row; the last one is half as long.
        scale: samples per step, where the inputs are waveforms.

    Raises:
        ValueError: an input is neither float32 nor `lengths`.

    Example:
        >>> ports = [Port("features", (None, 2), "float32", ""),
        ...          Port("lengths", (), "int32", "")]
        >>> batch = noise(ports, rows=2, longest=4)
        >>> batch["features"].shape, batch["lengths"]
        ((2, 4, 2), array([4, 2], dtype=int32))
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
            values = np.clip(values * PEAK / 3, -PEAK, PEAK)
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
    """Returns a batch of noise for each (rows, longest row in steps)."""
    scale = _hop_samples(card) if signature != DEFAULT else 1
    return [noise(ports, rows, longest, scale) for rows, longest in sizes]


def _hop_samples(card: Card) -> int:
    """Returns the samples per step of a card with a front end."""
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
    """Returns one row of a batch, without its padding."""
    single = {name: array[row : row + 1] for name, array in batch.items()}
    if LENGTHS not in batch:
        return single
    length = int(batch[LENGTHS][row])
    for port in ports:
        if port.shape[:1] == (None,):
            single[port.name] = single[port.name][:, :length]
    return single


def steps_formula(card: Card, longest: int = 4000) -> dict[str, int] | None:
    """Returns the rule by which samples become steps of a card's front end.

    Args:
        card: of a model.
        longest: number of samples up to which the rule is compared with the
            front end.

    Returns:
        `add`, `hop` and `least` of (samples + add) // hop steps; fewer samples
        than `least` give no step. `None` without a front end, or where it
        follows another rule.
    """
    if card.frontend is None:
        return None
    frontend = frontends.get(card.frontend)
    count = keras.Model(frontend.input[LENGTHS], frontend.output[LENGTHS])
    hop = _hop_samples(card)
    samples = np.arange(1, longest, dtype="int32")
    steps = keras.ops.convert_to_numpy(count(samples))
    least = int(samples[np.argmax(steps > 0)])
    second = int(samples[np.argmax(steps > 1)])
    formula = {"add": 2 * hop - second, "hop": hop, "least": least}
    expected = np.where(samples < least, 0, (samples + 2 * hop - second) // hop)
    return formula if np.array_equal(expected, steps) else None
