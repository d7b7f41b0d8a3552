"""The protocols by name, and which one a corpus is measured by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipelines.corpora.base import Corpus, Utterance
from tuning.protocols import folds as made
from tuning.protocols.folds import GENDER, SESSION, Fold
from tuning.training.recipe import Recipe

DEV_SPEAKERS = 2


def _leave_one_speaker_out(utterances: Sequence[Utterance]) -> list[Fold]:
    speakers = len({each.speaker for each in utterances})
    dev = min(DEV_SPEAKERS, max(1, speakers - 2))
    return made.leave_one_speaker_out(utterances, dev)


def _dealt(utterances: Sequence[Utterance]) -> list[Fold]:
    return made.dealt(utterances, dev=True)


PROTOCOLS: dict[str, Callable[[Sequence[Utterance]], list[Fold]]] = {
    "by_session": made.by_session,
    "dealt": _dealt,
    "fixed": made.fixed,
    "leave_one_speaker_out": _leave_one_speaker_out,
}
"""By session, dealt to five folds, the corpus' own partition, or a fold a
speaker, whom two others validate."""


def default(recipe: Recipe, corpus: Corpus) -> str:
    """The name of the protocol that a paper's system is measured by.

    Paper 003 leaves sessions of its own corpora out, IEMOCAP's. Elsewhere
    a corpus' own partition is taken; without one, paper 003's systems go by
    session where there are any, and else the recipe's protocol holds.

    Args:
        recipe: of the model.
        corpus: with utterances.
    """
    first = corpus.utterances[0]
    has_sessions = SESSION in first.labels and GENDER in first.labels
    is_emotional = recipe.protocol == "leave_one_speaker_out"
    is_parted = all(each.split is not None for each in corpus.utterances)
    is_own = corpus.name in recipe.corpus
    if is_emotional and has_sessions and (is_own or not is_parted):
        return "by_session"
    return "fixed" if is_parted else recipe.protocol


def folds(name: str, utterances: Sequence[Utterance]) -> list[Fold]:
    """The folds of a protocol, each with somebody who validates.

    Args:
        name: one of `PROTOCOLS`.
        utterances: to deal.

    Raises:
        ValueError: too few speakers, labels that the protocol goes by are
            missing, or nobody validates.
    """
    found = PROTOCOLS[name](utterances)
    for fold in found:
        if not fold.dev:
            raise ValueError(
                f"Every fold must have utterances that validate. Received: "
                f"none in {fold.name!r} of {name!r}. Choose another protocol."
            )
    return found


def for_machines(name: str, utterances: Sequence[Utterance]) -> list[Fold]:
    """The same tests for systems that choose within their training.

    Who would validate trains, save in "by_session", where they spoke with
    those tested. Where nobody is tested, who would validate is.

    Args:
        name: one of `PROTOCOLS`.
        utterances: to deal.

    Raises:
        ValueError: too few speakers, or labels that the protocol goes by are
            missing.
    """
    folds = []
    for each in PROTOCOLS[name](utterances):
        test, also = each.test or each.dev, each.dev if each.test else ()
        if name == "by_session":
            also = ()
        train = (*each.train, *also)
        folds.append(Fold(each.name, train, (), test))
    return folds


def check(
    found: Sequence[Fold],
    labels: Mapping[str, Mapping[str, str]],
    tasks: Mapping[str, Sequence[str]],
) -> None:
    """Refuses folds that lack a class in their training.

    Args:
        found: the folds.
        labels: task to utterance id to the name of its class.
        tasks: name to classes.

    Raises:
        ValueError: names the fold and what it lacks.
    """
    for task, names in tasks.items():
        made.check_classes(found, labels[task], names)
