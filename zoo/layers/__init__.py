"""Layers that two papers or more use."""

from zoo.layers.bounded import Bounded
from zoo.layers.convolution import Conv1D
from zoo.layers.levels import LevelPosteriors, LevelValue
from zoo.layers.masking import (
    SequenceMask,
    Trace,
    lengths_to_mask,
    zero_masked,
)
from zoo.layers.pooling import (
    GlobalMaxPooling1D,
    MaxPooling1D,
    UpSampling1D,
)
from zoo.layers.recurrent import LSTM, lstm_implementation
from zoo.layers.scaling import Scaling

__all__ = [
    "Bounded",
    "Conv1D",
    "GlobalMaxPooling1D",
    "LSTM",
    "LevelPosteriors",
    "LevelValue",
    "MaxPooling1D",
    "Scaling",
    "SequenceMask",
    "Trace",
    "UpSampling1D",
    "lengths_to_mask",
    "lstm_implementation",
    "zero_masked",
]
