"""Reads IEMOCAP: ten actors in five sessions, emotions and dimensions."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipelines.corpora import base, emotion_base
from pipelines.corpora._io import tables
from zoo.common.arguments import check_choice

EMOTIONS = {
    "ang": "angry",
    "hap": "happy",
    "sad": "sad",
    "neu": "neutral",
    "exc": "excited",
    "fru": "frustrated",
    "sur": "surprised",
    "fea": "afraid",
    "dis": "disgusted",
    "oth": "other",
    "xxx": "undecided",
}
DATASETS = ("IEMO_dataset1", "IEMO_dataset2")
LOWEST, HIGHEST = 1.0, 5.0
TOLERANCE = 0.5
"""Largest distance of a mean outside the scale in an intact copy."""
FILE_ORDER = ("valence", "arousal", "dominance")
"""Order of the dimensions in the owners' files."""
SESSIONS = {1: 1819, 2: 1811, 3: 2136, 4: 2103, 5: 2170}
EVALUATIONS = Path("dialog", "EmoEvaluation")
_NUMBER = r"\s*(-?\d+\.\d+)\s*"
_TURN = re.compile(
    rf"\[{_NUMBER}-{_NUMBER}\]\t(\S+)\t(\w+)\t"
    rf"\[{_NUMBER},{_NUMBER},{_NUMBER}\]\s*"
)
_NAME = re.compile(r"Ses0(\d)[FM]_(impro|script)\w+_([FM])\w+")
DIALOGUE = "dialogue"
DIALOGUES = {"impro": "improvised", "script": "scripted"}


class Iemocap(emotion_base.EmotionCorpus):
    """Dyadic sessions of a woman and a man, cut into utterances.

    An utterance's labels are `emotion`, the means `arousal`, `valence` and
    `dominance` on 1 to 5, `gender` ("F", "M"), `session` (1 to 5) and
    `dialogue` ("improvised", "scripted"); speakers are "1F" to "5M". A mean up
    to 0.5 outside the scale, as in intact copies (0.5 and 5.5), is clipped to
    the scale, and `clipped` names its utterance.

    Zhang et al. ("Attention-Augmented End-to-End Multi-Task Learning for
    Emotion Prediction from Speech", section 4.1) use sessions 1 to 3 for
    train, 4 for dev and 5 for test, the default here. The sizes that they
    give, 6,319, 1,811 and 1,819, are not those of these sessions: sessions 2
    and 1 have 1,811 and 1,819 utterances, and 3 to 5 have 6,409. The partition
    of these sizes is `dev_session=2, test_session=1`; the paper does not say
    which 90 utterances of the training it leaves out.

    A partial copy has some of the sessions, or parts of them: utterances with
    both an evaluation and a recording are read.

    Args:
        root: folder of the copy.
        dataset: "IEMO_dataset1" for angry, happy, sad and neutral (Zhao et
            al., section 5.1), "IEMO_dataset2" for the same with excited
            merged into happy; all utterances by default.
        dev_session: session of the dev fold.
        test_session: session of the test fold; the others are in train.
        dialogue: "improvised" or "scripted" for the utterances of these
            dialogues alone.
    """

    name = "iemocap"
    title = "IEMOCAP, interactive emotional dyadic motion capture database"
    citation = (
        "C. Busso et al., IEMOCAP: Interactive Emotional Dyadic Motion "
        "Capture Database, Language Resources and Evaluation 42(4), 2008"
    )
    terms = "research only, after a signed release form"
    source = "https://sail.usc.edu/iemocap/"
    layout = (
        "Session1/ to Session5/, each with dialog/EmoEvaluation/*.txt and "
        "sentences/wav/*/*.wav."
    )
    dimensions = ("arousal", "valence", "dominance")
    emotions = tuple(EMOTIONS.values())
    expected = {
        "utterances": 10_039,
        "speakers": 10,
        "angry": 1103,
        "happy": 595,
        "sad": 1084,
        "neutral": 1708,
        "excited": 1041,
        "frustrated": 1849,
        "surprised": 107,
        "afraid": 40,
        "disgusted": 2,
        "other": 3,
        "undecided": 2507,
    }

    def __init__(
        self,
        root: str | Path,
        dataset: str | None = None,
        dev_session: int = 4,
        test_session: int = 5,
        dialogue: str | None = None,
        partial: bool = False,
    ):
        if dataset not in (None, *DATASETS):
            raise ValueError(
                f"`dataset` must be one of {', '.join(DATASETS)}, or None for "
                f"all utterances. Received: dataset={dataset!r}"
            )
        sessions = {dev_session, test_session}
        if len(sessions) < 2 or not sessions <= set(SESSIONS):
            raise ValueError(
                "`dev_session` and `test_session` must be two of 1 to 5. "
                f"Received: dev_session={dev_session!r}, "
                f"test_session={test_session!r}"
            )
        if dialogue is not None:
            check_choice(DIALOGUE, dialogue, DIALOGUES.values())
        self.dataset = dataset
        self.dialogue = dialogue
        self._splits = dict.fromkeys(SESSIONS, "train")
        self._splits.update({dev_session: "dev", test_session: "test"})
        self.clipped: list[str] = []
        self.expected = {**self.expected, **_sizes(self._splits)}
        super().__init__(root, partial)

    def _read(self) -> Iterable[base.Utterance]:
        for session in SESSIONS:
            folder = self.root / f"Session{session}"
            if self.partial and not folder.is_dir():
                self._lack([f"{folder.name}/"])
                continue
            turns = _turns(self._evaluations(folder))
            recordings = folder / "sentences" / "wav"
            paths = {
                path.stem: path
                for path in sorted(recordings.glob("[!.]*/[!.]*.wav"))
            }
            if self.partial:
                paths = self._evaluated(folder, paths)
            names = self._available(recordings, turns, paths)
            for name, turn in turns.items():
                if name in names:
                    yield self._utterance(session, paths[name], *turn)

    def _evaluations(self, folder: Path) -> list[Path]:
        """Returns the evaluations of a session, some where not partial."""
        evaluations = folder / EVALUATIONS
        paths = tables.visible(evaluations, ".txt")
        if not paths and not self.partial:
            raise FileNotFoundError(
                f"{evaluations} must hold the session's evaluations as .txt "
                "files. Received: none. Copy them there."
            )
        return paths

    def _evaluated(
        self, folder: Path, paths: Mapping[str, Path]
    ) -> dict[str, Path]:
        """Leaves out recordings of dialogues without their evaluation."""
        known = {path.stem for path in self._evaluations(folder)}
        absent = {path.parent.name for path in paths.values()} - known
        self._lack(f"{dialogue}.txt" for dialogue in absent)
        return {
            name: path
            for name, path in paths.items()
            if path.parent.name not in absent
        }

    def _utterance(
        self,
        session: int,
        path: Path,
        where: str,
        emotion: str,
        means: tuple[str, ...],
    ) -> base.Utterance:
        match = _NAME.fullmatch(path.stem)
        if not match or int(match[1]) != session:
            raise ValueError(
                f"{where}: an utterance of session {session} must be called "
                f"as in 'Ses0{session}F_impro01_M000' or "
                f"'Ses0{session}F_script01_1_M000'. Received: {path.stem!r}"
            )
        emotion_base.check_value(where, "the emotion", emotion, EMOTIONS)
        gender = match[3]
        values = {
            name: self._rating(where, path.stem, name, float(mean))
            for name, mean in zip(FILE_ORDER, means)
        }
        return base.Utterance(
            id=path.stem,
            speaker=f"{session}{gender}",
            files=(path,),
            split=self._splits[session],
            labels={
                "emotion": EMOTIONS[emotion],
                **{name: values[name] for name in self.dimensions},
                "gender": gender,
                "session": session,
                DIALOGUE: DIALOGUES[match[2]],
            },
        )

    def _rating(self, where: str, turn: str, name: str, mean: float) -> float:
        inside = min(max(mean, LOWEST), HIGHEST)
        if abs(inside - mean) > TOLERANCE:
            raise ValueError(
                f"{where}: {name} must be a rating from {LOWEST:g} to "
                f"{HIGHEST:g}. Received: {mean:g}"
            )
        if inside != mean and turn not in self.clipped:
            self.clipped.append(turn)
        return inside

    def _check_counts(self) -> None:
        super()._check_counts()
        if self.dataset == "IEMO_dataset2":
            self.utterances = tuple(map(_merged, self.utterances))
        if self.dataset is not None:
            self.emotions = emotion_base.FOUR
            self._select(lambda u: u.labels["emotion"] in self.emotions)
        if self.dialogue is not None:
            self._select(lambda u: u.labels[DIALOGUE] == self.dialogue)
        kept = {utterance.id for utterance in self.utterances}
        self.clipped = [name for name in self.clipped if name in kept]

    def summary(self) -> str:
        """Returns the counts of this copy, and of the clipped ratings."""
        if not self.clipped:
            return super().summary()
        return (
            f"{super().summary()}\n{len(self.clipped)} utterances with a mean "
            f"rating clipped to 1 to 5: {tables.few(self.clipped)}"
        )


def _sizes(splits: dict[int, str]) -> dict[str, int]:
    """Returns the number of utterances of an intact copy in each fold."""
    sizes: Counter[str] = Counter()
    for session, split in splits.items():
        sizes[split] += SESSIONS[session]
    return dict(sizes)


def _merged(utterance: base.Utterance) -> base.Utterance:
    """Returns the utterance, with the label happy instead of excited."""
    if utterance.labels["emotion"] != "excited":
        return utterance
    labels = {**utterance.labels, "emotion": "happy"}
    return dataclasses.replace(utterance, labels=labels)


def _turns(
    paths: Iterable[Path],
) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """Reads place in the files, emotion and means of a session's turns."""
    turns: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    for path in paths:
        lines = path.read_text("iso-8859-1").splitlines()
        for number, line in enumerate(lines, start=1):
            if not line.startswith("["):
                continue  # a heading, or the ratings of one rater
            match = _TURN.fullmatch(line)
            where = f"{path}, line {number}"
            if not match or match[3] in turns:
                raise ValueError(
                    f"{where}: must hold '[START - END]', a name that is new, "
                    "an emotion and '[valence, activation, dominance]' "
                    f"between tabs. Received: {line[:80]!r}"
                )
            _, _, name, emotion, *means = match.groups()
            turns[name] = where, emotion, tuple(means)
    return turns
