"""EmoBox's own folds of a corpus (Ma et al., EmoBox, Interspeech 2024)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from pipelines.corpora.base import Corpus, Utterance
from tuning.protocols.folds import PARTITIONS, Fold

DEV_SHARE = 5
"""One in so many training utterances validates, where there is one fold."""


def folds(corpus: Corpus, utterances: Sequence[Utterance]) -> list[Fold]:
    """Returns EmoBox's folds, each with a dev partition.

    Only a few of its corpora come with a dev partition; EmoBox draws a fifth
    of the training utterances. Here the test utterances of the next fold
    validate, as in `dealt`, so that folds that share no speakers between
    train and test share none with dev either. Where there is one fold alone,
    a fifth of its training utterances is drawn, always the same.

    Args:
        corpus: that has such folds.
        utterances: to partition; utterances outside EmoBox's folds are left
            out.

    Raises:
        ValueError: the corpus has no such folds, one of them has no training
            or no test utterances among `utterances`, or two test the same.
    """
    present = [utterance.id for utterance in utterances]
    published = [
        _fold(f"fold {number}", present, partitions)
        for number, partitions in enumerate(corpus.emobox_folds(), start=1)
    ]
    counts = Counter(name for fold in published for name in fold.test)
    if max(counts.values()) > 1:
        raise ValueError(
            "An utterance must be tested in one fold of EmoBox. Received: "
            f"{max(counts, key=counts.__getitem__)!r} in several."
        )
    if len(published) == 1:
        (lone,) = published
        return [lone if lone.dev else _with_drawn_dev(lone)]
    return [
        fold if fold.dev else _with_dev(fold, following.test)
        for fold, following in zip(published, [*published[1:], published[0]])
    ]


def _fold(
    name: str, present: Sequence[str], partitions: Mapping[str, str]
) -> Fold:
    ids: dict[str, list[str]] = {part: [] for part in PARTITIONS}
    for utterance in present:
        if utterance in partitions:
            ids[partitions[utterance]].append(utterance)
    if not ids["train"] or not ids["test"]:
        sizes = {part: len(own) for part, own in ids.items()}
        raise ValueError(
            "Every fold of EmoBox must have utterances to train on and to "
            f"test. Received: {sizes} in {name!r}. Add the missing recordings, "
            "or choose another protocol."
        )
    return Fold(name, *(tuple(ids[part]) for part in PARTITIONS))


def _with_dev(fold: Fold, dev: Sequence[str]) -> Fold:
    """Returns a fold some of whose training utterances validate."""
    chosen = set(dev) & set(fold.train)
    train = tuple(name for name in fold.train if name not in chosen)
    in_order = tuple(name for name in fold.train if name in chosen)
    return Fold(fold.name, train, in_order, fold.test)


def _with_drawn_dev(fold: Fold) -> Fold:
    count = max(1, len(fold.train) // DEV_SHARE)
    drawn = np.random.default_rng(0).permutation(len(fold.train))[:count]
    return _with_dev(fold, [fold.train[index] for index in drawn])
