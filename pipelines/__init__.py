"""From recordings and labels on disk to what a model is trained on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.corpora import Corpus


def corpus(name: str, root: str | Path, **options: Any) -> Corpus:
    """Opens a corpus.

    Args:
        name: one of `names()`.
        root: folder of the copy.
        options: what this corpus takes besides, such as `seed`.

    Raises:
        UsageError: no such corpus; a ValueError whose message suggests.
        FileNotFoundError: the folder or some of its files are missing.
        ValueError: the copy holds more than it should, or a file is broken.
    """
    from pipelines import corpora

    return corpora.find(name)(root, **options)


def names() -> list[str]:
    """Names of the corpora, sorted."""
    from pipelines import corpora

    return sorted(corpora.CORPORA)
