"""Losses of the papers: of traces, of ordered levels, and of classes."""

from zoo.losses.classes import SharedCrossEntropy, SmoothedCrossEntropy
from zoo.losses.frames import ConcordanceLoss, FrameLoss, FrameSquaredError
from zoo.losses.levels import (
    COSTS,
    CostSensitiveCrossEntropy,
    OrdinalCrossEntropy,
    SoftLevelCrossEntropy,
)

__all__ = [
    "COSTS",
    "ConcordanceLoss",
    "CostSensitiveCrossEntropy",
    "FrameLoss",
    "FrameSquaredError",
    "OrdinalCrossEntropy",
    "SharedCrossEntropy",
    "SmoothedCrossEntropy",
    "SoftLevelCrossEntropy",
]
