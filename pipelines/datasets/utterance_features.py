"""Features of utterances, held in memory or read when they are needed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from pipelines.corpora.base import Corpus, Utterance
from pipelines.features import extraction
from pipelines.features.cache import Cache, temporary_folder
from pipelines.features.extraction import Variant
from pipelines.stored import Array, Stored, hold


def read(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    front_end: str,
    cache: str | Path | None,
    progress: Callable[[int, int], None],
    variant: Variant | None = None,
) -> list[Array]:
    """Computes features, or reads them from the cache.

    Args:
        corpus, utterances, cache, progress, variant: as of
            `pipelines.datasets.utterances.read`.
        front_end: one of `pipelines.features.extraction.FRONT_ENDS`.

    Returns:
        (steps, values) float32 of each utterance, held in memory or read from
        disk when they are needed (`pipelines.stored`).
    """

    def extracted() -> Iterator[np.ndarray]:
        arrays = extraction.iterate(
            corpus, utterances, front_end, cache, variant=variant
        )
        with contextlib.closing(arrays):
            for done, array in enumerate(arrays, 1):
                yield array
                progress(done, len(utterances))

    def store(place: int, array: np.ndarray) -> Stored:
        if cache is None:
            folder = Cache(temporary_folder())
            read = folder.keep(array, front_end)
        else:
            read = extraction.reads_again(
                corpus, utterances[place], front_end, cache, variant
            )
        return Stored(read, array.shape, array.dtype)

    return hold(extracted(), store)
