"""Simulated utterances with emotions, in the layouts of IEMOCAP and CHEAVD.

A simulated speaker has one voice and speaking habits. Each utterance has one
emotion, which sets arousal, valence and dominance and changes the manner of
speaking (`pipelines.simulation.voice`), most of all around one moment of the
utterance.
"""

from __future__ import annotations

import csv
import dataclasses
import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import scipy.io.wavfile

from pipelines.simulation import folders, voice
from pipelines.simulation.voice import Manner
from zoo.common.arguments import check_whole

VERSION = 1  # grows when the same options give other files
UTTERANCES = {"iemocap": 200, "cheavd": 160}
LEAST = {"iemocap": 40, "cheavd": 128}
"""Smallest number of utterances of a corpus."""

SESSIONS = 5
SPLITS = {"train": 10, "dev": 3, "test": 3}
"""Speakers in each fold of CHEAVD's layout."""
EMOTIONS = {
    "neutral": ((0.0, 0.0, 0.0), Manner(intonation=-0.5)),
    "angry": ((0.7, -0.5, 0.8), Manner(level=3, tilt=2, pauses=-0.5)),
    "happy": ((0.2, 0.8, 0.2), Manner(pitch=3, intonation=0.5, tilt=-1)),
    "sad": ((-0.7, -0.7, -0.7), Manner(tempo=-0.3, breath=4)),
    "excited": ((0.8, 0.7, 0.3), Manner(pitch=2, intonation=0.7, tempo=0.2)),
    "frustrated": ((0.2, -0.2, 0.2), Manner(level=1, tilt=1)),
    "worried": ((-0.3, -0.4, -0.4), Manner(breath=4, pauses=0.6)),
    "anxious": (
        (0.4, -0.4, -0.5),
        Manner(pitch=3, intonation=-1, level=-5, tempo=0.5),
    ),
    "surprise": ((0.7, 0.3, 0.0), Manner(pitch=5, intonation=1, tempo=-0.3)),
    "disgust": ((-0.2, -0.8, 0.3), Manner(pitch=-4, level=4, tempo=-0.5)),
}
"""Emotion to arousal, valence and dominance in [-1, 1] and its manner."""

TURNS = ("ang", "hap", "sad", "neu", "ang", "hap", "sad", "neu", "exc", "fru")
"""Cycle of emotions of a speaker's utterances in IEMOCAP's layout."""
SCENES = (
    *("neutral", "angry", "happy", "sad"),
    *("worried", "anxious", "surprise", "disgust"),
    *("neutral", "angry"),
)
"""Cycle of emotions of a speaker's utterances in CHEAVD's layout."""
_FULL = {name[:3]: name for name in EMOTIONS}
_SECONDS = (1.0, 2.5)
_RATERS = 2
_HABITS = (0, 0.3, 3, 0.2, 1.5, 2, 0.2)  # standard deviations of manners


@dataclasses.dataclass(frozen=True)
class _Take:
    """An utterance to simulate.

    Attributes:
        speaker: index of the speaker.
        emotion: one of `EMOTIONS`.
        file: the WAV file, below the corpus' folder.
        typical: whether it is rated exactly as is typical of its emotion.
    """

    speaker: int
    emotion: str
    file: Path
    typical: bool = False


def simulate_iemocap(
    out: str | Path,
    seed: int = 0,
    utterances: int = UTTERANCES["iemocap"],
    report: Callable[[str], None] = lambda message: None,
) -> Path:
    """Writes a simulated corpus in IEMOCAP's layout.

    A woman and a man in each of five sessions say equally many utterances of
    1 to 2.5 s. Of ten, two each are angry, happy, sad and neutral, one is
    excited and one frustrated. Two raters give 1 to 5 for each dimension. A
    speaker's first utterance of an emotion is rated as is typical of it, so
    that low, mid and high ratings occur for every speaker (`folders.make`).

    Args:
        out: the folder to make.
        seed: of the random numbers, at least 0.
        utterances: number of utterances, at least 40.
        report: called with the file of each utterance that is done.

    Returns:
        The folder; errors are raised as by `folders.make`.

    Raises:
        ValueError: an option out of range.
    """
    return _make("iemocap", out, seed, utterances, report)


def simulate_cheavd(
    out: str | Path,
    seed: int = 0,
    utterances: int = UTTERANCES["cheavd"],
    report: Callable[[str], None] = lambda message: None,
) -> Path:
    """Writes a simulated corpus as `pipelines.corpora.cheavd` reads it.

    Ten speakers of the train partition, three of dev and three of test say
    equally many utterances of 1 to 2.5 s. Of ten, two are neutral, two angry,
    and one each has the other six emotions. Test utterances have labels.

    Args:
        out: as for `simulate_iemocap`, likewise `seed` and `report`.
        utterances: number of utterances, at least 128.

    Returns:
        The folder; errors are raised as by `simulate_iemocap`.
    """
    return _make("cheavd", out, seed, utterances, report)


def sizes(utterances: int) -> dict[str, dict[str, int]]:
    """Counts utterances by fold and emotion, in CHEAVD's layout."""
    counts = {split: dict.fromkeys(SCENES[:8], 0) for split in SPLITS}
    for take in _scenes(utterances):
        counts[take.file.parts[0]][take.emotion] += 1
    return counts


def _make(
    corpus: str,
    out: str | Path,
    seed: int,
    utterances: int,
    report: Callable[[str], None],
) -> Path:
    check_whole("seed", seed, 0)
    check_whole("utterances", utterances, LEAST[corpus])
    # The manifest's texts never change: existing folders are compared by them.
    manifest = {
        "made_by": f"pipelines.simulate_utterances {VERSION}",
        "corpus": corpus,
        "seed": int(seed),
        "utterances": int(utterances),
    }
    write = {"iemocap": _write_iemocap, "cheavd": _write_cheavd}[corpus]
    return folders.make(
        out, manifest, lambda folder: write(folder, seed, utterances, report)
    )


def _scenes(utterances: int) -> list[_Take]:
    """Returns the utterances of CHEAVD's layout; the speakers take turns."""
    folds = [name for name, count in SPLITS.items() for _ in range(count)]
    takes = []
    for number in range(utterances):
        turn, speaker = divmod(number, len(folds))
        file = Path(folds[speaker], f"{number:04d}.wav")
        takes.append(_Take(speaker, SCENES[turn % len(SCENES)], file))
    return takes


def _turns(utterances: int) -> list[_Take]:
    """Returns the utterances of IEMOCAP's layout, in dialogues of ten turns."""
    takes = []
    for number in range(utterances):
        turn, speaker = divmod(number, 2 * SESSIONS)
        session, gender = speaker // 2 + 1, "FM"[speaker % 2]
        dialogue, place = divmod(turn, len(TURNS))
        # The first letter is the actor with markers, the second who speaks.
        title = f"Ses{session:02d}{'FM'[dialogue % 2]}_impro{dialogue + 1:02d}"
        folder = Path(f"Session{session}/sentences/wav", title)
        file = folder / f"{title}_{gender}{place:03d}.wav"
        typical = turn == TURNS.index(TURNS[place])
        takes.append(_Take(speaker, _FULL[TURNS[place]], file, typical))
    return takes


def _write_cheavd(
    folder: Path, seed: int, utterances: int, report: Callable[[str], None]
) -> None:
    takes = _scenes(utterances)
    lows = [bool(number % 2) for number in range(sum(SPLITS.values()))]
    _record(folder, seed, takes, lows, report)
    rows = [
        (take.file.as_posix(), take.file.parts[0], take.emotion, take.speaker)
        for take in takes
    ]
    with open(folder / "labels.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("file", "split", "emotion", "speaker"))
        table.writerows(rows)


def _write_iemocap(
    folder: Path, seed: int, utterances: int, report: Callable[[str], None]
) -> None:
    takes = _turns(utterances)
    lows = [gender == "M" for gender in "FM" * SESSIONS]
    recorded = _record(folder, seed, takes, lows, report)
    head = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
    texts: dict[Path, str] = {}
    ends: dict[Path, float] = {}
    for take, (seconds, ratings) in zip(takes, recorded):
        path = folder / take.file.parts[0] / "dialog" / "EmoEvaluation"
        path /= f"{take.file.parent.name}.txt"
        start = ends.get(path, 5.0) + 0.5
        ends[path] = start + seconds
        turn = _evaluation(take, start, ends[path], ratings)
        texts[path] = texts.get(path, head) + turn
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _evaluation(
    take: _Take, start: float, end: float, ratings: np.ndarray
) -> str:
    """Returns the lines of a turn in the format of IEMOCAP's EmoEvaluation."""
    arousal, valence, dominance = ratings.mean(axis=0)
    text = f"[{start:.4f} - {end:.4f}]\t{take.file.stem}\t{take.emotion[:3]}\t"
    text += f"[{valence:.4f}, {arousal:.4f}, {dominance:.4f}]\n"
    for rater, (a, v, d) in enumerate(ratings, start=3):
        text += f"A-E{rater}:\tval {v}; act {a}; dom  {d};\t()\n"
    return f"{text}\n"


def _record(
    folder: Path,
    seed: int,
    takes: Sequence[_Take],
    lows: Sequence[bool],
    report: Callable[[str], None],
) -> list[tuple[float, np.ndarray]]:
    """Writes the recordings.

    Args:
        folder: of the corpus.
        seed: of the random numbers.
        takes: the utterances.
        lows: of each speaker, whether the voice is low.
        report: called with the file of each utterance that is done.

    Returns:
        Of each utterance the seconds and the ratings, (raters, 3) of 1 to 5.
    """
    for path in {folder / take.file.parent for take in takes}:
        path.mkdir(parents=True)
    speakers = []
    for number, low in enumerate(lows):
        rng = np.random.default_rng([seed, 1, number])
        habit = rng.normal(0, _HABITS)
        speakers.append((voice.draw_speaker(rng, low), habit))
    recorded = []
    write = functools.partial(_write_take, folder, seed, speakers)
    results = folders.in_threads(write, range(len(takes)), takes)
    for take, result in zip(takes, results):
        recorded.append(result)
        report(take.file.as_posix())
    return recorded


def _write_take(
    folder: Path,
    seed: int,
    speakers: Sequence[tuple[voice.Speaker, np.ndarray]],
    number: int,
    take: _Take,
) -> tuple[float, np.ndarray]:
    rng = np.random.default_rng([seed, 2, number])
    speaker, habit = speakers[take.speaker]
    typical, manner = EMOTIONS[take.emotion]
    emotion = np.array(typical) + rng.normal(
        0, 0.0 if take.typical else 0.15, 3
    )
    samples = int(rng.uniform(*_SECONDS) * voice.RATE)
    frames = np.arange(voice.control_frames(samples)) / voice.CONTROL_RATE
    moment = frames - rng.uniform(0, frames[-1])
    strength = 0.5 + 0.5 * np.exp(-2 * moment**2)
    arousal, valence = np.clip(emotion[:2, None] * strength, -1, 1)
    manner = Manner(*(dataclasses.astuple(manner) + habit))
    waveform = np.zeros(0, np.int16)
    while not voice.has_speech(waveform, speaker):
        waveform = voice.speak(rng, speaker, arousal, valence, samples, manner)
    scipy.io.wavfile.write(folder / take.file, voice.RATE, waveform)
    doubt = rng.normal(0, 0.0 if take.typical else 0.5, (_RATERS, 3))
    ratings = np.clip(np.round(3 + 2 * emotion + doubt), 1, 5).astype(int)
    return samples / voice.RATE, ratings
