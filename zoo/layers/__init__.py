"""Layers that two papers or more use."""

from zoo.layers.attention import AttentionPooling
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
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    LastStep,
    MaxPooling1D,
    UpSampling1D,
)
from zoo.layers.recurrent import GRU, LSTM, lstm_implementation
from zoo.layers.scaling import Scaling
from zoo.layers.whitening import Whitening
from zoo.layers.windows import (
    AtLeast,
    CrossChannelMaxPooling,
    Fold,
    Unfold,
    Windows,
)

__all__ = [
    "AtLeast",
    "AttentionPooling",
    "Bounded",
    "Conv1D",
    "CrossChannelMaxPooling",
    "Fold",
    "GRU",
    "GlobalAveragePooling1D",
    "GlobalMaxPooling1D",
    "LSTM",
    "LastStep",
    "LevelPosteriors",
    "LevelValue",
    "MaxPooling1D",
    "Scaling",
    "SequenceMask",
    "Trace",
    "Unfold",
    "UpSampling1D",
    "Whitening",
    "Windows",
    "lengths_to_mask",
    "lstm_implementation",
    "zero_masked",
]
