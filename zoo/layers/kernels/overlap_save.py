"""Overlap-save convolution of long filters, as matrix products.

A convolution of J taps over C channels costs 2 J C F operations an output
step. Here outputs are computed in blocks: the S = L + J - 1 input steps that
L output steps see are transformed (a discrete Fourier transform, real and as
one product with a constant matrix), multiplied by the kernel's transform, one
real (2F x 2C) product for each frequency, and transformed back. At 40 taps,
40 channels and 40 filters that is a fourth of the operations, and as exact:
what rounding leaves is below that of the sum itself.

The rows of the batch are the last axis of (time, channels, rows). So blocks
are slices of the first axis, frequencies are a batch of products, nothing is
transposed in between, and both gradients are large matrix products too.

It needs TensorFlow. Reference: A. V. Oppenheim, R. W. Schafer: Discrete-Time
Signal Processing, section 8.7.3 (overlap-save); the gradient of the inputs is
the transposed algorithm, overlap-add.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
from keras import ops

from zoo.common.tensors import Tensor
from zoo.layers.kernels.blocks import Block, block_length, blocks_of
from zoo.layers.kernels.gradients import custom_gradient

_MOST_BLOCKS = 8
"""Rows of more blocks, or of unknown length, become one row a block first."""


def convolve(
    inputs: Tensor, kernel: Tensor, padding: tuple[int, int]
) -> Tensor:
    """Convolves with stride one, without a bias.

    Args:
        inputs: (batch, time, channels), float32.
        kernel: (taps, channels, filters), float32.
        padding: zeros before and after each row, taps - 1 in all.

    Returns:
        (batch, time, filters), equal to the plain convolution up to the
        rounding of float32, as its gradients are.
    """
    import tensorflow as tf

    kernel = tf.convert_to_tensor(kernel)
    steps, sizes = inputs.shape[1], kernel.shape
    if steps is not None:
        length = block_length(steps, *sizes)
        if steps <= _MOST_BLOCKS * length:
            blocks = blocks_of(steps, padding[0], length, sizes[0])
            return _in_blocks(inputs, kernel, blocks)
    length = block_length(None, *sizes)
    return _in_pieces(inputs, kernel, padding[0], length)


def _in_pieces(
    inputs: Tensor, kernel: Tensor, before: int, length: int
) -> Tensor:
    """Convolves rows cut into blocks of `length` output steps."""
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
    """Cuts rows into pieces; `common` steps of each are also in the next."""
    import tensorflow as tf

    batch, steps, channels = ops.shape(inputs)
    count = (steps + length - 1) // length

    @custom_gradient
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
    """Convolves all blocks of every row."""
    import tensorflow as tf

    size = blocks[0].last + kernel.shape[0] - 1

    @custom_gradient
    def convolution(
        inputs: Tensor, products: Tensor
    ) -> tuple[Tensor, Callable]:
        channels, filters = inputs.shape[2], products.shape[1] // 2
        rows = _time_first(inputs)
        spectra = [
            _transform(
                size,
                block.input_slice,
                rows[block.start : block.stop],
                channels,
            )
            for block in blocks
        ]
        outputs = [
            _invert(size, block.output_slice, tf.matmul(products, spectrum))
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
    """Returns the gradients of the inputs and of the kernel's transform."""
    import tensorflow as tf

    rows, filters = _time_first(upstream), upstream.shape[2]
    to_inputs, to_products = [], []
    for block, spectrum in zip(blocks, spectra):
        slope = rows[block.first : block.last]
        slope = _transform(size, block.output_slice, slope, filters)
        to_products.append(tf.matmul(slope, spectrum, transpose_b=True))
        slope = tf.matmul(products, slope, transpose_a=True)
        to_inputs.append(_invert(size, block.input_slice, slope))
    to_inputs = _overlap_add(to_inputs, blocks)
    to_inputs = _rows_first(to_inputs, products.shape[2] // 2)
    return to_inputs, tf.add_n(to_products)


def _overlap_add(parts: list[Tensor], blocks: tuple[Block, ...]) -> Tensor:
    """Sums the gradients of input steps that two neighbours share."""
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
    """Returns (batch, time, values) as (time, values * batch)."""
    _, steps, values = rows.shape
    flat = ops.reshape(rows, [-1, steps * values])
    return ops.reshape(ops.transpose(flat), [steps, -1])


def _rows_first(sequence: Tensor, values: int) -> Tensor:
    """Undoes `_time_first`."""
    steps = sequence.shape[0]
    flat = ops.reshape(sequence, [steps * values, -1])
    return ops.reshape(ops.transpose(flat), [-1, steps, values])


def _transform(
    size: int, steps: slice, sequence: Tensor, values: int
) -> Tensor:
    """Returns the Fourier coefficients of a block, zero outside `steps`.

    Their shape is (frequencies, 2 * values, batch), real parts first.
    """
    import tensorflow as tf

    basis = tf.constant(_basis(size)[:, steps])
    shape = [basis.shape[0] // 2, 2 * values, -1]
    return tf.reshape(tf.matmul(basis, sequence), shape)


def _invert(size: int, steps: slice, spectrum: Tensor) -> Tensor:
    """Returns `steps` of a block from its Fourier coefficients."""
    import tensorflow as tf

    basis = tf.constant(_basis(size)[:, steps])
    spectrum = tf.reshape(spectrum, [basis.shape[0], -1])
    return tf.matmul(basis, spectrum, transpose_a=True)


def _products(kernel: Tensor, size: int) -> Tensor:
    """Returns the matrices of the frequencies, (frequencies, 2F, 2C).

    They are the conjugate of the kernel's transform (outputs look ahead) as
    real numbers.
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
    """Returns (frequencies, steps) in radians, without mirrored frequencies."""
    turns = np.outer(np.arange(size // 2 + 1), np.arange(size)) % size
    return 2 * np.pi / size * turns


@functools.lru_cache(maxsize=32)
def _basis(size: int) -> np.ndarray:
    """Returns the real Fourier transform, (2 * frequencies, steps).

    Rows alternate between real and imaginary parts; the transpose inverts.
    """
    angles = _angles(size)
    # Each frequency also represents its mirror image, except the first and,
    # for an even size, the last.
    scale = np.full((len(angles), 1, 1), math.sqrt(2 / size))
    scale[0] = math.sqrt(1 / size)
    if size % 2 == 0:
        scale[-1] = math.sqrt(1 / size)
    parts = np.stack([np.cos(angles), -np.sin(angles)], axis=1)
    return (scale * parts).reshape(-1, size).astype("float32")
