"""Simulated opinion videos: words, voice and face features with emotions.

Every segment has several emotions, one or none. Each modality expresses them
with errors of its own, so that three modalities predict better than one. Words
come from an artificial vocabulary, in which some words belong to an emotion;
features of voice and face move from the person's own mean along directions
that belong to emotions. Vocabulary and directions are the same for all videos.
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
"""Emotions of a segment to the share of segments with exactly these."""

LEVELS = (0.16, 0.17, 0.2, 0.14, 0.11, 0.09, 0.06, 0.04, 0.03)
"""Shares of the intensities 1/3, 2/3, ... 3 of an emotion that occurs."""

VOICE, FACE, VECTOR = 74, 35, 300
VOICE_RATE, FACE_RATE = 100, 30
PAUSE = "sp"
_HIDDEN, _ERROR = 0.45, 0.15  # share not expressed, deviation
_PITCH, _VOICED, _SLOPE = 0, 1, 7  # columns of COVAREP
_NEUTRAL, _EMOTIONAL = 400, 20  # words, the latter of each emotion
_TOPICS = 6
_SYLLABLES = "ba di fo gu ka le mi no pu ra se ti vo wu ze".split()

Stream = tuple[np.ndarray, np.ndarray]
"""Intervals (rows, 2) in seconds, and the values of each row."""


@dataclasses.dataclass(frozen=True)
class Video:
    """One person speaking.

    Attributes:
        labels: a row a segment, not in order of time: `EMOTIONS` in [0, 3]
            and sentiment in [-3, 3], (segments, 7). The first segment in time
            begins before 0 s.
        vectors: a row a word, (words, 300); zeros for unknown words.
        words: a row a word or pause, (rows, 1) of bytes.
        voice: 100 rows a second, (frames, 74), some values -inf.
        face: 30 rows a second, (frames, 35), none where tracking is lost.
    """

    labels: Stream
    vectors: Stream
    words: Stream
    voice: Stream
    face: Stream


def record(rng: np.random.Generator) -> Video:
    """Simulates a video of 3 to 7 segments of 5 to 18 words."""
    emotions = draw_emotions(rng, rng.integers(3, 8))
    counts = rng.integers(5, 19, len(emotions))
    times, segments = _times(rng, counts)
    expressed = np.repeat(_expressed(rng, emotions), counts, axis=0)
    words = _draw_words(rng, expressed)
    voice, face = (
        _frames(rng, times[-1, 1] + 0.5, rate, segments, emotions, directions)
        for rate, directions in (
            (VOICE_RATE, _constants().voice),
            (FACE_RATE, _constants().face),
        )
    )
    return Video(
        labels=_labels(rng, segments, emotions),
        vectors=(times, _vectors(rng, words)),
        words=_texts(times, words),
        voice=(voice[0], _as_covarep(rng, voice[1])),
        face=_lose_faces(rng, *face),
    )


def draw_emotions(rng: np.random.Generator, segments: int) -> np.ndarray:
    """Draws intensities of `EMOTIONS`, multiples of 1/3 up to 3.

    Returns:
        (segments, 6).
    """
    mixtures = [
        [emotion in mixture.split() for emotion in EMOTIONS]
        for mixture in MIXTURES
    ]
    shares = np.array(list(MIXTURES.values()))
    drawn = rng.choice(len(shares), segments, p=shares / shares.sum())
    steps = np.arange(1, len(LEVELS) + 1)
    levels = rng.choice(steps, (segments, len(EMOTIONS)), p=LEVELS)
    return np.array(mixtures)[drawn] * levels / 3


@dataclasses.dataclass(frozen=True)
class _Constants:
    """Vocabulary and directions, the same for all videos.

    Attributes:
        texts: the words, (words,).
        vectors: their word vectors, (words, 300).
        voice: direction of each emotion, (6, 74).
        face: direction of each emotion, (6, 35).
    """

    texts: np.ndarray
    vectors: np.ndarray
    voice: np.ndarray
    face: np.ndarray


@functools.cache
def _constants() -> _Constants:
    """Draws vocabulary and directions."""
    rng = np.random.default_rng(0)
    combined = itertools.product(_SYLLABLES, repeat=3)
    texts = np.array(["".join(syllables) for syllables in combined])
    count = _NEUTRAL + len(EMOTIONS) * _EMOTIONAL
    texts = rng.permutation(texts)[:count]
    # Few directions have most of the variance, as in real word vectors.
    meanings = rng.normal(0, 0.3, (count, _TOPICS))
    topics = rng.normal(0, 0.5, (_TOPICS, VECTOR))
    vectors = meanings @ topics + rng.normal(0, 0.05, (count, VECTOR))
    emotions = rng.normal(0, 0.5, (len(EMOTIONS), 1, VECTOR))
    strengths = np.linspace(0.2, 3, _EMOTIONAL)[:, None]
    vectors[_NEUTRAL:] += (emotions * strengths).reshape(-1, VECTOR)
    # An emotion moves both equally far, whatever their number of features.
    voice, face = (
        rng.normal(0, 2.5 / np.sqrt(values), (len(EMOTIONS), values))
        for values in (VOICE, FACE)
    )
    voice[:, _VOICED] = 0
    return _Constants(texts, vectors, voice, face)


def _expressed(rng: np.random.Generator, emotions: np.ndarray) -> np.ndarray:
    """Draws what one modality expresses, (segments, 6), not negative."""
    visible = rng.random(emotions.shape) > _HIDDEN
    return np.abs(emotions * visible + rng.normal(0, _ERROR, emotions.shape))


def _times(
    rng: np.random.Generator, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draws the intervals of words and of segments, which are 0.3 s wider."""
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


def _draw_words(rng: np.random.Generator, expressed: np.ndarray) -> np.ndarray:
    """Draws words as strong as the expressed emotions.

    Args:
        rng: of the random numbers.
        expressed: intensities of the emotions at each word, (words, 6).

    Returns:
        Indices in the vocabulary, (words,).
    """
    weights = np.concatenate(
        [np.ones((len(expressed), 1)), 3 * expressed], axis=1
    )
    bounds = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    kind = (rng.random((len(expressed), 1)) > bounds).sum(axis=1)
    neutral = _NEUTRAL * rng.random(len(expressed)) ** 3
    strength = np.take_along_axis(expressed, kind[:, None] - 1, axis=1)[:, 0]
    error = rng.normal(0, 0.1, len(expressed))
    strength = np.clip(strength / 3 + error, 0, 0.99)
    emotional = _NEUTRAL + _EMOTIONAL * (kind - 1 + strength)
    return np.where(kind == 0, neutral, emotional).astype(int)


def _vectors(rng: np.random.Generator, words: np.ndarray) -> np.ndarray:
    known = rng.random((len(words), 1)) > 0.02
    return _rounded(_constants().vectors[words] * known)


def _texts(times: np.ndarray, words: np.ndarray) -> Stream:
    """Returns words as text, with pauses of at least 0.1 s between them."""
    pauses = np.stack([times[:-1, 1], times[1:, 0]], axis=1)
    pauses = pauses[pauses[:, 1] - pauses[:, 0] >= 0.1]
    texts = _constants().texts[words].tolist() + [PAUSE] * len(pauses)
    intervals = np.concatenate([times, pauses])
    order = np.argsort(intervals[:, 0], kind="stable")
    return intervals[order], np.array(texts, "S32")[order][:, None]


def _frames(
    rng: np.random.Generator,
    seconds: float,
    rate: int,
    segments: np.ndarray,
    emotions: np.ndarray,
    directions: np.ndarray,
) -> Stream:
    """Simulates frames: a person's mean, the expressed emotions and noise."""
    times = np.arange(round(seconds * rate) + 1) / rate
    segment = np.searchsorted(segments[:, 0], times[:-1], "right") - 1
    inside = times[:-1] < segments[segment, 1]
    moved = _expressed(rng, emotions) @ directions
    moved = moved[segment] * inside[:, None]
    mean = rng.normal(0, 0.3, directions.shape[1])
    noise = rng.normal(0, 1, moved.shape)
    return np.stack([times[:-1], times[1:]], axis=1), mean + moved + noise


def _as_covarep(rng: np.random.Generator, frames: np.ndarray) -> np.ndarray:
    """Adds pitch in Hz, 0 where unvoiced, voicing, and some -inf."""
    stretches = rng.random(len(frames) // 20 + 1) < 0.7
    voiced = np.repeat(stretches, 20)[: len(frames)]
    frames[:, _PITCH] = voiced * np.maximum(50, 150 + 25 * frames[:, _PITCH])
    frames[:, _VOICED] = voiced
    frames[~voiced & (rng.random(len(frames)) < 0.02), _SLOPE] = -np.inf
    return _rounded(frames)


def _lose_faces(
    rng: np.random.Generator, intervals: np.ndarray, frames: np.ndarray
) -> Stream:
    """Removes the rows of some spans of 0.3 to 2 s, as face trackers do."""
    tracked = np.ones(len(frames), bool)
    for _ in range(rng.poisson(1.5)):
        start = rng.integers(len(frames))
        tracked[start : start + round(FACE_RATE * rng.uniform(0.3, 2))] = False
    return intervals[tracked], _rounded(frames[tracked])


def _labels(
    rng: np.random.Generator, segments: np.ndarray, emotions: np.ndarray
) -> Stream:
    signs = [1.0 if emotion == "happy" else -0.5 for emotion in EMOTIONS]
    signs[EMOTIONS.index("surprise")] = 0.0
    polarity = emotions @ signs + rng.normal(0, 0.3, len(emotions))
    sentiment = np.clip(np.round(3 * polarity) / 3, -3, 3)
    order = rng.permutation(len(segments))
    labels = np.concatenate([emotions, sentiment[:, None]], axis=1)
    return segments[order], labels[order]


def _rounded(values: np.ndarray) -> np.ndarray:
    """Rounds to float32 with few digits, which compresses well."""
    return (np.round(values * 32) / 32).astype(np.float32)
