"""The input of these networks: the features of words, joined."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from zoo.papers.mosei_fusion.cards import VALUES

LOGGER = logging.getLogger(__name__)
_NAMES = {"t": "text", "a": "audio", "v": "video"}


def join_modalities(
    features: Mapping[str, ArrayLike],
    modalities: str = "tav",
    values: Mapping[str, int] = VALUES,
) -> np.ndarray:
    """Joins the features of words as a model takes them.

    A modality that is not there becomes NaN, for which the model puts zeros
    after scaling; a log message says so once.

    Args:
        features: letter of a modality (t text, a audio, v video) to its
            features, (words, values) or (batch, words, values).
        modalities: letters of those that the model was built for.
        values: their numbers of features, by letter.

    Returns:
        The same shape with all features of `modalities`, float32.

    Raises:
        ValueError: no features, those of a modality that the model does not
            take, or other shapes.

    Example:
        >>> words = {"a": np.zeros((7, 74)), "v": np.zeros((7, 35))}
        >>> joined = join_modalities(words)
        >>> joined.shape, int(np.isnan(joined[0]).sum())
        ((7, 409), 300)
    """
    letters = [letter for letter in VALUES if letter in modalities]
    arrays = {key: np.asarray(own, "float32") for key, own in features.items()}
    if not arrays or arrays.keys() - set(letters):
        raise ValueError(
            f"`features` must be of some of {', '.join(letters)}. Received: "
            f"{', '.join(arrays) or 'none'}"
        )
    words = next(iter(arrays.values())).shape[:-1]
    for letter, array in arrays.items():
        wanted = (*words, values[letter])
        if array.shape != wanted or array.ndim < 2:
            raise ValueError(
                f"`features[{letter!r}]` must have the shape {wanted}: a row "
                f"for each word in every modality. Received: {array.shape}"
            )
    missing = [letter for letter in letters if letter not in arrays]
    if missing:
        _say_missing(tuple(missing))
    for letter in missing:
        arrays[letter] = np.full((*words, values[letter]), np.nan, "float32")
    return np.concatenate([arrays[letter] for letter in letters], axis=-1)


@functools.cache
def _say_missing(letters: tuple[str, ...]) -> None:
    """Logs it the first time."""
    names = " and ".join(_NAMES[letter] for letter in letters)
    LOGGER.warning("%s missing: the model takes zeros after scaling", names)
