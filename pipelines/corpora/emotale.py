"""Reads EmoTale: enacted emotions in Danish and English, three raters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipelines.corpora import base
from pipelines.corpora._io import tables

EMOTIONS = {
    "A": "angry",
    "H": "happy",
    "S": "sad",
    "N": "neutral",
    "B": "bored",
}
LANGUAGES = {"DK": "Danish", "EN": "English"}
ANNOTATORS = ("a1", "a2", "a3")
LOWEST, HIGHEST = 1.0, 5.0
_DIMENSIONS = {"arousal": "A", "valence": "V", "dominance": "D"}
_FILE = re.compile(r"(DK|EN)_(\d{3})_([AHSNB])_(\d+)\.wav")


class EmoTale(base.Corpus):
    """Five sentences in five emotions, two languages, eighteen speakers.

    An utterance's labels are `emotion`, `arousal`, `valence` and `dominance`
    (means of three annotators on 1 to 5), `ratings` (dimension to the
    ratings of the three annotators), `language`, and `gender` and `age` where
    `speaker_info.csv` exists. A speaker has the same number in both
    languages.
    """

    name = "emotale"
    title = "EmoTale, enacted emotional speech in Danish and English"
    citation = (
        "M. J. Hjuler, H. V. Skat-Rørdam, L. H. Clemmensen, S. Das, EmoTale: "
        "An Enacted Speech-emotion Dataset in Danish, ASRU 2025"
    )
    terms = "no licence stated; its owners ask to be cited"
    source = "https://github.com/snehadas/EmoTale"
    layout = (
        "annotations.csv, speaker_info.csv where you have it, and wav/ with "
        "its 800 recordings as .wav (or .flac of the same names)."
    )
    dimensions = tuple(_DIMENSIONS)
    emotions = tuple(EMOTIONS.values())
    expected = {"utterances": 800, "speakers": 18}

    def _read(self) -> Iterable[base.Utterance]:
        path = self.root / "annotations.csv"
        columns = [
            f"{annotator}_{letter}"
            for annotator in ANNOTATORS
            for letter in _DIMENSIONS.values()
        ]
        table = tables.read_csv(path, ("file", "gt_emotion", *columns))
        rows = [dict(zip(table, texts)) for texts in zip(*table.values())]
        recordings = self._recordings(table["file"])
        speakers = self._speakers()
        for line, row in enumerate(rows, start=2):
            if Path(row["file"]).stem in recordings:
                where = f"{path}, line {line}"
                yield _utterance(where, row, recordings, speakers)

    def _recordings(self, names: Iterable[str]) -> dict[str, Path]:
        """Returns the recordings by id, `.wav` or `.flac`."""
        folder = self.root / "wav"
        paths = tables.visible(folder, ".wav", ".flac")
        recordings = {path.stem: path for path in paths}
        for path in paths:
            if recordings[path.stem] != path:
                raise ValueError(
                    f"{path}: a recording must occur once. Received: "
                    f"{recordings[path.stem].name} too. Remove one of them."
                )
        self._available(folder, (Path(name).stem for name in names), recordings)
        return recordings

    def _speakers(self) -> dict[str, dict[str, Any]]:
        path = self.root / "speaker_info.csv"
        if not path.exists():
            return {}
        table = tables.read_csv(path, ("speaker", "gender", "age"))
        lines = range(2, len(table["age"]) + 2)
        ages = tables.numbers(path, "age", table["age"], lines)
        return {
            speaker: {"gender": gender, "age": int(age)}
            for speaker, gender, age in zip(
                table["speaker"], table["gender"], ages
            )
        }


def _utterance(
    where: str,
    row: dict[str, str],
    recordings: dict[str, Path],
    speakers: dict[str, dict[str, Any]],
) -> base.Utterance:
    match = _FILE.fullmatch(row["file"])
    if not match or match[3] != row["gt_emotion"]:
        raise ValueError(
            f"{where}: a file must be called LANGUAGE_SPEAKER_EMOTION_"
            f"SENTENCE.wav, with the emotion of gt_emotion. Received: "
            f"{row['file']!r} for {row['gt_emotion']!r}"
        )
    language, speaker, emotion, _ = match.groups()
    if speakers and speaker not in speakers:
        raise ValueError(
            f"{where}: every speaker must be in speaker_info.csv. Received: "
            f"{speaker!r}"
        )
    ratings = _ratings(where, row)
    means = {name: sum(rated) / len(rated) for name, rated in ratings.items()}
    name = Path(row["file"]).stem
    return base.Utterance(
        id=name,
        speaker=speaker,
        files=(recordings[name],),
        split=None,
        labels={
            "emotion": EMOTIONS[emotion],
            **means,
            "ratings": ratings,
            "language": LANGUAGES[language],
            **speakers.get(speaker, {}),
        },
    )


def _ratings(where: str, row: dict[str, str]) -> dict[str, tuple[float, ...]]:
    return {
        dimension: tuple(
            _rating(where, f"{annotator}_{letter}", row)
            for annotator in ANNOTATORS
        )
        for dimension, letter in _DIMENSIONS.items()
    }


def _rating(where: str, column: str, row: dict[str, str]) -> float:
    try:
        rating = float(row[column])
    except ValueError:
        rating = float("nan")
    if not LOWEST <= rating <= HIGHEST:
        raise ValueError(
            f"{where}: {column} must be a rating from {LOWEST:g} to "
            f"{HIGHEST:g}. Received: {row[column]!r}"
        )
    return rating
