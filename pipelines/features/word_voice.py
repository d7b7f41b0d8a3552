"""The voice of each word: means of frames of eGeMAPS or log Mel energies.

CMU-MOSEI's features of a word's voice are means too, of COVAREP's frames of
10 ms. COVAREP needs MATLAB; these need no more than a recording and the times
of its words.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from pipelines import align
from pipelines.features import egemaps, log_mel


@dataclasses.dataclass(frozen=True)
class Voice:
    """Frames that are averaged over words.

    Attributes:
        front_end: name in `pipelines.features.extraction.FRONT_ENDS`.
        values: number of values of a frame.
        hop: seconds from one frame to the next.
        centre: of the first frame's window, in seconds.
    """

    front_end: str
    values: int
    hop: float
    centre: float


VOICES: Mapping[str, Voice] = {
    # The spectral windows of eGeMAPS last 20 ms; those of pitch and voice,
    # 60 ms, begin with them.
    "egemaps": Voice(
        "egemaps_lld", len(egemaps.NAMES["egemaps_lld"]), 0.01, 0.01
    ),
    "log_mel": Voice("log_mel", log_mel.BINS, 0.01, 0.0125),
}


def word_means(
    frames: np.ndarray, times: np.ndarray, seconds: float, voice: Voice
) -> np.ndarray:
    """Returns the mean of the frames of each word, weighted by overlap.

    A frame stands for the 10 ms around the middle of its window; the first
    and the last one also for what is before and after them.

    Args:
        frames: (frames, values), from the start of the recording.
        times: start and end of each word in seconds, (words, 2).
        seconds: length of the recording.
        voice: what the frames are.

    Returns:
        (words, values) float32.

    Example:
        >>> frames = np.arange(10.0)[:, None]
        >>> times = np.array([[0.0, 0.05], [0.05, 0.1]])
        >>> means = word_means(frames, times, 0.1, VOICES["egemaps"])
        >>> [round(float(mean), 2) for mean in means[:, 0]]
        [1.6, 6.5]
    """
    middles = voice.centre + voice.hop * np.arange(len(frames))
    borders = np.concatenate(
        [[0.0], middles[1:] - voice.hop / 2, [max(seconds, middles[-1])]]
    )
    spans = np.stack([borders[:-1], borders[1:]], axis=1)
    return align.overlap_average(times, spans, frames).astype(np.float32)
