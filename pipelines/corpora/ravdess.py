"""Reads RAVDESS's speech: twenty-four actors, eight emotions."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from pathlib import Path

from pipelines.corpora import base, emotion_base
from pipelines.corpora._io import tables

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
STRENGTHS = {"01": "normal", "02": "strong"}
SENTENCES = {
    "01": "Kids are talking by the door",
    "02": "Dogs are sitting by the door",
}
REPETITIONS = {"01": 1, "02": 2}
ACTORS = tuple(f"{number:02}" for number in range(1, 25))
SPEECH = "Audio_Speech_Actors_01-24"
"""Folder into which Zenodo's archive of that name may have been unpacked."""
EMOBOX_ACTORS = (
    ("01", "11", "20", "21"),
    ("04", "10", "12", "14"),
    ("08", "09", "19", "23"),
    ("03", "05", "07", "24"),
    ("02", "15", "16", "18"),
    ("06", "13", "17", "22"),
)
"""Test actors of EmoBox's six folds."""
_OTHER_PART = re.compile(r"0[123](-\d\d){6}")


class Ravdess(emotion_base.EmotionCorpus):
    """The speech of the Ryerson Audio-Visual Database, without its songs.

    An utterance's labels are `emotion`, `strength` ("normal", "strong"; a
    neutral one is normal), `sentence`, `repetition` (1 or 2) and `gender`.
    Recordings may have any sampling rate, and be `.wav` or `.flac`. Those of
    songs and videos may lie beside them and are left out.

    Two of its recordings are identical, both happy and of actor 07:
    `03-01-03-01-02-01-07` and `03-01-03-01-02-02-07`. Partitions without
    shared speakers keep them together.

    Args:
        root: folder of the copy.
        classes: 8, or 4 for angry, happy, sad and neutral.
        partial: whether the copy may lack recordings.

    Raises:
        ValueError: another number of classes, or a recording that does not
            belong to the corpus.
        FileNotFoundError: recordings are missing.
    """

    name = "ravdess"
    title = "RAVDESS, acted emotions of 24 speakers, without its songs"
    citation = (
        "S. R. Livingstone, F. A. Russo, The Ryerson Audio-Visual Database of "
        "Emotional Speech and Song (RAVDESS), PLoS ONE 13(5), 2018"
    )
    terms = "CC BY-NC-SA 4.0: no commercial use"
    source = f"https://zenodo.org/records/1188976 ({SPEECH}.zip)"
    layout = (
        "Actor_01/ to Actor_24/ with 60 recordings each, as .wav (or .flac of "
        f"the same names), or a folder {SPEECH}/ that holds them. Two of actor "
        "07 are identical: 03-01-03-01-02-01-07 and 03-01-03-01-02-02-07."
    )
    dimensions = ()
    emotions = tuple(EMOTIONS.values())
    expected = {
        "utterances": 1440,
        "speakers": 24,
        "neutral": 96,
        **dict.fromkeys(tuple(EMOTIONS.values())[1:], 192),
    }

    def __init__(
        self, root: str | Path, classes: int = 8, partial: bool = False
    ):
        if classes not in (8, 4):
            raise ValueError(
                f"`classes` must be 8 or 4. Received: classes={classes!r}"
            )
        self.classes = classes
        super().__init__(root, partial)

    def _read(self) -> Iterable[base.Utterance]:
        folder = self.root
        if not any(folder.glob("Actor_*")) and (folder / SPEECH).is_dir():
            folder /= SPEECH
        paths = _recordings(folder)
        available = self._available(folder, _names(), paths)
        for name in available:
            yield _utterance(paths[name])

    def _check_counts(self) -> None:
        super()._check_counts()
        if self.classes == 4:
            self.emotions = emotion_base.FOUR
            self._select(lambda u: u.labels["emotion"] in self.emotions)

    def emobox_folds(self) -> list[dict[str, str]]:
        return [
            {
                utterance.id: "test" if utterance.speaker in actors else "train"
                for utterance in self.utterances
            }
            for actors in EMOBOX_ACTORS
        ]


def _names() -> list[str]:
    """Returns the recordings of an intact copy, as in `_recordings`."""
    return [
        f"Actor_{actor}/03-01-{emotion}-{strength}-{sentence}-{again}-{actor}"
        for actor, emotion, strength, sentence, again in itertools.product(
            ACTORS, EMOTIONS, STRENGTHS, SENTENCES, REPETITIONS
        )
        if not (EMOTIONS[emotion] == "neutral" and strength == "02")
    ]


def _recordings(folder: Path) -> dict[str, Path]:
    """Returns the recordings of speech by folder and name without suffix."""
    recordings: dict[str, Path] = {}
    for actor in sorted(folder.glob("Actor_*")):
        for path in tables.visible(actor, ".wav", ".flac"):
            is_speech = path.stem.startswith("03-01-")
            if _OTHER_PART.fullmatch(path.stem) and not is_speech:
                continue
            first = recordings.setdefault(f"{actor.name}/{path.stem}", path)
            if first != path:
                raise ValueError(
                    f"{path}: a recording must occur once. Received: "
                    f"{first.name} too. Remove one of them."
                )
    return recordings


def _utterance(path: Path) -> base.Utterance:
    _, _, emotion, strength, sentence, again, actor = path.stem.split("-")
    return base.Utterance(
        id=path.stem,
        speaker=actor,
        files=(path,),
        split=None,
        labels={
            "emotion": EMOTIONS[emotion],
            "strength": STRENGTHS[strength],
            "sentence": SENTENCES[sentence],
            "repetition": REPETITIONS[again],
            "gender": "M" if int(actor) % 2 else "F",
        },
    )
