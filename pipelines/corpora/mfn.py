"""Reads the MFN release: ICT-MMMO, POM, and CMU-MOSEI 2018 in its layout.

`FOLDER/{audio,video}_{train,valid,test}.h5` and `y_{train,valid,test}.h5`,
and `text_{valid,test}_emb.h5` in `mmmo`, with one dataset `d1` each. A clip is
20 words, with zeros in front where it has fewer; a vector of zeros after the
first word is data (no face was tracked, a word has no vector). The release of
CMU-MOSEI of 2018 has the same layout, with `ey_{train,valid,test}.h5`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar

import h5py
import numpy as np

from pipelines.corpora import base, mosei, word_base
from pipelines.corpora._io import hdf5, partial_copies
from pipelines.corpora.mosei import labels as mosei_labels

WORDS = 20
_DATASET = "d1"
_NAMES = {"t": "text_{}_emb.h5", "a": "audio_{}.h5", "v": "video_{}.h5"}


class _Mfn(word_base.WordCorpus):
    """One folder of the release; each clip counts as a speaker of its own."""

    citation = (
        "A. Zadeh, P. P. Liang, N. Mazumder, S. Poria, E. Cambria, L.-P. "
        "Morency, Memory Fusion Network for Multi-view Sequential Learning, "
        "AAAI 2018"
    )
    terms = "MIT, the licence of the repository that ships the features"
    source = "https://github.com/pliang279/MFN"
    partition = "split of the release"
    folder: ClassVar[str]
    label_file: ClassVar[str] = "y_{}.h5"
    parts: ClassVar[tuple[str, ...]] = ("train", "valid", "test")
    columns: ClassVar[tuple[str, ...]]

    def _read(self) -> Iterable[base.Utterance]:
        self._clips: dict[str, dict[str, np.ndarray]] = {}
        self._rows: dict[str, int] = {}
        for part in self.parts:
            if self._has_part(part):
                yield from self._read_part(part)

    def _has_part(self, part: str) -> bool:
        """Returns whether to read a part; a partial copy may lack some."""
        if not self.partial:
            return True
        labels, paths = self._paths(part)
        absent = [p for p in (labels, *paths.values()) if not p.exists()]
        self._lack(str(path.relative_to(self.root)) for path in absent)
        return not absent

    def _paths(self, part: str) -> tuple[Path, dict[str, Path]]:
        """Returns the file of a part's labels, and those of its features."""
        folder = self.root / self.folder
        features = {
            letter: folder / _NAMES[letter].format(part)
            for letter in self.modalities
        }
        return folder / self.label_file.format(part), features

    def _read_part(self, part: str) -> Iterable[base.Utterance]:
        flat = () if len(self.columns) == 1 else (len(self.columns),)
        path, paths = self._paths(part)
        ratings = _array(path, (None, *flat))
        self._rows[part] = len(ratings)
        streams = {
            letter: _array(paths[letter], (len(ratings), WORDS, values))
            for letter, values in self.modalities.items()
        }
        for row, rating in enumerate(ratings):
            clip = f"{part}_{row:03d}"
            labels = dict(zip(self.columns, np.ravel(rating).tolist()))
            if not self._in_range(labels):
                self.warn("clips left out, labels not in range", clip)
                continue
            self._clips[clip] = without_padding(
                {letter: stream[row] for letter, stream in streams.items()}
            )
            yield base.Utterance(
                id=clip,
                speaker=clip,
                files=tuple(paths.values()),
                split=self._split(part, row),
                labels=labels,
            )

    def _in_range(self, labels: Mapping[str, float]) -> bool:
        return bool(np.isfinite(list(labels.values())).all())

    def _split(self, part: str, row: int) -> str:
        return {"valid": "dev"}.get(part, part)

    def words(
        self, utterance: base.Utterance, modalities: str
    ) -> dict[str, np.ndarray]:
        letters = word_base.order_modalities(modalities, self.modalities)
        clip = self._clips[utterance.id]
        return {letter: clip[letter] for letter in letters}


class Mmmo(_Mfn):
    """Movie reviews, each rated from 1 to 5 by its author."""

    name = "mfn_mmmo"
    title = "ICT-MMMO, movie reviews as audio and video of their words"
    layout = "mmmo/{audio,video,y}_{train,valid,test}.h5."
    folder = "mmmo"
    modalities = {"a": 74, "v": 36}
    dimensions = columns = ("sentiment",)
    rating_scale = (1.0, 5.0)
    expected = {
        "utterances": 340,
        "speakers": 340,
        "train": 220,
        "dev": 40,
        "test": 80,
    }


class MmmoText(Mmmo):
    """The reviews with text: the release's parts valid and test.

    Every fifth clip of the valid part is in dev, the others in train.
    """

    name = "mfn_mmmo_text"
    title = "ICT-MMMO, the part with text, audio and video"
    layout = "mmmo/{audio,video,y}_{valid,test}.h5, text_{valid,test}_emb.h5."
    note = (
        "mfn_mmmo_text trains on the release's 40 validation clips, the only "
        "ones with text besides the test clips: its figures cannot be "
        "compared with published ones."
    )
    partition = "split of this project"
    modalities = {"t": 300, **Mmmo.modalities}
    parts = ("valid", "test")
    expected = {
        "utterances": 120,
        "speakers": 120,
        "train": 32,
        "dev": 8,
        "test": 80,
    }

    def _split(self, part: str, row: int) -> str:
        if part == "test":
            return part
        return "dev" if row % 5 == 4 else "train"


class Pom(_Mfn):
    """Movie reviews whose speakers were rated from 1 to 7 on 16 scales.

    `dimensions` are the 16 that the authors of the release evaluate; the
    labels include the rated `sentiment` too. Video is all zero in more than
    half of the clips.
    """

    name = "mfn_pom"
    title = "POM, persuasive opinions as audio and video of their words"
    layout = "pom/{audio,video,y}_{train,valid,test}.h5."
    folder = "pom"
    modalities = {"a": 43, "v": 41}
    rating_scale = (1.0, 7.0)
    columns = (
        "confidence",
        "passionate",
        "voice pleasant",
        "dominant",
        "credible",
        "vivid",
        "expertise",
        "entertaining",
        "reserved",
        "trusting",
        "relaxed",
        "outgoing",
        "thorough",
        "nervous",
        "sentiment",
        "persuasive",
        "humorous",
    )
    dimensions = tuple(name for name in columns if name != "sentiment")
    expected = {
        "utterances": 903,
        "speakers": 903,
        "train": 600,
        "dev": 100,
        "test": 203,
    }


class Mosei2018(_Mfn):
    """CMU-MOSEI as 20 words a segment, with emotions only.

    Segments with a label that is not a number in [0, 3] are left out,
    counted and named in `warnings`.
    """

    name = "mosei_2018"
    rating_scale = mosei.Mosei.rating_scale
    title = "CMU-MOSEI of 2018, features of up to 20 words a segment"
    citation = mosei.Mosei.citation
    terms = mosei.Mosei.terms
    source = (
        "http://immortal.multicomp.cs.cmu.edu/raw_datasets/processed_data/"
        "cmu-mosei/seq_length_20/data"
    )
    layout = (
        "{audio,video,ey}_{train,valid,test}.h5, "
        "text_{train,valid,test}_emb.h5."
    )
    folder = ""
    label_file = "ey_{}.h5"
    modalities = mosei.Mosei.modalities
    # In the order of the release, which differs from that of `.csd` files.
    dimensions = columns = mosei_labels.EMOTIONS
    expected = {"train": 15290}

    def _in_range(self, labels: Mapping[str, float]) -> bool:
        return mosei_labels.in_range(labels, self.dimensions, self.rating_scale)

    def _check_counts(self) -> None:
        # How many labels are out of range is not documented, nor are the
        # sizes of the other parts.
        intact = type(self).expected
        self._compare(
            {name: self._rows.get(name, 0) for name in intact}, intact
        )
        self.expected = self._counts()
        partial_copies.check(self.root, len(self.utterances), self.layout)


def without_padding(streams: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Cuts a clip to begin with the first word that has a value not zero.

    Args:
        streams: letter to (words, values).

    Returns:
        Letter to (remaining words, values) float32; the last word is kept
        even where all are zero, so that no clip is empty.
    """
    is_word = np.any([rows.any(axis=1) for rows in streams.values()], axis=0)
    first = np.argmax(is_word) if is_word.any() else len(is_word) - 1
    return {
        name: rows[first:].astype(np.float32) for name, rows in streams.items()
    }


def _array(path: Path, shape: tuple[int | None, ...]) -> np.ndarray:
    """Reads a file's array of a shape, where `None` is any length."""
    with hdf5.open_file(path) as file:
        dataset = hdf5.member(file, _DATASET, h5py.Dataset)
        array = hdf5.read(dataset, hdf5.NUMBERS)
    same = [want in (None, has) for want, has in zip(shape, array.shape)]
    if array.ndim != len(shape) or not all(same):
        wanted = ", ".join("clips" if n is None else str(n) for n in shape)
        raise ValueError(
            f"{path}: {_DATASET!r} must have the shape ({wanted}). Received: "
            f"shape={array.shape}"
        )
    return array
