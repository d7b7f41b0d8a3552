"""Score of a labelling (equations 8 and 9) and search for the best one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from zoo.decoding.frames import check_distributions, check_sequences, regions
from zoo.decoding.language_model import LanguageModel
from zoo.decoding.viterbi import check_alive, moves, viterbi


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
    gains = moves(transitions, language_model, alpha)
    labels = _search(posteriors, gains, language_model.order, method, beam)
    return labels, score(labels, posteriors, transitions, language_model, alpha)


def decode_many(
    log_posteriors: ArrayLike,
    log_transitions: ArrayLike,
    language_model: LanguageModel,
    alphas: Sequence[float],
) -> np.ndarray:
    """Finds the best labelling of several recordings for several weights.

    It is `decode` by the exact method, with one pass over the frames for all
    rows and weights.

    Args:
        log_posteriors: (rows, frames, classes), as for `decode`; the rows are
            of equal length, such as networks on one recording.
        log_transitions, language_model: as for `decode`.
        alphas: weights of the language model, each at least 0.

    Returns:
        Integers (weights, rows, frames).

    Raises:
        ValueError: as for `decode`.
    """
    rows = np.asarray(log_posteriors, dtype=np.float64)
    if rows.ndim != 3 or not rows.size or not len(alphas):
        raise ValueError(
            "`log_posteriors` must be (rows, frames, classes) and `alphas` "
            f"one or more weights. Received: shape={rows.shape}, "
            f"alphas={list(alphas)}"
        )
    transitions = np.asarray(log_transitions, dtype=np.float64)
    joined = rows.reshape(-1, rows.shape[-1])
    for alpha in alphas:
        _checked(joined, transitions, language_model, alpha)
        joined = joined[:1]  # all frames are checked once
    gains = [moves(transitions, language_model, alpha) for alpha in alphas]
    return viterbi(rows, np.stack(gains), language_model.order)


def _search(
    posteriors: np.ndarray,
    gains: np.ndarray,
    order: int,
    method: str,
    beam: int | None,
) -> np.ndarray:
    if method == "exact" and beam is None:
        labels: np.ndarray = viterbi(posteriors[None], gains[None], order)[0, 0]
        return labels
    if method == "beam" and beam is not None and beam >= 1:
        return _beam_search(posteriors, gains, beam)
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


def _beam_search(
    posteriors: np.ndarray, gains: np.ndarray, beam: int
) -> np.ndarray:
    """Searches with the `beam` best partial labellings, none merged."""
    frames, classes = posteriors.shape
    region, label = np.array([classes]), np.array([classes])
    scores = np.zeros(1)
    # One number holds a hypothesis' parent and label: parent * classes + label.
    history = []
    for frame in range(frames):
        options = scores[:, None] + gains[region, label] + posteriors[frame]
        options = options.ravel()
        kept = np.arange(options.size)
        if options.size > beam:
            kept = np.argpartition(options, -beam)[-beam:]
        parent, new = np.divmod(kept, classes)
        region = np.where(new == label[parent], region[parent], label[parent])
        label, scores = new, options[kept]
        history.append(kept.astype(np.int32))
    check_alive(scores.max())
    best = int(scores.argmax())
    labels = np.empty(frames, dtype=np.int64)
    for frame in range(frames - 1, -1, -1):
        best, labels[frame] = divmod(int(history[frame][best]), classes)
    return labels
