"""One utterance of a corpus."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any


@dataclasses.dataclass(frozen=True)
class Utterance:
    """One recording of one speaker, with the labels of the whole recording.

    Attributes:
        id: unique in its corpus.
        speaker: unique in its corpus; the same in all of a speaker's
            utterances, whatever the language.
        files: its recordings, in the order in which they follow each other.
        split: "train", "dev" or "test"; `None` without official folds.
        labels: values of the whole utterance by name; empty where the corpus
            has traces only.
    """

    id: str
    speaker: str
    files: tuple[Path, ...]
    split: str | None
    labels: Mapping[str, Any] = dataclasses.field(hash=False)
