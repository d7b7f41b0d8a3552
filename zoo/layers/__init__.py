"""Layers that two papers or more use."""

from zoo.layers.convolution import Conv1D
from zoo.layers.masking import (
    SequenceMask,
    Trace,
    lengths_to_mask,
    zero_masked,
)
from zoo.layers.pooling import MaxPooling1D, UpSampling1D

__all__ = [
    "Conv1D",
    "MaxPooling1D",
    "SequenceMask",
    "Trace",
    "UpSampling1D",
    "lengths_to_mask",
    "zero_masked",
]
