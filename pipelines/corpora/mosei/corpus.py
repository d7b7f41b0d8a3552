"""Reads CMU-MOSEI from the `.csd` files of CMU-MultimodalSDK."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from pipelines import align
from pipelines.corpora import base, word_base
from pipelines.corpora._io import partial_copies
from pipelines.corpora.mosei import folds as mosei_folds
from pipelines.corpora.mosei import labels as mosei_labels
from pipelines.corpora.mosei import streams
from zoo.common.arguments import check_choice


class Mosei(word_base.WordCorpus):
    """Segments of YouTube videos with emotions or sentiment.

    An utterance is a row of the label file, its id `VIDEO[row]` as in the
    SDK, its speaker the video. Its words are those of `glove_vectors` that
    overlap it (`align.words_of_segments`); COVAREP and the features of faces
    are averaged over each word (`align.overlap_average`). Labels are the
    intensities of `EMOTIONS` in [0, 3], and `sentiment` in [-3, 3] where the
    release has it; `dimensions` are those of the task.

    Like the SDK, the reader leaves out videos that some stream lacks and
    segments without a word; besides, videos without a fold, rows whose times
    are not finite or run backwards, and segments with a label that is not
    finite, or one of the task that is out of range. `warnings` counts and
    names them, and the videos of the folds that no stream has. Rows out of
    order are sorted, as in the SDK. Times may begin before 0, as the first
    segments of the real release do.

    Attributes:
        release: which label file this is, and how its columns were named.

    Args:
        root: folder of the copy.
        folds: "standard" for the SDK's folds; "paper" for a split of the
            standard train and dev videos in the paper's proportions (9,400,
            1,800 and 1,100 segments), without the standard test videos.
        fold_seed: of the random order of the videos for the paper's folds.
        labels: the task, "emotions" or "sentiment".
        face: which features of faces: "facet", FACET 4.2 with 35 values, or
            "openface", OpenFace 2 with 713.
        partial: as for `Corpus`. Otherwise a copy that lacks more videos of
            the folds than the releases do is refused.
    """

    name = "mosei"
    title = "CMU-MOSEI, opinion videos with six emotions and sentiment"
    citation = (
        "A. Zadeh, P. P. Liang, S. Poria, E. Cambria, L.-P. Morency, "
        "Multimodal Language Analysis in the Wild: CMU-MOSEI Dataset and "
        "Interpretable Dynamic Fusion Graph, ACL 2018"
    )
    terms = "none stated with the features; its owners ask to be cited"
    source = (
        "https://github.com/CMU-MultiComp-Lab/CMU-MultimodalSDK, "
        "mmdatasdk.cmu_mosei.highlevel and .labels (.raw for words as text)"
    )
    layout = (
        "the SDK's .csd files, or folders that hold them, named by their root "
        "groups: glove_vectors, COVAREP, FACET 4.2 (or OpenFace_2 with the "
        "option face=openface), All Labels (or Emotion Labels and Sentiment "
        "Labels of 2018), and words for one-hot words."
    )
    dimensions: tuple[str, ...] = mosei_labels.EMOTIONS
    rating_scale = mosei_labels.RANGES["emotions"]
    alignment = "1"
    modalities: Mapping[str, int] = {"t": 300, "a": 74, "v": 35}
    expected: Mapping[str, int] = {
        "videos": 3227,
        "train": 2249,
        "dev": 300,
        "test": 678,
    }

    def __init__(
        self,
        root: str | Path,
        folds: str = "standard",
        fold_seed: int = 0,
        labels: str = "emotions",
        face: str = "facet",
        partial: bool = False,
    ):
        check_choice("folds", folds, mosei_folds.FOLDS)
        check_choice("labels", labels, mosei_labels.TASKS)
        check_choice("face", face, streams.FACES)
        self.folds, self.fold_seed = folds, fold_seed
        self.task, self.face = labels, face
        self.dimensions = mosei_labels.TASKS[labels]
        self.rating_scale = mosei_labels.RANGES[labels]
        self.modalities = {**self.modalities, "v": streams.FACES[face]}
        self._words_of: dict[str, tuple[str, np.ndarray]] = {}
        self._cached: tuple[tuple[str, str], dict[str, np.ndarray]] | None = (
            None
        )
        self._spelt: tuple[str, np.ndarray] | None = None
        super().__init__(root, partial)

    def standard_folds(self) -> dict[str, str]:
        """Returns the fold of each video: "train", "dev" or "test"."""
        return mosei_folds.standard_folds()

    def _read(self) -> Iterable[base.Utterance]:
        self._files = streams.find(self.root, self.task, self.face)
        self.release, columns = mosei_labels.columns(
            self._files["labels"], self.task
        )
        folds = self.standard_folds()
        widths = streams.Widths(self._files, self.modalities)
        utterances = [
            utterance
            for video in self._videos(folds)
            if widths.add(video)
            for utterance in self._segments(video, folds[video], columns)
        ]
        widths.check()
        if self.folds == "paper":
            utterances = self._refold(utterances)
        return utterances

    def _videos(self, folds: Mapping[str, str]) -> list[str]:
        """Returns the videos that every stream has and that have a fold."""
        by_stream = [
            set(self._files[name].videos)
            for name in (*self.modalities, "labels")
        ]
        shared = set.intersection(*by_stream)
        for video in set.union(*by_stream) - shared:
            self.warn("videos left out, not in every stream", video)
        for video in shared - set(folds):
            self.warn("videos left out, in no fold", video)
        for video in set(folds) - set.union(*by_stream):
            self.warn("videos of the folds not in this copy", video)
        if self.partial:
            self._lack(set(folds) - shared)
        else:
            mosei_folds.check_complete(self.root, folds, shared)
        return sorted(shared & set(folds))

    def _segments(
        self, video: str, split: str, columns: Mapping[str, int]
    ) -> Iterable[base.Utterance]:
        labels = self._files["labels"].features(video)
        kept, segments = self._intervals("labels", video)
        _, words = self._intervals("t", video)
        files = tuple(file.path for file in self._files.values())
        for row, indices in zip(kept, align.words_of_segments(segments, words)):
            name = f"{video}[{row}]"
            values = {
                label: float(labels[row, column])
                for label, column in columns.items()
            }
            if not len(indices):
                self.warn("segments left out, without a word", name)
            elif not mosei_labels.in_range(
                values, self.dimensions, self.rating_scale
            ):
                self.warn("segments left out, labels not in range", name)
            else:
                self._words_of[name] = (video, indices)
                yield base.Utterance(
                    id=name,
                    speaker=video,
                    files=files,
                    split=split,
                    labels=values,
                )

    def _intervals(
        self, name: str, video: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns the valid rows of a stream, and their times."""
        file = self._files[name]
        intervals = file.intervals(video)
        kept = np.flatnonzero(align.valid(intervals))
        invalid = len(intervals) - len(kept)
        intervals = intervals[kept]
        unsorted = np.count_nonzero(np.diff(intervals[:, 0]) < 0)
        unsorted *= name != "labels"  # whose rows are in no order
        early = np.count_nonzero(intervals[:, 0] < 0)
        for count, problem in (
            (invalid, "left out, their times not finite or running backwards"),
            (unsorted, "out of order in time, which changes nothing"),
            (early, "that begin before 0 s, kept"),
        ):
            if count:
                self.warn(f"rows of {file.root} {problem}", video, count)
        return kept, intervals

    def _refold(self, utterances: list[base.Utterance]) -> list[base.Utterance]:
        for utterance in utterances:
            if utterance.split == "test":
                problem = "segments left out, in the standard test fold"
                self.warn(problem, utterance.id)
        kept = [u for u in utterances if u.split != "test"]
        folds = mosei_folds.paper_folds(
            (utterance.speaker for utterance in kept), self.fold_seed
        )
        return [
            dataclasses.replace(utterance, split=folds[utterance.speaker])
            for utterance in kept
        ]

    def _check_counts(self) -> None:
        if not self.utterances:
            raise ValueError(
                f"{self.root}: there must be at least one usable segment. "
                f"Received: {'; '.join(self.warning_lines())}. Copy it again "
                f"({self.source})."
            )
        # Releases differ, so that a copy is not compared with fixed counts.
        self.expected = self._counts()

    def words(
        self, utterance: base.Utterance, modalities: str
    ) -> dict[str, np.ndarray]:
        video, indices = self._words_of[utterance.id]
        letters = word_base.order_modalities(modalities, self.modalities)
        # Utterances are sorted by video, so caching one video is enough.
        key = (video, letters)
        if self._cached is None or self._cached[0] != key:
            self._cached = (key, self._aligned(video, letters))
        return {name: rows[indices] for name, rows in self._cached[1].items()}

    def _aligned(self, video: str, modalities: str) -> dict[str, np.ndarray]:
        """Returns the features of all words of a video, by modality."""
        kept, words = self._intervals("t", video)
        aligned = {}
        for name in modalities:
            features = self._files[name].features(video)
            if name == "t":
                features = features[kept]
            else:
                rows, intervals = self._intervals(name, video)
                features = align.overlap_average(
                    words, intervals, features[rows]
                )
            with np.errstate(over="ignore"):
                aligned[name] = features.astype(np.float32)
        return aligned

    def text(self, utterance: base.Utterance) -> np.ndarray:
        """Returns the text with the longest overlap with each word vector.

        Raises:
            FileNotFoundError: this copy has no file with the root `words`.
        """
        if "words" not in self._files:
            raise streams.missing(self.root, "words")
        video, indices = self._words_of[utterance.id]
        # As above, caching one video is enough.
        if self._spelt is None or self._spelt[0] != video:
            self._spelt = (video, self._texts(video))
        return self._spelt[1][indices]

    def _texts(self, video: str) -> np.ndarray:
        """Returns the texts of all words of a video; empty where unknown."""
        _, words = self._intervals("t", video)
        if video not in self._files["words"].videos:
            self.warn("videos without words as text, all unknown", video)
            return np.full(len(words), "")
        texts = self._files["words"].texts(video)
        kept, intervals = self._intervals("words", video)
        rows, columns, seconds = align.overlaps(words, intervals)
        order = np.argsort(seconds, kind="stable")
        spelt = np.full(len(words), "", dtype=texts.dtype)
        spelt[rows[order]] = texts[kept][columns[order]]
        return spelt

    def _partial_note(self) -> str:
        return partial_copies.sentence(
            self.name, self._differences, self.missing, "video"
        )

    def summary(self) -> str:
        return f"{super().summary()}\nlabels: {self.release}"
