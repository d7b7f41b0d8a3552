"""Significance tests of class recalls, as papers report them.

Both take utterances for independent, which those of one speaker are not: p is
too small. `zoo.metrics.bootstrap.difference` compares two systems over
speakers.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from zoo.metrics.classification import check_lengths


def z_test(better: float, worse: float, count: int) -> float:
    """Returns p of a one-tailed z-test of two proportions (paper 004, table 1).

    The test assumes that UARs are shares of `count` independent utterances,
    and that the two systems are tested on different utterances, which they
    are not: `mcnemar` is the test for two systems on the same utterances, and
    `zoo.metrics.bootstrap.difference` the comparison over speakers.

    Args:
        better: UAR or accuracy that should be the higher, in [0, 1].
        worse: UAR or accuracy that should be the lower.
        count: number of utterances that each is measured on.

    Returns:
        The probability of such a difference or a larger one under the null
        hypothesis; 0.5 where both are equal.

    Raises:
        ValueError: a value that is no share, or no utterances.

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


def mcnemar(y_true: ArrayLike, first: ArrayLike, second: ArrayLike) -> float:
    """Returns p of McNemar's exact two-sided test of two systems.

    Both systems are tested on the same utterances. The test uses those on
    which exactly one system is right; under the null hypothesis each system
    is right on half of them. It takes utterances for independent; with few
    speakers p is too small.

    Args:
        y_true: class of each utterance.
        first, second: the predictions of the two systems.

    Returns:
        The probability of a division as uneven or more; 1 where no utterance
        separates the systems.

    Raises:
        ValueError: unequal numbers, or no utterance.

    Reference: Q. McNemar, Note on the sampling error of the difference
        between correlated proportions or percentages. Psychometrika 12, 1947.

    Example:
        >>> mcnemar([0] * 8, [0] * 8, [0, 0, 0, 1, 1, 1, 1, 1])
        0.0625
    """
    labels, one, other = map(np.ravel, (y_true, first, second))
    check_lengths(y_true=labels, first=one, second=other)
    is_one, is_other = one == labels, other == labels
    wins = int(np.sum(is_one & ~is_other)), int(np.sum(is_other & ~is_one))
    # Python integers are exact for any number of utterances.
    tail = sum(math.comb(sum(wins), k) for k in range(min(wins) + 1))
    return min(1.0, 2 * tail / 2 ** sum(wins))
