"""Z-normalisation by the recordings of one speaker, at prediction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.common.moments import Moments
from zoo.common.tensors import Shape, Tensor
from zoo.layers.masking import lengths_to_mask


@keras.saving.register_keras_serializable(package="zoo")
class SpeakerNormalisation(keras.layers.Layer):
    """Z-normalises features by all recordings of one speaker that it knows.

    Models that were trained with `--set normalisation=speaker` or `running`
    take such features. `adapt` takes the recordings of a speaker together;
    `update` adds one more, before or after it is predicted. No label is needed.
    A layer is of one speaker: `reset` it, or make another, for the next.

    Weights (not trained, and saved with a model): `count` of the steps, their
    `mean` and the sum of their squared differences from it, `squares`, both
    (values,). Without recordings a call raises an error. A compiled graph
    cannot: its output is NaN.

    Args:
        floor: smallest standard deviation to divide by, so that a value that
            hardly varies (digital silence) becomes zero.

    Input shape: (batch, steps, values), `lengths` (batch,) in steps.
    Output shape: the same; zero in the padding.

    Example:
        >>> import numpy as np
        >>> from zoo.frontends import SpeakerNormalisation
        >>> layer = SpeakerNormalisation()
        >>> layer.adapt([np.array([[2.0]]), np.array([[4.0], [6.0]])])
        >>> layer.update(np.array([[8.0]]))
        >>> int(layer.count), float(layer.mean[0])
        (4, 5.0)
        >>> round(float(layer(np.array([[[8.0]]]))[0, 0, 0]), 3)
        1.342

    Reference: Le et al. 2017, section 3; Chan, Golub, LeVeque 1983, equation
        2.1.
    """

    def __init__(self, floor: float = 1e-3, **kwargs: Any) -> None:
        kwargs.setdefault("trainable", False)
        super().__init__(**kwargs)
        self.floor = floor

    def build(self, features_shape: Shape) -> None:
        values = features_shape[-1]
        self.count = self._statistic((), "count")
        self.mean = self._statistic((values,), "mean")
        self.squares = self._statistic((values,), "squares")

    def _statistic(self, shape: Shape, name: str) -> keras.Variable:
        return self.add_weight(
            shape=shape,
            initializer="zeros",
            dtype="float32",
            autocast=False,
            name=name,
        )

    def adapt(self, recordings: Iterable[Tensor]) -> None:
        """Sets the statistics to those of recordings; forgets what was.

        Args:
            recordings: features of one speaker, arrays (steps, values).

        Raises:
            ValueError: no step at all, features of other numbers of values,
                or a value that is NaN or infinite.
        """
        total = None
        for recording in recordings:
            values = self._values() if total is None else total.mean.size
            own = Moments.of_one(_checked(recording, values))
            total = own if total is None else total + own
        if total is None or not total.count:
            raise ValueError(
                "`recordings` must hold at least one step of features. "
                "Received: none"
            )
        self._assign(total)

    def update(self, recording: Tensor) -> None:
        """Adds a recording of the same speaker to the statistics.

        Args:
            recording: features, (steps, values).

        Raises:
            ValueError: another number of values than before, or a value that
                is NaN or infinite. The statistics are as they were.
        """
        own = Moments.of_one(_checked(recording, self._values()))
        self._assign(self._moments() + own if self.built else own)

    def reset(self) -> None:
        """Forgets the speaker."""
        if self.built:
            for weight in (self.count, self.mean, self.squares):
                weight.assign(ops.zeros_like(weight))

    def _values(self) -> int | None:
        """Returns the number of values of a step, or `None` if unknown."""
        return self.mean.shape[0] if self.built else None

    def _moments(self) -> Moments:
        return Moments(
            int(_array(self.count)),
            _array(self.mean).astype("float64"),
            _array(self.squares).astype("float64"),
        )

    def _assign(self, moments: Moments) -> None:
        if not self.built:
            self.build((None, None, moments.mean.size))
        self.count.assign(float(moments.count))
        self.mean.assign(moments.mean.astype("float32"))
        self.squares.assign(moments.squares.astype("float32"))

    def call(self, features: Tensor, lengths: Tensor = None) -> Tensor:
        self._check_adapted()
        deviation = ops.sqrt(self.squares / self.count)  # NaN without steps
        scale = ops.maximum(deviation, self.floor)
        normalised = ops.cast(
            (ops.cast(features, "float32") - self.mean) / scale,
            self.compute_dtype,
        )
        if lengths is None:
            return normalised
        mask = lengths_to_mask(lengths, features)[..., None]
        return ops.where(mask, normalised, ops.zeros_like(normalised))

    def _check_adapted(self) -> None:
        """Refuses to normalise by nothing, where the count can be read."""
        try:
            is_empty = not _array(self.count)
        except (NotImplementedError, TypeError):  # inside a graph
            return
        if is_empty:
            raise ValueError(
                "SpeakerNormalisation has no recording of the speaker yet. "
                "Call `adapt` with the recordings of a speaker, or `update` "
                "with one, first."
            )

    def compute_output_shape(
        self, features_shape: Shape, lengths_shape: Shape | None = None
    ) -> Shape:
        return features_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "floor": self.floor}


def _array(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = ops.convert_to_numpy(tensor)
    return array


def _checked(recording: Tensor, values: int | None) -> np.ndarray:
    """Returns features as an array (steps, values) of finite numbers.

    Args:
        recording: the features.
        values: how many a step must have; `None` for any number.
    """
    rows = _array(recording)
    if rows.ndim != 2 or values not in (None, rows.shape[1]):
        width = "values" if values is None else f"{values} values"
        raise ValueError(
            f"A recording must be an array (steps, {width}). Received: "
            f"{rows.shape}"
        )
    is_bad = ~np.isfinite(rows)
    if is_bad.any():
        step, value = map(int, np.argwhere(is_bad)[0])
        raise ValueError(
            "A recording must hold finite numbers. Received: "
            f"{rows[step, value]} at step {step}, value {value}"
        )
    return rows
