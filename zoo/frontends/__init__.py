"""Signal front ends as Keras layers, for training and for exported graphs.

Each takes a padded batch and its lengths; values in the padding, NaN included,
do not change valid outputs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras

from zoo.common.arguments import look_up
from zoo.frontends.dynamic_range import DynamicRange
from zoo.frontends.level import EqualLevel
from zoo.frontends.log_mel import LogMelFilterBank
from zoo.frontends.speaker import SpeakerNormalisation
from zoo.frontends.stacking import FrameStacking, Standardisation

__all__ = [
    "DynamicRange",
    "EqualLevel",
    "FrameStacking",
    "LogMelFilterBank",
    "SpeakerNormalisation",
    "Standardisation",
    "get",
    "STEP_SECONDS",
    "stacked_log_mel",
    "stacked_log_mel_steps",
]


STEP_SECONDS = 0.04
"""Seconds from one step of `stacked_log_mel` to the next."""


def stacked_log_mel(standardise: bool = True) -> keras.Model:
    """Builds the front end of papers 001 and 002: 160 values every 40 ms.

    A step holds four frames of 40 log Mel energies, none of them more than 80
    dB below the recording's highest: no real pause is, digital silence is, and
    would tell a network the gain of the recording (`DynamicRange`).

    Args:
        standardise: whether each recording is z-normalised by itself; not, to
            normalise over several recordings of a speaker
            (`SpeakerNormalisation`).

    Returns:
        A model from {"waveform": (batch, samples) float32 at 16 kHz in
        [-1, 1), "lengths": (batch,) int32 in samples} to {"features": (batch,
        steps, 160), "lengths": (batch,) int32 in steps}. Features in the
        padding are zero where standardised and undefined otherwise.

    Example:
        >>> import numpy as np
        >>> from zoo import frontends
        >>> waveform, lengths = np.zeros((1, 16000)), np.array([16000])
        >>> frontend = frontends.stacked_log_mel()
        >>> outputs = frontend({"waveform": waveform, "lengths": lengths})
        >>> tuple(outputs["features"].shape)
        (1, 25, 160)

    Reference: Khorram et al. 2017, section 3; Le et al. 2017, section 3.
    """
    waveform = keras.Input((None,), name="waveform", dtype="float32")
    samples = keras.Input((), name="lengths", dtype="int32")
    bank, stacking = LogMelFilterBank(), FrameStacking(4)
    frames = bank.frames(samples)
    energies = DynamicRange()(bank(waveform, samples), lengths=frames)
    features = stacking(energies, lengths=frames)
    steps = stacking.steps(frames)
    if standardise:
        features = Standardisation()(features, lengths=steps)
    return keras.Model(
        {"waveform": waveform, "lengths": samples},
        {"features": features, "lengths": steps},
        name="stacked_log_mel",
    )


@functools.cache
def _layers() -> tuple[LogMelFilterBank, FrameStacking]:
    return LogMelFilterBank(), FrameStacking(4)


def stacked_log_mel_steps(samples: int) -> int:
    """Returns how many steps `stacked_log_mel` makes of a recording.

    These are the frames of 25 ms every 10 ms that lie wholly inside the
    recording, stacked by four, the last stack completed:
    ceil((1 + (samples - 400) // 160) / 4).

    Args:
        samples: length of the recording at 16 kHz.

    Example:
        >>> stacked_log_mel_steps(300 * 16_000)
        7500
    """
    bank, stacking = _layers()
    return stacking.steps(bank.frames(samples))


_FRONTENDS: dict[str, Callable[..., keras.Model]] = {
    "stacked_log_mel": stacked_log_mel,
}


def get(name: str, **arguments: Any) -> keras.Model:
    """Builds the front end that a card names.

    Args:
        name: of the front end.
        **arguments: of its function.

    Raises:
        UsageError: no front end of that name.
    """
    return look_up("front end", name, _FRONTENDS)(**arguments)
