"""Exact decoding in a graph, for exports: Keras operations alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.common.tensors import Shape, Tensor
from zoo.decoding.decoder import LevelDecoder
from zoo.decoding.viterbi import moves


class DecodedTrace(keras.layers.Layer):
    """Decodes posteriors of several tasks and networks to one trace.

    The same search as `zoo.decoding.decode`, in single precision: labels whose
    scores differ by less than its rounding may change places. All tasks,
    networks and rows are searched in one loop over the steps; tasks of fewer
    levels are filled up with levels that are impossible.

    Args:
        decoders: of the tasks.

    Inputs: for each task a list of the posteriors (batch, time, levels) of
        each network; `mask` (batch, time) boolean.
    Output shape: (batch, time), the mean over tasks and networks; zero in the
        padding, which changes nothing else.

    Reference: Le et al. 2017, section 4.3.
    """

    def __init__(self, decoders: Sequence[LevelDecoder], **kwargs: Any) -> None:
        super().__init__(trainable=False, **kwargs)
        self.supports_masking = True
        self.decoders = list(decoders)
        self.levels = max(decoder.means.size for decoder in decoders)
        gains = [_widened(decoder, self.levels) for decoder in self.decoders]
        self.gains = np.stack(gains).astype("float32")
        self.means = np.zeros((len(gains), self.levels), "float32")
        for row, decoder in zip(self.means, self.decoders):
            row[: decoder.means.size] = decoder.means

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        return None  # a trace has the mask of its inputs

    def call(self, inputs: list[list[Tensor]], mask: Tensor) -> Tensor:
        counts = [len(networks) for networks in inputs]
        # (tasks and networks, batch, time, levels)
        posteriors = ops.stack(
            [
                self._scaled(decoder, network)
                for decoder, networks in zip(self.decoders, inputs)
                for network in networks
            ]
        )
        logs = ops.where(mask[None, :, :, None], ops.log(posteriors), 0.0)
        gains = ops.convert_to_tensor(np.repeat(self.gains, counts, axis=0))
        labels = _viterbi(logs, gains, mask)
        means = np.repeat(self.means, counts, axis=0)
        chosen = ops.one_hot(labels, self.levels, dtype="float32")
        trace = ops.sum(chosen * means[:, None, None], axis=-1)
        return ops.where(mask, ops.mean(trace, axis=0), 0.0)

    def _scaled(self, decoder: LevelDecoder, posteriors: Tensor) -> Tensor:
        """Divides by priors; levels that the task lacks have probability 0."""
        priors = ops.cast(decoder.priors, posteriors.dtype)
        scaled = ops.divide_no_nan(posteriors, priors)
        missing = self.levels - decoder.means.size
        return ops.pad(scaled, [(0, 0), (0, 0), (0, missing)])

    def compute_output_shape(self, input_shape: Any) -> Shape:
        return tuple(input_shape[0][0][:-1])


def _widened(decoder: LevelDecoder, levels: int) -> np.ndarray:
    """Returns the gains of a decoder, with levels that cannot be entered."""
    own = moves(decoder.transitions, decoder.language_model, decoder.alpha)
    count = decoder.means.size
    gains = np.full((levels + 1, levels + 1, levels), -np.inf)
    places = [*range(count), levels]  # the start symbol stays the last one
    gains[np.ix_(places, places, range(count))] = own
    return gains


def _viterbi(posteriors: Tensor, gains: Tensor, mask: Tensor) -> Tensor:
    """Returns the labels (tasks, batch, time) of the best paths.

    Only scores are kept on the way; where the best path came from is computed
    on the way back, for its own states alone.

    Args:
        posteriors: logarithms (tasks, batch, time, levels), 0 in the padding.
        gains: (tasks, levels + 1, levels + 1, levels).
        mask: (batch, time).
    """
    levels = posteriors.shape[-1]
    diagonal = np.eye(levels, dtype=bool)
    leave = ops.where(diagonal, -np.inf, gains[:, None, :, :levels])
    # Staying does not depend on the region before: the start's row has it.
    stay = ops.diagonal(gains[:, levels, :levels], axis1=1, axis2=2)
    stay = stay[:, None, None]
    start = _start(gains, posteriors[:, :, 0])

    def forward(scores: Tensor, step: Tensor) -> tuple[Tensor, Tensor]:
        emitted, valid = step[..., :levels], step[..., levels:, None] > 0
        entered = ops.max(scores[..., None] + leave, axis=2)
        stayed = scores + stay
        best = ops.maximum(stayed[:, :, :levels], entered)
        followed = ops.concatenate([best, stayed[:, :, levels:]], axis=2)
        followed = followed + emitted[:, :, None]
        # Sums of hours would lose their digits.
        followed -= ops.max(followed, axis=(2, 3), keepdims=True)
        scores = ops.where(valid, followed, scores)
        return scores, scores

    # Keras's `scan` on TensorFlow takes one sequence where the number of steps
    # is not known, so the mask travels as one more value of each step.
    emitted = ops.transpose(posteriors, (2, 0, 1, 3))[1:]
    valid = ops.cast(ops.transpose(mask)[1:, None, :, None], emitted.dtype)
    valid = valid + ops.zeros_like(emitted[..., :1])
    steps = ops.concatenate([emitted, valid], axis=-1)
    last, scores = ops.scan(forward, start, steps)
    scores = ops.concatenate([start[None], scores], axis=0)[:-1]
    state = ops.cast(ops.argmax(_flat(last), axis=-1), "int32")

    def back(state: Tensor, step: Tensor) -> tuple[Tensor, Tensor]:
        scores, valid = step[:, :, :-1], step[:, :, -1, 0] > 0
        return _came_from(state, scores, leave, stay, valid), state

    valid = valid[..., None] + ops.zeros(scores.shape[-1:])
    steps = ops.concatenate([scores, valid], axis=3)
    state, states = ops.scan(back, state, steps, reverse=True)
    states = ops.concatenate([state[None], states], axis=0)
    return ops.transpose(states % levels, (1, 2, 0))


def _start(gains: Tensor, posteriors: Tensor) -> Tensor:
    """Returns the scores at the first step, (tasks, batch, regions, levels)."""
    levels = posteriors.shape[-1]
    first = gains[:, None, levels, levels] + posteriors
    nothing = ops.full_like(first, -np.inf)
    return ops.stack([nothing] * levels + [first], axis=2)


def _came_from(
    state: Tensor, scores: Tensor, leave: Tensor, stay: Tensor, valid: Tensor
) -> Tensor:
    """Returns the state before each state, (tasks, batch).

    Args:
        state: (tasks, batch), region before * levels + label.
        scores: of all states at the step before.
        leave, stay: what moving and staying add.
        valid: (tasks, batch), whether the step is no padding.
    """
    levels = scores.shape[-1]
    region, label = state // levels, state % levels
    is_first = region == levels  # the region before is the start
    region = ops.minimum(region, levels - 1)
    stayed = _at(_flat(scores + stay), state)
    from_label = ops.take_along_axis(scores, _wide(region, levels), axis=-1)
    gain = ops.reshape(leave, (*leave.shape[:3], levels * levels))
    tasks, batch = ops.shape(state)
    gain = ops.broadcast_to(gain, (tasks, batch, levels + 1, levels * levels))
    gain = ops.take_along_axis(
        gain, _wide(region * levels + label, levels), axis=-1
    )
    entering = (from_label + gain)[..., 0]
    origin = ops.cast(ops.argmax(entering, axis=-1), "int32")
    moved = ops.max(entering, axis=-1) > stayed
    moved = ops.logical_and(moved, ops.logical_not(is_first))
    moved = ops.logical_and(moved, valid)
    return ops.where(moved, origin * levels + region, state)


def _flat(scores: Tensor) -> Tensor:
    tasks, batch, regions, levels = ops.shape(scores)
    return ops.reshape(scores, (tasks, batch, regions * levels))


def _at(values: Tensor, index: Tensor) -> Tensor:
    return ops.take_along_axis(values, index[..., None], axis=-1)[..., 0]


def _wide(index: Tensor, levels: int) -> Tensor:
    """Returns an index (tasks, batch) for each region before."""
    return ops.repeat(index[..., None, None], levels + 1, axis=2)
