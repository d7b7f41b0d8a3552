"""The words of a corpus, read once a command."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable, Mapping, Sequence

from pipelines.corpora.word_base import WordCorpus
from pipelines.datasets import words
from tuning.experiments.base import SPLITS


@functools.lru_cache(maxsize=2)
def read(
    corpus: WordCorpus,
    spelt: bool,
    progress: Callable[[str], None],
    cache: pathlib.Path | None = None,
) -> dict[str, list[words.WordSample]]:
    """Reads the words of every split with all modalities, once a command.

    Args:
        corpus: of words.
        spelt: whether to read them as text too.
        progress: called with a line while they are read.
        cache: folder where aligned words are kept.
    """
    return {
        split: words.read(
            corpus,
            corpus.split(split),
            "".join(corpus.modalities),
            spelt,
            progress=lambda done, of: progress(
                f"reading {split} segment {done} of {of}"
            ),
            cache=cache,
        )
        for split in SPLITS
    }


def longest(by_split: Mapping[str, Sequence[words.WordSample]]) -> int:
    """Returns the number of words of the longest segment of all splits."""
    return max(
        len(rows)
        for samples in by_split.values()
        for sample in samples
        for rows in sample.features.values()
    )
