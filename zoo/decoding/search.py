"""Score of a labelling (equations 8 and 9) and search for the best one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from zoo.decoding.frames import check_distributions, check_sequences, regions
from zoo.decoding.language_model import LanguageModel

_STAYED = -1


def score(
    labels: ArrayLike,
    log_posteriors: ArrayLike,
    log_transitions: ArrayLike,
    language_model: LanguageModel,
    alpha: float,
) -> float:
    """Returns the score of a labelling, AM(l) + alpha LM(B(l)).

    Reference: equations 8 and 9 of the paper (see `zoo.decoding`).

    Args:
        labels: integers (frames,).
        log_posteriors, log_transitions, language_model, alpha: as for
            `decode`.

    Returns:
        A natural logarithm, minus infinity for a labelling that posteriors or
        transitions rule out.

    Raises:
        ValueError: as for `decode`; labels out of range or not one a frame.
    """
    posteriors, transitions = _checked(
        log_posteriors, log_transitions, language_model, alpha
    )
    frames, classes = posteriors.shape
    (path,) = check_sequences("labels", [labels], classes)
    if len(path) != frames:
        raise ValueError(
            "`labels` must be one a frame. "
            f"Received: {len(path)} labels for {frames} frames"
        )
    acoustic = posteriors[np.arange(frames), path].sum()
    acoustic += transitions[path[:-1], path[1:]].sum()
    language = language_model.log_probability(regions(path))
    return float(acoustic + alpha * language)


def decode(
    log_posteriors: ArrayLike,
    log_transitions: ArrayLike,
    language_model: LanguageModel,
    alpha: float,
    method: str = "exact",
    beam: int | None = None,
) -> tuple[np.ndarray, float]:
    """Finds the labelling with the highest `score`.

    Args:
        log_posteriors: natural logarithms (frames, classes) of probabilities;
            minus infinity (probability 0) is allowed.
        log_transitions: natural logarithms (classes, classes), from row to
            column, of probabilities; minus infinity is allowed.
        language_model: a fitted model of the same classes.
        alpha: weight of the language model, at least 0.
        method: "exact" is Viterbi: no labelling scores higher. "beam" keeps
            the best partial labellings of each frame, none merged with
            another, and may miss the best.
        beam: partial labellings kept, at least 1; for "beam" alone.

    Returns:
        Labels, integers (frames,), and their score.

    Raises:
        ValueError: input that breaks a rule above, no probabilities, or no
            labelling with a probability above 0.
    """
    posteriors, transitions = _checked(
        log_posteriors, log_transitions, language_model, alpha
    )
    moves = _moves(transitions, language_model, alpha)
    labels = _search(posteriors, moves, method, beam)
    return labels, score(labels, posteriors, transitions, language_model, alpha)


def _search(
    posteriors: np.ndarray, moves: np.ndarray, method: str, beam: int | None
) -> np.ndarray:
    if method == "exact" and beam is None:
        return _viterbi(posteriors, moves)
    if method == "beam" and beam is not None and beam >= 1:
        return _beam_search(posteriors, moves, beam)
    raise ValueError(
        '`method` must be "exact" without `beam`, or "beam" with a `beam` of '
        f"at least 1. Received: method={method!r}, beam={beam}"
    )


def _checked(
    log_posteriors: ArrayLike,
    log_transitions: ArrayLike,
    language_model: LanguageModel,
    alpha: float,
) -> tuple[np.ndarray, np.ndarray]:
    if not (np.isfinite(alpha) and alpha >= 0):
        raise ValueError(f"`alpha` must be at least 0. Received: alpha={alpha}")
    posteriors = np.asarray(log_posteriors, dtype=np.float64)
    transitions = np.asarray(log_transitions, dtype=np.float64)
    if posteriors.ndim != 2 or not posteriors.size:
        raise ValueError(
            "`log_posteriors` must be (frames, classes), at least one frame. "
            f"Received: shape={posteriors.shape}"
        )
    classes = posteriors.shape[1]
    if transitions.shape != (classes, classes):
        raise ValueError(
            f"`log_transitions` must be ({classes}, {classes}), as many "
            f"classes as posteriors. Received: shape={transitions.shape}"
        )
    if language_model.table.shape[-1] != classes:
        raise ValueError(
            f"`language_model` must know the {classes} classes of the "
            f"posteriors. Received: {language_model.table.shape[-1]} classes"
        )
    with np.errstate(over="ignore"):
        check_distributions("exp(log_posteriors)", np.exp(posteriors))
        check_distributions("exp(log_transitions)", np.exp(transitions))
    return posteriors, transitions


def _moves(
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


def _viterbi(posteriors: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Viterbi over states (region before, label), start symbol included.

    Staying keeps a state; leaving label u for w enters the state (u, w), from
    the best of the states (v, u).
    """
    frames, classes = posteriors.shape
    diagonal = np.arange(classes)
    stay = moves[0, diagonal, diagonal]
    leave = moves[:, :classes].copy()
    leave[:, diagonal, diagonal] = -np.inf
    scores = np.full((classes + 1, classes), -np.inf)
    scores[classes] = moves[classes, classes] + posteriors[0]
    entering = np.empty_like(leave)
    before = np.full((frames, classes + 1, classes), _STAYED, np.int16)
    for frame in range(1, frames):
        np.add(scores[:, :, None], leave, out=entering)
        scores += stay
        entered = entering.max(0)
        before[frame, :classes] = np.where(
            entered > scores[:classes], entering.argmax(0), _STAYED
        )
        np.maximum(scores[:classes], entered, out=scores[:classes])
        scores += posteriors[frame]
    _check_alive(scores.max())
    region, label = divmod(int(scores.argmax()), classes)
    labels = np.empty(frames, dtype=np.int64)
    for frame in range(frames - 1, -1, -1):
        labels[frame] = label
        came_from = int(before[frame, region, label])
        if came_from != _STAYED:
            region, label = came_from, region
    return labels


def _beam_search(
    posteriors: np.ndarray, moves: np.ndarray, beam: int
) -> np.ndarray:
    """Searches with the `beam` best partial labellings, none merged."""
    frames, classes = posteriors.shape
    region, label = np.array([classes]), np.array([classes])
    scores = np.zeros(1)
    # One number holds a hypothesis' parent and label: parent * classes + label.
    history = []
    for frame in range(frames):
        options = scores[:, None] + moves[region, label] + posteriors[frame]
        options = options.ravel()
        kept = np.arange(options.size)
        if options.size > beam:
            kept = np.argpartition(options, -beam)[-beam:]
        parent, new = np.divmod(kept, classes)
        region = np.where(new == label[parent], region[parent], label[parent])
        label, scores = new, options[kept]
        history.append(kept.astype(np.int32))
    _check_alive(scores.max())
    best = int(scores.argmax())
    labels = np.empty(frames, dtype=np.int64)
    for frame in range(frames - 1, -1, -1):
        best, labels[frame] = divmod(int(history[frame][best]), classes)
    return labels


def _check_alive(best: float) -> None:
    if best == -np.inf:
        raise ValueError(
            "No labelling is left with a probability above 0: "
            "`log_posteriors` and `log_transitions` rule out every one that "
            "was followed; smooth the transitions (or widen the beam)."
        )
