"""Extracts the features of many utterances in threads, with a cache."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from pipelines.corpora.base import Corpus, Utterance
from pipelines.features import egemaps, yaafe
from pipelines.features.cache import Cache
from zoo.common.arguments import check_choice, check_whole

WORKERS = 2


@dataclasses.dataclass(frozen=True)
class FrontEnd:
    """A function from a waveform to features.

    Attributes:
        extract: from (samples,) at `rate` to (steps, values) float32.
        rate: in Hz.
        version: changes whenever its values do, including changes of decoding
            and resampling.
    """

    extract: Callable[[np.ndarray], np.ndarray]
    rate: int
    version: str


FRONT_ENDS = {
    "egemaps": FrontEnd(egemaps.functionals, egemaps.RATE, "1"),
    "egemaps_lld": FrontEnd(egemaps.low_level_descriptors, egemaps.RATE, "1"),
    "egemaps_4s": FrontEnd(
        functools.partial(egemaps.windows, seconds=4), egemaps.RATE, "1"
    ),
    "egemaps_6s": FrontEnd(
        functools.partial(egemaps.windows, seconds=6), egemaps.RATE, "1"
    ),
    "yaafe": FrontEnd(yaafe.extract, 16_000, "1"),
}
"""Name to front end; eGeMAPS needs the extra `baselines`, for research only."""


def extract(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    front_end: str = "yaafe",
    cache: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    workers: int = WORKERS,
) -> list[np.ndarray]:
    """Computes features, or reads them from the cache.

    Args:
        corpus: what the utterances belong to.
        utterances: in the order wanted, each of one recording.
        front_end: a name in `FRONT_ENDS`.
        cache: folder of a `Cache`; `None` for no cache.
        progress: called with how many are done, of how many.
        workers: threads, at least 1.

    Returns:
        An array (steps, values) float32 for each utterance.

    Raises:
        ValueError: no such front end, a missing package, no worker, an
            utterance of several recordings, or a recording that cannot be
            read.

    Example:
        `extract(corpus, corpus.utterances, cache="~/features")`
    """
    check_choice("front_end", front_end, FRONT_ENDS)
    check_whole("workers", workers)
    folder = None if cache is None else Cache(cache)
    features = []
    # The threads of linear algebra would only wait for each other. Processes
    # would start more slowly than a small corpus is done.
    with threadpool_limits(1), ThreadPoolExecutor(workers) as pool:
        jobs = [
            pool.submit(_features, corpus, utterance, front_end, folder)
            for utterance in utterances
        ]
        try:
            for done, job in enumerate(jobs, start=1):
                features.append(job.result())
                if progress is not None:
                    progress(done, len(jobs))
        finally:  # an error or Ctrl-C does not wait for other recordings
            pool.shutdown(wait=False, cancel_futures=True)
    return features


def _features(
    corpus: Corpus, utterance: Utterance, front_end: str, cache: Cache | None
) -> np.ndarray:
    chosen = FRONT_ENDS[front_end]
    if cache is None:
        return chosen.extract(corpus.waveform(utterance, chosen.rate))
    if len(utterance.files) != 1:
        raise ValueError(
            "`utterances` must have one recording each for their features to "
            f"be cached. Received: {len(utterance.files)} of {utterance.id!r}. "
            "Leave out `cache`."
        )
    span = corpus.span(utterance)
    (recording,) = utterance.files
    path = cache.path(recording, front_end, chosen.version, span)
    features = cache.get(path)
    if features is None:
        features = chosen.extract(corpus.waveform(utterance, chosen.rate))
        cache.put(path, features)
    return features
