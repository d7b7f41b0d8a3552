"""Layers that two or more papers use, and the choice of their kernels."""

from zoo.layers.annotation import Annotation
from zoo.layers.attention import AttentionPooling, attention_weights
from zoo.layers.convolution import Conv1D
from zoo.layers.kernels.choice import lstm_implementation
from zoo.layers.masking import (
    SequenceMask,
    Trace,
    lengths_to_mask,
    zero_masked,
)
from zoo.layers.pooling import (
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    MaxPooling1D,
)
from zoo.layers.recurrent import GRU, LSTM
from zoo.layers.scaling import Scaling
from zoo.layers.softmax import TemperedSoftmax

__all__ = [
    "Annotation",
    "AttentionPooling",
    "Conv1D",
    "GRU",
    "GlobalAveragePooling1D",
    "GlobalMaxPooling1D",
    "LSTM",
    "MaxPooling1D",
    "Scaling",
    "SequenceMask",
    "TemperedSoftmax",
    "Trace",
    "attention_weights",
    "lengths_to_mask",
    "lstm_implementation",
    "zero_masked",
]
