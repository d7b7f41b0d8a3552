"""Small copies of RAVDESS in its owners' layout."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

import numpy as np
import soundfile

from pipelines.corpora import ravdess


def names(actor: str) -> list[str]:
    """The sixty recordings of an actor: neutral has one strength only."""
    return [
        f"03-01-{emotion:02}-{strength:02}-{sentence:02}-{again:02}-{actor}"
        for emotion in range(1, 9)
        for strength in ((1,) if emotion == 1 else (1, 2))
        for sentence in (1, 2)
        for again in (1, 2)
    ]


def write(
    root: pathlib.Path,
    actors: Sequence[str] = ravdess.ACTORS,
    suffix: str = "wav",
    rate: int = 16_000,
    seconds: float = 0.1,
) -> pathlib.Path:
    """Writes recordings of noise under the owners' names; returns `root`."""
    rng = np.random.default_rng(0)
    for actor in actors:
        folder = root / f"Actor_{actor}"
        folder.mkdir(parents=True)
        for name in names(actor):
            noise = rng.normal(0, 0.1, int(rate * seconds))
            soundfile.write(folder / f"{name}.{suffix}", noise, rate)
    return root
