"""Small datasets in EmoBox's metadata format, with recordings."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import soundfile

NAME = "toy"
LABELS = {
    "ang": "Angry",
    "hap": "Happy",
    "exc": "Happy",
    "groan": "Pain, Groan",
}
SPEAKERS = ("s1", "s2", "s3")


def rows() -> list[dict[str, Any]]:
    """Four utterances of each of three speakers, a label each."""
    return [
        {
            "key": f"{NAME}-{speaker}-{label}",
            "dataset": NAME,
            "wav": f"downloads/{NAME}/wav/{speaker}/{label}.wav",
            "type": "raw",
            "sample_rate": 48_000,
            "num_frame": 4_800.0,
            "task": "category",
            "length": 0.1,
            "emo": label,
            "channel": 1,
        }
        for speaker in SPEAKERS
        for label in LABELS
    ]


def write(root: pathlib.Path) -> pathlib.Path:
    """Writes EmoBox's repository with metadata, folds and recordings."""
    folder = root / "data" / NAME
    folder.mkdir(parents=True)
    write_rows(folder / f"{NAME}.jsonl", rows())
    (folder / "label_map.json").write_text(json.dumps(LABELS), "utf-8")
    write_speakers(folder)
    write_folds(folder)
    write_audio(root, (row["wav"] for row in rows()))
    return root


def write_rows(path: pathlib.Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes rows as `.jsonl`, or as `.json` with fewer fields."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jsonl":
        text = "".join(json.dumps(row) + "\n" for row in rows)
    else:
        kept = ("wav", "length", "emo", "dataset", "channel")
        spans = ("start_time", "end_time")
        text = json.dumps(
            {
                row["key"]: {k: row[k] for k in (*kept, *spans) if k in row}
                for row in rows
            },
            indent=4,
        )
    path.write_text(text, "utf-8")


def write_speakers(folder: pathlib.Path) -> None:
    lines = []
    for row in rows():
        key, label, speaker = row["key"], row["emo"], row["key"].split("-")[1]
        meta = f"<id={key},lang=en,spk={speaker},emotion={label}>"
        lines.append(f"{key} 1 {speaker} 0 0.1 {meta} {label}\n")
    (folder / "data.seg.wrd.stm").write_text("".join(lines), "utf-8")


def write_folds(folder: pathlib.Path, suffix: str = "jsonl") -> None:
    """Writes a fold for each speaker, who is tested in it."""
    for number, speaker in enumerate(SPEAKERS, start=1):
        for partition in ("train", "test"):
            stem = f"{NAME}_{partition}_fold_{number}.{suffix}"
            write_rows(
                folder / f"fold_{number}" / stem,
                [
                    row
                    for row in rows()
                    if (f"-{speaker}-" in row["key"]) == (partition == "test")
                ],
            )


def write_audio(folder: pathlib.Path, paths: Iterable[str]) -> None:
    """Writes recordings of noise, no two alike."""
    rng = np.random.default_rng(0)
    for path in paths:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, rng.normal(0, 0.1, 4_800), 48_000)
