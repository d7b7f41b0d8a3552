"""Statistics of the labels that sections 3.1 and 6 of the paper describe."""

from __future__ import annotations

from collections import Counter

import numpy as np

from pipelines.corpora.word_base import WordCorpus
from tuning.papers.mosei_fusion import published
from tuning.runs.report import table
from tuning.tables import kinds

MOST = 12
"""Combinations shown."""
NONE = "no emotion"


def combinations(labels: np.ndarray, names: tuple[str, ...]) -> Counter[str]:
    """Counts the combinations of emotions that are present.

    Args:
        labels: (segments, emotions), intensities; those above 0 are present.
        names: of the emotions.

    Example:
        >>> labels = np.array([[1, 0], [0, 0], [1, 2]])
        >>> dict(combinations(labels, ("a", "b")))
        {'a': 1, 'no emotion': 1, 'a + b': 1}
    """
    return Counter(
        " + ".join(name for name, value in zip(names, row) if value > 0) or NONE
        for row in labels
    )


def section(corpus: WordCorpus) -> str:
    """Returns shares of combinations among the training segments."""
    names = tuple(corpus.dimensions)
    train = labels_of(corpus, "train")
    counts = combinations(train, names).most_common()
    ranks = {name: rank for rank, (name, _) in enumerate(counts, 1)}
    rows = [
        [str(rank), name, str(count), percent(count, len(train))]
        for rank, (name, count) in enumerate(counts[:MOST], 1)
    ]
    sizes = np.bincount((train > 0).sum(axis=1), minlength=len(names) + 1)
    null = ranks.get(NONE)
    shares = "; ".join(
        f"{size}: {percent(count, len(train))}"
        for size, count in enumerate(sizes)
    )
    lines = [
        "## Labels of training (sections 3.1 and 6)",
        kinds.quotation(corpus, published.LABELS),
        f"Ours, of {corpus.name}: {len(train)} segments. One or two emotions: "
        f"{percent(sizes[1:3].sum(), len(train))}. No emotion: "
        f"{percent(sizes[0], len(train))}"
        + (f", rank {null}. " if null else ". ")
        + f"By number of emotions: {shares}.",
        table(["rank", "emotions", "segments", "share"], rows),
    ]
    return "\n\n".join(line for line in lines if line)


def labels_of(corpus: WordCorpus, split: str) -> np.ndarray:
    """Returns the labels of a split, (segments, labels)."""
    return np.array(
        [
            [utterance.labels[name] for name in corpus.dimensions]
            for utterance in corpus.split(split)
        ]
    )


def percent(count: int, of: int) -> str:
    return f"{100 * count / of:.1f} %"
