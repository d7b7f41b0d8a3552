"""Z-normalisation and PCA whitening of feature sequences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from zoo.common.arguments import check_choice

FLOOR = 1e-3
"""Smallest standard deviation to divide by, as in the exported graphs."""


def z_norm(features: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Normalises sequences by their common mean and standard deviation.

    Args:
        features: arrays (steps, values), such as those of one speaker.

    Returns:
        float32 arrays of the same shapes; a value that hardly varies (digital
        silence) comes out as zero.
    """
    count = sum(len(rows) for rows in features)
    mean = sum(rows.sum(axis=0, dtype="float64") for rows in features) / count
    variance = (
        sum(np.square(rows - mean).sum(axis=0) for rows in features) / count
    )
    scale = np.maximum(np.sqrt(variance), FLOOR)
    return [((rows - mean) / scale).astype("float32") for rows in features]


def by_speaker(
    features: Sequence[np.ndarray], speakers: Sequence[str]
) -> list[np.ndarray]:
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


def by_recording(features: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Normalises every sequence by itself.

    Reference:
        Khorram et al. 2017, section 3.
    """
    return [z_norm([rows])[0] for rows in features]


SCHEMES = ("none", "speaker", "recording")


def by_name(
    scheme: str, features: Sequence[np.ndarray], speakers: Sequence[str]
) -> list[np.ndarray]:
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

    def fit(self, features: Sequence[np.ndarray], seed: int = 0) -> Whitening:
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
        frames = _joined(features)
        if len(frames) > self.FRAMES:
            rng = np.random.default_rng(seed)
            sample = rng.choice(len(frames), self.FRAMES, replace=False)
            frames = frames[np.sort(sample)]
        self.low, self.high = _bounds(frames, self.tails)
        frames = np.clip(frames.astype(float), self.low, self.high)
        self.mean, spread = frames.mean(axis=0), frames.std(axis=0)
        varying = np.flatnonzero(spread > 1e-6 * np.abs(self.mean))
        if not varying.size:
            raise ValueError(
                "`features` must vary to be whitened. Received: "
                f"{frames.shape[1]} values that are the same in all frames"
            )
        scale = spread[varying]
        projection = self._project((frames - self.mean)[:, varying] / scale)
        self.matrix = np.zeros((frames.shape[1], projection.shape[1]))
        self.matrix[varying] = projection / scale[:, None]
        return self

    def _project(self, frames: np.ndarray) -> np.ndarray:
        """Fits the projection of standardised values: (values, components)."""
        # Waiting for threads costs more than they gain on a busy machine.
        with threadpool_limits(1):
            pca = PCA(random_state=0).fit(frames)
        variance = pca.explained_variance_
        shares = pca.explained_variance_ratio_
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
        return (pca.components_[:count] / np.sqrt(variance[:count, None])).T

    def apply(self, features: Sequence[np.ndarray]) -> list[np.ndarray]:
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
            clipped = np.clip(rows.astype(float), self.low, self.high)
            values = (clipped - self.mean) @ self.matrix
            whitened.append(values.astype("float32"))
        return whitened

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns the attributes that `fit` sets, by name."""
        if self.matrix is None:
            raise ValueError("Whitening has no components: call `fit` first.")
        names = ("low", "high", "mean", "matrix", "explained")
        return {name: getattr(self, name) for name in names}


def _joined(features: Sequence[np.ndarray]) -> np.ndarray:
    """Returns the frames of all sequences: (frames, values)."""
    for index, rows in enumerate(features):
        _check_frames(rows, index, features[0].shape[-1])
    count = sum(len(rows) for rows in features)
    if count < 2:
        raise ValueError(
            "`features` must hold at least two frames to be whitened. "
            f"Received: {count}"
        )
    return np.concatenate(features)


def _bounds(frames: np.ndarray, tails: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns the lowest and highest values kept: float64 (values,) each."""
    # No interpolation between values, since an outlier would move the bound.
    low = np.quantile(frames, tails, axis=0, method="higher")
    high = np.quantile(frames, 1 - tails, axis=0, method="lower")
    return low.astype(float), high.astype(float)


def _check_frames(rows: np.ndarray, index: int, width: int) -> None:
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
