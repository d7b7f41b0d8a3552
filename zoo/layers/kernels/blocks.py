"""Positions and costs of the blocks of an overlap-save convolution."""

from __future__ import annotations

import functools
from typing import NamedTuple

_MOVE = 80
"""Operations of a matrix product in the time of moving one value."""

_WORTH = 0.6
"""Overlap-save is chosen below this share of the plain convolution's cost."""


class Block(NamedTuple):
    """Output steps [first, last), computed from input steps [start, stop).

    `offset` zeros precede the input steps in the block and zeros follow them.
    """

    first: int
    last: int
    start: int
    stop: int
    offset: int

    @property
    def input_slice(self) -> slice:
        """Position of the input steps in the block."""
        return slice(self.offset, self.offset + self.stop - self.start)

    @property
    def output_slice(self) -> slice:
        """Position of the output steps in the block."""
        return slice(0, self.last - self.first)


def pays(taps: int, channels: int, filters: int) -> bool:
    """Says whether blocks cost less than a plain convolution of long rows."""
    length = block_length(None, taps, channels, filters)
    plain = 2 * taps * channels * filters
    return _cost(length, taps, channels, filters) < _WORTH * length * plain


def blocks_of(
    steps: int, before: int, length: int, taps: int
) -> tuple[Block, ...]:
    """Returns the blocks of a row of `steps` after `before` zeros."""
    blocks = []
    for first in range(0, steps, length):
        last, start = min(first + length, steps), first - before
        stop = min(start + length + taps - 1, steps)
        blocks.append(Block(first, last, max(start, 0), stop, max(-start, 0)))
    return tuple(blocks)


@functools.lru_cache(maxsize=32)
def block_length(
    steps: int | None, taps: int, channels: int, filters: int
) -> int:
    """Returns the output steps of a block at which a row costs least.

    At least taps - 1, so that a block overlaps only its two neighbours.
    `steps` is the length of a row, `None` for any.
    """
    least = max(taps - 1, 1)
    if steps is None:
        blocks = {length: 1 / length for length in range(least, 8 * taps)}
    else:
        counts = range(1, max(steps // least, 1) + 1)
        blocks = {-(-steps // count): float(count) for count in counts}
    sizes = taps, channels, filters
    return min(blocks, key=lambda size: blocks[size] * _cost(size, *sizes))


def _cost(length: int, taps: int, channels: int, filters: int) -> float:
    """Returns the operations of a block; moving values counts as some."""
    size = length + taps - 1
    transforms = 2 * size * (size * channels + length * filters)
    products = 8 * (size // 2 + 1) * channels * filters
    return transforms + products + _MOVE * size * (channels + filters)
