"""Corpora, audio, features and `tf.data` batches for training.

Example:
    `corpus = pipelines.corpus("emodb", "~/emodb")`
"""

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
        options: other arguments of this corpus, such as `seed`; of most,
            `partial=True` for a copy that lacks files.

    Raises:
        UsageError: no such corpus; the message suggests.
        FileNotFoundError: the folder or some of its files are missing.
        ValueError: the copy holds other files too, or a file is damaged.
    """
    from pipelines import corpora

    return corpora.find(name)(root, **options)


def names() -> list[str]:
    """Returns the names of the corpora, sorted."""
    from pipelines import corpora

    return sorted(corpora.CORPORA)
