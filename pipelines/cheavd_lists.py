"""Writes CHEAVD's labels.csv from the challenge's lists of files and emotions.

`python -m pipelines.cheavd_lists --data FOLDER --train LIST --dev LIST --test
LIST` finds the recordings of the lists in the folder, and writes labels.csv
there, which the corpus `cheavd` reads.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipelines.corpora import cheavd
from pipelines.corpora._io import cheavd_lists, tables
from pipelines.corpora._io.cheavd_lists import Entry
from pipelines.corpora.base import SPLITS
from zoo.common import cli, files

SUFFIXES = (".wav", ".flac")
"""Of recordings, whatever suffix a list gives them, such as that of a video."""


@cli.command
def main(argv: Sequence[str] | None = None) -> None:
    arguments = _parser().parse_args(argv)
    lists = {
        split: path for split in SPLITS if (path := getattr(arguments, split))
    }
    if not lists:
        raise cli.UsageError(
            "Name at least one of the challenge's lists: --train, --dev or "
            "--test."
        )
    path = write(arguments.data, lists, arguments.partial)
    print(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.cheavd_lists", description=__doc__
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="folder of your copy"
    )
    for split in SPLITS:
        parser.add_argument(
            f"--{split}",
            type=Path,
            metavar="LIST",
            help=f"of the recordings of {split}"
            + (", whose emotions may be unknown" if split == "test" else ""),
        )
    parser.add_argument(
        "--partial",
        action="store_true",
        help="also list recordings that the folder lacks",
    )
    return parser


def write(root: Path, lists: Mapping[str, Path], partial: bool = False) -> Path:
    """Writes `labels.csv` of a copy of CHEAVD.

    Counts of emotions that differ from those published are printed.

    Args:
        root: folder of the copy, with its recordings in any folders.
        lists: partition to its list.
        partial: whether the copy may lack recordings of the lists.

    Returns:
        The path of the table.

    Raises:
        FileExistsError: the table is there already.
        FileNotFoundError: no such folder or list, or a recording is missing.
        ValueError: a list is damaged, or names a recording twice; or several
            recordings have the name of one.
    """
    path = root / cheavd.TABLE
    if path.exists():
        raise FileExistsError(
            f"{path} is there already. Move it away to write another."
        )
    if not root.is_dir():
        raise FileNotFoundError(
            f"--data {root} must be the folder of your copy. Received: no "
            "folder."
        )
    entries = {
        split: cheavd_lists.read(own, has_emotions=split != "test")
        for split, own in lists.items()
    }
    every = [entry for own in entries.values() for entry in own]
    recordings = _recordings(root, every, partial)
    _check_once(every, recordings)
    files.write_text(path, _table(entries, recordings))
    for line in differences(entries):
        print(line, file=sys.stderr)
    return path


def _recordings(
    root: Path, entries: Iterable[Entry], partial: bool
) -> dict[Entry, str]:
    """Returns the recording of each entry, relative to the root."""
    by_stem: dict[str, list[Path]] = {}
    for path in sorted(root.rglob("[!.]*")):
        if path.suffix.lower() in SUFFIXES:
            by_stem.setdefault(path.stem.lower(), []).append(path)
    recordings, missing = {}, []
    for entry in entries:
        name = entry.file.replace("\\", "/")
        whole, stem = Path(name).name.lower(), Path(name).stem.lower()
        paths = by_stem.get(whole) or by_stem.get(stem, [])
        exact = [path for path in paths if _ends_with(path, name)]
        if len(paths) > 1 and len(exact) != 1:
            raise ValueError(
                f"{entry.where}: {entry.file} must name one recording. "
                f"Received: {tables.few(map(str, paths))}."
            )
        if paths:
            path = (exact or paths)[0]
            recordings[entry] = path.relative_to(root).as_posix()
        else:
            missing.append(entry.file)
            recordings[entry] = name
    if missing and not partial:
        raise FileNotFoundError(
            f"{root}: {len(missing)} of {len(recordings)} recordings of the "
            f"lists are missing: {tables.few(missing)}. Copy them there as "
            ".wav or .flac, or add --partial."
        )
    return recordings


def _ends_with(path: Path, name: str) -> bool:
    """Returns whether a path ends as a list names it, but for the suffix."""
    wanted = Path(name).with_suffix("").parts
    return path.with_suffix("").parts[-len(wanted) :] == wanted


def _check_once(
    entries: Iterable[Entry], recordings: Mapping[Entry, str]
) -> None:
    """Refuses a recording that several lines have."""
    lines: dict[str, Entry] = {}
    for entry in entries:
        first = lines.setdefault(recordings[entry], entry)
        if first is not entry:
            raise ValueError(
                f"{entry.where}: a recording must be in one line of one list. "
                f"Received: {entry.file}, which is in {first.where} too."
            )


def _table(
    entries: Mapping[str, Sequence[Entry]], recordings: Mapping[Entry, str]
) -> str:
    every = [entry for own in entries.values() for entry in own]
    has_speakers = any(entry.speaker for entry in every)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    speaker = ["speaker"] if has_speakers else []
    writer.writerow(["file", "split", "emotion", *speaker])
    for split, own in entries.items():
        for entry in own:
            file = recordings[entry]
            # As without the column, an unknown speaker is one of its own.
            names = [entry.speaker or file] if has_speakers else []
            writer.writerow([file, split, entry.emotion, *names])
    return text.getvalue()


def differences(entries: Mapping[str, Sequence[Entry]]) -> list[str]:
    """Returns how the lists differ from the counts that are published.

    Args:
        entries: partition to the lines of its list.

    Returns:
        A sentence for each partition that differs or that has no list.
    """
    lines = []
    for split, sizes in cheavd.SIZES.items():
        counts = Counter(entry.emotion for entry in entries.get(split, ()))
        if split not in entries:
            lines.append(f"note: no list of {split}; read the copy --partial.")
        elif set(counts) != {""}:
            differing = [
                f"{counts[emotion]:,} of {size:,} {emotion}"
                for emotion, size in zip(cheavd.EMOTIONS, sizes)
                if counts[emotion] != size
            ]
            if differing:
                lines.append(
                    f"note: {split} has {', '.join(differing)}; read the copy "
                    "--partial."
                )
    return lines


if __name__ == "__main__":
    sys.exit(main())
