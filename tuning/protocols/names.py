"""Evaluation protocols by name, and the default of a corpus."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipelines.corpora.base import Corpus, Utterance
from tuning.protocols.folds import (
    GENDER,
    SESSION,
    Fold,
    by_session,
    check_classes,
    dealt,
    fixed,
    leave_one_speaker_out,
)
from tuning.training.recipe import Recipe

DEV_SPEAKERS = 2


def _leave_one_speaker_out(utterances: Sequence[Utterance]) -> list[Fold]:
    speakers = len({utterance.speaker for utterance in utterances})
    dev = min(DEV_SPEAKERS, max(1, speakers - 2))
    return leave_one_speaker_out(utterances, dev)


def _dealt(utterances: Sequence[Utterance]) -> list[Fold]:
    return dealt(utterances, dev=True)


PROTOCOLS: dict[str, Callable[[Sequence[Utterance]], list[Fold]]] = {
    "by_session": by_session,
    "dealt": _dealt,
    "fixed": fixed,
    "leave_one_speaker_out": _leave_one_speaker_out,
}
"""Sessions left out, speakers dealt to five folds, the corpus' own partition,
or speakers left out one by one, with two others for validation."""


def default(recipe: Recipe, corpus: Corpus) -> str:
    """Returns the name of a recipe's protocol on a corpus.

    Zhao et al. 2018 leave sessions of their own corpus IEMOCAP out. Elsewhere
    a corpus' own partition is taken; without one, their systems go by session
    where there are any, and all others take the recipe's protocol.

    Args:
        recipe: of the model.
        corpus: with utterances.
    """
    first = corpus.utterances[0]
    has_sessions = SESSION in first.labels and GENDER in first.labels
    is_emotional = recipe.protocol == "leave_one_speaker_out"
    is_partitioned = all(
        utterance.split is not None for utterance in corpus.utterances
    )
    is_own = corpus.name in recipe.corpus
    if is_emotional and has_sessions and (is_own or not is_partitioned):
        return "by_session"
    return "fixed" if is_partitioned else recipe.protocol


def folds(name: str, utterances: Sequence[Utterance]) -> list[Fold]:
    """Returns the folds of a protocol, each with a dev partition.

    Args:
        name: one of `PROTOCOLS`.
        utterances: to partition.

    Raises:
        ValueError: too few speakers, labels that the protocol needs are
            missing, or a fold without dev.
    """
    with_dev = PROTOCOLS[name](utterances)
    for fold in with_dev:
        if not fold.dev:
            raise ValueError(
                f"Every fold must have utterances that validate. Received: "
                f"none in {fold.name!r} of {name!r}. Choose another protocol."
            )
    return with_dev


def without_dev(name: str, utterances: Sequence[Utterance]) -> list[Fold]:
    """Returns folds with the same tests, for systems without a dev partition.

    The dev utterances join the training, except in "by_session", where they
    are of the same session as the test. A fold without test is tested on dev.

    Args:
        name: one of `PROTOCOLS`.
        utterances: to partition.

    Raises:
        ValueError: too few speakers, or labels that the protocol needs are
            missing.
    """
    joined = []
    for fold in PROTOCOLS[name](utterances):
        test = fold.test or fold.dev
        added = fold.dev if fold.test and name != "by_session" else ()
        joined.append(Fold(fold.name, (*fold.train, *added), (), test))
    return joined


def check(
    folds: Sequence[Fold],
    labels: Mapping[str, Mapping[str, str]],
    tasks: Mapping[str, Sequence[str]],
) -> None:
    """Refuses folds whose training lacks a class.

    Args:
        folds: of a protocol.
        labels: task to utterance id to the name of its class.
        tasks: name to classes.

    Raises:
        ValueError: names the fold and what it lacks.
    """
    for task, names in tasks.items():
        check_classes(folds, labels[task], names)
