"""Reads CHEAVD 2.0 (MEC 2017): Chinese films and television, 8 emotions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from pipelines.corpora import base, emotion_base
from pipelines.corpora._io import partitions, tables

EMOTIONS = (
    "neutral",
    "angry",
    "happy",
    "sad",
    "worried",
    "anxious",
    "surprise",
    "disgust",
)
SIZES = {
    "train": (1400, 884, 828, 462, 567, 457, 175, 144),
    "dev": (200, 128, 119, 67, 81, 66, 25, 21),
    "test": (400, 252, 236, 132, 162, 131, 51, 42),
}
"""Utterances of each emotion in the order of `EMOTIONS` (Zhao et al. 2018)."""
TABLE = "labels.csv"


class Cheavd(emotion_base.EmotionCorpus):
    """Segments of films and shows, with the challenge's partitions.

    The folders differ between releases, so the table `labels.csv` lists the
    recordings: `file`, relative to the root; `split`, "train", "dev" or
    "test"; `emotion`, one of the eight, or empty in the test partition where
    its labels are unknown; `speaker` where it is known. Without that column
    every recording counts as a speaker of its own.

    An utterance's id is its `file`; its label is `emotion`.

    A partial copy may lack recordings of the table; it says how many
    utterances it has of each emotion, beside those of an intact copy.

    Args:
        root: folder of the copy.
    """

    name = "cheavd"
    title = "CHEAVD 2.0 as used by the MEC 2017 challenge"
    citation = (
        "Y. Li, J. Tao, B. Schuller, S. Shan, D. Jiang, J. Jia, MEC 2017: "
        "Multimodal Emotion Recognition Challenge, ACII Asia 2018"
    )
    terms = "research only, after a signed agreement"
    source = "http://www.chineseldc.org"
    layout = (
        "its recordings, in any folders, and labels.csv with the columns "
        f"file, split, emotion ({', '.join(EMOTIONS)}) and speaker where you "
        "know it; python -m pipelines.cheavd_lists writes it from the "
        "challenge's lists."
    )
    dimensions = ()
    emotions = EMOTIONS
    expected = {split: sum(sizes) for split, sizes in SIZES.items()}

    def _read(self) -> Iterable[base.Utterance]:
        self._path = self.root / TABLE
        table = tables.read_csv(
            self._path, ("file", "split", "emotion"), others=True
        )
        names = self._recordings(table["file"])
        rows = [dict(zip(table, texts)) for texts in zip(*table.values())]
        for line, row in enumerate(rows, start=2):
            if row["file"] in names:
                yield self._utterance(f"{self._path}, line {line}", row)

    def _recordings(self, names: tuple[str, ...]) -> set[str]:
        existing = [name for name in names if (self.root / name).is_file()]
        return self._available(self.root, names, existing)

    def _utterance(self, where: str, row: dict[str, str]) -> base.Utterance:
        split = emotion_base.check_value(
            where, "split", row["split"], base.SPLITS
        )
        emotion = row["emotion"]
        if emotion or split != "test":
            emotion_base.check_value(where, "emotion", emotion, EMOTIONS)
        speaker = row.get("speaker", row["file"])
        if not speaker:
            raise ValueError(
                f"{where}: speaker must be given. Received: ''. Fill it in "
                "or leave out the column."
            )
        return base.Utterance(
            id=row["file"],
            speaker=speaker,
            files=(self.root / row["file"],),
            split=split,
            labels={"emotion": emotion} if emotion else {},
        )

    def _sizes(self) -> Mapping[str, tuple[int, ...]]:
        """Counts of each of `EMOTIONS` in each fold of an intact copy."""
        return SIZES

    def _check_counts(self) -> None:
        sizes = self._sizes()
        known = dict(sizes)
        if not any(u.labels for u in self.utterances if u.split == "test"):
            known.pop("test")
        emotions = {
            emotion: sum(counts)
            for emotion, counts in zip(EMOTIONS, zip(*known.values()))
            if sum(counts)
        }
        self.expected = {
            "utterances": sum(map(sum, sizes.values())),
            "speakers": len(self.speakers),  # no publication counts them
            **{split: sum(sizes[split]) for split in sizes},
            **emotions,
        }
        super()._check_counts()
        partitions.check_speakers(self._path, self.utterances)
        if not self.partial:
            self._check_emotions(known)

    def _check_emotions(self, known: Mapping[str, tuple[int, ...]]) -> None:
        """Refuses other counts of an emotion in a fold than those known."""
        counts = Counter((u.split, *u.labels.values()) for u in self.utterances)
        for split, expected in known.items():
            for emotion, size in zip(EMOTIONS, expected):
                if counts[split, emotion] != size:
                    raise ValueError(
                        f"{self._path}: an intact copy has {size} {emotion} "
                        f"in {split}. Received: {counts[split, emotion]}"
                    )
