"""Which versions are loaded, and which of them answers a request.

A thread looks at the folder of models again and again. A new version is loaded
and warmed up beside the old one, takes over, and only then is the old one
dropped, once its last request has been answered. A version that cannot be
loaded is reported and left alone until its folder changes.
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
START, LOADING, AVAILABLE, UNLOADING, END = (
    "START",
    "LOADING",
    "AVAILABLE",
    "UNLOADING",
    "END",
)
MOST_SECONDS_TO_FINISH = 60.0


@dataclasses.dataclass(eq=False)
class Version:
    """One version and what became of it."""

    number: int
    mark: tuple
    state: str = START
    code: str = "OK"
    message: str = ""
    servable: Servable | None = None
    batcher: Batcher | None = None
    users: int = 0

    @property
    def loaded(self) -> Servable:
        """What answers; there as long as `Models.using` holds it."""
        if self.servable is None:
            raise ServingError("UNAVAILABLE", "This version is not loaded.")
        return self.servable

    def may_load(self, mark: tuple) -> bool:
        """Whether it is gone, and did not fail as it stands on the disk."""
        return self.state == END and (self.code == "OK" or self.mark != mark)


@dataclasses.dataclass
class Model:
    """All versions of a model that were ever to be served."""

    versions: dict[int, Version] = dataclasses.field(default_factory=dict)
    labels: dict[str, int] = dataclasses.field(default_factory=dict)


class Models:
    """The models below one folder.

    Args:
        root: the folder, as `serving.push` writes it.
        batcher: makes the batcher of a servable, given the model's name.
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
        self._said: set[str] = set()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Loads what is there, then goes on looking."""
        self.look()
        self._thread.start()

    def stop(self) -> None:
        """Stops looking and gives all memory back."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        for model in self._models.values():
            for version in [*model.versions.values()]:
                self._unload(version)

    def _watch(self) -> None:
        while not self._stopped.wait(self._poll):
            try:
                self.look()
            except Exception:  # the server lives on, whatever the folder holds
                LOGGER.exception("Could not look at %s", self._root)

    def look(self) -> None:
        """Loads and drops versions until they are those that are wanted."""
        try:
            names = versions.models(self._root)
        except FileNotFoundError as error:
            self._say(str(error))
            return
        for name in {*names, *self._models}:
            base = self._root / name
            try:
                wanted = versions.served(base)
                meanings = versions.labels(base)
            except (ValueError, OSError) as error:
                self._say(str(error))
                continue
            if base.is_dir():
                self._bring(name, base, wanted, meanings)

    def _say(self, what: str) -> None:
        if what not in self._said:
            LOGGER.warning("%s", what)
            self._said.add(what)

    def _bring(
        self,
        name: str,
        base: pathlib.Path,
        wanted: list[int],
        meanings: dict[str, int],
    ) -> None:
        with self._lock:
            model = self._models.setdefault(name, Model())
        for number in wanted:
            try:
                folder = versions.folder(base, number)
                mark = _mark(folder)
            except OSError:
                continue  # it was removed in this moment
            known = model.versions.get(number)
            if known is None or known.may_load(mark):
                self._load(name, model, Version(number, mark), folder)
        with self._lock:
            ready = {
                number
                for number, version in model.versions.items()
                if version.state == AVAILABLE
            }
            model.labels = {
                label: number if number in ready else model.labels[label]
                for label, number in meanings.items()
                if number in ready or model.labels.get(label) in ready
            }
            # Old versions go once a new one answers in their place.
            kept = {*wanted, *model.labels.values()}
            replaced = not wanted or ready & {*wanted}
            gone = ready - kept if replaced else ()
            doomed = [model.versions[number] for number in gone]
        for version in doomed:
            LOGGER.info("%s/%s: unloading", name, version.number)
            self._unload(version)

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
        spent = time.monotonic() - started
        LOGGER.info("%s/%s: loaded in %.1f s", name, version.number, spent)
        with self._lock:
            version.servable = servable
            version.batcher = self._batcher(name, servable)
            version.state = AVAILABLE

    def _unload(self, version: Version) -> None:
        """Waits until no request uses a version, then drops it."""
        with self._lock:
            if version.servable is None:
                return
            version.state = UNLOADING
            self._freed.wait_for(
                lambda: not version.users, MOST_SECONDS_TO_FINISH
            )
            servable, version.servable = version.servable, None
            version.batcher = None
            version.state = END
        servable.close()

    @contextlib.contextmanager
    def using(
        self, name: str, number: int | None = None, label: str | None = None
    ) -> Iterator[Version]:
        """A loaded version, kept loaded as long as it is used.

        Raises:
            ServingError: there is none of that name, number or label.
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
        ready = [
            version
            for version in model.versions.values()
            if version.state == AVAILABLE and number in (None, version.number)
        ]
        if not ready:
            asked = f"Specific({name}, {number})"
            asked = f"Latest({name})" if number is None else asked
            raise ServingError(
                "NOT_FOUND", f"Servable not found for request: {asked}"
            )
        return max(ready, key=lambda version: version.number)

    def states(
        self, name: str, number: int | None = None, label: str | None = None
    ) -> list[Version]:
        """What became of a model's versions, the newest first.

        Raises:
            ServingError: there is none of that name, number or label.
        """
        with self._lock:
            model = self._models.get(name, Model())
            if label is not None:
                number = self._find(name, None, label).number
            found = [
                dataclasses.replace(version)
                for version in model.versions.values()
                if number in (None, version.number)
            ]
        if not found and number is not None:
            raise ServingError(
                "NOT_FOUND", f"Could not find version {number} of model {name}"
            )
        if not found:
            raise ServingError(
                "NOT_FOUND", f"Could not find any versions of model {name}"
            )
        return sorted(found, key=lambda version: -version.number)

    def knows(self, name: str) -> bool:
        """Whether that is the name of a model."""
        return name in self._models


def _mark(folder: pathlib.Path) -> tuple:
    """Changes when a version's folder does."""
    marks = [folder, folder / "saved_model.pb", folder / "variables"]
    found = [path.stat() for path in marks if path.exists()]
    return tuple((each.st_ino, each.st_mtime_ns) for each in found)
