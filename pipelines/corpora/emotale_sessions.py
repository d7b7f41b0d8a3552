"""EmoTale concatenated to sessions with continuous arousal and valence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import linear_sum_assignment

from pipelines.audio import reader
from pipelines.corpora import base, emotale
from zoo.common.arguments import check_choice

ORDERS = ("path", "random")
SILENCE = 0.3
SMOOTHING = 1.0
MEMORY = 7.0
"""Seconds after which the slow path has forgotten all but 1 / e."""
DELAY = 2.0
"""Seconds by which the targets of a path follow the speech, as raters do."""
FEWEST = 10
"""Utterances of a session: half a minute, which a path of 7 s can follow."""
_SPLITS = {"train": 10, "dev": 4, "test": 4}
_STEP = round(base.LABEL_HOP * base.RATE)
_READERS = 4


class EmoTaleSessions(base.Corpus):
    """Utterances of EmoTale, concatenated to one session a speaker.

    A speaker's utterances follow each other, each followed by 0.3 s of
    silence and trimmed to whole 40 ms steps. The target of a step is the mean
    of the three annotators' ratings of its utterance, mapped from [1, 5] to
    [-1, 1]; the targets of a session are then smoothed by a Gaussian with a
    standard deviation of 1 s, truncated at 4 s, the first and last target
    repeated beyond the ends. Of the speakers in id order the first 10 are in
    train, the next 4 in dev, the last 4 in test.

    The order of the utterances decides how long targets remember. "path"
    follows a slow random path through arousal and valence (`follow_path`),
    and its targets come 2 s late, the first one held, so that they remember
    about as long as real ratings. "random" forgets within 3 s; it is the
    order of `numpy.random.default_rng([seed, int(speaker)]).permutation`,
    without a delay. Both begin with the sorted file names.

    In a partial copy every speaker keeps its partition, and those with fewer
    than 10 utterances have no session; its note names them.

    Args:
        root: folder of an EmoTale copy.
        seed: of the order of the utterances.
        order: "path" or "random".
    """

    name = "emotale_sessions"
    title = "EmoTale, concatenated to one session per speaker"
    citation = emotale.EmoTale.citation
    terms = emotale.EmoTale.terms
    source = emotale.EmoTale.source
    layout = emotale.EmoTale.layout
    note = (
        "emotale_sessions is a construction: enacted utterances, strung "
        "together, with smoothed ratings of whole utterances, not recordings "
        "that were rated continuously."
    )
    partition = "split of this project by speaker"
    dimensions = ("arousal", "valence")
    label_hop = base.LABEL_HOP
    expected = {"utterances": 18, "speakers": 18, **_SPLITS}

    def __init__(
        self,
        root: str | Path,
        seed: int = 0,
        order: str = "path",
        partial: bool = False,
    ):
        check_choice("order", order, ORDERS)
        self.seed = seed
        self.order = order
        self._without_session: list[str] = []
        super().__init__(root, partial)

    def _read(self) -> Iterable[base.Utterance]:
        source = emotale.EmoTale(self.root, self.partial)
        self._sources = {u.files[0]: u for u in source.utterances}
        counts = Counter(utterance.speaker for utterance in source.utterances)
        # Names of recordings end in LANGUAGE_SPEAKER_EMOTION_SENTENCE.
        absent = (name.split("_")[1] for name in source.missing)
        speakers = sorted({*counts, *absent})
        folds = [name for name, count in _SPLITS.items() for _ in range(count)]
        self._lack(source.missing)
        for speaker, split in zip(speakers, folds):
            if self.partial and counts[speaker] < FEWEST:
                self._without_session.append(speaker)
                continue
            yield base.Utterance(
                id=speaker,
                speaker=speaker,
                files=self._order(speaker),
                split=split,
                labels={},
            )

    def _partial_note(self) -> str:
        if not self._without_session:
            return super()._partial_note()
        return (
            f"{super()._partial_note()} Speakers with fewer than {FEWEST} "
            f"utterances have no session: {', '.join(self._without_session)}."
        )

    def _order(self, speaker: str) -> tuple[Path, ...]:
        # Sorted by the owners' names in .wav, also where files are .flac.
        files = {
            f"{utterance.id}.wav": file
            for file, utterance in self._sources.items()
            if utterance.speaker == speaker
        }
        names = sorted(files)
        rng = np.random.default_rng([self.seed, int(speaker)])
        if self.order == "random":
            return tuple(files[name] for name in rng.permutation(names))
        ordered = [files[name] for name in names]
        labels = [self._sources[file].labels for file in ordered]
        places = follow_path(
            np.array(
                [[own[name] for name in self.dimensions] for own in labels]
            ),
            base.LABEL_HOP * float(np.mean(_steps(ordered))),
            rng,
        )
        return tuple(ordered[index] for index in places)

    def waveform(
        self, utterance: base.Utterance, rate: int = base.RATE
    ) -> np.ndarray:
        """Reads the audio of a session, a multiple of 40 ms long.

        Args:
            utterance: one of `utterances`.
            rate: in Hz, of which 40 ms must be whole samples.

        Returns:
            (samples,) float32, mono, full scale being [-1, 1).
        """
        step, rest = divmod(rate, round(1 / base.LABEL_HOP))
        if rate < 1 or rest:
            raise ValueError(
                "`rate` must give whole samples in 40 ms: a multiple of "
                f"25 Hz. Received: rate={rate}"
            )
        ends = step * np.cumsum(_steps(utterance.files))
        session = np.zeros(ends[-1], np.float32)
        with ThreadPoolExecutor(_READERS) as pool:
            waveforms = pool.map(
                lambda file: reader.read(file, rate), utterance.files
            )
            for start, end, waveform in zip([0, *ends], ends, waveforms):
                length = min(len(waveform), end - start)
                session[start : start + length] = waveform[:length]
        return session

    def _traces(self, utterance: base.Utterance) -> dict[str, np.ndarray]:
        steps = _steps(utterance.files)
        sigma = SMOOTHING / base.LABEL_HOP
        labels = [self._sources[file].labels for file in utterance.files]
        middle = (emotale.HIGHEST + emotale.LOWEST) / 2
        half = (emotale.HIGHEST - emotale.LOWEST) / 2
        traces = {
            name: gaussian_filter1d(
                np.repeat([(v[name] - middle) / half for v in labels], steps),
                sigma,
                mode="nearest",
            ).astype(np.float32)
            for name in self.dimensions
        }
        if self.order == "random":
            return traces
        return {name: _delayed(trace) for name, trace in traces.items()}


def follow_path(
    ratings: np.ndarray, slot: float, rng: np.random.Generator
) -> np.ndarray:
    """Orders utterances along a slow random path through their ratings.

    The path is a first-order process with a standard deviation of 1 in each
    dimension, p[k] = a p[k - 1] + sqrt(1 - a^2) e[k] with a = exp(-slot / 7 s)
    and p[0] = e[0]. Utterances are assigned to its places so that the squared
    differences between the ranks of the ratings and of the path are least in
    sum.

    Args:
        ratings: (utterances, dimensions).
        slot: mean length of an utterance, in seconds.
        rng: draws e, (utterances, dimensions), from a standard normal.

    Returns:
        The index of the utterance at each place, (utterances,).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> follow_path(np.array([[1.0], [2.0], [3.0]]), 3.0, rng).tolist()
        [1, 0, 2]
    """
    memory = np.exp(-slot / MEMORY)
    path = rng.standard_normal(ratings.shape)
    for place in range(1, len(path)):
        path[place] *= np.sqrt(1 - memory**2)
        path[place] += memory * path[place - 1]
    differences = _ranks(path)[:, None] - _ranks(ratings)[None]
    _, places = linear_sum_assignment(np.square(differences).sum(axis=-1))
    return places


def _ranks(values: np.ndarray) -> np.ndarray:
    """Returns ranks along the first axis; the first of equals is lower."""
    order = np.argsort(values, axis=0, kind="stable")
    return np.argsort(order, axis=0, kind="stable")


def _delayed(trace: np.ndarray) -> np.ndarray:
    late = round(DELAY / base.LABEL_HOP)
    return np.concatenate([np.repeat(trace[:1], late), trace])[: len(trace)]


def _steps(files: Iterable[Path]) -> list[int]:
    """Returns the steps of 40 ms of each file with its silence."""
    silence = round(SILENCE * base.RATE)
    return [(reader.length(file) + silence) // _STEP for file in files]
