"""Evaluation protocols by name, and the default of a corpus."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipelines.corpora.base import Corpus, Utterance
from tuning.protocols import emobox
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
from zoo.common import cli

DEV_SPEAKERS = 2
LEAVE_ONE_OUT = "leave_one_speaker_out"


def _leave_one_speaker_out(
    corpus: Corpus,
    utterances: Sequence[Utterance],
    validators: int | None = None,
) -> list[Fold]:
    speakers = len({utterance.speaker for utterance in utterances})
    most = speakers - 2
    if validators is None:
        validators = min(DEV_SPEAKERS, max(1, most))
    elif 1 <= most < validators:
        raise cli.UsageError(
            f"--validators must be at most {most}: of the {speakers} speakers "
            f"of {corpus.name}, one is tested and one or more train. "
            f"Received: {validators}"
        )
    return leave_one_speaker_out(utterances, validators)


PROTOCOLS: dict[str, Callable[[Corpus, Sequence[Utterance]], list[Fold]]] = {
    "by_session": lambda corpus, utterances: by_session(utterances),
    "dealt": lambda corpus, utterances: dealt(utterances, dev=True),
    "emobox": emobox.folds,
    "fixed": lambda corpus, utterances: fixed(utterances),
    LEAVE_ONE_OUT: _leave_one_speaker_out,
}
"""Sessions left out, speakers dealt to five folds, EmoBox's folds, the corpus'
own partition, or speakers left out one by one, with two others, or another
number, for validation."""


def default(recipe: Recipe, corpus: Corpus) -> str:
    """Returns the name of a recipe's protocol on a corpus.

    A protocol that is published with a corpus is taken. Zhao et al. 2018 leave
    sessions of their own corpus IEMOCAP out. Elsewhere a corpus' own partition
    is taken; without one, their systems go by session where there are any, and
    all others take the recipe's protocol.

    Args:
        recipe: of the model.
        corpus: with utterances.
    """
    if corpus.protocol is not None:
        return corpus.protocol
    has_sessions = all(
        SESSION in utterance.labels and GENDER in utterance.labels
        for utterance in corpus.utterances
    )
    is_emotional = recipe.protocol == "leave_one_speaker_out"
    is_partitioned = all(
        utterance.split is not None for utterance in corpus.utterances
    )
    is_own = corpus.name in recipe.corpus
    if is_emotional and has_sessions and (is_own or not is_partitioned):
        return "by_session"
    return "fixed" if is_partitioned else recipe.protocol


def check_validators(name: str, whose: str) -> None:
    """Refuses a number of validating speakers for all but one protocol.

    Args:
        name: of the protocol.
        whose: protocol it is, in words, such as "the chosen one".

    Raises:
        UsageError: it is another one.
    """
    if name != LEAVE_ONE_OUT:
        raise cli.UsageError(
            f"--validators is for the protocol {LEAVE_ONE_OUT}; {whose} is "
            f"{name}. Leave it out, or choose --protocol {LEAVE_ONE_OUT}."
        )


def folds(
    name: str,
    corpus: Corpus,
    utterances: Sequence[Utterance],
    validators: int | None = None,
) -> list[Fold]:
    """Returns the folds of a protocol, each with a dev partition.

    Args:
        name: one of `PROTOCOLS`.
        corpus: of the utterances.
        utterances: to partition.
        validators: of "leave_one_speaker_out", the number of speakers that
            validate each fold; `None` for `DEV_SPEAKERS`, or one where there
            are three speakers.

    Raises:
        ValueError: too few speakers, labels that the protocol needs are
            missing, a fold without dev, or `validators` of another protocol.
    """
    if validators is None:
        with_dev = PROTOCOLS[name](corpus, utterances)
    else:
        check_validators(name, f"that of {corpus.name}")
        with_dev = _leave_one_speaker_out(corpus, utterances, validators)
    for fold in with_dev:
        if not fold.dev:
            raise ValueError(
                f"Every fold must have utterances that validate. Received: "
                f"none in {fold.name!r} of {name!r}. Choose another protocol."
            )
    return with_dev


def without_dev(
    name: str,
    corpus: Corpus,
    utterances: Sequence[Utterance],
    split: str = "test",
) -> list[Fold]:
    """Returns folds with the same tests, for systems without a dev partition.

    The dev utterances join the training, except in "by_session", where they
    are of the same session as the test. A fold without test is tested on dev.

    Args:
        name: one of `PROTOCOLS`.
        corpus: of the utterances.
        utterances: to partition.
        split: "test", or "dev" for folds that learn from train alone and are
            tested on dev, if they have any.

    Raises:
        ValueError: too few speakers, or labels that the protocol needs are
            missing.
    """
    joined = []
    for fold in PROTOCOLS[name](corpus, utterances):
        if split == "test" and fold.test:
            added = fold.dev if name != "by_session" else ()
            own = Fold(fold.name, (*fold.train, *added), (), fold.test)
        else:
            own = Fold(fold.name, fold.train, (), fold.dev)
        joined.append(own)
    return [fold for fold in joined if fold.test]


def notes(folds: Sequence[Fold], utterances: Sequence[Utterance]) -> list[str]:
    """Returns a note on test speakers whom a training knows, if there are any.

    Args:
        folds: of any protocol.
        utterances: of the folds.

    Example:
        >>> two = [Utterance(n, "anna", (), None, {}) for n in ("a", "b")]
        >>> notes([Fold("fold 1", ("a",), (), ("b",))], two)[0][:26]
        '1 of 1 test speakers speak'
    """
    speakers = {utterance.id: utterance.speaker for utterance in utterances}
    tested: set[str] = set()
    known: set[str] = set()
    for fold in folds:
        own = {speakers[name] for name in fold.test}
        tested |= own
        known |= own & {speakers[n] for n in (*fold.train, *fold.dev)}
    if not known:
        return []
    return [
        f"{len(known)} of {len(tested)} test speakers speak in train or dev of "
        "their fold too: figures say little about other speakers"
    ]


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
