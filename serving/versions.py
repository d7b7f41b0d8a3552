"""Versions of a served model: publishing, labels, roll-back, removal.

A model's folder holds one folder per version, named by a whole number, as TF
Serving reads it. The file `labels.json` beside them maps labels ("stable",
"canary") to versions; `serving.config` writes them for TF Serving, and the
embedded server reads them itself. Every change is one rename, so that a reader
sees the state before it or after it, even if the process is killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
from collections.abc import Iterator, Mapping

from zoo.common import files

STABLE, CANARY = "stable", "canary"
LABELS = "labels.json"
_REMOVED = "removed"


def numbers(base: pathlib.Path) -> list[int]:
    """Returns the versions in a model's folder, oldest first."""
    try:
        children = list(base.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(
        int(child.name)
        for child in children
        if child.name.isascii() and child.name.isdecimal() and child.is_dir()
    )


def folder(base: pathlib.Path, number: int) -> pathlib.Path:
    """Returns the folder of a version, whose name may begin with zeros.

    Raises:
        FileNotFoundError: there is none.
    """
    for child in base.iterdir() if number in numbers(base) else ():
        if child.name.isdecimal() and int(child.name) == number:
            return child
    raise FileNotFoundError(
        f"{base} holds no version {number}. It holds: "
        f"{', '.join(map(str, numbers(base))) or 'none'}."
    )


def models(root: pathlib.Path) -> list[str]:
    """Returns the names of the subfolders that hold a version.

    Raises:
        FileNotFoundError: no such folder.
    """
    if not root.is_dir():
        raise FileNotFoundError(
            f"{root} must be a folder of models, as `python -m serving.export` "
            "and `python -m serving.push` write it. There is none."
        )
    return sorted(
        path.name
        for path in root.iterdir()
        if not path.name.startswith(".") and numbers(path)
    )


def labels(base: pathlib.Path) -> dict[str, int]:
    """Returns the version of each label; empty where nothing was pushed.

    Raises:
        ValueError: the file is damaged.
    """
    path = base / LABELS
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ValueError(_damaged(path, error)) from error
    if not isinstance(content, dict) or not all(
        type(number) is int for number in content.values()
    ):
        raise ValueError(_damaged(path, content))
    return content


def _damaged(path: pathlib.Path, received: object) -> str:
    return (
        f"{path} must map labels to versions ({received}). Remove it to serve "
        "the newest version, or push again."
    )


def served(base: pathlib.Path) -> list[int]:
    """Returns the versions with a label or, without any, the newest one."""
    known = numbers(base)
    labelled = {*labels(base).values()} & {*known}
    return sorted(labelled) if labelled else known[-1:]


def live(base: pathlib.Path) -> pathlib.Path | None:
    """Returns the folder of the version that answers by default, if any."""
    known = numbers(base)
    stable = labels(base).get(STABLE)
    if stable is not None and stable in known:
        return folder(base, stable)
    return folder(base, known[-1]) if known else None


@contextlib.contextmanager
def locked(base: pathlib.Path) -> Iterator[None]:
    """Holds the lock of a model's folder, which ends with the process.

    What a killed process left half written is removed first.
    """
    base.mkdir(parents=True, exist_ok=True)
    with open(base / ".lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        files.remove_temporary(base)
        yield


def publish(source: pathlib.Path, base: pathlib.Path, expected: str) -> int:
    """Copies an export to the next number of a model's folder.

    Args:
        source: the folder of an export.
        base: the model's folder; hold its lock.
        expected: digest of the export that was validated.

    Returns:
        The new number.

    Raises:
        ValueError: `source` is not what was validated.
    """
    with files.temporary_folder(base) as part:
        shutil.copytree(source, part, dirs_exist_ok=True)
        if digest(part) != expected:
            raise ValueError(
                f"{source} changed after it was validated. Push it again."
            )
        return int(files.move_to_next_number(part, base, durable=True).name)


def release(
    export: pathlib.Path, base: pathlib.Path, expected: str, canary: bool
) -> tuple[int, str]:
    """Publishes a blessed export and labels it.

    A kill between the two leaves the labels, and so the versions that are
    served, as they were.

    Args:
        export: the folder of the export.
        base: the model's folder; hold its lock.
        expected: digest of the export that was validated.
        canary: label it "canary" and leave "stable" where it is.

    Returns:
        The new number and its label.
    """
    current = labels(base)
    stable = live(base)
    if canary and stable is None:
        raise ValueError(
            f"{base} has no stable version yet, so there can be no canary. "
            "Push without --canary first."
        )
    if stable is not None and not current:  # else the newest would be served
        relabel(base, {STABLE: int(stable.name)})
    version = publish(export, base, expected)
    if stable is None or not canary:
        relabel(base, {STABLE: version})
        return version, STABLE
    relabel(base, {STABLE: int(stable.name), CANARY: version})
    return version, CANARY


def digest(folder: pathlib.Path) -> str:
    """Returns the sha256 of all names and contents below a folder."""
    total = hashlib.sha256()
    for path in sorted(file for file in folder.rglob("*") if file.is_file()):
        name = str(path.relative_to(folder)).encode()
        content = hashlib.sha256(path.read_bytes()).digest()
        total.update(hashlib.sha256(name).digest() + content)
    return total.hexdigest()


def relabel(base: pathlib.Path, new: Mapping[str, int]) -> None:
    """Replaces all labels at once; hold the lock."""
    text = json.dumps(dict(new), indent=2, sort_keys=True) + "\n"
    with files.replacing(base / LABELS, durable=True) as part:
        part.write_text(text)
        part.chmod(0o644)


def promote(base: pathlib.Path) -> int:
    """Makes the canary the stable version.

    Raises:
        ValueError: there is no canary.
    """
    with locked(base):
        current = labels(base)
        if CANARY not in current:
            raise ValueError(
                f"{base} has no canary to promote. Push one with --canary."
            )
        folder(base, current[CANARY])
        relabel(base, {STABLE: current[CANARY]})
        return current[CANARY]


def roll_back(base: pathlib.Path, to: int | None = None) -> int:
    """Removes the label of the canary or, without one, of the stable version.

    Args:
        base: the model's folder.
        to: the version to label "stable"; by default the stable version where
            there is a canary, else the one before it.

    Returns:
        The stable version from now on.

    Raises:
        ValueError: there is no older version.
        FileNotFoundError: there is no version `to`.
    """
    with locked(base):
        current = labels(base)
        stable = current.get(STABLE, max(numbers(base), default=0))
        if to is None and CANARY in current:
            to = stable
        elif to is None:
            older = [number for number in numbers(base) if number < stable]
            if not older:
                raise ValueError(
                    f"{base} holds no version before {stable} to roll back "
                    "to. Push the model that is to be served."
                )
            to = older[-1]
        folder(base, to)
        relabel(base, {STABLE: to})
        return to


def prune(base: pathlib.Path, keep: int) -> list[int]:
    """Removes all but the labelled versions and the `keep` newest others.

    A version is renamed before it is deleted, so that no half of it is seen.

    Args:
        base: the model's folder; hold its lock.
        keep: how many versions without a label stay.

    Returns:
        The numbers that were removed.
    """
    others = sorted({*numbers(base)} - {*served(base)})
    superfluous = others[: max(0, len(others) - keep)]
    for number in superfluous:
        with files.temporary_folder(base) as part:
            os.rename(folder(base, number), part / _REMOVED)
    return superfluous
