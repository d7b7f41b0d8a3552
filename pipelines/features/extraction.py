"""The features of many utterances, on all cores, computed once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from pipelines.corpora.base import Corpus, Utterance
from pipelines.features import egemaps, yaafe
from pipelines.features.cache import Cache

WORKERS = 2


@dataclasses.dataclass(frozen=True)
class FrontEnd:
    """What turns a waveform into features.

    Attributes:
        extract: from (samples,) at `rate` to (steps, values) float32.
        rate: in Hz.
        version: changes whenever its numbers do, those of the decoding and
            resampling before it included.
    """

    extract: Callable[[np.ndarray], np.ndarray]
    rate: int
    version: str


FRONT_ENDS = {
    "egemaps": FrontEnd(egemaps.functionals, egemaps.RATE, "1"),
    "egemaps_lld": FrontEnd(egemaps.low_level_descriptors, egemaps.RATE, "1"),
    "yaafe": FrontEnd(yaafe.extract, 16_000, "1"),
}
"""Those of eGeMAPS need the extra `baselines`, for research use only."""


def extract(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    front_end: str = "yaafe",
    cache: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    workers: int = WORKERS,
) -> list[np.ndarray]:
    """Computes features, or takes them from where they are kept.

    Args:
        corpus: what the utterances belong to.
        utterances: in the order wanted, each of one recording.
        front_end: a name in `FRONT_ENDS`.
        cache: folder of a `Cache`; nothing is kept without.
        progress: called with how many are done, of how many.
        workers: threads, at least 1.

    Returns:
        An array (steps, values) float32 for each.

    Raises:
        ValueError: no such front end, one whose package is not installed, no
            worker, an utterance of several recordings, or a recording that
            cannot be read.

    Example:
        `extract(corpus, corpus.utterances, cache="~/features")`
    """
    _check(front_end, workers)
    kept = None if cache is None else Cache(cache)
    features = []
    # Threads of the linear algebra's own would only wait for each other. And
    # processes start so slowly that a small corpus is done before they are.
    with threadpool_limits(1), ThreadPoolExecutor(workers) as pool:
        jobs = [
            pool.submit(_features, corpus, utterance, front_end, kept)
            for utterance in utterances
        ]
        try:
            for done, job in enumerate(jobs, start=1):
                features.append(job.result())
                if progress is not None:
                    progress(done, len(jobs))
        finally:  # a first error, or Ctrl-C, waits for no other recording
            pool.shutdown(wait=False, cancel_futures=True)
    return features


def _check(front_end: str, workers: int) -> None:
    if front_end not in FRONT_ENDS:
        raise ValueError(
            f"`front_end` must be one of {', '.join(FRONT_ENDS)}. Received: "
            f"front_end={front_end!r}"
        )
    if workers < 1:
        raise ValueError(
            f"`workers` must be at least 1. Received: workers={workers}"
        )


def _features(
    corpus: Corpus, utterance: Utterance, front_end: str, cache: Cache | None
) -> np.ndarray:
    computed = FRONT_ENDS[front_end]
    if cache is None:
        return computed.extract(corpus.waveform(utterance, computed.rate))
    if len(utterance.files) != 1:
        raise ValueError(
            "`utterances` must have one recording each for their features to "
            f"be kept. Received: {len(utterance.files)} of {utterance.id!r}. "
            "Leave out `cache`."
        )
    span = corpus.span(utterance)
    (recording,) = utterance.files
    path = cache.path(recording, front_end, computed.version, span)
    features = cache.get(path)
    if features is None:
        features = computed.extract(corpus.waveform(utterance, computed.rate))
        cache.put(path, features)
    return features
