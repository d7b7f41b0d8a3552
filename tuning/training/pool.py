"""Trains networks side by side, each in a process of its own.

The parent trains too. Worker processes start once it has trained for some
seconds and networks still wait, so that no short run waits for them; they
live until the pool is closed. Which process trains a network does not change
the result: all have the same number of threads and the same data.
"""

from __future__ import annotations

import itertools
import os
import pathlib
import shutil
import signal
import threading
from collections.abc import Callable, Sequence
from typing import Any

from tuning.training import resources, shared, worker
from tuning.training.fits import Fit, FitRequest
from tuning.training.team import OnFit, Team, Trainer
from tuning.training.worker import Worker

SECONDS_ALONE = 3.0
"""How long the parent trains alone; a worker takes about 5 s to start."""
LEAST_MEMORY = 2**30
"""Bytes that a worker is taken to need at least."""
PREFIX = ".shared"


class Pool:
    """Processes that train networks; a context manager.

    A command opens it before TensorFlow is used, so that it can still set the
    threads of an operation.

    Args:
        processes: at most, the parent among them; `None` for the number of
            processors, or for 1 where there is a GPU, which one network fills.
    """

    def __init__(self, processes: int | None = None):
        self._threads = resources.limit_threads()
        if processes is None:
            processes = 1 if resources.gpus() else resources.processors()
        elif processes > 1:
            resources.share_gpus()
        self.processes = processes
        self._workers: list[Worker] = []
        self._trainer: Trainer | None = None
        self._folder: pathlib.Path | None = None
        self._arrays = 0
        self._numbers = itertools.count()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    def close(self) -> None:
        """Ends the workers, and removes the data that they share."""
        for process in self._workers:
            process.stop()
        self._workers.clear()
        self._remove()

    def train(
        self,
        trainer: Trainer,
        requests: Sequence[FitRequest],
        show: Callable[[str], None] = lambda line: None,
        on_fit: OnFit = lambda number, fit: None,
    ) -> list[Fit]:
        """Trains those networks that are not trained yet.

        Args:
            trainer: of the networks; workers get a copy that shares its data.
            requests: of the networks.
            show: called with a line of progress.
            on_fit: called with the number of a request and its fit, as soon
                as it is known; never while `show` runs.

        Returns:
            The fit of each request.

        Raises:
            ValueError, OSError: what a network raised, or a worker has died.
                Finished fits are kept, and the same call goes on from there.
        """
        team = Team(trainer, requests, show, on_fit)
        if self.processes == 1 or team.waiting < 2:
            team.work()
            return team.fits
        folder = self._share(trainer, requests)
        helper = threading.Thread(
            target=self._help, args=(team, folder), daemon=True
        )
        helper.start()
        try:
            team.work()
        except BaseException as error:
            team.fail(error)
            helper.join()
            self.close()
            raise
        helper.join()
        return team.fits

    def _share(
        self, trainer: Trainer, requests: Sequence[FitRequest]
    ) -> pathlib.Path:
        """Returns the folder that holds the trainer, written if need be."""
        is_new = any([trainer.prepare(request) for request in requests])
        if self._folder is None or self._trainer is not trainer or is_new:
            self._remove()
            parent = requests[0].folder.parent
            _remove_abandoned(parent)
            name = f"{PREFIX}-{os.getpid()}-{next(self._numbers)}"
            self._trainer, self._folder = trainer, parent / name
            self._arrays = shared.dump(self._folder, trainer)
        return self._folder

    def _remove(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._trainer, self._folder = None, None

    def _help(self, team: Team, folder: pathlib.Path) -> None:
        """Runs in a thread: has the workers train what the parent does not."""
        # Workers inherit this: Ctrl-C is for the parent alone.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            if self._workers or not team.wait(SECONDS_ALONE):
                self._serve(team, folder)
        except BaseException as error:
            team.fail(error)

    def _serve(self, team: Team, folder: pathlib.Path) -> None:
        """Hands networks to workers until none waits or trains."""
        training: dict[Worker, list[int]] = {}
        while not team.has_failed:
            self._start(team.waiting, training)
            for process in self._workers:
                if process not in training and (numbers := team.take()):
                    training[process] = numbers
                    own = [team.requests[number] for number in numbers]
                    process.begin(folder, own)
            if not training:
                return
            for process in worker.ready(list(training), seconds=0.2):
                self._receive(process, training, team)

    def _receive(
        self, process: Worker, training: dict[Worker, list[int]], team: Team
    ) -> None:
        """Takes note of what a worker says."""
        kind, content = process.receive()
        if kind == "epoch":
            team.show(training[process][0], content)
        elif kind == "fit":
            team.finish(training[process].pop(0), content)
        elif kind == "error":
            team.fail(worker.raised(*content))
        else:
            del training[process]
            if process.has_grown:
                process.stop()
                self._workers.remove(process)

    def _start(self, waiting: int, training: dict[Worker, list[int]]) -> None:
        """Starts workers, as many as are useful and as memory allows."""
        idle = len(self._workers) - len(training)
        count = min(waiting - idle, self.processes - 1 - len(self._workers))
        if count < 1:
            return
        own = max(LEAST_MEMORY, resources.used_memory() - self._arrays)
        room = (resources.free_memory() - own * idle) // own
        for _ in range(min(count, room)):
            self._workers.append(Worker(self._threads))


def _remove_abandoned(folder: pathlib.Path) -> None:
    """Removes what killed processes have left."""
    for path in folder.glob(f"{PREFIX}-*"):
        if not pathlib.Path("/proc", path.name.split("-")[1]).exists():
            shutil.rmtree(path, ignore_errors=True)
