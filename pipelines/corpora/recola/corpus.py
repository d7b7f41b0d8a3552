"""The corpus RECOLA in the layouts of AVEC 2016, AVEC 2018 and its owners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipelines.corpora import base
from pipelines.corpora._io import tables
from pipelines.corpora.recola import layouts, partitions, traces
from zoo.common.arguments import check_whole

PARTICIPANTS = 23
"""Participants whose recordings and ratings the owners give out."""
CHALLENGE = {
    f"{split}_{number}": split
    for split in base.SPLITS
    for number in range(1, 10)
}
"""Recordings of AVEC 2016 and 2018, and their partition."""


class Recola(traces.RatedCorpus):
    """French dyads in a remote task, rated continuously by six raters.

    Each recording has another speaker. Three layouts are read:

    - AVEC 2016's: `recordings_audio/train_1.wav` and
      `ratings_gold_standard/{arousal,valence}/train_1.arff`;
    - that of AVEC 2018's scripts: the same names in `recordings/audio` and,
      for example, `labels/gs_1/{arousal,valence}`;
    - the owners': `RECOLA-Audio-recordings/P16.wav` and the six raters of
      `RECOLA-Annotation/emotional_behaviour/{arousal,valence}/P16.csv`, from
      which the gold standard is made (`pipelines.gold_standard`).

    Test recordings may be absent, and have labels only where the copy has
    their files (`has_traces`). Which participant is which recording of AVEC's
    partition is not public: in the owners' layout, participants are dealt in
    turn to train, test and dev (`partitions.deal`), or as a table says. Files
    that are called otherwise are not read; `notes` names them.

    Recordings and ratings begin together. Only the first five minutes are
    rated, and the owners' recordings may be longer: only their rated part is
    read. Elsewhere the lengths may differ by 0.5 s
    (`traces.TOLERANCE`); the longer is cut.

    Args:
        root: folder of the copy.
        ratings: folder in it that holds arousal/ and valence/, with `.arff`
            gold standards or `.csv` files of raters; by default the first of
            `layouts.RATINGS` that is there.
        lag: seconds by which labels are moved earlier, to make up for the
            time that raters take, 0 to 10; the last label is held. AVEC's gold
            standard has 0.
        partition: table of the owners' layout with the columns participant
            and split; by default they are dealt.
        partition_seed: of the dealing.
        partial: whether to read what is there of an incomplete copy.

    Attributes:
        strays: files that are not read, as FOLDER/NAME.
    """

    name = "recola"
    title = "RECOLA, as AVEC 2016, AVEC 2018 and its owners distribute it"
    citation = (
        "F. Ringeval, A. Sonderegger, J. Sauer, D. Lalanne, Introducing the "
        "RECOLA multimodal corpus of remote collaborative and affective "
        "interactions, FG 2013; M. Valstar et al., AVEC 2016, AVEC '16"
    )
    terms = "academic research only, under an agreement signed with its owners"
    source = "https://diuf.unifr.ch/main/diva/recola/download.html"
    layout = (
        "recordings_audio/{train,dev,test}_{1..9}.wav and "
        "ratings_gold_standard/{arousal,valence}/{train,dev}_{1..9}.arff "
        "(test_{1..9}.arff too where you have them); or recordings/audio and "
        "labels/gs_1 instead of these folders; or RECOLA-Audio-recordings/"
        "P16.wav … and RECOLA-Annotation/emotional_behaviour/"
        "{arousal,valence}/P16.csv …"
    )
    dimensions = ("arousal", "valence")
    expected: Mapping[str, int] = {
        "utterances": 27,
        "speakers": 27,
        "train": 9,
        "dev": 9,
        "test": 9,
    }

    def __init__(
        self,
        root: str | Path,
        ratings: str | None = None,
        lag: float = 0.0,
        partition: str | None = None,
        partition_seed: int = 0,
        partial: bool = False,
    ):
        check_whole("partition_seed", partition_seed, 0)
        self._ratings = ratings
        self._table = partition
        self._seed = int(partition_seed)
        self.strays: tuple[str, ...] = ()
        super().__init__(root, partial, lag)

    def _read(self) -> Iterable[base.Utterance]:
        self._layout = layouts.find(self.root, self._ratings, self.dimensions)
        recordings = self._found(self._layout.recordings, ".wav")
        rated = {
            dimension: self._found(self._folder(dimension), self._layout.suffix)
            for dimension in self.dimensions
        }
        if self._layout.has_participants:
            splits = self._participants(recordings, rated)
        else:
            splits = self._challenge(recordings, rated)
        return [
            base.Utterance(
                id=name,
                speaker=name,
                files=(self._layout.recordings / f"{name}.wav",),
                split=split,
                labels={},
            )
            for name, split in splits.items()
        ]

    def _folder(self, dimension: str) -> Path:
        return self._layout.ratings / dimension

    def _found(self, folder: Path, suffix: str) -> set[str]:
        """Returns the names of recordings in a folder, and keeps the strays."""
        names, strays = self._layout.names(folder, suffix)
        self.strays += tuple(strays)
        return names

    def _challenge(
        self, recordings: set[str], rated: Mapping[str, set[str]]
    ) -> dict[str, str]:
        """Checks files called by AVEC's partition; returns the partitions."""
        if self._table is not None:
            raise ValueError(
                f"{self._layout.recordings}: the recordings' names say their "
                f"partition. Received: partition={self._table}. Leave it out."
            )
        test = {name for name, split in CHALLENGE.items() if split == "test"}
        names = set(CHALLENGE) - (set() if recordings & test else test)
        labels = names - (set() if set.union(*rated.values()) & test else test)
        there = self._complete(names, labels, recordings, rated)
        splits = Counter(CHALLENGE[name] for name in names)
        self._expect(len(names), splits)
        return {name: CHALLENGE[name] for name in there}

    def _expect(self, count: int, splits: Mapping[str, int]) -> None:
        """Sets what an intact copy has: a recording of each speaker."""
        own = {name: splits[name] for name in base.SPLITS if splits.get(name)}
        self.expected = {"utterances": count, "speakers": count, **own}

    def _participants(
        self, recordings: set[str], rated: Mapping[str, set[str]]
    ) -> dict[str, str]:
        """Checks files called by participant; returns their partitions."""
        names = recordings.union(*rated.values())
        there = self._complete(names, names, recordings, rated)
        if self._table is None:
            splits = partitions.deal(there, self._seed)
            how = f"were dealt by this project with seed {self._seed}"
        else:
            path = self.root / Path(self._table).expanduser()
            splits = self._of_table(path, there)
            how = f"are parted as {path.name} says"
        self.partition = f"participants {how}"
        self.note = (
            "recola is read in its owners' layout: its participants "
            f"{how}, which is not AVEC's partition, so that figures compare "
            "with nothing published on it."
        )
        self._expect(PARTICIPANTS, Counter(splits.values()))
        return splits

    def _of_table(self, path: Path, there: set[str]) -> dict[str, str]:
        splits = partitions.read(path)
        missing = sorted(there - set(splits))
        if missing:
            raise ValueError(
                f"{path}: every participant of the copy must have a row. "
                f"Missing: {tables.few(missing)}."
            )
        absent = sorted(set(splits) - there)
        if absent and not self.partial:
            raise FileNotFoundError(
                f"{path}: the recordings and ratings of all its participants "
                f"must be in {self.root}. Missing: {tables.few(absent)}."
            )
        return {name: splits[name] for name in there}

    def _complete(
        self,
        names: set[str],
        labels: set[str],
        recordings: set[str],
        rated: Mapping[str, set[str]],
    ) -> set[str]:
        """Checks that files exist; returns the recordings to read.

        Args:
            names: recordings of an intact copy.
            labels: those of them that are rated.
            recordings: names of the files there.
            rated: names of the ratings there, by dimension.
        """
        there = self._named(self._layout.recordings, ".wav", names, recordings)
        self._rated = there.intersection(
            *(
                self._named(
                    self._folder(dimension), self._layout.suffix, labels, own
                )
                for dimension, own in rated.items()
            )
        )
        return {n for n in there if n in self._rated or n.startswith("test_")}

    def _named(
        self, folder: Path, suffix: str, wanted: set[str], there: set[str]
    ) -> set[str]:
        """Returns which wanted recordings a folder has; others are strays."""
        others = sorted(there - wanted)
        self.strays += tuple(f"{folder.name}/{name}{suffix}" for name in others)
        files = self._available(
            folder,
            (f"{name}{suffix}" for name in wanted),
            (f"{name}{suffix}" for name in there & wanted),
        )
        return {name.removesuffix(suffix) for name in files}

    def notes(self) -> list[str]:
        """Returns how labels were made, and what of the copy is not read."""
        notes = []
        if self._layout.suffix == layouts.OF_RATERS:
            notes.append(
                "gold standard made of the six raters of each recording, as "
                "by AVEC 2016 (pipelines.gold_standard)"
            )
        if self.lag:
            notes.append(f"labels moved earlier by {self.lag:g} s")
        if self.strays:
            notes.append(
                "not read, since called otherwise than the corpus' own files: "
                f"{tables.few(self.strays)}"
            )
        return notes

    def summary(self) -> str:
        return "\n".join([super().summary(), *self.notes()])
