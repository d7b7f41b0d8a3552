"""EmoTale concatenated to sessions with continuous arousal and valence."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d

from pipelines.audio import reader
from pipelines.corpora import base, emotale

SILENCE = 0.3
SMOOTHING = 1.0
_SPLITS = {"train": 10, "dev": 4, "test": 4}
_STEP = round(base.LABEL_HOP * base.RATE)
_READERS = 4


class EmoTaleSessions(base.Corpus):
    """Utterances of EmoTale, concatenated to one session a speaker.

    A speaker's utterances follow each other in the order of
    `numpy.random.default_rng([seed, int(speaker)]).permutation` of their
    sorted file names, each followed by 0.3 s of silence and trimmed to whole
    40 ms steps. The target of a step is the mean of the three
    annotators' ratings of its utterance, mapped from [1, 5] to [-1, 1]; the
    targets of a session are then smoothed by a Gaussian with a standard
    deviation of 1 s, truncated at 4 s, the first and last target repeated
    beyond the ends. Of the speakers in id order the first 10 are in train,
    the next 4 in dev, the last 4 in test.

    Args:
        root: folder of an EmoTale copy.
        seed: of the order of the utterances.
    """

    name = "emotale_sessions"
    title = "EmoTale, concatenated to one session per speaker"
    citation = emotale.EmoTale.citation
    terms = emotale.EmoTale.terms
    source = emotale.EmoTale.source
    layout = emotale.EmoTale.layout
    note = (
        "emotale_sessions is a construction: enacted utterances in random "
        "order with smoothed ratings of whole utterances, not recordings "
        "that were rated continuously."
    )
    dimensions = ("arousal", "valence")
    label_hop = base.LABEL_HOP
    expected = {"utterances": 18, "speakers": 18, **_SPLITS}

    def __init__(self, root: str | Path, seed: int = 0):
        self.seed = seed
        super().__init__(root)

    def _read(self) -> Iterable[base.Utterance]:
        source = emotale.EmoTale(self.root)
        self._sources = {u.files[0]: u for u in source.utterances}
        folds = [name for name, count in _SPLITS.items() for _ in range(count)]
        for speaker, split in zip(source.speakers, folds):
            yield base.Utterance(
                id=speaker,
                speaker=speaker,
                files=self._order(speaker),
                split=split,
                labels={},
            )

    def _order(self, speaker: str) -> tuple[Path, ...]:
        # Sorted by the owners' names in .wav, also where files are .flac.
        files = {
            f"{utterance.id}.wav": file
            for file, utterance in self._sources.items()
            if utterance.speaker == speaker
        }
        rng = np.random.default_rng([self.seed, int(speaker)])
        return tuple(files[name] for name in rng.permutation(sorted(files)))

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
        ends = step * np.cumsum(self._steps(utterance))
        session = np.zeros(ends[-1], np.float32)
        with ThreadPoolExecutor(_READERS) as pool:
            waveforms = pool.map(
                lambda file: reader.read(file, rate), utterance.files
            )
            for start, end, waveform in zip([0, *ends], ends, waveforms):
                length = min(len(waveform), end - start)
                session[start : start + length] = waveform[:length]
        return session

    def _steps(self, utterance: base.Utterance) -> list[int]:
        """Returns the steps of 40 ms of each file with its silence."""
        silence = round(SILENCE * base.RATE)
        return [
            (reader.length(file) + silence) // _STEP for file in utterance.files
        ]

    def _traces(self, utterance: base.Utterance) -> dict[str, np.ndarray]:
        steps = self._steps(utterance)
        sigma = SMOOTHING / base.LABEL_HOP
        labels = [self._sources[file].labels for file in utterance.files]
        middle = (emotale.HIGHEST + emotale.LOWEST) / 2
        half = (emotale.HIGHEST - emotale.LOWEST) / 2
        return {
            name: gaussian_filter1d(
                np.repeat([(v[name] - middle) / half for v in labels], steps),
                sigma,
                mode="nearest",
            ).astype(np.float32)
            for name in self.dimensions
        }
