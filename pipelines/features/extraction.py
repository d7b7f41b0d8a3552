"""Extracts the features of many utterances side by side, with a cache."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from pipelines.audio import level
from pipelines.features import egemaps, log_mel, yaafe
from pipelines.features.cache import Cache
from pipelines.features.worker import Worker
from zoo.common.arguments import check_choice, check_whole

if TYPE_CHECKING:  # corpora of words with sound import this module
    from pipelines.corpora.base import Corpus, Utterance

WORKERS = 2
AHEAD = 8
"""Recordings for each worker that are begun before their features are taken."""
SECONDS_IN_THREADS = 0.5
"""Computed in threads before processes start, which a small corpus ends in."""


@dataclasses.dataclass(frozen=True)
class FrontEnd:
    """A function from a waveform to features.

    Attributes:
        extract: from (samples,) at `rate` to (steps, values) float32.
        rate: in Hz.
        version: changes whenever its values do, including changes of decoding
            and resampling.
        in_processes: whether threads would wait for each other; `extract` is
            a module's function then.
    """

    extract: Callable[[np.ndarray], np.ndarray]
    rate: int
    version: str
    in_processes: bool = False


@dataclasses.dataclass(frozen=True)
class Variant:
    """A change of recordings before their features are computed.

    Attributes:
        name: of the change, part of the cache's file names.
        change: from a waveform (samples,) to another one, the same for the
            same samples.
    """

    name: str
    change: Callable[[np.ndarray], np.ndarray]


LEVEL = "level"
"""The normalisation that brings recordings to one level before all else."""
EQUAL_LEVEL = Variant(f"equal level ({level.VERSION})", level.equal_level)

FRONT_ENDS = {
    "egemaps": FrontEnd(egemaps.functionals, egemaps.RATE, "1"),
    "egemaps_lld": FrontEnd(egemaps.low_level_descriptors, egemaps.RATE, "1"),
    "egemaps_4s": FrontEnd(
        functools.partial(egemaps.windows, seconds=4), egemaps.RATE, "1"
    ),
    "egemaps_6s": FrontEnd(
        functools.partial(egemaps.windows, seconds=6), egemaps.RATE, "1"
    ),
    "log_mel": FrontEnd(log_mel.log_mel, log_mel.RATE, "1"),
    "yaafe": FrontEnd(yaafe.extract, 16_000, "1", in_processes=True),
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
        workers: threads or processes, at least 1.

    Returns:
        An array (steps, values) float32 for each utterance.

    Raises:
        ValueError: no such front end, a missing package, no worker, an
            utterance of several recordings, or a recording that cannot be
            read.
        ChildProcessError: a process that computes features has died.

    Example:
        `extract(corpus, corpus.utterances, cache="~/features")`
    """
    features = []
    arrays = iterate(corpus, utterances, front_end, cache, workers)
    with contextlib.closing(arrays):  # an error ends the processes at once
        for rows in arrays:
            features.append(rows)
            if progress is not None:
                progress(len(features), len(utterances))
    return features


def iterate(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    front_end: str = "yaafe",
    cache: str | Path | None = None,
    workers: int = WORKERS,
    variant: Variant | None = None,
) -> Generator[np.ndarray, None, None]:
    """Yields what `extract` returns, one array after the other.

    Only a few arrays that have not been taken yet are held in memory.

    Args:
        corpus, utterances, front_end, cache, workers: as of `extract`.
        variant: changes the recordings before; `None` leaves them as they are.
    """
    check_choice("front_end", front_end, FRONT_ENDS)
    check_whole("workers", workers)
    folder = None if cache is None else Cache(cache)
    computation = _Computation(FRONT_ENDS[front_end], workers)
    waiting: deque[Future[np.ndarray]] = deque()
    # The threads of linear algebra would only wait for each other.
    with threadpool_limits(1), ThreadPoolExecutor(workers) as pool:
        try:
            for utterance in utterances:
                if len(waiting) == AHEAD * workers:
                    yield waiting.popleft().result()
                waiting.append(
                    pool.submit(
                        _features,
                        corpus,
                        utterance,
                        front_end,
                        folder,
                        computation,
                        variant,
                    )
                )
            while waiting:
                yield waiting.popleft().result()
        finally:  # an error or Ctrl-C does not wait for other recordings
            pool.shutdown(wait=False, cancel_futures=True)
            computation.stop()


def reads_again(
    corpus: Corpus,
    utterance: Utterance,
    front_end: str,
    cache: str | Path,
    variant: Variant | None = None,
) -> Callable[[], np.ndarray]:
    """Returns what reads an utterance's features from the cache.

    Args:
        corpus, utterance, front_end, cache, variant: as of `iterate`, which
            has put them there.
    """
    folder = Cache(cache)
    path = _path(folder, corpus, utterance, front_end, variant)
    return functools.partial(folder.read, path)


class _Computation:
    """Computes features in the calling thread, or in a process for each.

    Args:
        front_end: computes them.
        workers: the number of threads that call.
    """

    def __init__(self, front_end: FrontEnd, workers: int):
        self._extract = front_end.extract
        self._in_processes = front_end.in_processes and workers > 1
        self._seconds = 0.0
        self._own = threading.local()
        self._lock = threading.Lock()
        self._workers: list[Worker] | None = []

    def __call__(self, waveform: np.ndarray) -> np.ndarray:
        if self._in_processes and self._seconds > SECONDS_IN_THREADS:
            return self._worker()(waveform)
        started = time.thread_time()
        features = self._extract(waveform)
        self._seconds += time.thread_time() - started
        return features

    def _worker(self) -> Worker:
        """Returns the process of the calling thread, which is started once."""
        if not hasattr(self._own, "worker"):
            with self._lock:
                if self._workers is None:
                    raise ChildProcessError("the extraction has ended.")
                self._own.worker = Worker(self._extract)
                self._workers.append(self._own.worker)
        worker: Worker = self._own.worker
        return worker

    def stop(self) -> None:
        """Ends all processes."""
        with self._lock:
            workers, self._workers = self._workers, None
        for worker in workers or ():
            worker.stop()


def _features(
    corpus: Corpus,
    utterance: Utterance,
    front_end: str,
    cache: Cache | None,
    compute: Callable[[np.ndarray], np.ndarray],
    variant: Variant | None,
) -> np.ndarray:
    rate = FRONT_ENDS[front_end].rate
    if cache is None:
        return _computed(corpus, utterance, rate, compute, variant)
    path = _path(cache, corpus, utterance, front_end, variant)
    features = cache.get(path)
    if features is None:
        features = _computed(corpus, utterance, rate, compute, variant)
        cache.put(path, features)
    return features


def _path(
    cache: Cache,
    corpus: Corpus,
    utterance: Utterance,
    front_end: str,
    variant: Variant | None,
) -> Path:
    """Returns the file of an utterance's features."""
    if len(utterance.files) != 1:
        raise ValueError(
            "`utterances` must have one recording each for their features to "
            f"be cached. Received: {len(utterance.files)} of {utterance.id!r}. "
            "Leave out `cache`."
        )
    span = corpus.span(utterance)
    (recording,) = utterance.files
    version = FRONT_ENDS[front_end].version
    if variant is not None:
        version = f"{version}, {variant.name}"
    return cache.path(recording, front_end, version, span)


def _computed(
    corpus: Corpus,
    utterance: Utterance,
    rate: int,
    compute: Callable[[np.ndarray], np.ndarray],
    variant: Variant | None,
) -> np.ndarray:
    waveform = corpus.waveform(utterance, rate)
    if variant is not None:
        waveform = variant.change(waveform)
    try:
        return compute(waveform)
    except ChildProcessError as error:
        raise ChildProcessError(f"{utterance.id}: {error}") from error
