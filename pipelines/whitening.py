"""PCA whitening of feature sequences."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from pipelines.stored import Array

_BLOCK, _STEP = 4096, 32
"""Frames a product, and frames for each that guesses a quantile."""


class Whitening:
    """PCA whitening, fitted on training sequences.

    Every feature is clipped to its quantiles `tails` and 1 - `tails`, since
    single frames of some acoustic features are thousands of standard
    deviations from the mean; then standardised, so that units do not matter;
    then projected on principal components of unit variance. Features that are
    constant in training are ignored, and components with less than 1e-8 of
    the variance of the first one are left out.

    Args:
        components: number of components to keep, or, below 1, the share of
            the variance that they explain together; all by default.
        tails: share of values clipped on each side, from 0 to below 0.5.

    Attributes:
        low, high, mean: float64 (values,), bounds and mean of each feature.
        matrix: float64 (values, components).
        explained: float64 (components,), share of each in the variance.

    Raises:
        ValueError: an argument out of its range.

    Example:
        >>> frames = np.random.default_rng(0).normal(3, [1, 0, 5], (99, 3))
        >>> whitening = Whitening().fit([frames[:50], frames[50:]])
        >>> whitening.apply([frames])[0].std(axis=0).round(1)
        array([1., 1.], dtype=float32)
    """

    FRAMES = 200_000
    """Largest number of frames to fit on; more are sampled by the seed."""

    def __init__(
        self, components: int | float | None = None, tails: float = 0.001
    ):
        if components is not None and not (
            isinstance(components, int) and components >= 1
        ):
            if isinstance(components, int) or not 0 < components < 1:
                raise ValueError(
                    "`components` must be a whole number from 1, a share of "
                    "the variance between 0 and 1, or None for all. "
                    f"Received: components={components!r}"
                )
        if not 0 <= tails < 0.5:
            raise ValueError(
                "`tails` must be a share from 0 to below 0.5. Received: "
                f"tails={tails!r}"
            )
        self.components = components
        self.tails = tails
        self.matrix: np.ndarray | None = None

    def fit(self, features: Sequence[Array], seed: int = 0) -> Whitening:
        """Fits bounds, means and components.

        Args:
            features: training arrays (steps, values).
            seed: of the sample of frames, where there are more than `FRAMES`.

        Returns:
            Itself.

        Raises:
            ValueError: values that are not finite, arrays of different width,
                fewer than two frames, only constant features, or fewer
                components than asked for.
        """
        values = _drawn(features, self.FRAMES, seed)
        self.low, self.high = np.empty((2, len(values)))
        self.mean, spread = np.empty((2, len(values)))
        for index, row in enumerate(values):
            low, high = self.low[index], self.high[index] = _bounds(
                row, self.tails
            )
            clipped = row.clip(low, high).astype("float64")
            self.mean[index], spread[index] = clipped.mean(), clipped.std()
            clipped -= self.mean[index]
            row[:] = clipped / (spread[index] or 1.0)
        varying = np.flatnonzero(spread > 1e-6 * np.abs(self.mean))
        if not varying.size:
            raise ValueError(
                "`features` must vary to be whitened. Received: "
                f"{len(values)} values that are the same in all frames"
            )
        covariance = _covariance(values)[np.ix_(varying, varying)]
        projection = self._project(covariance)
        self.matrix = np.zeros((len(values), projection.shape[1]))
        self.matrix[varying] = projection / spread[varying, None]
        return self

    def _project(self, covariance: np.ndarray) -> np.ndarray:
        """Fits the projection of standardised values: (values, components)."""
        # Waiting for threads costs more than they gain on a busy machine.
        with threadpool_limits(1):
            variance, components = np.linalg.eigh(covariance)
        variance, components = variance[::-1], components[:, ::-1]
        variance = np.maximum(variance, 0)
        shares = variance / variance.sum()
        available = int(np.sum(variance > 1e-8 * variance[0]))
        wanted = self.components
        if wanted is None:
            count = available
        elif isinstance(wanted, int):
            count = wanted
        else:
            count = 1 + int(np.sum(np.cumsum(shares) < wanted - 1e-12))
        if count > available:
            raise ValueError(
                f"`components` must be at most {available}, as many as these "
                f"features have. Received: components={wanted}"
            )
        self.explained = shares[:count]
        components = components[:, :count]
        # An eigenvector has no sign: its largest entry becomes positive.
        largest = np.abs(components).argmax(axis=0)
        signs = np.sign(components[largest, np.arange(count)])
        return components * signs / np.sqrt(variance[:count])

    def apply(self, features: Sequence[Array]) -> list[np.ndarray]:
        """Whitens sequences of any recordings.

        Args:
            features: arrays (steps, values), as wide as those of the fit.

        Returns:
            float32 arrays (steps, components).

        Raises:
            ValueError: another width, values that are not finite, or called
                before `fit`.
        """
        if self.matrix is None:
            raise ValueError("Whitening has no components: call `fit` first.")
        whitened = []
        for index, rows in enumerate(features):
            _check_frames(rows, index, len(self.mean))
            clipped = np.clip(np.asarray(rows, float), self.low, self.high)
            values = (clipped - self.mean) @ self.matrix
            whitened.append(values.astype("float32"))
        return whitened

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns the attributes that `fit` sets, by name."""
        if self.matrix is None:
            raise ValueError("Whitening has no components: call `fit` first.")
        names = ("low", "high", "mean", "matrix", "explained")
        return {name: getattr(self, name) for name in names}


def _drawn(features: Sequence[Array], limit: int, seed: int) -> np.ndarray:
    """Draws `limit` frames of all sequences, or takes all: (values, frames).

    They are float32 unless the features are of another type.
    """
    for index, rows in enumerate(features):
        _check_frames(rows, index, features[0].shape[-1])
    count = sum(len(rows) for rows in features)
    if count < 2:
        raise ValueError(
            "`features` must hold at least two frames to be whitened. "
            f"Received: {count}"
        )
    sample = np.arange(count)
    if count > limit:
        rng = np.random.default_rng(seed)
        sample = np.sort(rng.choice(count, limit, replace=False))
    ends = np.cumsum([len(rows) for rows in features])
    bounds = [0, *np.searchsorted(sample, ends)]
    kind = np.result_type("float32", *{rows.dtype for rows in features})
    drawn = np.empty((features[0].shape[1], len(sample)), kind)
    for rows, end, first, last in zip(features, ends, bounds, bounds[1:]):
        own = sample[first:last] - (end - len(rows))
        drawn[:, first:last] = rows[own].T
    return drawn


def _bounds(values: np.ndarray, tails: float) -> tuple[float, float]:
    """Returns the lowest and highest value kept of one feature.

    They are values of the feature, since by interpolation an outlier would
    move the bound.
    """
    last = len(values) - 1
    low, high = math.ceil(last * tails), math.floor(last * (1 - tails))
    return _smallest(values, low), -_smallest(-values, last - high)


def _smallest(values: np.ndarray, rank: int) -> float:
    """Returns the value of that rank, 0 for the smallest."""
    # A few values tell which of them are small enough to be worth sorting.
    few = np.sort(values[::_STEP])
    limit = few[min(2 * rank // _STEP + 9, len(few) - 1)]
    small = values[values <= limit]
    if len(small) <= rank:
        small = values
    return float(np.partition(small, rank)[rank])


def _covariance(values: np.ndarray) -> np.ndarray:
    """Returns the covariance of centred (values, frames), in float64."""
    width, count = values.shape
    total = np.zeros((width, width))
    with threadpool_limits(1):
        for first in range(0, count, _BLOCK):
            block = values[:, first : first + _BLOCK].astype("float64")
            total += block @ block.T
    return total / (count - 1)


def _check_frames(rows: Array, index: int, width: int) -> None:
    if rows.ndim != 2 or rows.shape[1] != width:
        raise ValueError(
            f"`features` must have the shape (steps, {width}). Received: "
            f"{rows.shape} at {index}"
        )
    if not np.isfinite(rows).all():
        raise ValueError(
            "`features` must be finite. Received: NaN or infinite values in "
            f"the sequence at {index}"
        )
