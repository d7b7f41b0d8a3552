"""N-gram language model of emotion regions."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from zoo.decoding.frames import check_sequences, log_probabilities


class LanguageModel:
    """An n-gram emotion language model over regions.

    Smoothing is Witten-Bell, interpolated down to the uniform distribution: it
    has no parameter to tune and, unlike Kneser-Ney, needs no counts of rare
    n-grams, of which four to ten classes have too few. For every history, the
    classes other than the last region share all probability. The first
    regions of a recording follow a start symbol; there is no end symbol. One
    recording is enough, since unseen n-grams are smoothed.

    Args:
        order: 2 (bigram) or 3 (trigram).

    Attributes:
        table: float64 array (classes + 1, classes + 1, classes), after `fit`:
            log P(region | region before last, last region); the index
            `classes` is the start symbol.

    Raises:
        ValueError: another order.

    Example:
        >>> model = LanguageModel(order=2).fit([[0, 1, 0], [1, 2, 1]], 3)
        >>> round(float(np.exp(model.log_probability([0, 1]))), 3)
        0.347

    Reference:
        Le et al. (see `zoo.decoding`), section 4.3; Witten and Bell, "The
        zero-frequency problem: estimating the probabilities of novel events
        in adaptive text compression", 1991.
    """

    def __init__(self, order: int) -> None:
        if order not in (2, 3):
            raise ValueError(f"`order` must be 2 or 3. Received: order={order}")
        self.order = order
        self._table: np.ndarray | None = None

    @classmethod
    def of(cls, table: np.ndarray) -> LanguageModel:
        """Returns the fitted model of a `table`.

        Its order is 2 where the region before last changes nothing.
        """
        model = cls(2 if (table == table[:1]).all() else 3)
        model._table = np.asarray(table, dtype=np.float64)
        return model

    @property
    def table(self) -> np.ndarray:
        if self._table is None:
            raise ValueError(
                "LanguageModel has no n-grams yet: call `fit` first."
            )
        return self._table

    def fit(
        self, region_sequences: Iterable[ArrayLike], classes: int
    ) -> LanguageModel:
        """Counts n-grams of regions.

        Args:
            region_sequences: integers (regions,) for each recording, as
                `regions` returns them.
            classes: number of labels, at least 2.

        Returns:
            Itself.

        Raises:
            ValueError: labels out of range, no recording, a region equal to
                the one before, fewer than two classes.
        """
        if classes < 2:
            raise ValueError(
                f"`classes` must be at least 2. Received: classes={classes}"
            )
        trigrams = np.zeros((classes + 1, classes + 1, classes))
        for sequence in check_sequences(
            "region_sequences", region_sequences, classes
        ):
            np.add.at(trigrams, _histories(sequence, classes), 1)
        bigrams = trigrams.sum(0)
        follows = 1 - np.eye(classes + 1, classes)
        unigram = _witten_bell(bigrams.sum(0), np.full(classes, 1 / classes))
        allowed = unigram * follows
        bigram = _witten_bell(bigrams, allowed / allowed.sum(1, keepdims=True))
        if self.order == 2:
            table = np.broadcast_to(bigram, trigrams.shape)
        else:
            table = _witten_bell(trigrams, bigram)
        self._table = log_probabilities(table)
        return self

    def log_probability(self, region_sequence: ArrayLike) -> float:
        """Returns the score of one recording's regions (LM of equation 8).

        Args:
            region_sequence: integers (regions,), as `regions` returns them.

        Returns:
            A natural logarithm.

        Raises:
            ValueError: labels out of range, a region equal to the one before,
                or called before `fit`.
        """
        classes = self.table.shape[-1]
        (sequence,) = check_sequences(
            "region_sequence", [region_sequence], classes
        )
        return float(self.table[_histories(sequence, classes)].sum())


def _histories(sequence: np.ndarray, classes: int) -> tuple[np.ndarray, ...]:
    if np.any(sequence[1:] == sequence[:-1]):
        raise ValueError(
            "A region must differ from the one before; pass "
            f"`regions(labels)`. Received: {sequence[:10].tolist()}..."
        )
    padded = np.concatenate(([classes, classes], sequence))
    return padded[:-2], padded[1:-1], padded[2:]


def _witten_bell(counts: np.ndarray, lower: np.ndarray) -> np.ndarray:
    kinds = np.count_nonzero(counts, axis=-1, keepdims=True)
    mass = counts.sum(-1, keepdims=True) + kinds
    mixed = (counts + kinds * lower) / np.maximum(mass, 1)
    return np.where(mass > 0, mixed, lower)
