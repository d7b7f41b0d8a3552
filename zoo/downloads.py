"""Downloads weights files by address and digest, and keeps them.

Downloads are kept in `$ZOO_HOME` (default `~/.cache/emotion-zoo`).
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import IO

from zoo.common import files

MOST_BYTES = 2**30
SUFFIXES = (".keras", ".weights.h5")


def sha256(path: pathlib.Path) -> str:
    """Returns the hexadecimal SHA-256 digest of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def download(address: str) -> pathlib.Path:
    """Downloads a weights file once, checks its digest, and caches it.

    Raises:
        ValueError: not `https`, no digest in the address, too large, or
            content of another digest.
    """
    parts = urllib.parse.urlsplit(address)
    digest = parts.fragment.removeprefix("sha256=").lower()
    name = pathlib.PurePosixPath(parts.path).name
    if parts.scheme != "https" or not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError(
            "`weights` from the network must be an https address that ends "
            f"in #sha256= and 64 digits. Received: {address}"
        )
    if not name.endswith(SUFFIXES):
        raise ValueError(
            f"`weights` must end in {' or '.join(SUFFIXES)}. Received: {name}"
        )
    path = home() / digest / name
    if not path.exists() or sha256(path) != digest:
        path.parent.mkdir(parents=True, exist_ok=True)
        _fetch(address.partition("#")[0], digest, path)
    return path


def home() -> pathlib.Path:
    """Returns the folder of downloads: `$ZOO_HOME` or the default."""
    default = pathlib.Path.home() / ".cache" / "emotion-zoo"
    return pathlib.Path(os.environ.get("ZOO_HOME") or default)


def _fetch(address: str, digest: str, path: pathlib.Path) -> None:
    """Downloads a file of a known digest."""
    with files.replacing(path) as part:
        with open(part, "wb") as file:
            received = _copy(address, file)
        if received != digest:
            raise ValueError(
                f"{address} is not the file expected: its sha256 is "
                f"{received}, not {digest}."
            )


def _copy(address: str, file: IO[bytes]) -> str:
    """Downloads into an open file and returns the digest of the content."""
    sha, size = hashlib.sha256(), 0
    try:
        with urllib.request.urlopen(address, timeout=60) as response:
            while block := response.read(2**20):
                size += len(block)
                if size > MOST_BYTES:
                    raise ValueError(
                        f"{address} is larger than {MOST_BYTES} bytes."
                    )
                sha.update(block)
                file.write(block)
    except urllib.error.URLError as error:
        raise OSError(
            f"{address} cannot be fetched: {error.reason}."
        ) from error
    return sha.hexdigest()
