"""What a model was trained on, and what of other data it has seen.

An item is known by its content, whatever it is called: a recording by a hash
of its file, a segment of words by one of its features. A recording that was
resampled or cut anew is another one.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.corpora.base import Corpus, Utterance
from pipelines.corpora.joined import JOINT, SEPARATOR
from pipelines.features.cache import digest

PARTITIONS = ("train", "dev")
"""Partitions that a model has seen: one learnt from, one to choose by."""


@dataclasses.dataclass(frozen=True)
class Item:
    """A recording, an utterance or a segment.

    Attributes:
        id: in its corpus.
        unit: its speaker or video.
        content: hashes of what it consists of.
    """

    id: str
    unit: str
    content: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class TrainedOn:
    """The items that a model was trained on and those that it was chosen by.

    Attributes:
        corpus: its name, within which ids and units are unique.
        items: by partition, "train" and "dev".
        crossed: whether it is the model of a cross-validation, trained on
            speakers that other networks were tested on.
    """

    corpus: str
    items: Mapping[str, Sequence[Item]]
    crossed: bool = False

    def partition(self, corpus: str, item: Item) -> str | None:
        """Returns the partition that an item was in; `None` for a new one."""
        own = _qualified(corpus, item.id)
        for name, (ids, content) in self._seen.items():
            if own in ids or not content.isdisjoint(item.content):
                return name
        return None

    def units(self, corpus: str, items: Iterable[Item]) -> set[str]:
        """Returns the units of items that training has seen.

        Those are units of the same name in the same corpus, and those of any
        item that was trained on.
        """
        seen = {
            _qualified(self.corpus, item.unit)
            for own in self.items.values()
            for item in own
        }
        return {
            item.unit
            for item in items
            if _qualified(corpus, item.unit) in seen
            or self.partition(corpus, item)
        }

    @functools.cached_property
    def _seen(self) -> dict[str, tuple[set[str], set[str]]]:
        """The ids and the contents of each partition."""
        return {
            name: (
                {_qualified(self.corpus, item.id) for item in self.items[name]},
                {text for item in self.items[name] for text in item.content},
            )
            for name in PARTITIONS
        }

    def to_json(self) -> dict[str, Any]:
        """Returns it as a file has it."""
        return {
            "corpus": self.corpus,
            "crossed": self.crossed,
            **{
                name: [dataclasses.asdict(item) for item in self.items[name]]
                for name in PARTITIONS
            },
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> TrainedOn:
        """Returns what `to_json` made."""
        items = {
            name: [
                Item(item["id"], item["unit"], tuple(item["content"]))
                for item in content[name]
            ]
            for name in PARTITIONS
        }
        return cls(content["corpus"], items, content["crossed"])


def _qualified(corpus: str, name: str) -> str:
    """Returns a name with its corpus, which joined corpora have in it."""
    return name if JOINT in corpus else f"{corpus}{SEPARATOR}{name}"


def recordings(corpus: Corpus, utterances: Sequence[Utterance]) -> list[Item]:
    """Returns the items of utterances with sound; a file is hashed once."""
    files = {path for utterance in utterances for path in utterance.files}
    hashes = {path: digest(path) for path in files}
    items = []
    for utterance in utterances:
        span = corpus.span(utterance)
        part = "" if span == (0.0, None) else f" {span[0]:.3f} to {span[1]}"
        content = tuple(f"{hashes[path]}{part}" for path in utterance.files)
        items.append(Item(utterance.id, utterance.speaker, content))
    return items


def features(name: str, unit: str, arrays: Mapping[str, np.ndarray]) -> Item:
    """Returns the item of a segment by its features.

    Args:
        name: its id.
        unit: its video.
        arrays: the features of its words, by modality.
    """
    hashes = hashlib.sha256()
    for modality in sorted(arrays):
        array = np.ascontiguousarray(arrays[modality])
        hashes.update(f"{modality} {array.shape}".encode())
        hashes.update(array.tobytes())
    return Item(name, unit, (hashes.hexdigest(),))
