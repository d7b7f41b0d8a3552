"""Discrete levels of continuous labels: clusters, bins, rating levels.

All classes have a method `levels`, which turns values into integers from 0,
the lowest level, on. `priors` are the shares of the levels.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

_STARTS = 10


class Levels:
    """Levels of one emotion dimension; a subclass says where they end.

    A value on a boundary has the lower level. Values beyond those of the fit
    have the lowest or highest level, which is the clipping in the paper's
    Figure 1.

    Args:
        clusters: number of levels, at least 2.

    Attributes:
        means: float64 array (clusters,), the mean value of each level, in
            increasing order; `None` before `fit`.

    Raises:
        ValueError: fewer than two levels.

    Reference:
        Le, Aldeneh and Mower Provost, "Discretized Continuous Speech Emotion
        Recognition with Multi-Task Deep Recurrent Neural Network", section
        4.1 (4, 6, 8 and 10 levels of the labels of training and development
        set).
    """

    def __init__(self, clusters: int) -> None:
        if clusters < 2:
            raise ValueError(
                f"`clusters` must be at least 2. Received: clusters={clusters}"
            )
        self.clusters = clusters
        self.means: np.ndarray | None = None
        self._boundaries = np.empty(0)

    def fit(self, values: ArrayLike) -> Levels:
        """Computes boundaries and means of the levels.

        Args:
            values: float array of any shape, all recordings joined; its unit
                is that of `means`.

        Returns:
            Itself.

        Raises:
            ValueError: NaN or infinite values, or more levels than distinct
                values.
        """
        # Traces repeat values; weighted distinct values give the same means.
        distinct, counts = np.unique(
            _finite("values", values), return_counts=True
        )
        if len(distinct) < self.clusters:
            raise ValueError(
                "`clusters` must be at most the number of distinct values; "
                f"ask for fewer levels. Received: clusters={self.clusters}, "
                f"{len(distinct)} distinct values"
            )
        self._boundaries = self._between(distinct, counts)
        ends = np.concatenate((distinct[:1], self._boundaries, distinct[-1:]))
        levels = np.searchsorted(self._boundaries, distinct)
        sizes, sums = (
            np.bincount(levels, weights, minlength=self.clusters)
            for weights in (counts, counts * distinct)
        )
        centres = (ends[1:] + ends[:-1]) / 2  # of levels without any value
        self.means = np.where(sizes, sums / np.maximum(sizes, 1), centres)
        return self

    def _between(self, distinct: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Returns the boundaries (clusters - 1,) of values and counts."""
        raise NotImplementedError

    def levels(self, values: ArrayLike) -> np.ndarray:
        """Returns the level of each of `values`, 0 (lowest) on.

        Raises:
            ValueError: NaN or infinite values, or called before `fit`.
        """
        self._fitted()
        return np.searchsorted(self._boundaries, _finite("values", values))

    def values(self, levels: ArrayLike) -> np.ndarray:
        """Returns the mean of each of `levels`, in the unit of the fit.

        Raises:
            ValueError: a level out of range, or called before `fit`.
        """
        return self._fitted()[_in_range(levels, self.clusters)]

    def reconstruct(self, values: ArrayLike) -> np.ndarray:
        """Replaces values by the means of their levels, as in Table 1."""
        return self.values(self.levels(values))

    def _fitted(self) -> np.ndarray:
        if self.means is None:
            name = type(self).__name__
            raise ValueError(f"{name} has no means yet: call `fit` first.")
        return self.means


class KMeansLevels(Levels):
    """Levels clustered by k-means: that of a value is that of the nearest mean.

    The best of 10 seeded k-means++ starts is kept. Each runs until no value
    changes its cluster, so that `means` are the means of the clusters.

    Args:
        clusters: number of levels, at least 2.
        seed: of the k-means++ starts.

    Example:
        >>> levels = KMeansLevels(2).fit([0.1, 0.3, 0.8, 1.0])
        >>> levels.levels([0.0, 0.9, 0.3])
        array([0, 1, 0])
        >>> levels.reconstruct([0.0, 0.9, 0.3]).round(3)
        array([0.2, 0.9, 0.2])
    """

    def __init__(self, clusters: int, seed: int = 0) -> None:
        super().__init__(clusters)
        self.seed = seed

    def _between(self, distinct: np.ndarray, counts: np.ndarray) -> np.ndarray:
        kmeans = KMeans(
            self.clusters, n_init=_STARTS, tol=0, random_state=self.seed
        )
        # Waiting for threads costs more than this small computation.
        with threadpool_limits(1):
            kmeans.fit(distinct[:, None], sample_weight=counts.astype(float))
        means = np.sort(kmeans.cluster_centers_[:, 0])
        return np.asarray((means[1:] + means[:-1]) / 2)


class EqualWidthLevels(Levels):
    """Levels of equal width between the lowest and the highest value.

    The paper names them as common, and extremely imbalanced.

    Example:
        >>> EqualWidthLevels(2).fit([0.0, 0.1, 0.2, 1.0]).levels([0.5, 0.6])
        array([0, 1])
    """

    def _between(self, distinct: np.ndarray, counts: np.ndarray) -> np.ndarray:
        ends = np.linspace(distinct[0], distinct[-1], self.clusters + 1)
        return np.asarray(ends[1:-1])


class QuantileLevels(Levels):
    """Levels that hold equally many values, as far as repeated ones allow.

    Example:
        >>> QuantileLevels(2).fit([0.0, 0.1, 0.2, 1.0]).levels([0.1, 0.2])
        array([0, 1])
    """

    def _between(self, distinct: np.ndarray, counts: np.ndarray) -> np.ndarray:
        shares = np.arange(1, self.clusters) / self.clusters
        return np.quantile(np.repeat(distinct, counts), shares)


DISCRETISATIONS: Mapping[str, type[Levels]] = {
    "kmeans": KMeansLevels,
    "equal_width": EqualWidthLevels,
    "quantile": QuantileLevels,
}
"""Ways to divide values into levels, by name."""


class RatingLevels:
    """Low, mid and high level of a mean rating on the scale from 1 to 5.

    Low is [1, 2], mid (2, 4), high [4, 5]; ratings are not rounded.

    Attributes:
        names: of the levels 0, 1 and 2.

    Example:
        >>> RatingLevels().levels([1.0, 2.0, 2.5, 4.0])
        array([0, 0, 1, 2])

    Reference:
        Zhang, Wu and Schuller, "Attention-Augmented End-to-End Multi-Task
        Learning for Emotion Prediction from Speech", section 4.1.
    """

    names = ("low", "mid", "high")

    def levels(self, ratings: ArrayLike) -> np.ndarray:
        """Returns the level of every mean rating.

        Args:
            ratings: float array of any shape, 1 to 5.

        Returns:
            Integer array of the same shape: 0, 1 or 2.

        Raises:
            ValueError: a rating outside the scale, NaN included.
        """
        ratings = _finite("ratings", ratings)
        outside = ratings[(ratings < 1) | (ratings > 5)]
        if outside.size:
            raise ValueError(
                "`ratings` must lie on the scale from 1 to 5. "
                f"Received: {outside.size} outside it, the first {outside[0]}"
            )
        return (ratings > 2).astype(int) + (ratings >= 4)


def priors(levels: ArrayLike, classes: int) -> np.ndarray:
    """Returns the share of each level, 0 for one that never occurs.

    Args:
        levels: integer array of any shape, 0 to `classes` - 1; the training
            labels, all recordings joined.
        classes: number of levels.

    Returns:
        Float64 array (classes,) that sums to one.

    Raises:
        ValueError: no levels, or one out of range.
    """
    levels = _in_range(levels, classes)
    if not levels.size:
        raise ValueError("`levels` must hold at least one. Received: none")
    return np.bincount(levels.ravel(), minlength=classes) / levels.size


def _finite(name: str, values: ArrayLike) -> np.ndarray:
    values = np.asarray(values, dtype=np.float64)
    wrong = np.count_nonzero(~np.isfinite(values))
    if wrong:
        raise ValueError(
            f"`{name}` must be finite; drop or fill unlabelled frames first. "
            f"Received: {wrong} of {values.size} NaN or infinite"
        )
    return values


def _in_range(levels: ArrayLike, classes: int) -> np.ndarray:
    levels = np.asarray(levels)
    if not np.issubdtype(levels.dtype, np.integer):
        raise ValueError(
            f"`levels` must be integers. Received: dtype={levels.dtype}"
        )
    if levels.size and not 0 <= levels.min() <= levels.max() < classes:
        raise ValueError(
            f"`levels` must lie from 0 to {classes - 1}. "
            f"Received: {levels.min()} to {levels.max()}"
        )
    return levels
