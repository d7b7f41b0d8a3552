"""Features kept on disk by what they were computed from.

A file's name is a SHA-256 of the recording's bytes, the span, and the front
end's name and version, so that renamed or moved recordings find theirs and
changed ones do not. Files are plain `.npy`, written whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

import numpy as np

_BLOCK = 1 << 20


class Cache:
    """A folder of feature arrays.

    Args:
        folder: made when something is first kept in it.

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
        """Where the features of a recording are kept.

        Args:
            recording: an audio file.
            front_end: name of what computes them.
            version: changes whenever its numbers do.
            span: start and end in seconds; `None` for the file's end.

        Raises:
            OSError: the recording cannot be read.
        """
        digest = hashlib.sha256()
        with open(recording, "rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        told = repr((digest.hexdigest(), span, front_end, version))
        key = hashlib.sha256(told.encode()).hexdigest()
        return self.folder / front_end / key[:2] / f"{key}.npy"

    def get(self, path: Path) -> np.ndarray | None:
        """The features kept there; `None` where there are none.

        Raises:
            ValueError: something else is there, or a part of a file.
        """
        try:
            return np.load(path, allow_pickle=False)
        except FileNotFoundError:
            return None
        except (ValueError, EOFError) as error:
            raise ValueError(
                f"{path} must be a whole .npy file of features. Received: "
                f"{error} Remove it; it will be computed again."
            ) from error

    def put(self, path: Path, features: np.ndarray) -> None:
        """Keeps features in one step.

        Raises:
            OSError: the folder cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.stem[:8]}.{secrets.token_hex(4)}")
        try:
            with open(partial, "wb") as file:
                np.save(file, features, allow_pickle=False)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
