"""Signal front ends as Keras layers, for training and for exported graphs.

Each takes a padded batch and its lengths; what stands in the padding, NaN
included, changes nothing that is valid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from zoo.frontends.log_mel import LogMelFilterBank
from zoo.frontends.stacking import FrameStacking, Standardisation

__all__ = [
    "FrameStacking",
    "LogMelFilterBank",
    "Standardisation",
    "get",
    "stacked_log_mel",
]


def stacked_log_mel(standardise: bool = True) -> keras.Model:
    """160 values every 40 ms: four frames of 40 log Mel energies.

    Args:
        standardise: z-normalise each recording by itself. Leave it out to
            normalise over several recordings of a speaker.

    Returns:
        A model from {"waveform": (batch, samples) float32 at 16 kHz in
        [-1, 1), "lengths": (batch,) int32 in samples} to {"features": (batch,
        steps, 160), "lengths": (batch,) int32 in steps}. Features in the
        padding are zero where standardised and undefined otherwise.

    Reference: Khorram et al. 2017, section 3; Le et al. 2017, section 3.
    """
    waveform = keras.Input((None,), name="waveform", dtype="float32")
    samples = keras.Input((), name="lengths", dtype="int32")
    bank, stacking = LogMelFilterBank(), FrameStacking(4)
    frames = bank.frames(samples)
    features = stacking(bank(waveform, samples), lengths=frames)
    steps = stacking.steps(frames)
    if standardise:
        features = Standardisation()(features, lengths=steps)
    return keras.Model(
        {"waveform": waveform, "lengths": samples},
        {"features": features, "lengths": steps},
        name="stacked_log_mel",
    )


_FRONTENDS: dict[str, Callable[..., keras.Model]] = {
    "stacked_log_mel": stacked_log_mel,
}


def get(name: str, **arguments: Any) -> keras.Model:
    """Builds the front end that a card names.

    Raises:
        ValueError: no front end of that name.
    """
    if name not in _FRONTENDS:
        raise ValueError(
            f"No front end {name!r}. Known: {', '.join(sorted(_FRONTENDS))}."
        )
    return _FRONTENDS[name](**arguments)
