"""Reads CEAP-360VR: continuous ratings of 360-degree videos, no audio."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from pipelines.corpora import base
from pipelines.corpora._io import tables

FILE = "ratings_25hz.csv.gz"
LOWEST, HIGHEST = 1.0, 9.0
_COLUMNS = ("participant", "video", "time_s", "valence", "arousal")


class Ceap(base.Corpus):
    """Continuous ratings of valence and arousal, without audio.

    Rows are placed at their times (some videos were rated at 25 Hz,
    others at 30 Hz), interpolated linearly to one value every 40 ms from 0 s
    on, and mapped from [1, 9] to [-1, 1]. An utterance is one participant
    watching one video; there are no official folds.
    """

    name = "ceap"
    title = "CEAP-360VR, continuous ratings of 360-degree videos"
    citation = (
        "T. Xue, A. El Ali, T. Zhang, G. Ding, P. Cesar, CEAP-360VR: A "
        "Continuous Physiological and Behavioral Emotion Annotation Dataset "
        "for 360-degree VR Videos, IEEE Transactions on Multimedia, 2021"
    )
    terms = "CC BY-NC-SA 4.0"
    source = "https://www.dis.cwi.nl/ceap-360vr-dataset"
    layout = (
        f"{FILE} with the columns {', '.join(_COLUMNS)}: the frames of its "
        "folder 3_AnnotationData as one table, 20 participants by 8 videos."
    )
    dimensions = ("arousal", "valence")
    label_hop = base.LABEL_HOP
    expected = {"utterances": 160, "speakers": 20}

    def _read(self) -> Iterable[base.Utterance]:
        path = self.root / FILE
        texts = tables.read_csv(path, _COLUMNS)
        table = _table(path, texts)
        groups: dict[tuple[str, str], list[int]] = {}
        for index, key in enumerate(zip(texts["participant"], texts["video"])):
            groups.setdefault(key, []).append(index)
        self._rows = {}
        for (participant, video), indices in groups.items():
            _check_times(path, table[indices, 0], indices)
            name = f"{participant.zfill(2)}_{video}"
            self._rows[name] = table[indices]
            yield base.Utterance(
                id=name,
                speaker=participant.zfill(2),
                files=(path,),
                split=None,
                labels={},
            )

    def waveform(
        self, utterance: base.Utterance, rate: int = base.RATE
    ) -> np.ndarray:
        """Raises ValueError: this corpus has no audio."""
        raise ValueError(
            "'ceap' has ratings and no audio. Use a corpus with speech to "
            f"train on audio. Received: {utterance.id!r}"
        )

    def _traces(self, utterance: base.Utterance) -> dict[str, np.ndarray]:
        time, *ratings = self._rows[utterance.id].T
        grid = base.LABEL_HOP * np.arange(round(time[-1] / base.LABEL_HOP))
        middle, half = (HIGHEST + LOWEST) / 2, (HIGHEST - LOWEST) / 2
        return {
            name: ((np.interp(grid, time, values) - middle) / half).astype(
                np.float32
            )
            for name, values in zip(self.dimensions, ratings)
        }


def _table(path: Path, texts: dict[str, tuple[str, ...]]) -> np.ndarray:
    """Returns time in seconds, arousal and valence: (rows, 3)."""
    lines = range(2, len(texts["time_s"]) + 2)
    time, arousal, valence = (
        tables.numbers(path, name, texts[name], lines)
        for name in ("time_s", "arousal", "valence")
    )
    for name, values in (("arousal", arousal), ("valence", valence)):
        wrong = ~((values >= LOWEST) & (values <= HIGHEST))
        if wrong.any():
            index = int(np.argmax(wrong))
            raise ValueError(
                f"{path}, line {lines[index]}: {name} must be a rating from "
                f"{LOWEST:g} to {HIGHEST:g}. Received: {values[index]:g}"
            )
    return np.stack([time, arousal, valence], axis=1)


def _check_times(path: Path, time: np.ndarray, indices: list[int]) -> None:
    wrong = ~(np.diff(time, prepend=-1.0) > 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"{path}, line {indices[row] + 2}: times must increase from row "
            f"to row of a participant and a video. Received: {time[row]:g}"
        )
