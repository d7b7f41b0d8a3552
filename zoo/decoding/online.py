"""Decoding while a recording goes on, with a bounded delay."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from zoo.common.arguments import check_whole
from zoo.decoding.decoder import LevelDecoder
from zoo.decoding.viterbi import check_alive, moves


class OnlineDecoder:
    """Decodes one recording step by step; each step is final after `lag` more.

    After every step the best labelling so far is followed back by `lag` steps,
    and the level found there is given out: Viterbi with a fixed lag. It knows
    less than the search over the whole recording, from which it may differ
    where a level is decided later than `lag` steps; with a lag as long as the
    recording both are equal. Memory does not grow with the recording.

    The delay is that of the decoder. A bidirectional network adds its own.

    Args:
        decoder: of one task.
        lag: steps of 40 ms that a value waits for, at least 1.

    Example:
        >>> levels = np.log(np.full((2, 2), 0.5))
        >>> ngrams = np.log(np.full((3, 3, 2), 0.5))
        >>> decoder = LevelDecoder(
        ...     np.array([-1.0, 1.0]), np.full(2, 0.5), levels, ngrams, 0.0
        ... )
        >>> online = OnlineDecoder(decoder, lag=1)
        >>> online.push([[0.9, 0.1], [0.2, 0.8]])
        array([-1.])
        >>> online.finish()
        array([1.])

    Reference: the search of Le et al. 2017, section 4.3; the fixed lag is ours.
    """

    def __init__(self, decoder: LevelDecoder, lag: int) -> None:
        check_whole("lag", lag)
        self.decoder = decoder
        self.lag = lag
        levels = decoder.means.size
        gains = moves(
            decoder.transitions, decoder.language_model, decoder.alpha
        )
        diagonal = np.arange(levels)
        self._stay = gains[0, diagonal, diagonal]
        self._first = gains[levels, levels]
        self._leave = gains[:, :levels].copy()
        self._leave[:, diagonal, diagonal] = -np.inf
        self._scores: np.ndarray | None = None
        # The last labels of the best way into each state, the oldest first.
        self._ways = np.empty((0, (levels + 1) * levels), np.int16)

    def push(self, posteriors: ArrayLike) -> np.ndarray:
        """Takes the next steps and returns the values that became final.

        Args:
            posteriors: (steps, levels).

        Returns:
            Float64 array: from the second lag on as many values as steps.

        Raises:
            ValueError: no probabilities, or another number of levels.
        """
        logs = self.decoder.log_posteriors(np.asarray(posteriors, np.float64))
        final = [label for step in logs for label in self._step(step)]
        return self._values(np.array(final, dtype=np.int64))

    def finish(self) -> np.ndarray:
        """Returns the values that still waited; a new recording may follow."""
        if self._scores is None:
            return np.empty(0)
        labels = self._ways[:, self._scores.argmax()]
        self._scores, self._ways = None, self._ways[:0]
        return self._values(labels)

    def _step(self, posteriors: np.ndarray) -> list[int]:
        """Takes one step; returns the label that became final, if any."""
        levels = len(posteriors)
        if self._scores is None:
            scores = np.full((levels + 1, levels), -np.inf)
            scores[levels] = self._first + posteriors
        else:
            scores, came_from = self._followed(self._scores)
            scores = scores + posteriors
            self._ways = self._ways[:, came_from]
        best = scores.max()
        check_alive(best)
        self._scores = scores - best  # sums of hours would lose their digits
        labels = np.tile(np.arange(levels, dtype=np.int16), levels + 1)
        self._ways = np.vstack([self._ways, labels])
        if len(self._ways) <= self.lag:
            return []
        oldest = int(self._ways[0, scores.argmax()])
        self._ways = self._ways[1:]
        return [oldest]

    def _followed(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the scores of all states, and the states they come from."""
        levels = scores.shape[1]
        states = np.arange(scores.size).reshape(scores.shape)
        entering = scores[:, :, None] + self._leave
        entered = entering.max(0)
        scores = scores + self._stay
        from_state = entering.argmax(0) * levels + np.arange(levels)[:, None]
        moves_on = entered > scores[:levels]
        states[:levels][moves_on] = from_state[moves_on]
        np.maximum(scores[:levels], entered, out=scores[:levels])
        return scores, states.ravel()

    def _values(self, labels: np.ndarray) -> np.ndarray:
        return np.asarray(self.decoder.means[labels], np.float64)
