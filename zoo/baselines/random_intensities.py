"""Random predictions of emotion intensities: the chance level.

Section 5.1 of Williams et al. 2018 (see `zoo.papers.mosei_fusion`) names
three such baselines and makes the first:

    fully_random       0 to 6 emotions, each number equally likely, and any
                       set of that size
    keeping_categories each emotion as often as in training, independently of
                       the others
    keeping_quantities numbers of emotions as often as in training's segments,
                       and any set of that size

A present emotion has one of nine equally likely intensities, the paper's
"9-step regression values in the range of [0, 3]", of which there would be ten
with both ends: `STEPS`, 1/3 to 3, leaves out 0, which would mean that the
emotion is absent; `FROM_ZERO`, 0 to 8/3, leaves out 3.

What the paper leaves open: which of them Table 1 was computed by. On labels of
zero `fully_random` has an error of 0.83 by `STEPS` and of 0.67 by `FROM_ZERO`;
the table has 0.62 to 0.80, so that it follows `FROM_ZERO`. Its 0.05 for
surprise is the error of never predicting surprise, so its draws seem to have
left surprise out. Here no emotion is left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

STEPS = np.arange(1, 10) / 3
"""The intensities of a present emotion as the text has them."""
FROM_ZERO = np.arange(9) / 3
"""The intensities that give the published errors."""


def fully_random(
    train: ArrayLike, rows: int, seed: int, steps: ArrayLike = STEPS
) -> np.ndarray:
    """Draws numbers of emotions, then sets of emotions, then intensities.

    Args:
        train: intensities (segments, labels) of the training fold, of which
            only the number of labels is used here.
        rows: number of segments to predict.
        seed: of the draws.
        steps: equally likely intensities of a present emotion.

    Returns:
        Intensities (rows, labels), 0 where an emotion is absent.

    Raises:
        ValueError: no training segments.

    Example:
        >>> fully_random([[0.0, 1.0, 0.0]], rows=4, seed=0).shape
        (4, 3)

    Reference: J. Williams et al., ACL 2018, section 5.1.
    """
    labels = _presence(train).shape[1]
    source = np.random.default_rng(seed)
    counts = source.integers(0, labels, rows, endpoint=True)
    return _intensities(_sets(counts, labels, source), source, steps)


def keeping_categories(
    train: ArrayLike, rows: int, seed: int, steps: ArrayLike = STEPS
) -> np.ndarray:
    """Draws each emotion independently, as often as training has it.

    Arguments, result and errors are those of `fully_random`.
    """
    present = _presence(train)
    source = np.random.default_rng(seed)
    drawn = source.uniform(size=(rows, present.shape[1]))
    return _intensities(drawn < present.mean(axis=0), source, steps)


def keeping_quantities(
    train: ArrayLike, rows: int, seed: int, steps: ArrayLike = STEPS
) -> np.ndarray:
    """Draws numbers of emotions as often as in training, then sets of them.

    Arguments, result and errors are those of `fully_random`.
    """
    present = _presence(train)
    source = np.random.default_rng(seed)
    counts = source.choice(present.sum(axis=1), rows)
    return _intensities(_sets(counts, present.shape[1], source), source, steps)


BASELINES = {
    "fully random": fully_random,
    "label categories kept": keeping_categories,
    "label quantities kept": keeping_quantities,
}
"""The baselines by the paper's names."""


def expected_error(
    y_true: ArrayLike, chance: ArrayLike, steps: ArrayLike = STEPS
) -> np.ndarray:
    """Returns the expected mean absolute error of such draws, by label.

    Args:
        y_true: intensities (segments, labels).
        chance: probability that an emotion is drawn, a number or (labels,):
            a half for `fully_random`, its frequency in training for
            `keeping_categories`, and for `keeping_quantities` the mean
            number of emotions in training over the number of labels.
        steps: as of the draws.

    Returns:
        Errors (labels,).
    """
    y_true, chance = np.asarray(y_true, "float64"), np.asarray(chance)
    present = (
        np.abs(np.asarray(steps) - y_true[..., None]).mean(axis=-1).mean(axis=0)
    )
    absent = np.abs(y_true).mean(axis=0)
    return chance * present + (1 - chance) * absent


def _presence(train: ArrayLike) -> np.ndarray:
    """Returns which emotions are present, (segments, labels) boolean."""
    train = np.asarray(train)
    if train.ndim != 2 or not train.size:
        raise ValueError(
            "`train` must be intensities (segments, labels), at least one. "
            f"Received: train of shape {train.shape}"
        )
    return train > 0


def _sets(
    counts: np.ndarray, labels: int, source: np.random.Generator
) -> np.ndarray:
    """Draws sets of `counts` labels, (rows, labels) boolean."""
    keys = source.uniform(size=(len(counts), labels))
    ranks = keys.argsort(axis=1).argsort(axis=1)
    return ranks < counts[:, None]


def _intensities(
    present: np.ndarray, source: np.random.Generator, steps: ArrayLike
) -> np.ndarray:
    """Draws the intensities of present emotions; 0 for absent ones."""
    return np.where(
        present, source.choice(np.asarray(steps), present.shape), 0.0
    )
