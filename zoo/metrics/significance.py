"""Bootstrap intervals and significance tests of class recalls."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from zoo.metrics.classification import (
    check_counts,
    check_lengths,
    unweighted_average_recall,
)


def interval(
    matrix: ArrayLike,
    measure: Callable[[np.ndarray], float] = unweighted_average_recall,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Where a measure lies were other utterances tested: a bootstrap.

    As many utterances as there were are drawn with replacement, which is to
    draw the cells of their confusion matrix. The ends are percentiles. A
    class that a draw lacks is left out of that draw.

    Args:
        matrix: (classes, classes) counts, as of `confusion`.
        measure: from a stack of matrices, (draws, classes, classes), to
            (draws,).
        draws: at least 1.
        seed: of the draws.
        level: share of the draws inside, between 0 and 1.

    Raises:
        ValueError: an argument out of its range, or no single matrix.

    Example:
        >>> low, high = interval([[80, 20], [30, 70]])
        >>> round(low, 2), round(high, 2)
        (0.69, 0.81)
    """
    counts = check_counts(matrix)
    if counts.ndim != 2:
        raise ValueError(
            f"`matrix` must be a single one. Received: shape={counts.shape}"
        )
    if draws < 1 or not 0 < level < 1:
        raise ValueError(
            "`draws` must be at least 1 and `level` lie between 0 and 1. "
            f"Received: draws={draws}, level={level}"
        )
    count = counts.sum()
    cells = np.random.default_rng(seed).multinomial(
        count, counts.ravel() / count, draws
    )
    found = measure(cells.reshape(draws, *counts.shape))
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def z_test(better: float, worse: float, count: int) -> float:
    """One-tailed z-test of two proportions, as in paper 004, table 1.

    It takes UARs for shares of `count` utterances and the two systems for
    tested on different ones, which they are not: `mcnemar` is the test for
    two systems on the same utterances.

    Args:
        better: UAR or accuracy that should be the higher, in [0, 1].
        worse: the one to compare with.
        count: utterances that each is measured on.

    Returns:
        The chance of such a difference or a greater one if there were none;
        0.5 where both are equal.

    Raises:
        ValueError: what is no share, or no utterances.

    Example:
        >>> round(z_test(0.485, 0.451, 1819), 3)
        0.02
    """
    if count < 1 or not (0 <= better <= 1 and 0 <= worse <= 1):
        raise ValueError(
            "`better` and `worse` must be shares from 0 to 1, of at least one "
            f"utterance. Received: better={better}, worse={worse}, "
            f"count={count}"
        )
    if better == worse:
        return 0.5
    pooled = (better + worse) / 2
    error = math.sqrt(2 * pooled * (1 - pooled) / count)
    return math.erfc((better - worse) / error / math.sqrt(2)) / 2


def mcnemar(true: ArrayLike, first: ArrayLike, second: ArrayLike) -> float:
    """McNemar's exact test of two systems on the same utterances, two-sided.

    Only utterances on which just one of them is right tell them apart; if
    they were equally good, either would be right on half of these.

    Args:
        true: classes, one an utterance.
        first, second: what the two systems predicted.

    Returns:
        The chance of a division as uneven or more; 1 where none tells.

    Raises:
        ValueError: unequal numbers, or no utterance.

    Reference: Q. McNemar, Note on the sampling error of the difference
        between correlated proportions or percentages. Psychometrika 12, 1947.

    Example:
        >>> mcnemar([0] * 8, [0] * 8, [0, 0, 0, 1, 1, 1, 1, 1])
        0.0625
    """
    labels, one, other = map(np.ravel, (true, first, second))
    check_lengths(true=labels, first=one, second=other)
    is_one, is_other = one == labels, other == labels
    wins = int(np.sum(is_one & ~is_other)), int(np.sum(is_other & ~is_one))
    # Whole numbers of any size: exact, however many utterances.
    tail = sum(math.comb(sum(wins), k) for k in range(min(wins) + 1))
    return min(1.0, 2 * tail / 2 ** sum(wins))
