"""Outputs of models for the recordings of a split, and decoded ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo.decoding.decoder import Decoders

Outputs = dict[str, Sequence[np.ndarray] | np.ndarray]
"""A model's outputs for each recording, by output."""
Predictions = Outputs
"""Those outputs that are targets, by target."""


@dataclasses.dataclass(frozen=True)
class Decoded:
    """Predictions smoothed by a decoder.

    Attributes:
        sweeps: by target, the decoder's trials on dev, best first.
        predictions: by split.
        decoders: by target, that made them.
    """

    sweeps: dict[str, list[dict[str, Any]]]
    predictions: dict[str, Predictions]
    decoders: dict[str, Decoders]
