"""The versions of a served model: published, labelled, rolled back, removed.

A model's folder holds one folder a version, named by a whole number, as TF
Serving reads it. Beside them lies `labels.json`, which says which version each
label ("stable", "canary") means; TF Serving learns of it by `serving.config`,
the embedded server reads it. Every change is one rename, so that whoever looks
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
import tempfile
from collections.abc import Iterator, Mapping

STABLE, CANARY = "stable", "canary"
LABELS = "labels.json"
_STAGED, _REMOVED, _RELABELLED = ".part-", ".old-", ".labels-"


def numbers(base: pathlib.Path) -> list[int]:
    """The versions that a model's folder holds, oldest first."""
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
    """The folder of a version, whose name may begin with zeros.

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
    """Names of the models below a folder: what holds a version.

    Raises:
        FileNotFoundError: no such folder.
    """
    if not root.is_dir():
        raise FileNotFoundError(
            f"{root} must be a folder of models, as `python -m serving.export` "
            "and `python -m serving.push` write it. There is none."
        )
    return sorted(
        each.name
        for each in root.iterdir()
        if not each.name.startswith(".") and numbers(each)
    )


def labels(base: pathlib.Path) -> dict[str, int]:
    """Which version each label means; empty where nothing was pushed.

    Raises:
        ValueError: the file is damaged.
    """
    path = base / LABELS
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ValueError(_damaged(path, error)) from error
    if not isinstance(found, dict) or not all(
        type(number) is int for number in found.values()
    ):
        raise ValueError(_damaged(path, found))
    return found


def _damaged(path: pathlib.Path, what: object) -> str:
    return (
        f"{path} must map labels to versions ({what}). Remove it to serve the "
        "newest version, or push again."
    )


def served(base: pathlib.Path) -> list[int]:
    """The versions to serve: those with a label, or else the newest one."""
    held = numbers(base)
    named = {*labels(base).values()} & {*held}
    return sorted(named) if named else held[-1:]


def live(base: pathlib.Path) -> pathlib.Path | None:
    """The folder of the version that users get."""
    held = numbers(base)
    stable = labels(base).get(STABLE)
    if stable in held:
        return folder(base, stable)
    return folder(base, held[-1]) if held else None


@contextlib.contextmanager
def locked(base: pathlib.Path) -> Iterator[None]:
    """Keeps other pushes out; a process that dies lets go of it."""
    base.mkdir(parents=True, exist_ok=True)
    with open(base / ".lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for child in base.iterdir():
            if child.name.startswith((_STAGED, _REMOVED)):
                shutil.rmtree(child, ignore_errors=True)
            elif child.name.startswith(_RELABELLED):
                child.unlink()
        yield


def publish(source: pathlib.Path, base: pathlib.Path, expected: str) -> int:
    """Copies a version beside the others, then gives it the next number.

    Args:
        source: the folder of an export.
        base: the model's folder; hold its lock.
        expected: digest of what may be published.

    Returns:
        The new number.

    Raises:
        ValueError: `source` is not what was validated.
    """
    staged = pathlib.Path(tempfile.mkdtemp(prefix=_STAGED, dir=base))
    try:
        shutil.copytree(source, staged, dirs_exist_ok=True)
        if digest(staged) != expected:
            raise ValueError(
                f"{source} changed after it was validated. Push it again."
            )
        for path in (*staged.rglob("*"), staged):
            sync(path)
        staged.chmod(0o755)
        while True:
            number = max(numbers(base), default=0) + 1
            try:
                os.rename(staged, base / str(number))
                break
            except OSError:
                if not (base / str(number)).exists():
                    raise
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    sync(base)
    return number


def release(
    export: pathlib.Path, base: pathlib.Path, expected: str, canary: bool
) -> tuple[int, str]:
    """Publishes what was blessed and labels it; hold the lock.

    A kill between the two leaves the labels, and so what is served, as they
    were.

    Args:
        export: folder of what is published.
        base: the model's folder.
        expected: digest of what may be published.
        canary: label it "canary" and leave "stable" where it is.

    Returns:
        The new number and its label.
    """
    meanings = labels(base)
    stable = live(base)
    if canary and stable is None:
        raise ValueError(
            f"{base} serves nothing yet beside which a canary could stand. "
            "Push without --canary first."
        )
    if stable is not None and not meanings:  # an unlabelled newest would win
        relabel(base, {STABLE: int(stable.name)})
    version = publish(export, base, expected)
    if stable is None or not canary:
        relabel(base, {STABLE: version})
        return version, STABLE
    relabel(base, {STABLE: int(stable.name), CANARY: version})
    return version, CANARY


def digest(folder: pathlib.Path) -> str:
    """The sha256 of all names and contents below a folder."""
    total = hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = str(path.relative_to(folder)).encode()
        content = hashlib.sha256(path.read_bytes()).digest()
        total.update(hashlib.sha256(name).digest() + content)
    return total.hexdigest()


def sync(path: pathlib.Path) -> None:
    """Waits until a file or a folder's entries are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def relabel(base: pathlib.Path, meanings: Mapping[str, int]) -> None:
    """Replaces all labels at once; hold the lock."""
    handle, name = tempfile.mkstemp(prefix=_RELABELLED, dir=base)
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(dict(meanings), file, indent=2, sort_keys=True)
            file.write("\n")
        os.chmod(name, 0o644)
        sync(pathlib.Path(name))
        os.replace(name, base / LABELS)
    except BaseException:
        pathlib.Path(name).unlink(missing_ok=True)
        raise
    sync(base)


def promote(base: pathlib.Path) -> int:
    """Makes the canary the stable version.

    Raises:
        ValueError: there is no canary.
    """
    with locked(base):
        meanings = labels(base)
        if CANARY not in meanings:
            raise ValueError(
                f"{base} has no canary to promote. Push one with --canary."
            )
        folder(base, meanings[CANARY])
        relabel(base, {STABLE: meanings[CANARY]})
        return meanings[CANARY]


def roll_back(base: pathlib.Path, to: int | None = None) -> int:
    """Takes the canary back or, without one, the stable version.

    Args:
        base: the model's folder.
        to: a version to go to; the one before the stable one by default.

    Returns:
        The stable version from now on.

    Raises:
        ValueError: there is no older version.
        FileNotFoundError: there is no version `to`.
    """
    with locked(base):
        meanings = labels(base)
        stable = meanings.get(STABLE, max(numbers(base), default=0))
        if to is None and CANARY in meanings:
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
    """Removes all but the labelled versions and `keep` others; hold the lock.

    Returns the numbers that were removed.
    """
    others = sorted({*numbers(base)} - {*served(base)})
    doomed = others[: max(0, len(others) - keep)]
    for number in doomed:
        hidden = tempfile.mkdtemp(prefix=_REMOVED, dir=base)
        os.rename(folder(base, number), hidden)
        shutil.rmtree(hidden, ignore_errors=True)
    return doomed
