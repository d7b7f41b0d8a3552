"""Cache of the words of segments on disk, read by memory map.

An entry is a folder with one `.npy` file a modality, the rows of all segments
one after another, and where each segment starts. Its name is a SHA-256 of the
content of the corpus' files, the version of their alignment, the modalities
and the segments: copies that were renamed or moved keep their words, changed
ones get new ones, and so does each list of segments, such as another fold. The
folder may be removed at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pipelines.corpora.base import Utterance
from pipelines.corpora.word_base import WordCorpus
from pipelines.features.cache import remembered_digest
from zoo.common import files

VERSION = 2  # of the entries' layout
FOLDER = "words"
Words = tuple[Mapping[str, np.ndarray], int]
"""Letter to (words, values) float32, and how many values were set to zero."""


def finite_words(
    corpus: WordCorpus, utterance: Utterance, letters: str
) -> Words:
    """Reads the words of a segment, NaN and infinite values set to zero.

    A row whose values are all NaN stays: the word lacks that modality.
    """
    features = corpus.words(utterance, letters)
    kept = {
        letter: np.isfinite(rows) | np.isnan(rows).all(axis=1, keepdims=True)
        for letter, rows in features.items()
    }
    cleaned = {
        letter: np.where(kept[letter], rows, np.float32(0))
        for letter, rows in features.items()
    }
    count = sum(np.count_nonzero(~values) for values in kept.values())
    return cleaned, int(count)


def cached_words(
    folder: Path,
    corpus: WordCorpus,
    utterances: Sequence[Utterance],
    letters: str,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Iterator[Words]:
    """Yields the words of segments from an entry, written where it is missing.

    Only one segment is in memory while an entry is written.

    Args:
        folder: that features are kept in.
        corpus: with an `alignment`.
        utterances: at least one.
        letters: of the modalities.
        progress: called with how many are written, of how many.

    Raises:
        ValueError: the entry is damaged, or a file of the corpus is.
        OSError: the folder cannot be written.
    """
    path = _path(Path(folder).expanduser(), corpus, utterances, letters)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, corpus, utterances, letters, progress)
    return _read(path, letters, len(utterances))


def _path(
    folder: Path,
    corpus: WordCorpus,
    utterances: Sequence[Utterance],
    letters: str,
) -> Path:
    sources = sorted({file for u in utterances for file in u.files})
    digests = [remembered_digest(file, folder) for file in sources]
    names = [utterance.id for utterance in utterances]
    content = (VERSION, corpus.name, corpus.alignment, letters, digests, names)
    key = hashlib.sha256(repr(content).encode()).hexdigest()
    return folder / FOLDER / key[:2] / key


def _write(
    path: Path,
    corpus: WordCorpus,
    utterances: Sequence[Utterance],
    letters: str,
    progress: Callable[[int, int], None],
) -> None:
    starts, counts = [0], []
    with contextlib.ExitStack() as stack:
        part = stack.enter_context(files.temporary_folder(path.parent))
        writers = {
            letter: stack.enter_context(
                _rows(part / f"{letter}.npy", corpus.modalities[letter])
            )
            for letter in letters
        }
        for done, utterance in enumerate(utterances, 1):
            features, cleaned = finite_words(corpus, utterance, letters)
            for letter, rows in features.items():
                writers[letter].write(np.asarray(rows, "<f4").tobytes())
            starts.append(starts[-1] + len(features[letters[0]]))
            counts.append(cleaned)
            progress(done, len(utterances))
        np.save(part / "starts.npy", starts)
        np.save(part / "cleaned.npy", counts)
        for letter, writer in writers.items():
            _write_header(writer, starts[-1], corpus.modalities[letter])
            writer.flush()
        _rename(part, path)


def _rename(part: Path, path: Path) -> None:
    try:
        part.rename(path)
    except OSError:
        # Another process may have written the same entry meanwhile.
        if not path.is_dir():
            raise


@contextlib.contextmanager
def _rows(path: Path, values: int) -> Iterator[BinaryIO]:
    """Opens a `.npy` file for rows whose number is not known yet."""
    with open(path, "wb") as file:
        _write_header(file, 0, values)
        yield file


def _write_header(file: BinaryIO, rows: int, values: int) -> None:
    """Writes the header, whose length does not depend on the numbers."""
    file.seek(0)
    shape = f"'shape': ({rows}, {values})"
    header = f"{{'descr': '<f4', 'fortran_order': False, {shape}, }}"
    file.write(b"\x93NUMPY\x01\x00\x76\x00" + f"{header:<117}\n".encode())


def _read(path: Path, letters: str, segments: int) -> Iterator[Words]:
    try:
        starts = np.load(path / "starts.npy", allow_pickle=False)
        counts = np.load(path / "cleaned.npy", allow_pickle=False)
        # A plain array is cut into segments faster than a memory map.
        arrays = {
            letter: np.asarray(
                np.load(
                    path / f"{letter}.npy", mmap_mode="r", allow_pickle=False
                )
            )
            for letter in letters
        }
    except (ValueError, EOFError, OSError) as error:
        raise _damaged(path, str(error)) from error
    rows = {len(array) for array in arrays.values()}
    if rows != {int(starts[-1])} or len(counts) != segments:
        raise _damaged(path, f"{rows} rows for {len(counts)} segments")
    return (
        ({letter: rows[start:end] for letter, rows in arrays.items()}, count)
        for start, end, count in zip(
            starts[:-1].tolist(), starts[1:].tolist(), counts.tolist()
        )
    )


def _damaged(path: Path, reason: str) -> ValueError:
    return ValueError(
        f"{path} must hold complete .npy files of words. Received: {reason}. "
        "Remove the folder; it will be made again."
    )
