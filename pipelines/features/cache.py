"""Cache of features on disk, one `.npy` file a recording.

A file's name is a SHA-256 of the recording's bytes, the span, and the front
end's name and version: a renamed or moved recording keeps its features, a
changed one gets new ones. Files are written atomically.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from zoo.common import files

_BLOCK = 1 << 20
_SECONDS = 2.0


def digest(recording: Path) -> str:
    """Returns the SHA-256 of a file's bytes, in hexadecimal digits.

    Raises:
        OSError: the file cannot be read.
    """
    content = hashlib.sha256()
    with open(recording, "rb") as file:
        while block := file.read(_BLOCK):
            content.update(block)
    return content.hexdigest()


def remembered_digest(recording: Path, folder: Path) -> str:
    """Returns the SHA-256 of a large file, computed once while it is unchanged.

    A file counts as unchanged while its path, size and time of change are the
    same. One that changed less than two seconds ago is not remembered, since
    it may change again within the clock's resolution.

    Args:
        recording: the file.
        folder: of the cache, where digests are kept.

    Raises:
        OSError: the file cannot be read, or the folder not be written.
    """
    state = recording.stat()
    known = (str(recording.resolve()), state.st_size, state.st_mtime_ns)
    name = hashlib.sha256(repr(known).encode()).hexdigest()
    path = folder / "digests" / name
    if path.is_file():
        stored = path.read_text("ascii", "replace")
        if re.fullmatch("[0-9a-f]{64}", stored):
            return stored
    content = digest(recording)
    after = recording.stat()
    changed = (after.st_size, after.st_mtime_ns) != known[1:]
    if not changed and time.time() - state.st_mtime > _SECONDS:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_text(path, content)
    return content


@functools.cache
def temporary_folder() -> Path:
    """Returns a folder that is removed when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="features-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


class Cache:
    """A folder of feature arrays.

    Args:
        folder: made when features are first written into it.

    Raises:
        NotADirectoryError: `folder` is a file.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder).expanduser()
        if self.folder.exists() and not self.folder.is_dir():
            raise NotADirectoryError(
                f"`folder` of the features must be a folder. Received: "
                f"{folder}, which is a file. Choose another one."
            )

    def path(
        self,
        recording: Path,
        front_end: str,
        version: str,
        span: tuple[float, float | None] = (0.0, None),
    ) -> Path:
        """Returns the file of the features of a recording.

        Args:
            recording: an audio file.
            front_end: name of the front end.
            version: of the front end; changes whenever its numbers do.
            span: start and end in seconds; `None` for the file's end.

        Raises:
            OSError: the recording cannot be read.
        """
        content = repr((digest(recording), span, front_end, version))
        key = hashlib.sha256(content.encode()).hexdigest()
        return self.folder / front_end / key[:2] / f"{key}.npy"

    def keep(
        self, features: np.ndarray, front_end: str
    ) -> Callable[[], np.ndarray]:
        """Writes features of no single recording.

        Args:
            features: to write, to a file that is named after their values.
            front_end: name of the front end.

        Returns:
            A function that reads them again.
        """
        content = np.ascontiguousarray(features)
        key = hashlib.sha256(content.tobytes()).hexdigest()
        path = self.folder / front_end / key[:2] / f"{key}.npy"
        if not path.exists():
            self.put(path, features)
        return functools.partial(self.read, path)

    def has(self, front_end: str) -> bool:
        """Returns whether there are features of a front end."""
        return (self.folder / front_end).is_dir()

    def get(self, path: Path) -> np.ndarray | None:
        """Reads features; returns `None` where the file does not exist.

        Raises:
            ValueError: the file is no complete `.npy` file.
        """
        try:
            return np.load(path, allow_pickle=False)
        except FileNotFoundError:
            return None
        except (ValueError, EOFError) as error:
            raise ValueError(
                f"{path} must be a complete .npy file of features. Received: "
                f"{error} Remove it; it will be computed again."
            ) from error

    def read(self, path: Path) -> np.ndarray:
        """Reads features that have been written.

        Raises:
            FileNotFoundError: they have been removed since.
            ValueError: the file is no complete `.npy` file.
        """
        features = self.get(path)
        if features is None:
            raise FileNotFoundError(
                f"{path} must be there until the command ends, since the "
                "features of this corpus do not fit in memory. It has been "
                "removed: run the same command again."
            )
        return features

    def put(self, path: Path, features: np.ndarray) -> None:
        """Writes features atomically.

        Raises:
            OSError: the folder cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.replacing(path) as partial:
            np.save(partial, features, allow_pickle=False)
