"""Recordings that two corpora share, by their content."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipelines.corpora.base import Corpus
from pipelines.features.cache import digest


def check(corpora: Mapping[str, Corpus]) -> None:
    """Refuses corpora of which two have a recording in common.

    Its speaker would be two people: one learnt from, the other tested. Files
    of the same size alone are read.

    Args:
        corpora: by name.

    Raises:
        ValueError: names the corpora and the first recording.
    """
    by_size: dict[int, dict[Path, str]] = {}
    for name, corpus in corpora.items():
        for utterance in corpus.utterances:
            for path in utterance.files:
                size = path.stat().st_size
                by_size.setdefault(size, {}).setdefault(path, name)
    for paths in by_size.values():
        if len(set(paths.values())) > 1:
            _check_equal_sizes(paths)


def _check_equal_sizes(paths: Mapping[Path, str]) -> None:
    """Refuses files of equal content in two corpora.

    Args:
        paths: the corpus of each file.
    """
    known: dict[str, Path] = {}
    for path, name in paths.items():
        first = known.setdefault(digest(path), path)
        if paths[first] != name:
            raise ValueError(
                "No recording may be in two corpora, whose speakers count as "
                f"different people. Received: {path} of {name}, which is "
                f"{first} of {paths[first]}. Name one of the two corpora."
            )
