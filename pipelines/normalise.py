"""Z-normalisation of feature sequences."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pipelines.stored import Array, Stored
from zoo.common.arguments import check_choice
from zoo.common.moments import Moments

FLOOR = 1e-3
"""Smallest standard deviation to divide by, as in the exported graphs."""


def z_norm(features: Sequence[Array]) -> list[Array]:
    """Normalises sequences by their common mean and standard deviation.

    Args:
        features: arrays (steps, values), such as those of one speaker.

    Returns:
        float32 arrays of the same shapes; a value that hardly varies (digital
        silence) comes out as zero. Those that are read from disk are
        normalised when they are read.
    """
    moments = Moments.of(features)
    scale = _scale(moments)
    return [_scaled(rows, moments.mean, scale) for rows in features]


def _scale(moments: Moments) -> np.ndarray:
    scale: np.ndarray = np.maximum(moments.deviation, FLOOR)
    return scale


def _scaled(rows: Array, mean: np.ndarray, scale: np.ndarray) -> Array:
    if isinstance(rows, Stored):
        read = functools.partial(_read_scaled, rows, mean, scale)
        return dataclasses.replace(rows, read=read, dtype=np.dtype("float32"))
    return ((rows - mean) / scale).astype("float32")


def _read_scaled(
    rows: Stored, mean: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    scaled = _scaled(rows.read(), mean, scale)
    return np.asarray(scaled)


def by_speaker(
    features: Sequence[Array], speakers: Sequence[str]
) -> list[Array]:
    """Normalises the sequences of each speaker together.

    All of a speaker's recordings are used, unlabelled ones included, and no
    other speaker's.

    Args:
        features: arrays (steps, values).
        speakers: the speaker of each array.

    Reference:
        Le et al. 2017, section 3.
    """
    normalised = list(features)
    for own in _indices(features, speakers).values():
        for index, rows in zip(own, z_norm([features[i] for i in own])):
            normalised[index] = rows
    return normalised


def _indices(
    features: Sequence[Array], speakers: Sequence[str]
) -> dict[str, list[int]]:
    """Returns the indices of each speaker's sequences."""
    indices: dict[str, list[int]] = {}
    for index, (speaker, _) in enumerate(zip(speakers, features, strict=True)):
        indices.setdefault(speaker, []).append(index)
    return indices


def running(features: Sequence[Array], speakers: Sequence[str]) -> list[Array]:
    """Normalises each sequence by its speaker's sequences up to itself.

    That is what a system in use knows of a speaker, as
    `zoo.frontends.SpeakerNormalisation.update` collects it: no later
    recording. A first recording is normalised by itself, so that one of a
    single step, such as functionals, comes out as zero.

    The recordings of a speaker are taken in `drawn_order`: corpora list them
    by their class, so that in the order of the corpus the number of a
    recording would give its class away.

    Args:
        features: arrays (steps, values).
        speakers: the speaker of each array.
    """
    normalised = list(features)
    for speaker, own in _indices(features, speakers).items():
        order = [own[place] for place in drawn_order(speaker, len(own))]
        for index, rows in zip(order, in_turn([features[i] for i in order])):
            normalised[index] = rows
    return normalised


def drawn_order(speaker: str, count: int) -> list[int]:
    """Returns the order in which a speaker's recordings are taken.

    It depends on the speaker's name and the number of recordings alone.

    Args:
        speaker: the name.
        count: number of recordings.

    Example:
        >>> sorted(drawn_order("Anna", 3))
        [0, 1, 2]
    """
    seed = hashlib.sha256(speaker.encode()).digest()
    order: list[int] = (
        np.random.default_rng(list(seed)).permutation(count).tolist()
    )
    return order


def in_turn(features: Sequence[Array]) -> list[Array]:
    """Normalises each sequence by those up to itself, in the given order.

    Every sequence is looked at once: moments are added up.

    Args:
        features: arrays (steps, values) of one speaker.

    Example:
        >>> first, second = in_turn([np.array([[4.0]]), np.array([[8.0]])])
        >>> float(first[0, 0]), float(second[0, 0])
        (0.0, 1.0)
    """
    known = itertools.accumulate(map(Moments.of_one, features))
    return [
        _scaled(rows, moments.mean, _scale(moments))
        for rows, moments in zip(features, known)
    ]


def by_recording(features: Sequence[Array]) -> list[Array]:
    """Normalises every sequence by itself.

    Reference:
        Khorram et al. 2017, section 3.
    """
    return [_normalised_alone(rows) for rows in features]


def _normalised_alone(rows: Array) -> Array:
    if isinstance(rows, Stored):
        read = functools.partial(_read_normalised, rows)
        return dataclasses.replace(rows, read=read, dtype=np.dtype("float32"))
    return z_norm([rows])[0]


def _read_normalised(rows: Stored) -> np.ndarray:
    return np.asarray(z_norm([rows.read()])[0])


SCHEMES = ("none", "speaker", "recording", "running")
OF_SPEAKERS: Mapping[
    str, Callable[[Sequence[Array], Sequence[str]], list[Array]]
] = {"speaker": by_speaker, "running": running}
"""Schemes that use several recordings of a speaker."""


def by_name(
    scheme: str, features: Sequence[Array], speakers: Sequence[str]
) -> list[Array]:
    """Applies the normalisation of that name.

    "speaker" uses all unlabelled recordings of the test speakers, "running"
    those up to the one that is predicted, so reports list the figures of each
    separately from those of "none".

    Args:
        scheme: one of `SCHEMES`.
        features: arrays (steps, values).
        speakers: the speaker of each array.

    Raises:
        ValueError: no such scheme.
    """
    check_choice("scheme", scheme, SCHEMES)
    if scheme in OF_SPEAKERS:
        return OF_SPEAKERS[scheme](features, speakers)
    return by_recording(features) if scheme == "recording" else list(features)
