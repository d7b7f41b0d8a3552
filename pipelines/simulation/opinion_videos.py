"""Made-up people on video whose words, voice and face show what they feel.

Every segment has emotions, several at once or none. Each modality shows them
by itself, with errors of its own: so one modality tells something and all
three tell more. Words come from a made-up vocabulary in which some belong to
an emotion; features of voice and face move from the person's own mean along
directions that belong to emotions. What words and directions mean is the same
for everybody.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools

import numpy as np

EMOTIONS = ("anger", "disgust", "fear", "happy", "sad", "surprise")
MIXTURES = {
    "happy": 0.27,
    "": 0.15,
    "sad": 0.09,
    "anger": 0.06,
    "disgust": 0.04,
    "surprise": 0.03,
    "fear": 0.015,
    "happy sad": 0.06,
    "anger happy": 0.05,
    "anger disgust": 0.05,
    "happy surprise": 0.04,
    "disgust sad": 0.03,
    "fear sad": 0.03,
    "anger sad": 0.02,
    "anger disgust sad": 0.03,
    "disgust happy sad": 0.02,
    "fear sad surprise": 0.01,
    "anger disgust fear sad surprise": 0.003,
    "anger disgust fear happy sad surprise": 0.002,
}
"""Emotions of a segment to the share of segments that have just these."""

LEVELS = (0.16, 0.17, 0.2, 0.14, 0.11, 0.09, 0.06, 0.04, 0.03)
"""Shares of the intensities 1/3, 2/3, ... 3 of an emotion that is there."""

VOICE, FACE, VECTOR = 74, 35, 300
VOICE_RATE, FACE_RATE = 100, 30
PAUSE = "sp"
_HIDDEN, _ERROR = 0.45, 0.15
_PITCH, _VOICED, _SLOPE = 0, 1, 7  # columns of COVAREP
_NEUTRAL, _EMOTIONAL = 400, 20  # words, the latter of each emotion
_TOPICS = 6
_SYLLABLES = "ba di fo gu ka le mi no pu ra se ti vo wu ze".split()

Stream = tuple[np.ndarray, np.ndarray]
"""Intervals (rows, 2) in seconds, and what stands in each row."""


@dataclasses.dataclass(frozen=True)
class Video:
    """One person's monologue.

    Attributes:
        labels: a row a segment, not in order of time: `EMOTIONS` in [0, 3]
            and sentiment in [-3, 3], (segments, 7). The first segment in time
            begins before 0 s.
        vectors: a row a word, (words, 300); zeros for unknown words.
        words: a row a word or pause, (rows, 1) of bytes.
        voice: 100 rows a second, (frames, 74), some values -inf.
        face: 30 rows a second, (frames, 35), but for lost faces.
    """

    labels: Stream
    vectors: Stream
    words: Stream
    voice: Stream
    face: Stream


def record(rng: np.random.Generator) -> Video:
    """A video of 3 to 7 segments of 5 to 18 words."""
    feelings = draw_feelings(rng, rng.integers(3, 8))
    counts = rng.integers(5, 19, len(feelings))
    times, segments = _times(rng, counts)
    shown = np.repeat(_shown(rng, feelings), counts, axis=0)
    spoken = _spoken(rng, shown)
    voice, face = (
        _frames(rng, times[-1, 1] + 0.5, rate, segments, feelings, directions)
        for rate, directions in (
            (VOICE_RATE, _world().voice),
            (FACE_RATE, _world().face),
        )
    )
    return Video(
        labels=_labels(rng, segments, feelings),
        vectors=(times, _vectors(rng, spoken)),
        words=_spelt(times, spoken),
        voice=(voice[0], _as_covarep(rng, voice[1])),
        face=_lose_faces(rng, *face),
    )


def draw_feelings(rng: np.random.Generator, segments: int) -> np.ndarray:
    """(segments, 6): intensities of `EMOTIONS`, multiples of 1/3 up to 3."""
    mixtures = [[e in each.split() for e in EMOTIONS] for each in MIXTURES]
    shares = np.array(list(MIXTURES.values()))
    drawn = rng.choice(len(shares), segments, p=shares / shares.sum())
    steps = np.arange(1, len(LEVELS) + 1)
    levels = rng.choice(steps, (segments, len(EMOTIONS)), p=LEVELS)
    return np.array(mixtures)[drawn] * levels / 3


@dataclasses.dataclass(frozen=True)
class _World:
    spellings: np.ndarray
    vectors: np.ndarray
    voice: np.ndarray
    face: np.ndarray


@functools.cache
def _world() -> _World:
    """What words, voices and faces mean."""
    rng = np.random.default_rng(0)
    combined = itertools.product(_SYLLABLES, repeat=3)
    spellings = np.array(["".join(parts) for parts in combined])
    count = _NEUTRAL + len(EMOTIONS) * _EMOTIONAL
    spellings = rng.permutation(spellings)[:count]
    # Few directions carry most of a word vector, as in real ones.
    meanings = rng.normal(0, 0.3, (count, _TOPICS))
    topics = rng.normal(0, 0.5, (_TOPICS, VECTOR))
    vectors = meanings @ topics + rng.normal(0, 0.05, (count, VECTOR))
    emotions = rng.normal(0, 0.5, (len(EMOTIONS), 1, VECTOR))
    strengths = np.linspace(0.2, 3, _EMOTIONAL)[:, None]
    vectors[_NEUTRAL:] += (emotions * strengths).reshape(-1, VECTOR)
    # Both move as far for an emotion, however many features share it.
    voice, face = (
        rng.normal(0, 2.5 / np.sqrt(values), (len(EMOTIONS), values))
        for values in (VOICE, FACE)
    )
    voice[:, _VOICED] = 0
    return _World(spellings, vectors, voice, face)


def _shown(rng: np.random.Generator, feelings: np.ndarray) -> np.ndarray:
    """What one modality shows of feelings, (segments, 6), not negative."""
    seen = rng.random(feelings.shape) > _HIDDEN
    return np.abs(feelings * seen + rng.normal(0, _ERROR, feelings.shape))


def _times(
    rng: np.random.Generator, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Intervals of words, and of segments, which reach 0.3 s over them."""
    words = counts.sum()
    firsts = np.cumsum(counts) - counts
    pauses = rng.exponential(0.05, words)
    pauses[firsts] = rng.uniform(0.7, 1.5, len(counts))
    pauses[0] = 0.1
    durations = rng.uniform(0.12, 0.6, words)
    ends = np.cumsum(pauses + durations)
    times = np.stack([ends - durations, ends], axis=1)
    segments = np.stack(
        [times[firsts, 0] - 0.3, times[firsts + counts - 1, 1] + 0.3], axis=1
    )
    return times, segments


def _spoken(rng: np.random.Generator, shown: np.ndarray) -> np.ndarray:
    """(words,): places in the vocabulary, of words as strong as is shown."""
    weights = np.concatenate([np.ones((len(shown), 1)), 3 * shown], axis=1)
    bounds = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    kind = (rng.random((len(shown), 1)) > bounds).sum(axis=1)
    neutral = _NEUTRAL * rng.random(len(shown)) ** 3
    strength = np.take_along_axis(shown, kind[:, None] - 1, axis=1)[:, 0] / 3
    strength = np.clip(strength + rng.normal(0, 0.1, len(shown)), 0, 0.99)
    emotional = _NEUTRAL + _EMOTIONAL * (kind - 1 + strength)
    return np.where(kind == 0, neutral, emotional).astype(int)


def _vectors(rng: np.random.Generator, spoken: np.ndarray) -> np.ndarray:
    known = rng.random((len(spoken), 1)) > 0.02
    return _rounded(_world().vectors[spoken] * known)


def _spelt(times: np.ndarray, spoken: np.ndarray) -> Stream:
    """Words and the pauses of 0.1 s or more between them."""
    pauses = np.stack([times[:-1, 1], times[1:, 0]], axis=1)
    pauses = pauses[pauses[:, 1] - pauses[:, 0] >= 0.1]
    spellings = _world().spellings[spoken].tolist() + [PAUSE] * len(pauses)
    intervals = np.concatenate([times, pauses])
    order = np.argsort(intervals[:, 0], kind="stable")
    return intervals[order], np.array(spellings, "S32")[order][:, None]


def _frames(
    rng: np.random.Generator,
    seconds: float,
    rate: int,
    segments: np.ndarray,
    feelings: np.ndarray,
    directions: np.ndarray,
) -> Stream:
    """Frames of no unit: a person's mean, what is shown, and noise."""
    times = np.arange(round(seconds * rate) + 1) / rate
    at = np.searchsorted(segments[:, 0], times[:-1], "right") - 1
    inside = times[:-1] < segments[at, 1]
    drive = (_shown(rng, feelings) @ directions)[at] * inside[:, None]
    mean = rng.normal(0, 0.3, directions.shape[1])
    noise = rng.normal(0, 1, drive.shape)
    return np.stack([times[:-1], times[1:]], axis=1), mean + drive + noise


def _as_covarep(rng: np.random.Generator, frames: np.ndarray) -> np.ndarray:
    """Pitch in Hz and 0 where unvoiced, a voicing flag, some -inf."""
    stretches = rng.random(len(frames) // 20 + 1) < 0.7
    voiced = np.repeat(stretches, 20)[: len(frames)]
    frames[:, _PITCH] = voiced * np.maximum(50, 150 + 25 * frames[:, _PITCH])
    frames[:, _VOICED] = voiced
    frames[~voiced & (rng.random(len(frames)) < 0.02), _SLOPE] = -np.inf
    return _rounded(frames)


def _lose_faces(
    rng: np.random.Generator, intervals: np.ndarray, frames: np.ndarray
) -> Stream:
    """Now and then the tracker has no face, and no rows, for 0.3 to 2 s."""
    seen = np.ones(len(frames), bool)
    for _ in range(rng.poisson(1.5)):
        start = rng.integers(len(frames))
        seen[start : start + round(FACE_RATE * rng.uniform(0.3, 2))] = False
    return intervals[seen], _rounded(frames[seen])


def _labels(
    rng: np.random.Generator, segments: np.ndarray, feelings: np.ndarray
) -> Stream:
    signs = [1.0 if emotion == "happy" else -0.5 for emotion in EMOTIONS]
    signs[EMOTIONS.index("surprise")] = 0.0
    mood = feelings @ signs + rng.normal(0, 0.3, len(feelings))
    sentiment = np.clip(np.round(3 * mood) / 3, -3, 3)
    order = rng.permutation(len(segments))
    labels = np.concatenate([feelings, sentiment[:, None]], axis=1)
    return segments[order], labels[order]


def _rounded(values: np.ndarray) -> np.ndarray:
    """float32 with few digits, which packs well."""
    return (np.round(values * 32) / 32).astype(np.float32)
