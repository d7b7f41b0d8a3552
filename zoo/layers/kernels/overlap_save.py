"""A 1-D convolution of long filters as overlap-save, in matrix products.

A convolution of J taps over C channels costs 2 J C F operations an output
step. Here outputs are computed in blocks: the S = L + J - 1 input steps that
L output steps see are transformed (a discrete Fourier transform, real and as
one product with a constant matrix), multiplied by the kernel's transform, one
real (2F x 2C) product for each frequency, and transformed back. At 40 taps,
40 channels and 40 filters that is a fourth of the operations, and as exact:
what rounding leaves is below that of the sum itself.

All of it, and both gradients, are large matrix products, since the rows of
the batch are the last axis of (time, channels, rows): blocks are slices of the
first, frequencies a batch of products, and nothing is transposed in between.

TensorFlow alone. A. V. Oppenheim, R. W. Schafer: Discrete-Time Signal
Processing, section 8.7.3 (overlap-save); the gradient of the inputs is the
transposed algorithm, overlap-add.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from keras import ops

from zoo.common.tensors import Tensor

_MOVE = 80
"""Operations of a matrix product in the time that one value is moved."""

_WORTH = 0.6
"""Taken where it costs less than this share of the plain convolution."""

_MOST_BLOCKS = 8
"""Rows of more blocks, or of unknown length, are cut into blocks first."""


class Block(NamedTuple):
    """Output steps [first, last) from input steps [start, stop).

    `offset` zeros, held by no row, come before them, others fill the rest.
    """

    first: int
    last: int
    start: int
    stop: int
    offset: int

    @property
    def held(self) -> slice:
        """Where the input steps stand in the block."""
        return slice(self.offset, self.offset + self.stop - self.start)

    @property
    def given(self) -> slice:
        """Where the output steps stand in the block."""
        return slice(0, self.last - self.first)


def pays(taps: int, channels: int, filters: int) -> bool:
    """Whether blocks cost less than the plain convolution of long rows."""
    length = _length(None, taps, channels, filters)
    plain = 2 * taps * channels * filters
    return _cost(length, taps, channels, filters) < _WORTH * length * plain


def convolve(
    inputs: Tensor, kernel: Tensor, padding: tuple[int, int]
) -> Tensor:
    """What a convolution of stride one gives, without bias.

    Args:
        inputs: (batch, time, channels), float32.
        kernel: (taps, channels, filters), float32.
        padding: zeros before and after each row, taps - 1 in all.

    Returns:
        (batch, time, filters), to the rounding of float32; so are gradients.
    """
    import tensorflow as tf

    kernel = tf.convert_to_tensor(kernel)
    steps, sizes = inputs.shape[1], kernel.shape
    if steps is not None:
        length = _length(steps, *sizes)
        if steps <= _MOST_BLOCKS * length:
            blocks = _blocks(steps, padding[0], length, sizes[0])
            return _in_blocks(inputs, kernel, blocks)
    length = _length(None, *sizes)
    return _in_pieces(inputs, kernel, padding[0], length)


def _in_pieces(
    inputs: Tensor, kernel: Tensor, before: int, length: int
) -> Tensor:
    """Makes a row of each block of a row, `length` output steps."""
    taps, _, filters = kernel.shape
    block = Block(0, length, 0, length + taps - 1, 0)
    pieces = _cut(inputs, before, length, taps - 1)
    outputs = _in_blocks(pieces, kernel, (block,))
    batch, steps, _ = ops.shape(inputs)
    outputs = ops.reshape(outputs, (batch, -1, filters))
    # ops.slice, whose gradient is many times faster than that of [:, :steps].
    outputs = ops.slice(outputs, (0, 0, 0), (batch, steps, filters))
    outputs.set_shape([*inputs.shape[:2], filters])
    return outputs


def _cut(inputs: Tensor, before: int, length: int, common: int) -> Tensor:
    """Pieces of a row, `common` steps of each also in the next one."""
    import tensorflow as tf

    batch, steps, channels = ops.shape(inputs)
    count = (steps + length - 1) // length

    @tf.custom_gradient
    def cut(inputs: Tensor) -> tuple[Tensor, Callable]:
        after = (count + 1) * length - steps - before
        padded = tf.pad(inputs, [[0, 0], [before, after], [0, 0]])
        heads = tf.reshape(padded, [batch, count + 1, length, channels])
        pieces = tf.concat([heads[:, :-1], heads[:, 1:, :common]], axis=2)
        return tf.reshape(pieces, [-1, length + common, channels]), join

    def join(pieces: Tensor) -> Tensor:
        shape = [batch, count, length + common, channels]
        pieces = tf.reshape(pieces, shape)
        tails = pieces[:, :, length:]
        first = [[0, 0], [1, 0], [0, 0], [0, 0]]
        starts = pieces[:, :, :common] + tf.pad(tails[:, :-1], first)
        heads = tf.concat([starts, pieces[:, :, common:length]], axis=2)
        flat = tf.reshape(heads, [batch, count * length, channels])
        joined = tf.concat([flat, tails[:, -1]], axis=1)
        return joined[:, before : before + steps]

    return cut(inputs)


def _in_blocks(
    inputs: Tensor, kernel: Tensor, blocks: tuple[Block, ...]
) -> Tensor:
    """Each row of the batch by itself, all of its blocks."""
    import tensorflow as tf

    size = blocks[0].last + kernel.shape[0] - 1

    @tf.custom_gradient
    def convolution(
        inputs: Tensor, products: Tensor
    ) -> tuple[Tensor, Callable]:
        channels, filters = inputs.shape[2], products.shape[1] // 2
        rows = _time_first(inputs)
        spectra = [
            _transform(size, each.held, rows[each.start : each.stop], channels)
            for each in blocks
        ]
        outputs = [
            _invert(size, block.given, tf.matmul(products, spectrum))
            for block, spectrum in zip(blocks, spectra)
        ]

        def gradient(upstream: Tensor) -> tuple[Tensor, Tensor]:
            return _gradients(upstream, products, spectra, blocks, size)

        return _rows_first(tf.concat(outputs, axis=0), filters), gradient

    return convolution(inputs, _products(kernel, size))


def _gradients(
    upstream: Tensor,
    products: Tensor,
    spectra: list[Tensor],
    blocks: tuple[Block, ...],
    size: int,
) -> tuple[Tensor, Tensor]:
    """Gradients of the inputs and of the kernel's transform."""
    import tensorflow as tf

    rows, filters = _time_first(upstream), upstream.shape[2]
    to_inputs, to_products = [], []
    for block, spectrum in zip(blocks, spectra):
        slope = rows[block.first : block.last]
        slope = _transform(size, block.given, slope, filters)
        to_products.append(tf.matmul(slope, spectrum, transpose_b=True))
        slope = tf.matmul(products, slope, transpose_a=True)
        to_inputs.append(_invert(size, block.held, slope))
    to_inputs = _overlap_add(to_inputs, blocks)
    to_inputs = _rows_first(to_inputs, products.shape[2] // 2)
    return to_inputs, tf.add_n(to_products)


def _overlap_add(parts: list[Tensor], blocks: tuple[Block, ...]) -> Tensor:
    """Sums what two neighbours give to the same input steps."""
    summed, reached = [], 0
    starts = [block.start for block in blocks[1:]] + [blocks[-1].stop]
    for number, (block, until) in enumerate(zip(blocks, starts)):
        part, common = parts[number], reached - block.start
        if common:
            summed.append(parts[number - 1][-common:] + part[:common])
        summed.append(part[common : until - block.start])
        reached = block.stop
    return ops.concatenate(summed, axis=0)


def _time_first(rows: Tensor) -> Tensor:
    """(batch, time, values) as (time, values * batch)."""
    _, steps, values = rows.shape
    flat = ops.reshape(rows, [-1, steps * values])
    return ops.reshape(ops.transpose(flat), [steps, -1])


def _rows_first(sequence: Tensor, values: int) -> Tensor:
    """The reverse of `_time_first`."""
    steps = sequence.shape[0]
    flat = ops.reshape(sequence, [steps * values, -1])
    return ops.reshape(ops.transpose(flat), [-1, steps, values])


def _transform(
    size: int, steps: slice, sequence: Tensor, values: int
) -> Tensor:
    """Fourier coefficients of a block that is zero beyond those steps.

    (frequencies, 2 * values, batch), the real parts first.
    """
    import tensorflow as tf

    basis = tf.constant(_basis(size)[:, steps])
    shape = [basis.shape[0] // 2, 2 * values, -1]
    return tf.reshape(tf.matmul(basis, sequence), shape)


def _invert(size: int, steps: slice, spectrum: Tensor) -> Tensor:
    """Those steps of a block, from its Fourier coefficients."""
    import tensorflow as tf

    basis = tf.constant(_basis(size)[:, steps])
    spectrum = tf.reshape(spectrum, [basis.shape[0], -1])
    return tf.matmul(basis, spectrum, transpose_a=True)


def _products(kernel: Tensor, size: int) -> Tensor:
    """What each frequency is multiplied by: (frequencies, 2F, 2C).

    The conjugate of the kernel's transform (outputs look ahead), made real.
    """
    import tensorflow as tf

    taps, channels, filters = kernel.shape
    angles = _angles(size)[:, :taps]
    waves = tf.constant(np.stack([np.cos(angles), np.sin(angles)]), "float32")
    flat = tf.reshape(tf.transpose(kernel, [0, 2, 1]), [taps, -1])
    shape = [2, len(angles), filters, channels]
    real, imaginary = tf.unstack(tf.reshape(tf.matmul(waves, flat), shape))
    upper = tf.concat([real, -imaginary], axis=2)
    lower = tf.concat([imaginary, real], axis=2)
    return tf.concat([upper, lower], axis=1)


def _angles(size: int) -> np.ndarray:
    """(frequencies, steps) in radians, without the mirrored frequencies."""
    turns = np.outer(np.arange(size // 2 + 1), np.arange(size)) % size
    return 2 * np.pi / size * turns


@functools.lru_cache(maxsize=32)
def _basis(size: int) -> np.ndarray:
    """The real Fourier transform as a matrix (2 * frequencies, steps).

    Real and imaginary part take turns; its transpose inverts it.
    """
    angles = _angles(size)
    # All but the first and an even size's last stand for their mirror images.
    scale = np.full((len(angles), 1, 1), math.sqrt(2 / size))
    scale[0] = math.sqrt(1 / size)
    if size % 2 == 0:
        scale[-1] = math.sqrt(1 / size)
    parts = np.stack([np.cos(angles), -np.sin(angles)], axis=1)
    return (scale * parts).reshape(-1, size).astype("float32")


def _blocks(
    steps: int, before: int, length: int, taps: int
) -> tuple[Block, ...]:
    """The blocks of a row, between zeros that no block holds."""
    blocks = []
    for first in range(0, steps, length):
        last, start = min(first + length, steps), first - before
        stop = min(start + length + taps - 1, steps)
        blocks.append(Block(first, last, max(start, 0), stop, max(-start, 0)))
    return tuple(blocks)


@functools.lru_cache(maxsize=32)
def _length(steps: int | None, taps: int, channels: int, filters: int) -> int:
    """Output steps of a block at which rows of so many steps cost least.

    At least taps - 1, so that a block reaches into its neighbours alone.
    """
    least = max(taps - 1, 1)
    if steps is None:
        blocks = {length: 1 / length for length in range(least, 8 * taps)}
    else:
        counts = range(1, max(steps // least, 1) + 1)
        blocks = {-(-steps // count): float(count) for count in counts}
    sizes = taps, channels, filters
    return min(blocks, key=lambda each: blocks[each] * _cost(each, *sizes))


def _cost(length: int, taps: int, channels: int, filters: int) -> float:
    """Operations of a block, and as many as fit the time of moving values."""
    size = length + taps - 1
    transforms = 2 * size * (size * channels + length * filters)
    products = 8 * (size // 2 + 1) * channels * filters
    return transforms + products + _MOVE * size * (channels + filters)
