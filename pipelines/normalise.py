"""Z-normalisation of feature sequences."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Sequence

import numpy as np

from pipelines.stored import Array, Stored
from zoo.common.arguments import check_choice

FLOOR = 1e-3
"""Smallest standard deviation to divide by, as in the exported graphs."""


@dataclasses.dataclass(frozen=True)
class Moments:
    """Mean and variance of sequences, each of which is looked at once.

    Attributes:
        count: number of steps.
        mean: (values,) float64.
        squares: sum of the squared differences from it, (values,) float64.

    Reference: Chan, Golub, LeVeque 1983, Algorithms for computing the sample
        variance, equation 2.1.
    """

    count: int
    mean: np.ndarray
    squares: np.ndarray

    @classmethod
    def of(cls, sequences: Iterable[Array]) -> Moments:
        """Returns the moments of all steps of sequences (steps, values)."""
        return functools.reduce(cls.__add__, map(cls._of_one, sequences))

    @classmethod
    def _of_one(cls, sequence: Array) -> Moments:
        rows = np.asarray(sequence)
        mean = rows.sum(axis=0, dtype="float64") / max(len(rows), 1)
        return cls(len(rows), mean, np.square(rows - mean).sum(axis=0))

    def __add__(self, other: Moments) -> Moments:
        count = max(self.count + other.count, 1)
        apart = other.mean - self.mean
        mean = self.mean + apart * (other.count / count)
        between = np.square(apart) * (self.count * other.count / count)
        return Moments(count, mean, self.squares + other.squares + between)

    @property
    def deviation(self) -> np.ndarray:
        """The standard deviation, (values,) float64."""
        deviation: np.ndarray = np.sqrt(self.squares / self.count)
        return deviation


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
    scale = np.maximum(moments.deviation, FLOOR)
    return [_scaled(rows, moments.mean, scale) for rows in features]


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
    indices: dict[str, list[int]] = {}
    for index, (speaker, _) in enumerate(zip(speakers, features, strict=True)):
        indices.setdefault(speaker, []).append(index)
    for own in indices.values():
        for index, rows in zip(own, z_norm([features[i] for i in own])):
            normalised[index] = rows
    return normalised


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


SCHEMES = ("none", "speaker", "recording")


def by_name(
    scheme: str, features: Sequence[Array], speakers: Sequence[str]
) -> list[Array]:
    """Applies the normalisation of that name.

    "speaker" uses the unlabelled recordings of the test speakers, so reports
    list its figures separately from those of "none".

    Args:
        scheme: one of `SCHEMES`.
        features: arrays (steps, values).
        speakers: the speaker of each array.

    Raises:
        ValueError: no such scheme.
    """
    check_choice("scheme", scheme, SCHEMES)
    if scheme == "speaker":
        return by_speaker(features, speakers)
    return by_recording(features) if scheme == "recording" else list(features)
