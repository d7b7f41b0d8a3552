"""Reads EmoBox's metadata: rows of utterances, label maps, speakers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pipelines.corpora._io import emobox_rows, tables
from pipelines.corpora._io.emobox_rows import Row

MAX_BYTES = 2**27
"""Of a file of metadata: MSP-Podcast's, the largest, takes about 20 MB."""
SPEAKERS = "data.seg.wrd.stm"
LABEL_MAPS = ("label_map.json", "label_dict.json")
PARTITIONS = {"train": "train", "valid": "dev", "test": "test"}
"""Names of EmoBox's partitions, and what they are called here."""
_STM = re.compile(r"<id=(.+),lang=[^,]*,spk=(.+),emotion=[^>]*>")


def read_rows(stem: Path) -> list[Row]:
    """Reads the utterances of a `.jsonl` file, or of a `.json` file.

    A `.jsonl` file holds an object a line, with its id under `key`; a `.json`
    file one object, id to utterance. Where both exist, `.jsonl` is read.

    Args:
        stem: the file without its suffix.

    Raises:
        FileNotFoundError: there is neither.
        ValueError: the file is not of that format, or a row lacks a field or
            holds a value that it must not have; the message names it.
    """
    lines, whole = stem.with_suffix(".jsonl"), stem.with_suffix(".json")
    if lines.is_file():
        rows = [
            emobox_rows.parse(where, _object(where, text))
            for where, text in _lines(lines)
        ]
    elif whole.is_file():
        rows = [
            emobox_rows.parse(f"{whole}, {key!r}", {"key": key, **fields})
            for key, fields in _objects(whole).items()
        ]
    else:
        raise FileNotFoundError(
            f"{lines} is missing, and so is {whole.name}. Copy EmoBox's data/ "
            "folder whole, or name another dataset."
        )
    if not rows:
        raise ValueError(
            f"{lines if lines.is_file() else whole}: must hold utterances. "
            "Received: none. Copy it again."
        )
    return rows


def read_label_map(folder: Path) -> dict[str, str]:
    """Reads a dataset's label map: its own labels to EmoBox's, lower-cased.

    Returns:
        An empty map where the folder has none.

    Raises:
        ValueError: it is no object of texts.
    """
    for name in LABEL_MAPS:
        path = folder / name
        if path.is_file():
            labels = _object(str(path), _text(path))
            for own, emotion in labels.items():
                if not isinstance(emotion, str) or not emotion.strip():
                    raise ValueError(
                        f"{path}: a label must map to text. Received: "
                        f"{emotion!r} for {own!r}. Copy it again."
                    )
            # Names are joined by commas on the command line.
            return {
                own: emotion.strip().lower().replace(", ", " or ")
                for own, emotion in labels.items()
            }
    return {}


def read_speakers(folder: Path) -> dict[str, str]:
    """Reads the speaker of each utterance from `data.seg.wrd.stm`.

    Returns:
        Id to speaker; empty where the folder has no such file.

    Raises:
        ValueError: a line does not name an utterance and its speaker.
    """
    path = folder / SPEAKERS
    if not path.is_file():
        return {}
    speakers = {}
    for where, line in _lines(path):
        match = _STM.search(line)
        if not match:
            raise ValueError(
                f"{where}: must hold <id=…,lang=…,spk=…,emotion=…>. Received: "
                f"{line[:60]!r}. Copy it again."
            )
        speaker = match[2]
        if speaker.startswith("downloads/"):  # as those of JL Corpus
            speaker = speaker.rpartition("/")[2]
        speakers[match[1]] = speaker
    return speakers


def read_folds(folder: Path, dataset: str) -> list[dict[str, str]]:
    """Reads EmoBox's folds, in the order of their numbers.

    Returns:
        For each fold, utterance id to "train", "dev" or "test".

    Raises:
        FileNotFoundError: a fold lacks its train or its test.
        ValueError: there are no folds, or an utterance is in two partitions.
    """
    numbers = sorted(
        int(path.name[5:])
        for path in folder.glob("fold_*")
        if path.name[5:].isdecimal()
    )
    if not numbers:
        raise ValueError(
            f"{folder}: EmoBox's folds must be there, as fold_1 with "
            f"{dataset}_train_fold_1.jsonl and {dataset}_test_fold_1.jsonl. "
            "Received: no folder of that name. Copy EmoBox's data/ folder "
            "whole, or choose another --protocol."
        )
    return [_fold(folder, dataset, number) for number in numbers]


def _fold(folder: Path, dataset: str, number: int) -> dict[str, str]:
    partition_of: dict[str, str] = {}
    for name, partition in PARTITIONS.items():
        stem = folder / f"fold_{number}" / f"{dataset}_{name}_fold_{number}"
        exists = any(
            stem.with_suffix(suffix).is_file() for suffix in (".jsonl", ".json")
        )
        if name == "valid" and not exists:
            continue
        for row in read_rows(stem):
            first = partition_of.setdefault(row.key, partition)
            if first != partition:
                raise ValueError(
                    f"{stem.parent}: an utterance must be in one partition. "
                    f"Received: {row.key!r} in {first} and {partition}. Copy "
                    "the fold again."
                )
    return partition_of


def _text(path: Path) -> str:
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(
            f"{path}: must have at most {MAX_BYTES} bytes. Received: "
            f"{path.stat().st_size}. It is no metadata of EmoBox."
        )
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: must be UTF-8 text. {error}.") from error


def _lines(path: Path) -> list[tuple[str, str]]:
    """Returns file and number of each line that is not blank, and its text."""
    return [
        (f"{path}, line {number}", line)
        for number, line in enumerate(_text(path).split("\n"), start=1)
        if line.strip()
    ]


def _objects(path: Path) -> dict[str, dict[str, Any]]:
    """Decodes a file with an object of objects."""
    content = _object(str(path), _text(path))
    for key, fields in content.items():
        if not isinstance(fields, dict):
            raise ValueError(
                f"{path}: an utterance must be an object of fields. Received: "
                f"{fields!r:.60} for {key!r}. Copy the file again."
            )
    return content


def _object(where: str, text: str) -> dict[str, Any]:
    """Decodes a JSON object; refuses repeated names, NaN and other values."""
    try:
        content = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{where}: must be a JSON object. {error}. Copy the file again."
        ) from error
    if not isinstance(content, dict):
        raise ValueError(
            f"{where}: must be a JSON object. Received: a "
            f"{type(content).__name__}. Copy the file again."
        )
    return content


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = [name for name in content if names.count(name) > 1]
        raise ValueError(f"Received more than once: {tables.few(repeated)}")
    return content


def _no_number(text: str) -> float:
    raise ValueError(f"Received: {text}, which is no number")
