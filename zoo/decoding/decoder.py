"""Decoders of levels as they are kept: their arrays, their files."""

from __future__ import annotations

import dataclasses
import pathlib
import zipfile
from collections.abc import Mapping, Sequence

import numpy as np

from zoo.common import files
from zoo.decoding.frames import (
    check_distributions,
    log_probabilities,
    posteriors_over_priors,
)
from zoo.decoding.language_model import LanguageModel
from zoo.decoding.search import decode_many

_MOST_BYTES = 2**24
"""Of a file: far more than the arrays of any number of levels met so far."""


@dataclasses.dataclass(frozen=True)
class LevelDecoder:
    """All that turns the posteriors of one task into a decoded trace.

    Attributes:
        means: (levels,), the value of each level, increasing.
        priors: (levels,), the share of each level in training.
        transitions: (levels, levels), log P(column | row) from frame to frame.
        ngrams: (levels + 1, levels + 1, levels), the table of a
            `LanguageModel` of regions.
        alpha: weight of the language model, at least 0.

    Raises:
        ValueError: arrays of other shapes, values that are no probabilities,
            means that fall, a negative weight.
    """

    means: np.ndarray
    priors: np.ndarray
    transitions: np.ndarray
    ngrams: np.ndarray
    alpha: float

    def __post_init__(self) -> None:
        levels = self.means.size
        shapes = {
            "means": (levels,),
            "priors": (levels,),
            "transitions": (levels, levels),
            "ngrams": (levels + 1, levels + 1, levels),
        }
        for name, shape in shapes.items():
            received = getattr(self, name).shape
            if received != shape or levels < 2:
                raise ValueError(
                    f"`{name}` must be {shape} of at least 2 levels. "
                    f"Received: shape={received}"
                )
        if not (np.isfinite(self.means).all() and np.isfinite(self.alpha)):
            raise ValueError("`means` and `alpha` must be finite.")
        if (np.diff(self.means) < 0).any() or self.alpha < 0:
            raise ValueError(
                "`means` must not fall and `alpha` must be at least 0. "
                f"Received: means={self.means.tolist()}, alpha={self.alpha}"
            )
        check_distributions("priors", self.priors)
        check_distributions("exp(transitions)", np.exp(self.transitions))
        check_distributions("exp(ngrams)", np.exp(self.ngrams))

    @property
    def language_model(self) -> LanguageModel:
        return LanguageModel.of(self.ngrams)

    def log_posteriors(self, posteriors: np.ndarray) -> np.ndarray:
        """Returns logarithms of posteriors over priors, (…, steps, levels)."""
        return log_probabilities(
            posteriors_over_priors(posteriors, self.priors)
        )

    def decode(self, posteriors: np.ndarray) -> np.ndarray:
        """Returns the values of the decoded levels.

        Args:
            posteriors: (rows, steps, levels) of a network, rows of one length.

        Returns:
            Float64 array (rows, steps).
        """
        labels = decode_many(
            self.log_posteriors(posteriors),
            self.transitions,
            self.language_model,
            [self.alpha],
        )
        return np.asarray(self.means[labels[0]], dtype=np.float64)


Decoders = Mapping[int, LevelDecoder]
"""The decoders of one dimension's tasks, by number of levels."""


def decode_trace(
    decoders: Decoders, networks: Sequence[Mapping[int, np.ndarray]]
) -> np.ndarray:
    """Returns one recording's trace: the mean over tasks and networks.

    Args:
        decoders: of a dimension's tasks.
        networks: posteriors (steps, levels) of each, by number of levels.

    Returns:
        Float64 array (steps,).
    """
    traces = [
        decoder.decode(np.stack([network[levels] for network in networks]))
        for levels, decoder in decoders.items()
    ]
    return np.asarray(np.mean(traces, axis=(0, 1)))


def save(
    path: str | pathlib.Path, by_dimension: Mapping[str, Decoders]
) -> None:
    """Writes decoders to a file `.npz` that holds numbers alone.

    Args:
        path: of the file.
        by_dimension: decoders of each dimension's tasks.
    """
    arrays = {
        f"{dimension}/{levels}/{name}": np.asarray(value, np.float32)
        for dimension, decoders in by_dimension.items()
        for levels, decoder in decoders.items()
        for name, value in vars(decoder).items()
    }
    with files.replacing(pathlib.Path(path)) as part, open(part, "wb") as file:
        np.savez(file, **arrays)


def load(path: str | pathlib.Path) -> dict[str, dict[int, LevelDecoder]]:
    """Reads what `save` wrote.

    Raises:
        ValueError: a file that is too large, damaged, or of other arrays.
        OSError: no such file.
    """
    by_dimension: dict[str, dict[int, LevelDecoder]] = {}
    try:
        for (dimension, levels), arrays in _groups(pathlib.Path(path)).items():
            alpha = float(arrays.pop("alpha"))
            decoder = LevelDecoder(**arrays, alpha=alpha)
            if decoder.means.size != int(levels):
                raise ValueError(f"{dimension}/{levels} has other levels.")
            by_dimension.setdefault(dimension, {})[int(levels)] = decoder
    except (KeyError, TypeError, ValueError, EOFError) as error:
        raise ValueError(f"{path} holds no decoders: {error}") from error
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path} holds no decoders: {error}") from error
    if not by_dimension:
        raise ValueError(f"{path} holds no decoders: it is empty.")
    return by_dimension


def _groups(
    path: pathlib.Path,
) -> dict[tuple[str, str], dict[str, np.ndarray]]:
    """Returns the arrays of a file by dimension and levels, then by name."""
    # What a damaged or hostile file says of its size is read before its arrays.
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > _MOST_BYTES:
        raise ValueError(f"it would take {size} bytes, above {_MOST_BYTES}.")
    groups: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    with np.load(path, allow_pickle=False) as arrays:
        for key in arrays:
            dimension, levels, name = key.split("/")
            values = np.asarray(arrays[key], np.float64)
            groups.setdefault((dimension, levels), {})[name] = values
    return groups
