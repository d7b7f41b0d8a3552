"""Random predictions of six intensities: what chance alone reaches.

Section 5.1 of Williams et al. 2018 (see `zoo.papers.mosei_fusion`) names
three such baselines and makes the first:

    fully_random       0 to 6 emotions, any number as likely as another, and
                       any set of that size
    keeping_categories each emotion as often as in training, whatever the
                       others are
    keeping_quantities as many emotions as training's segments have, as often,
                       and any set of that size

An emotion that is there has one of nine intensities, 1/3 to 3 in steps of
1/3, all as likely: the paper's "9-step regression values in the range of
[0, 3]". Zero is not among them, since it would take back that the emotion is
there, and would be a tenth.

What the paper leaves open: how it came by Table 1. On labels of zero these
draws have an error of 0.83; the table has 0.62 to 0.72 for the emotions that
are rare. Its 0.05 for surprise is what never predicting surprise gives, so
that its draws seem to have left it out. Here they are as the text has them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

STEPS = np.arange(1, 10) / 3
"""The intensities of an emotion that is there."""


def fully_random(train: ArrayLike, rows: int, seed: int) -> np.ndarray:
    """Draws the number of emotions, then which, then how strong.

    Args:
        train: intensities (segments, labels) of the training fold, of which
            only the number of labels counts here.
        rows: segments to predict.
        seed: of the draws.

    Returns:
        Intensities (rows, labels), 0 where an emotion is absent.

    Raises:
        ValueError: no training segments.
    """
    labels = _presence(train).shape[1]
    source = np.random.default_rng(seed)
    counts = source.integers(0, labels, rows, endpoint=True)
    return _intensities(_sets(counts, labels, source), source)


def keeping_categories(train: ArrayLike, rows: int, seed: int) -> np.ndarray:
    """Draws each emotion by itself, as often as training has it.

    Arguments, result and errors are those of `fully_random`.
    """
    present = _presence(train)
    source = np.random.default_rng(seed)
    drawn = source.uniform(size=(rows, present.shape[1]))
    return _intensities(drawn < present.mean(axis=0), source)


def keeping_quantities(train: ArrayLike, rows: int, seed: int) -> np.ndarray:
    """Draws the number of emotions as training has it, then any of them.

    Arguments, result and errors are those of `fully_random`.
    """
    present = _presence(train)
    source = np.random.default_rng(seed)
    counts = source.choice(present.sum(axis=1), rows)
    return _intensities(_sets(counts, present.shape[1], source), source)


BASELINES = {
    "fully random": fully_random,
    "label categories kept": keeping_categories,
    "label quantities kept": keeping_quantities,
}
"""By the paper's names, from training labels, rows and a seed."""


def expected_error(y_true: ArrayLike, chance: ArrayLike) -> np.ndarray:
    """The mean absolute error that such draws have on average, a label.

    Args:
        y_true: intensities (segments, labels).
        chance: of an emotion's being drawn, a number or (labels,): a half for
            `fully_random`, how often training has it for
            `keeping_categories`, and for `keeping_quantities` the mean
            number of emotions of training over the number of labels.

    Returns:
        Errors (labels,).
    """
    y_true, chance = np.asarray(y_true, "float64"), np.asarray(chance)
    there = np.abs(STEPS - y_true[..., None]).mean(axis=-1).mean(axis=0)
    absent = np.abs(y_true).mean(axis=0)
    return chance * there + (1 - chance) * absent


def _presence(train: ArrayLike) -> np.ndarray:
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
    """Sets of `counts` different labels, (rows, labels) boolean."""
    keys = source.uniform(size=(len(counts), labels))
    ranks = keys.argsort(axis=1).argsort(axis=1)
    return ranks < counts[:, None]


def _intensities(
    present: np.ndarray, source: np.random.Generator
) -> np.ndarray:
    return np.where(present, source.choice(STEPS, present.shape), 0.0)
