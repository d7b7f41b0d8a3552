"""Z-normalisation of feature sequences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
