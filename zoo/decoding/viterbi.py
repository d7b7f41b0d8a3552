"""Exact search for the best labelling, for several weights at once."""

from __future__ import annotations

import numpy as np

from zoo.decoding.language_model import LanguageModel

_STAYED = -1
_MOST_BYTES = 2**26
"""Memory for the way back of one batch: 64 MiB."""


def moves(
    transitions: np.ndarray, language_model: LanguageModel, alpha: float
) -> np.ndarray:
    """Returns the score that a label adds to (previous region, previous label).

    Returns:
        Array (classes + 1, classes + 1, classes); the index `classes` is the
        start symbol, which has no transition.
    """
    classes = len(transitions)
    # A region never follows itself: staying is no n-gram, and its -inf in the
    # table must not meet an alpha of 0.
    stays = np.eye(classes + 1, classes, dtype=bool)
    ngrams = alpha * np.where(stays, 0.0, language_model.table)
    return ngrams + np.vstack([transitions, np.zeros(classes)])


def viterbi(
    posteriors: np.ndarray, by_weight: np.ndarray, order: int
) -> np.ndarray:
    """Finds the best labelling of each row, for each weight.

    Args:
        posteriors: logarithms (rows, frames, classes).
        by_weight: `moves` of each weight, (weights, classes + 1, classes + 1,
            classes).
        order: of the language model; bigrams need no region before the last.

    Returns:
        Integers (weights, rows, frames).

    Raises:
        ValueError: a row without any labelling of a probability above 0.
    """
    rows, frames, classes = posteriors.shape
    weights = len(by_weight)
    places = np.indices((weights, rows)).reshape(2, -1).T
    states = classes if order == 2 else classes**2
    size = max(1, _MOST_BYTES // (frames * states))
    labels = np.empty((weights, rows, frames), np.int64)
    for start in range(0, len(places), size):
        weight, row = places[start : start + size].T
        trellis = _Trellis(by_weight[weight], order)
        labels[weight, row] = trellis.search(posteriors[row])
    return labels


class _Trellis:
    """Scores of all states of a batch, frame by frame.

    With trigrams a state is (region before, label), the start symbol included;
    with bigrams (label, nothing). Staying keeps a state. Leaving the label u
    enters the state (u, w) from the best of the states (v, u), or w from the
    best of the labels u: in both cases the maximum is over the first axis, and
    what remains, reshaped, are the states that are entered.

    The batch is the last axis, over which NumPy's loops then run.
    """

    def __init__(self, batch: np.ndarray, order: int):
        batch = np.ascontiguousarray(np.moveaxis(batch, 0, -1))
        classes, diagonal = batch.shape[2], np.arange(batch.shape[2])
        self.classes, self.width = classes, 1 if order == 2 else classes
        stay = batch[0, diagonal, diagonal]
        leave = batch[:, :classes].copy()
        leave[:, diagonal, diagonal] = -np.inf
        self.first = batch[classes, classes]
        self.stay = stay[:, None] if order == 2 else stay
        self.leave = leave[classes][:, None] if order == 2 else leave

    def search(self, posteriors: np.ndarray) -> np.ndarray:
        """Returns the best labellings (batch, frames)."""
        batch, frames, classes = posteriors.shape
        width = self.width
        posteriors = np.ascontiguousarray(np.moveaxis(posteriors, 0, -1))
        scores = np.full((len(self.leave), width, batch), -np.inf)
        # Bigrams: all rows are labels. Trigrams: the last row is the start.
        begins = scores[:, 0] if width == 1 else scores[classes]
        begins[...] = self.first + posteriors[0]
        entering = np.empty_like(self.leave)
        before = np.empty((frames, classes, width, batch), np.int8)
        for frame in range(1, frames):
            np.add(scores[:, :, None], self.leave, out=entering)
            scores += self.stay
            entered = entering.max(0).reshape(before.shape[1:])
            origin = entering.argmax(0).reshape(before.shape[1:])
            origin[entered <= scores[:classes]] = _STAYED
            before[frame] = origin
            np.maximum(scores[:classes], entered, out=scores[:classes])
            step = posteriors[frame]
            scores += step[:, None] if width == 1 else step
        return self._back(scores.reshape(-1, batch), before)

    def _back(self, scores: np.ndarray, before: np.ndarray) -> np.ndarray:
        frames, batch = len(before), before.shape[-1]
        check_alive(scores.max(0).min())
        state = scores.argmax(0)
        before = before.reshape(frames, -1, batch)
        labels = np.empty((batch, frames), np.int64)
        rows, entered = np.arange(batch), before.shape[1]
        for frame in range(frames - 1, -1, -1):
            labels[:, frame] = state % self.classes
            if not frame:
                break
            # What follows the start symbol has never been entered.
            origin = before[frame, np.minimum(state, entered - 1), rows]
            moved = (origin != _STAYED) & (state < entered)
            previous = origin * self.width + state // self.classes
            state = np.where(moved, previous, state)
        return labels


def check_alive(best: float) -> None:
    """Refuses a search that is left without any labelling."""
    if best == -np.inf:
        raise ValueError(
            "No labelling is left with a probability above 0: "
            "`log_posteriors` and `log_transitions` rule out every one that "
            "was followed; smooth the transitions (or widen the beam)."
        )
