"""Reads EMO-DB: ten German actors, seven emotions, listeners' scores."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from pipelines.corpora import base, emotion_base
from pipelines.corpora._io import tables

EMOTIONS = {
    "W": "angry",
    "L": "bored",
    "E": "disgusted",
    "A": "afraid",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}
GENDERS = {
    **dict.fromkeys(("03", "10", "11", "12", "15"), "M"),
    **dict.fromkeys(("08", "09", "13", "14", "16"), "F"),
}
SCORES = ("recognised", "natural")
"""Percentages of listeners who named the emotion and found it natural."""
_FILE = re.compile(r"(\d\d)([ab]\d\d)([WLEAFTN])([a-z])")
_ROW = re.compile(r"\d+\s+(\S+)\.wav\s+(\d+),(\d+)\s+(\d+),(\d+)\s*")


class EmoDb(emotion_base.EmotionCorpus):
    """The Berlin database of emotional speech.

    An utterance's labels are `emotion`, `gender`, `sentence` ("a01") and,
    where `erkennung.txt` exists, the listeners' `recognised` and `natural` in
    percent. Recordings may have any sampling rate.

    Args:
        root: folder of the copy.
        classes: 7, or 4 for angry, happy, sad and neutral.
        recognised: smallest percentage of listeners who named the emotion.
        natural: smallest percentage of listeners who found it natural.

    Raises:
        ValueError: another number of classes, a percentage outside 0 to 100,
            or one that no utterance reaches.
        FileNotFoundError: a percentage is asked for and `erkennung.txt` is
            missing.
    """

    name = "emodb"
    title = "Berlin Database of Emotional Speech (EMO-DB)"
    citation = (
        "F. Burkhardt, A. Paeschke, M. Rolfes, W. Sendlmeier, B. Weiss, A "
        "Database of German Emotional Speech, Interspeech 2005"
    )
    terms = "free to use; its owners ask to be cited"
    source = "http://emodb.bilderbar.info"
    layout = (
        "wav/ with its 535 recordings as .wav (or .flac of the same names), "
        "and erkennung.txt, the listeners' scores, where you have it."
    )
    dimensions = ()
    emotions = tuple(EMOTIONS.values())
    expected = {
        "utterances": 535,
        "speakers": 10,
        "angry": 127,
        "bored": 81,
        "disgusted": 46,
        "afraid": 69,
        "happy": 71,
        "sad": 62,
        "neutral": 79,
    }

    def __init__(
        self,
        root: str | Path,
        classes: int = 7,
        recognised: float = 0.0,
        natural: float = 0.0,
        partial: bool = False,
    ):
        if classes not in (7, 4):
            raise ValueError(
                f"`classes` must be 7 or 4. Received: classes={classes!r}"
            )
        self.thresholds = dict(zip(SCORES, (recognised, natural)))
        for name, least in self.thresholds.items():
            if not 0 <= least <= 100:
                raise ValueError(
                    f"`{name}` must be a percentage from 0 to 100. Received: "
                    f"{name}={least}"
                )
        self.classes = classes
        super().__init__(root, partial)

    def _read(self) -> Iterable[base.Utterance]:
        scores = self._scores()
        paths = tables.visible(self.root / "wav", ".wav", ".flac")
        for path in paths:
            yield _utterance(path, scores)

    def _check_counts(self) -> None:
        super()._check_counts()
        if self.classes == 4:
            self.emotions = emotion_base.FOUR
        thresholds = {n: least for n, least in self.thresholds.items() if least}
        if self.classes == 4 or thresholds:
            self._select(
                lambda utterance: (
                    utterance.labels["emotion"] in self.emotions
                    and all(
                        utterance.labels[name] >= least
                        for name, least in thresholds.items()
                    )
                )
            )

    def _scores(self) -> dict[str, dict[str, float]]:
        """Reads the listeners' scores by file stem; empty where unknown."""
        path = self.root / "erkennung.txt"
        if not path.is_file():
            if any(self.thresholds.values()):
                raise FileNotFoundError(
                    f"{path} is missing; `recognised` and `natural` need it. "
                    "Copy it there or leave them at 0."
                )
            return {}
        # Values end in no-break spaces, which are not encoded as UTF-8.
        lines = path.read_text("iso-8859-1").splitlines()[1:]
        return dict(
            _score(f"{path}, line {number}", line)
            for number, line in enumerate(lines, start=2)
            if line.strip()
        )


def _score(where: str, line: str) -> tuple[str, dict[str, float]]:
    match = _ROW.fullmatch(line)
    if match:
        name, *digits = match.groups()
        scores = float(".".join(digits[:2])), float(".".join(digits[2:]))
        if max(scores) <= 100:
            return name, dict(zip(SCORES, scores))
    raise ValueError(
        f"{where}: must hold a number, a file name and two percentages as "
        f"in '1 03a01Fa.wav 90,00 75,00'. Received: {line[:60]!r}"
    )


def _utterance(
    path: Path, scores: dict[str, dict[str, float]]
) -> base.Utterance:
    match = _FILE.fullmatch(path.stem)
    if not match or match[1] not in GENDERS:
        raise ValueError(
            f"{path}: must be called as in '03a01Fa', with one of the "
            f"speakers {', '.join(sorted(GENDERS))}, the sentence, one of the "
            f"emotions {', '.join(EMOTIONS)} and the version. Received: "
            f"{path.stem!r}"
        )
    if scores and path.stem not in scores:
        raise ValueError(
            f"{path}: must have its row in erkennung.txt. Received: none. "
            "Copy that file again or remove it."
        )
    speaker, sentence, emotion, _ = match.groups()
    return base.Utterance(
        id=path.stem,
        speaker=speaker,
        files=(path,),
        split=None,
        labels={
            "emotion": EMOTIONS[emotion],
            "gender": GENDERS[speaker],
            "sentence": sentence,
            **scores.get(path.stem, {}),
        },
    )
