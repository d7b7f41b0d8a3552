"""Z-normalisation of feature sequences, by speaker or by recording."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
    """
    normalised: list[np.ndarray | None] = [None] * len(features)
    for speaker in dict.fromkeys(speakers):
        places = [i for i, each in enumerate(speakers) if each == speaker]
        for i, each in zip(places, z_norm([features[i] for i in places])):
            normalised[i] = each
    return [each for each in normalised if each is not None]


def by_recording(features: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Normalises every sequence by itself (paper 001, section 3)."""
    return [z_norm([each])[0] for each in features]
