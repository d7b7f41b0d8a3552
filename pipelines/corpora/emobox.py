"""Reads corpora through EmoBox's metadata: one format, thirty-two corpora."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from pipelines.audio import files
from pipelines.corpora import base, emotion_base
from pipelines.corpora._io import emobox_files, tables
from pipelines.corpora._io.emobox_rows import Row

UNKNOWN = "unknown"
"""Speaker of all utterances where the metadata name none."""
_SOUND = (".wav", ".flac")
_VIDEO = (".avi", ".mp4", ".webm")


class EmoBox(emotion_base.EmotionCorpus):
    """A corpus whose utterances EmoBox's metadata list.

    An utterance's only label is `emotion`: what `label_map.json` makes of the
    corpus' own label, in lower case ("angry", "fear", "surprise"). A label
    that the map lacks is looked up without regard to case, as EMO-DB's
    "neutral" needs; without a map, labels stay as they are. Its id is EmoBox's
    key, its speaker that of `data.seg.wrd.stm`.

    A recording is sought as EmoBox writes its path ("downloads/emodb/wav/
    03a01Wa.wav") in `root` and beside it, or in `audio`, where leading folders
    of the path may be absent. It may be a `.wav` or a `.flac` file of that
    name whatever the suffix in the metadata: the sound of videos must be
    extracted.

    Args:
        root: folder of EmoBox's repository, or its folder `data`.
        dataset: folder of the corpus' metadata, such as "ravdess"; may be
            left out where there is one alone.
        audio: folder of the recordings; by default EmoBox's `downloads`.
        partial: whether recordings may be missing.

    Raises:
        ValueError: the metadata are invalid, or a recording is found under two
            paths.
        FileNotFoundError: there is no such dataset, or recordings are missing.
    """

    name = "emobox"
    title = "any of 32 corpora, as EmoBox's metadata list it"
    citation = (
        "Z. Ma et al., EmoBox: Multilingual Multi-corpus Speech Emotion "
        "Recognition Toolkit and Benchmark, Interspeech 2024, and the corpus' "
        "own paper"
    )
    terms = "metadata MIT; recordings as their owners say"
    source = "https://github.com/emo-box/EmoBox, which links to each corpus"
    layout = (
        "a folder for each dataset (or data/ with them), such as ravdess/ with "
        "ravdess.jsonl (or .json), label_map.json, data.seg.wrd.stm for the "
        "speakers, and fold_1/ and so on for its folds; the recordings under "
        "downloads/ there or beside it, or in the folder of the option audio."
    )
    protocol = "emobox"
    dimensions = ()
    expected: Mapping[str, int] = {}

    def __init__(
        self,
        root: str | Path,
        dataset: str | None = None,
        audio: str | None = None,
        partial: bool = False,
    ):
        if dataset is not None and not re.fullmatch(r"[\w-]+", dataset):
            raise ValueError(
                "`dataset` must be the name of a folder of EmoBox's metadata, "
                f"such as ravdess. Received: dataset={dataset!r}"
            )
        self.dataset = dataset or ""
        self.audio = None if audio is None else Path(audio).expanduser()
        super().__init__(root, partial)

    def _read(self) -> Iterable[base.Utterance]:
        folder = self._folder()
        rows = emobox_files.read_rows(folder / self.dataset)
        emotions = self._emotions(folder, rows)
        speakers = emobox_files.read_speakers(folder)
        recordings = self._recordings(rows)
        self._spans: dict[str, tuple[float, float | None]] = {}
        for row in rows:
            if speakers and row.key not in speakers:
                raise ValueError(
                    f"{folder / emobox_files.SPEAKERS}: must name the speaker "
                    f"of each utterance. Received: none of {row.key!r}. Copy "
                    "it again, or remove it to do without speakers."
                )
            if row.wav in recordings:
                self._spans[row.key] = row.start, row.end
                yield base.Utterance(
                    id=row.key,
                    speaker=speakers.get(row.key, UNKNOWN),
                    files=(recordings[row.wav],),
                    split=None,
                    labels={"emotion": emotions[row.label]},
                )

    def _folder(self) -> Path:
        """Returns the folder of the dataset's metadata; may set `dataset`."""
        data = self.root / "data"
        parent = data if data.is_dir() else self.root
        names = sorted(p.name for p in parent.iterdir() if p.is_dir())
        if not self.dataset and len(names) == 1:
            self.dataset = names[0]
        if self.dataset not in names:
            raise FileNotFoundError(
                f"{parent}: must hold the metadata of the dataset, in a folder "
                f"of its name. Received: {self.dataset or 'none named'} of "
                f"{tables.few(names, 40) or 'no folder'}. Name one of them, on "
                "the command line by --corpus-option dataset=NAME, or copy "
                "EmoBox's data/ folder whole."
            )
        return parent / self.dataset

    def _emotions(self, folder: Path, rows: Sequence[Row]) -> dict[str, str]:
        """Returns the emotion of each of the corpus' own labels."""
        labels = emobox_files.read_label_map(folder)
        own = sorted({row.label for row in rows})
        if not labels:
            labels = {label: label.lower() for label in own}
        in_any_case = {label.casefold(): labels[label] for label in labels}
        unknown = [n for n in own if n.casefold() not in in_any_case]
        if unknown:
            raise ValueError(
                f"{folder}: the label map must have every label. Received: "
                f"{tables.few(unknown)}, which it lacks. Add them to it."
            )
        labels = {
            label: labels.get(label, in_any_case[label.casefold()])
            for label in own
        }
        self.emotions = tuple(sorted(set(labels.values())))
        return labels

    def _recordings(self, rows: Sequence[Row]) -> dict[PurePosixPath, Path]:
        """Returns the recordings by their paths in the metadata."""
        paths = list(dict.fromkeys(row.wav for row in rows))
        folder, recordings = self._located(paths)
        names = {str(path): path for path in paths}
        self._available(folder, names, map(str, recordings))
        self._check_distinct(recordings)
        for row in rows:
            if row.wav in recordings:
                _check_sound(recordings[row.wav], row.channel)
        return recordings

    def _located(
        self, paths: Sequence[PurePosixPath]
    ) -> tuple[Path, dict[PurePosixPath, Path]]:
        """Seeks recordings with ever fewer leading folders of their paths.

        The first number of folders with which any exists is that of all.
        """
        if self.audio is None:
            places = [(self.root, 0), (self.root.parent, 0)]
        elif self.audio.is_dir():
            longest = max(len(path.parts) for path in paths)
            places = [(self.audio, count) for count in range(longest)]
        else:
            raise FileNotFoundError(
                f"{self.audio}: `audio` must be the folder of the recordings. "
                "Received: no such folder."
            )
        for folder, count in places:
            recordings = {
                path: recording
                for path in paths
                if (recording := _find(folder, path.parts[count:]))
            }
            if recordings:
                return folder, recordings
        return places[0][0], {}

    def _check_distinct(self, recordings: Mapping[PurePosixPath, Path]) -> None:
        """Refuses a recording that is found under two paths."""
        counts = Counter(recordings.values())
        repeated = [str(path) for path, count in counts.items() if count > 1]
        if repeated:
            raise ValueError(
                f"{self.root}: each path in the metadata of {self.dataset} "
                "must have its own recording. Received the same for several: "
                f"{tables.few(repeated)}. Keep the folders that the paths name."
            )

    def span(self, utterance: base.Utterance) -> tuple[float, float | None]:
        return self._spans[utterance.id]

    def _check_counts(self) -> None:
        if not self.partial:
            self.expected = self._counts()
        super()._check_counts()

    def summary(self) -> str:
        """Returns the counts of this copy, and whether speakers are unknown."""
        counts = super().summary()
        if self.speakers != (UNKNOWN,):
            return counts
        return (
            f"{counts}\nspeakers unknown, for want of {self._folder()}/"
            f"{emobox_files.SPEAKERS}: only the protocol emobox can be used"
        )

    def emobox_folds(self) -> list[dict[str, str]]:
        folder = self._folder()
        folds = emobox_files.read_folds(folder, self.dataset)
        unknown = {key for fold in folds for key in fold}.difference(
            self._spans
        )
        if unknown and not self.partial:
            raise ValueError(
                f"{folder}: folds must hold utterances of {self.dataset} "
                f"alone. Received: {tables.few(sorted(unknown))}. Copy the "
                "folder again."
            )
        return folds


def _find(folder: Path, parts: Sequence[str]) -> Path | None:
    """Returns the recording of a path without its leading folders, if any."""
    if not parts:
        return None
    path = folder.joinpath(*parts)
    written = [path] if path.suffix not in _SOUND else []
    extracted = (path.with_suffix(suffix) for suffix in _SOUND)
    return next(
        (p for p in itertools.chain(extracted, written) if p.is_file()), None
    )


def _check_sound(recording: Path, channel: int) -> None:
    """Refuses videos, and several channels where one of them is named."""
    name = str(recording)
    if recording.suffix.lower() in _VIDEO:
        raise ValueError(
            f"{name}: must be sound, not a video. Extract it to a file of that "
            f"name, as by ffmpeg -i {recording.name} {recording.stem}.wav"
        )
    if channel == 1:
        return
    # The reader averages channels; of MELD's six, the third is the speech.
    with files.stream(name) as contents, files.decoder(contents, name) as file:
        if file.channels > 1:
            raise ValueError(
                f"{name}: must hold the channel that EmoBox's metadata name, "
                f"number {channel}, alone. Received: {file.channels} channels. "
                "Extract it, as by ffmpeg -i IN -af pan=mono|c0="
                f"c{channel - 1} OUT.wav"
            )
