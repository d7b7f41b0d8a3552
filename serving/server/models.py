"""Loads and unloads versions, and chooses the one that answers a request.

A thread polls the folder of models. A new version is loaded and warmed up
beside the old one and takes over; only then is the old one unloaded, once its
last request has been answered. A version that cannot be loaded is reported and
not tried again until its folder changes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import pathlib
import threading
import time
from collections.abc import Callable, Iterator

from serving import versions
from serving.server.batching import Batcher
from serving.server.errors import ServingError
from serving.server.servable import Servable

LOGGER = logging.getLogger(__name__)
START, LOADING, AVAILABLE = "START", "LOADING", "AVAILABLE"
UNLOADING, END = "UNLOADING", "END"
UNLOAD_SECONDS = 60.0
"""How long a version waits for its last requests at most."""

Fingerprint = tuple[tuple[int, int], ...]
"""Inode and modification time of the files that make a version."""


@dataclasses.dataclass(eq=False)
class Version:
    """A version and its state.

    Attributes:
        fingerprint: of its folder when it was found.
        state: TF Serving's name of the state.
        code: of the error that ended it, or "OK".
        message: of that error.
        servable: the loaded model.
        batcher: of its requests, with batching.
        users: requests that use it now.
    """

    number: int
    fingerprint: Fingerprint
    state: str = START
    code: str = "OK"
    message: str = ""
    servable: Servable | None = None
    batcher: Batcher | None = None
    users: int = 0

    @property
    def loaded(self) -> Servable:
        """The servable, loaded as long as `Models.using` holds it."""
        if self.servable is None:
            raise ServingError("UNAVAILABLE", "This version is not loaded.")
        return self.servable

    def may_load(self, fingerprint: Fingerprint) -> bool:
        """Returns whether it is unloaded and these files have not failed."""
        return self.state == END and (
            self.code == "OK" or self.fingerprint != fingerprint
        )


@dataclasses.dataclass
class Model:
    """All versions of a model that were served or failed, and its labels."""

    versions: dict[int, Version] = dataclasses.field(default_factory=dict)
    labels: dict[str, int] = dataclasses.field(default_factory=dict)


class Models:
    """The models in one folder.

    Args:
        root: the folder, as `serving.push` writes it.
        batcher: returns the batcher of a servable, given the model's name.
        poll: seconds between two looks at the folder.
    """

    def __init__(
        self,
        root: pathlib.Path,
        batcher: Callable[[str, Servable], Batcher | None],
        poll: float = 1.0,
    ):
        self._root, self._batcher, self._poll = root, batcher, poll
        self._models: dict[str, Model] = {}
        self._lock = threading.Lock()
        self._freed = threading.Condition(self._lock)
        self._stopped = threading.Event()
        self._logged: set[str] = set()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Loads all models, then starts to poll."""
        self.update()
        self._thread.start()

    def stop(self) -> None:
        """Stops to poll and unloads all models."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        for model in self._models.values():
            for version in [*model.versions.values()]:
                self._unload(version)

    def _watch(self) -> None:
        while not self._stopped.wait(self._poll):
            try:
                self.update()
            except Exception:  # the server goes on with what it has loaded
                LOGGER.exception("Could not read %s", self._root)

    def update(self) -> None:
        """Loads and unloads versions as the folder's labels say."""
        try:
            names = versions.models(self._root)
        except FileNotFoundError as error:
            self._warn_once(str(error))
            return
        for name in {*names, *self._models}:
            base = self._root / name
            try:
                wanted = versions.served(base)
                labels = versions.labels(base)
            except (ValueError, OSError) as error:
                self._warn_once(str(error))
                continue
            if base.is_dir():
                self._update_model(name, base, wanted, labels)

    def _warn_once(self, message: str) -> None:
        if message not in self._logged:
            LOGGER.warning("%s", message)
            self._logged.add(message)

    def _update_model(
        self,
        name: str,
        base: pathlib.Path,
        wanted: list[int],
        labels: dict[str, int],
    ) -> None:
        with self._lock:
            model = self._models.setdefault(name, Model())
        for number in wanted:
            try:
                folder = versions.folder(base, number)
                fingerprint = _fingerprint(folder)
            except OSError:
                continue  # another process has just removed it
            known = model.versions.get(number)
            if known is None or known.may_load(fingerprint):
                self._load(name, model, Version(number, fingerprint), folder)
        for version in self._relabel(model, wanted, labels):
            LOGGER.info("%s/%s: unloading", name, version.number)
            self._unload(version)

    def _relabel(
        self, model: Model, wanted: list[int], labels: dict[str, int]
    ) -> list[Version]:
        """Moves labels to loaded versions and returns those to unload."""
        with self._lock:
            loaded = {
                number
                for number, version in model.versions.items()
                if version.state == AVAILABLE
            }
            model.labels = {
                label: number if number in loaded else model.labels[label]
                for label, number in labels.items()
                if number in loaded or model.labels.get(label) in loaded
            }
            # An old version stays until a wanted one answers in its place.
            if wanted and not loaded & {*wanted}:
                return []
            kept = {*wanted, *model.labels.values()}
            return [model.versions[number] for number in loaded - kept]

    def _load(
        self, name: str, model: Model, version: Version, folder: pathlib.Path
    ) -> None:
        version.state = LOADING
        with self._lock:
            model.versions[version.number] = version
        started = time.monotonic()
        try:
            servable = Servable(folder)
        except ServingError as error:
            LOGGER.warning("%s/%s: %s", name, version.number, error)
            with self._lock:
                version.code, version.message = error.code, error.message
                version.state = END
            return
        seconds = time.monotonic() - started
        LOGGER.info("%s/%s: loaded in %.1f s", name, version.number, seconds)
        with self._lock:
            version.servable = servable
            version.batcher = self._batcher(name, servable)
            version.state = AVAILABLE

    def _unload(self, version: Version) -> None:
        """Waits until no request uses a version, then unloads it."""
        with self._lock:
            if version.servable is None:
                return
            version.state = UNLOADING
            self._freed.wait_for(lambda: not version.users, UNLOAD_SECONDS)
            servable, version.servable = version.servable, None
            version.batcher = None
            version.state = END
        servable.close()

    @contextlib.contextmanager
    def using(
        self, name: str, number: int | None = None, label: str | None = None
    ) -> Iterator[Version]:
        """Yields a loaded version, which stays loaded in the block.

        Raises:
            ServingError: there is no such model, version or label.
        """
        with self._lock:
            version = self._find(name, number, label)
            version.users += 1
        try:
            yield version
        finally:
            with self._lock:
                version.users -= 1
                if not version.users:
                    self._freed.notify_all()

    def _find(
        self, name: str, number: int | None, label: str | None
    ) -> Version:
        model = self._models.get(name, Model())
        if label is not None:
            if label not in model.labels:
                raise ServingError(
                    "INVALID_ARGUMENT",
                    f"Unrecognized servable version label: {label}",
                )
            number = model.labels[label]
        available = [
            version
            for version in model.versions.values()
            if version.state == AVAILABLE and number in (None, version.number)
        ]
        if not available:
            request = f"Specific({name}, {number})"
            request = f"Latest({name})" if number is None else request
            raise ServingError(
                "NOT_FOUND", f"Servable not found for request: {request}"
            )
        return max(available, key=lambda version: version.number)

    def states(
        self, name: str, number: int | None = None, label: str | None = None
    ) -> list[Version]:
        """Returns copies of a model's versions, the newest first.

        Raises:
            ServingError: there is no such model, version or label.
        """
        with self._lock:
            model = self._models.get(name, Model())
            if label is not None:
                number = self._find(name, None, label).number
            selected = [
                dataclasses.replace(version)
                for version in model.versions.values()
                if number in (None, version.number)
            ]
        if not selected:
            wanted = "any versions" if number is None else f"version {number}"
            raise ServingError(
                "NOT_FOUND", f"Could not find {wanted} of model {name}"
            )
        return sorted(selected, key=lambda version: -version.number)

    def knows(self, name: str) -> bool:
        """Returns whether that is the name of a model."""
        return name in self._models


def _fingerprint(folder: pathlib.Path) -> Fingerprint:
    """Returns what changes when a version's folder does."""
    paths = [folder, folder / "saved_model.pb", folder / "variables"]
    stats = [path.stat() for path in paths if path.exists()]
    return tuple((stat.st_ino, stat.st_mtime_ns) for stat in stats)
