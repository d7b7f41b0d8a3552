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
