"""One level of speech for every waveform, inside the network."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.common.tensors import Shape, Tensor
from zoo.layers.masking import zero_masked

FRAME = 400
"""Samples whose level is judged together, 25 ms at 16 kHz."""
RANGE = 30.0
"""Frames so many dB below the loudest one are pauses."""


@keras.saving.register_keras_serializable(package="zoo")
class EqualLevel(keras.layers.Layer):
    """Brings the speech of every waveform to a root mean square of one.

    The mean of a row is subtracted first. Frames of `FRAME` samples that lie
    more than `RANGE` decibels below the loudest one are pauses and do not
    count, as in `pipelines.audio.level`. So a recording gives the same output
    at any gain; how loud its speaker was, the network cannot know. Digital
    silence stays zero.

    Input shape: (batch, samples, 1), `mask` (batch, samples) boolean.
    Output shape: the same; zero in the padding. It hands no mask on.

    Example:
        >>> import numpy as np
        >>> tone = np.sin(np.arange(8000) / 3).reshape(1, -1, 1)
        >>> loud, quiet = EqualLevel()(tone), EqualLevel()(0.01 * tone)
        >>> bool(np.allclose(loud, quiet, atol=1e-4))
        True
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor) -> None:
        return None  # the networks hand their own mask on

    def call(self, inputs: Tensor, mask: Tensor = None) -> Tensor:
        # Half precision cannot count the samples of five seconds.
        samples = zero_masked(ops.cast(inputs, "float32"), mask)
        valid = ops.ones_like(samples)
        if mask is not None:
            valid = ops.cast(mask, "float32")[..., None]
        count = ops.maximum(ops.sum(valid, axis=1, keepdims=True), 1.0)
        mean = ops.sum(samples, axis=1, keepdims=True) / count
        centred = (samples - mean) * valid
        level = _speech_level(ops.squeeze(centred, -1))[:, None, None]
        levelled = centred / ops.where(level > 0, level, ops.ones_like(level))
        return ops.cast(levelled, inputs.dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)


def _speech_level(samples: Tensor) -> Tensor:
    """Returns the root mean square of the frames that hold speech, (batch,)."""
    # A whole frame of zeros where nothing is missing, for rows of no samples;
    # of a negative number, ONNX's modulo is another than Python's.
    rest = FRAME - ops.shape(samples)[1] % FRAME
    frames = ops.pad(samples, ((0, 0), (0, rest)))
    frames = ops.reshape(frames, (ops.shape(samples)[0], -1, FRAME))
    energy = ops.mean(ops.square(frames), axis=-1)
    loudest = ops.max(energy, axis=1, keepdims=True)
    is_speech = ops.cast(energy >= loudest * 10 ** (-RANGE / 10), energy.dtype)
    total = ops.sum(energy * is_speech, axis=1)
    return ops.sqrt(total / ops.sum(is_speech, axis=1))
