"""Z-normalisation of feature sequences, and their PCA whitening."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

FLOOR = 1e-3
"""Smallest standard deviation to divide by, that of the exported graphs."""


def z_norm(features: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Normalises sequences by their common mean and standard deviation.

    Args:
        features: arrays (steps, values) of one speaker, or a single one.

    Returns:
        float32 arrays of the same shapes; a value that hardly varies (digital
        silence) comes out as zero.
    """
    count = sum(len(each) for each in features)
    mean = sum(each.sum(axis=0, dtype="float64") for each in features) / count
    variance = (
        sum(np.square(each - mean).sum(axis=0) for each in features) / count
    )
    scale = np.maximum(np.sqrt(variance), FLOOR)
    return [((each - mean) / scale).astype("float32") for each in features]


def by_speaker(
    features: Sequence[np.ndarray], speakers: Sequence[str]
) -> list[np.ndarray]:
    """Normalises each speaker's sequences together (paper 002, section 3).

    It uses all of a speaker's recordings, unlabelled ones included, and no
    other speaker's.

    Args:
        features: arrays (steps, values).
        speakers: of each, as many.
    """
    normalised = list(features)
    places: dict[str, list[int]] = {}
    for place, (speaker, _) in enumerate(zip(speakers, features, strict=True)):
        places.setdefault(speaker, []).append(place)
    for own in places.values():
        for place, each in zip(own, z_norm([features[i] for i in own])):
            normalised[place] = each
    return normalised


def by_recording(features: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Normalises every sequence by itself (paper 001, section 3)."""
    return [z_norm([each])[0] for each in features]


SCHEMES = ("none", "speaker", "recording")


def by_name(
    scheme: str, features: Sequence[np.ndarray], speakers: Sequence[str]
) -> list[np.ndarray]:
    """The normalisation of that name.

    "speaker" uses the unlabelled recordings of those who are tested, so its
    figures stand in rows of their own, apart from those of "none".

    Args:
        scheme: one of `SCHEMES`.
        features: arrays (steps, values).
        speakers: of each, as many.

    Raises:
        ValueError: no such scheme.
    """
    if scheme not in SCHEMES:
        raise ValueError(
            f"`scheme` must be one of {', '.join(SCHEMES)}. Received: "
            f"scheme={scheme!r}"
        )
    if scheme == "speaker":
        return by_speaker(features, speakers)
    return by_recording(features) if scheme == "recording" else list(features)


class Whitening:
    """PCA whitening, fitted on the sequences of a training alone.

    Every value is clipped to the quantiles `tails` and 1 - `tails` of the
    training, since single frames of some acoustic features lie thousands of
    deviations out; then standardised, so that no feature outweighs others by
    its unit; then projected on principal components of unit variance. A
    feature that never varies in the training has no part in them, nor has a
    component with less than 1e-8 of the variance of the first.

    Args:
        components: how many to keep, or, below 1, the share of the variance
            that they explain together; all by default.
        tails: share of values clipped on either side, from 0 to below 0.5.

    Attributes:
        low, high, mean: float64 (values,), of each feature.
        matrix: float64 (values, components).
        explained: float64 (components,), the share of each in the variance.

    Raises:
        ValueError: an argument out of its range.

    Example:
        >>> frames = np.random.default_rng(0).normal(3, [1, 0, 5], (99, 3))
        >>> whitening = Whitening().fit([frames[:50], frames[50:]])
        >>> whitening.apply([frames])[0].std(axis=0).round(1)
        array([1., 1.], dtype=float32)
    """

    FRAMES = 200_000
    """At most so many frames are fitted on, drawn by seed from larger ones."""

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
        """Finds clipping, means and components.

        Args:
            features: arrays (steps, values) of the training.
            seed: of the frames drawn from more than `FRAMES`.

        Returns:
            Itself.

        Raises:
            ValueError: not finite, not of one width, fewer than two frames,
                nothing that varies, or fewer components than asked for.
        """
        frames = _joined(features)
        if len(frames) > self.FRAMES:
            rng = np.random.default_rng(seed)
            drawn = rng.choice(len(frames), self.FRAMES, replace=False)
            frames = frames[np.sort(drawn)]
        self.low, self.high = _ends(frames, self.tails)
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
        """From standardised values to components: (values, components)."""
        # On a busy machine waiting threads cost more than they bring.
        with threadpool_limits(1):
            pca = PCA(random_state=0).fit(frames)
        variance = pca.explained_variance_
        shares = pca.explained_variance_ratio_
        there = int(np.sum(variance > 1e-8 * variance[0]))
        wanted = self.components
        if wanted is None:
            count = there
        elif isinstance(wanted, int):
            count = wanted
        else:
            count = 1 + int(np.sum(np.cumsum(shares) < wanted - 1e-12))
        if count > there:
            raise ValueError(
                f"`components` must be at most {there}, as many as these "
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
        for place, each in enumerate(features):
            _check_frames(each, place, len(self.mean))
            clipped = np.clip(each.astype(float), self.low, self.high)
            values = (clipped - self.mean) @ self.matrix
            whitened.append(values.astype("float32"))
        return whitened

    def arrays(self) -> dict[str, np.ndarray]:
        """What `fit` found, to be kept as plain arrays."""
        if self.matrix is None:
            raise ValueError("Whitening has no components: call `fit` first.")
        names = ("low", "high", "mean", "matrix", "explained")
        return {name: getattr(self, name) for name in names}


def _joined(features: Sequence[np.ndarray]) -> np.ndarray:
    """All frames of all sequences: (frames, values)."""
    for place, each in enumerate(features):
        _check_frames(each, place, features[0].shape[-1])
    count = sum(len(each) for each in features)
    if count < 2:
        raise ValueError(
            "`features` must hold at least two frames to be whitened. "
            f"Received: {count}"
        )
    return np.concatenate(features)


def _ends(frames: np.ndarray, tails: float) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest values that are kept: float64 (values,) each."""
    # Values that occur: between two, one far out would pull its neighbour.
    low = np.quantile(frames, tails, axis=0, method="higher")
    high = np.quantile(frames, 1 - tails, axis=0, method="lower")
    return low.astype(float), high.astype(float)


def _check_frames(each: np.ndarray, place: int, width: int) -> None:
    if each.ndim != 2 or each.shape[1] != width:
        raise ValueError(
            f"`features` must have the shape (steps, {width}). Received: "
            f"{each.shape} at {place}"
        )
    if not np.isfinite(each).all():
        raise ValueError(
            "`features` must be finite. Received: NaN or infinite values in "
            f"the sequence at {place}"
        )
