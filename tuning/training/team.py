"""The networks of one call of a pool: which wait, train and are finished."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from tuning.training.fits import Fit, FitRequest
from tuning.training.network import OnEpoch

OnFit = Callable[[int, Fit], None]
"""Called with the number of a request and its fit, in any order."""


class Trainer(Protocol):
    """What trains networks; workers get a pickled copy."""

    def prepare(self, request: FitRequest) -> bool:
        """Makes the data that a network needs; whether they are new."""

    def finished(self, request: FitRequest) -> Fit | None:
        """Returns a network's fit if it is trained already."""

    def train(
        self, request: FitRequest, on_epoch: OnEpoch | None = None
    ) -> Fit:
        """Trains a network."""


class Team:
    """The networks of some requests, and who trains which.

    The parent's main thread and the thread that serves the workers both take
    networks from it.

    Args:
        trainer: of the networks.
        requests: of the networks; those with the same folder are trained one
            after the other.
        show: called with a line of progress.
        on_fit: called with the number of a request and its fit.

    Attributes:
        requests: as given.
    """

    def __init__(
        self,
        trainer: Trainer,
        requests: Sequence[FitRequest],
        show: Callable[[str], None],
        on_fit: OnFit,
    ):
        self.requests = requests
        self._trainer = trainer
        self._show = show
        self._on_fit = on_fit
        self._changed = threading.Condition(threading.RLock())
        self._fits: dict[int, Fit] = {}
        self._epochs: dict[int, int] = {}
        self._error: BaseException | None = None
        by_folder: dict[object, list[int]] = {}
        for number, request in enumerate(requests):
            fit = trainer.finished(request)
            if fit is None:
                by_folder.setdefault(request.folder, []).append(number)
            else:
                self.finish(number, fit)
        self._waiting = deque(by_folder.values())

    @property
    def waiting(self) -> int:
        """Number of groups of networks that nobody trains yet."""
        return len(self._waiting)

    @property
    def fits(self) -> list[Fit]:
        """The fits of all requests; only once all are finished."""
        return [self._fits[number] for number in range(len(self.requests))]

    @property
    def has_failed(self) -> bool:
        """Whether a network has failed."""
        return self._error is not None

    @property
    def is_over(self) -> bool:
        """Whether all networks are finished, or one has failed."""
        return self.has_failed or len(self._fits) == len(self.requests)

    def wait(self, seconds: float) -> bool:
        """Waits until all is over, so long at most; returns whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self.is_over, seconds)

    def take(self) -> list[int]:
        """Returns the numbers of the next networks to train; empty: none."""
        with self._changed:
            if self.is_over or not self._waiting:
                return []
            return self._waiting.popleft()

    def show(self, number: int, epoch: int) -> None:
        """Shows that a network has been trained for one more epoch.

        Raises:
            Exception: another network has failed.
        """
        with self._changed:
            if self._error is not None:
                raise self._error
            self._epochs[number] = epoch + 1
            lines = [
                f"{self.requests[number].name}, epoch {epoch}"
                for number, epoch in sorted(self._epochs.items())
            ]
            if len(self.requests) > 1:
                lines[:0] = [f"{len(self._fits)} of {len(self.requests)} done"]
            self._show("; ".join(lines))

    def finish(self, number: int, fit: Fit) -> None:
        """Keeps a fit."""
        with self._changed:
            self._epochs.pop(number, None)
            self._fits[number] = fit
            self._on_fit(number, fit)
            self._changed.notify_all()

    def fail(self, error: BaseException) -> None:
        """Ends all with an error."""
        with self._changed:
            self._error = self._error or error
            self._changed.notify_all()

    def _train(self, number: int) -> None:
        fit = self._trainer.train(
            self.requests[number],
            lambda epoch, logs: self.show(number, epoch),
        )
        self.finish(number, fit)

    def work(self) -> None:
        """Trains networks in this thread, then waits for the others'.

        Raises:
            Exception: what a network raised, here or in a worker.
        """
        while numbers := self.take():
            for number in numbers:
                self._train(number)
        while not self.wait(1):  # wakes up for Ctrl-C
            pass
        if self._error is not None:
            raise self._error
