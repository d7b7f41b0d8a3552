"""Mean and variance of sequences, merged without a loss of precision."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any

import numpy as np


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
    def of(cls, sequences: Iterable[Any]) -> Moments:
        """Returns the moments of all steps of arrays (steps, values)."""
        return functools.reduce(cls.__add__, map(cls.of_one, sequences))

    @classmethod
    def of_one(cls, sequence: Any) -> Moments:
        """Returns the moments of the steps of an array (steps, values)."""
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
