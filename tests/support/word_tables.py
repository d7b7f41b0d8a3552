"""Tables of words with features, as a user writes them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io.wavfile

from pipelines.corpora.word_manifest import WordManifest

VALUES = {"text": 5, "audio": 4, "video": 3}
SPLITS = ("train", "train", "dev", "test")


def open_table(folder: Path, **options: Any) -> WordManifest:
    """Opens the corpus of a table."""
    return WordManifest(folder, **options)


def change_row(folder: Path, line: int, **cells: Any) -> None:
    """Changes cells of a line of the table, counted from 1."""
    lines = (folder / "words.csv").read_text("utf-8").splitlines()
    names, row = lines[0].split(","), lines[line - 1].split(",")
    changed = {**dict(zip(names, row)), **cells}
    lines[line - 1] = ",".join(map(str, changed.values()))
    (folder / "words.csv").write_text("\n".join(lines) + "\n", "utf-8")


def arrays(
    words: int, seed: int = 0, values: Mapping[str, int] = VALUES
) -> dict[str, np.ndarray]:
    """Features of words by modality."""
    generator = np.random.default_rng(seed)
    return {
        name: generator.normal(size=(words, count)).astype("float32")
        for name, count in values.items()
    }


def save_hdf5(path: Path, **content: np.ndarray) -> None:
    """Writes arrays as `numpy.savez` does, to HDF5."""
    import h5py

    with h5py.File(path, "w") as file:
        for name, array in content.items():
            file[name] = array


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Writes rows as a CSV file; returns the file."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def table_rows(count: int = 8) -> list[dict[str, Any]]:
    """Rows with everything but features; the label is joy in [-1, 1]."""
    return [
        {
            "segment": f"s{number:02d}",
            "speaker": f"p{number}",
            "split": SPLITS[number % len(SPLITS)],
            "joy": round(np.sin(number), 3),
            "calm": round(np.cos(number), 3),
        }
        for number in range(count)
    ]


def feature_folder(
    folder: Path,
    count: int = 8,
    suffix: str = ".npz",
    values: Mapping[str, int] = VALUES,
    save: Callable[..., None] | None = None,
) -> Path:
    """Writes a table with a file of features for each segment."""
    folder.mkdir(exist_ok=True)
    save = save or (np.savez if suffix == ".npz" else save_hdf5)
    rows = table_rows(count)
    for number, row in enumerate(rows):
        row["features"] = f"{row['segment']}{suffix}"
        save(folder / row["features"], **arrays(3 + number, number, values))
    write_table(folder / "words.csv", rows)
    return folder


WORDS = ("well", "I", "really", "liked", "it")


def spoken_times(count: int = len(WORDS)) -> np.ndarray:
    """Words of 0.2 s with pauses of 0.05 s, from 0.1 s on."""
    starts = 0.1 + 0.25 * np.arange(count)
    return np.stack([starts, starts + 0.2], axis=1)


def write_speech(path: Path, seconds: float = 1.5, seed: int = 0) -> None:
    """Writes a voice-like sound whose pitch and level change."""
    time = np.arange(round(16000 * seconds)) / 16000
    pitch = 120 + 40 * seed + 30 * np.sin(2 * np.pi * time)
    phase = 2 * np.pi * np.cumsum(pitch) / 16000
    voice = sum(np.sin(order * phase) / order for order in range(1, 20))
    noise = np.random.default_rng(seed).normal(size=len(time))
    samples = 6000 * (0.3 + time / seconds) * voice / 2 + 50 * noise
    scipy.io.wavfile.write(path, 16000, samples.astype("int16"))


def write_times(path: Path, recording: str = "a") -> None:
    """Writes the words of `spoken_times` in the format of the suffix."""
    times = spoken_times().round(6).tolist()
    if path.suffix == ".csv":
        lines = [f"{w},{s},{e}" for w, (s, e) in zip(WORDS, times)]
        text = "word,start,end\n" + "\n".join(lines) + "\n"
    elif path.suffix == ".ctm":
        lines = [
            f"{recording} 1 {s} {round(e - s, 6)} {w} 0.9"
            for w, (s, e) in zip(WORDS, times)
        ]
        text = ";; a comment\n" + "\n".join(lines) + "\n"
    else:
        text = text_grid(times)
    path.write_text(text, "utf-8")


def text_grid(times: Sequence[Sequence[float]], is_long: bool = True) -> str:
    """A TextGrid of `WORDS` with silences, and a tier of points before it."""
    intervals, before = [], 0.0
    for word, (start, end) in zip(WORDS, times):
        intervals += [("", before, start), (word, start, end)]
        before = end
    intervals.append(("sil", before, 1.5))
    if not is_long:
        entries = "\n".join(f'{s}\n{e}\n"{w}"' for w, s, e in intervals)
        return (
            'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n1.5\n'
            '<exists>\n2\n"TextTier"\n"events"\n0\n1.5\n1\n0.7\n"a ""click"""\n'
            f'"IntervalTier"\n"words"\n0\n1.5\n{len(intervals)}\n{entries}\n'
        )
    entries = "\n".join(
        f"        intervals [{number}]:\n            xmin = {s} \n"
        f'            xmax = {e} \n            text = "{w}" '
        for number, (w, s, e) in enumerate(intervals, start=1)
    )
    return (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0 \n'
        "xmax = 1.5 \ntiers? <exists> \nsize = 2 \nitem []: \n"
        '    item [1]:\n        class = "TextTier" \n        name = "events" \n'
        "        xmin = 0 \n        xmax = 1.5 \n        points: size = 1 \n"
        "        points [1]:\n            number = 0.7 \n"
        '            mark = "a ""click""" \n'
        '    item [2]:\n        class = "IntervalTier" \n'
        '        name = "words" \n        xmin = 0 \n        xmax = 1.5 \n'
        f"        intervals: size = {len(intervals)} \n{entries}\n"
    )


def speech_folder(
    folder: Path, suffix: str = ".csv", count: int = 8, seconds: float = 1.5
) -> Path:
    """Writes a table of recordings with word times, and a file of vectors."""
    folder.mkdir(exist_ok=True)
    rows = table_rows(count)
    for number, row in enumerate(rows):
        row["file"] = f"r{number}.wav"
        row["words"] = f"r{number}{suffix}"
        write_speech(folder / row["file"], seconds, number)
        write_times(folder / row["words"], f"r{number}")
    write_table(folder / "words.csv", rows)
    write_vectors(folder / "glove.txt")
    return folder


def write_vectors(path: Path, values: int = 6) -> None:
    """Writes vectors of all `WORDS` but "really", and of others."""
    known = ["the", "well", "i", "liked", "it", ". . .", "zebra"]
    lines = [
        " ".join([word, *(f"{number + n / 8:.3f}" for n in range(values))])
        for number, word in enumerate(known)
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
