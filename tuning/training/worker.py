"""A process that trains networks for another one."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pathlib
import traceback
from collections.abc import Sequence
from multiprocessing import connection
from typing import Any, NamedTuple

from tuning.training import resources, shared
from tuning.training.fits import FitRequest
from zoo.common import cli

MOST_GROWTH = 2**30
"""Bytes by which a worker may grow after its first network."""
ERRORS = {kind.__name__: kind for kind in (ValueError, OSError, cli.UsageError)}
"""Errors for people, whose message says all."""


class Message(NamedTuple):
    """What a worker says of the network that it trains.

    Attributes:
        kind: "epoch", "fit", "error", or "idle" after the last network.
        content: number of the epoch, the fit, name and text of the error, or
            the bytes of memory in use.
    """

    kind: str
    content: Any


class Worker:
    """A worker process, seen from the parent.

    A thread that starts one must block SIGINT: the process inherits that, so
    that Ctrl-C on the terminal interrupts the parent alone, which then ends
    its workers.

    Args:
        threads: of an operation, as `resources.limit_threads` returned them
            in the parent.
    """

    def __init__(self, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        # The parent's TensorFlow has printed its first lines already.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, threads), daemon=True
        )
        self._process.start()
        theirs.close()
        self._first_memory: int | None = None
        self.has_grown = False

    def begin(
        self, folder: pathlib.Path, requests: Sequence[FitRequest]
    ) -> None:
        """Has networks trained, one after the other.

        Args:
            folder: holds the shared trainer.
            requests: of the networks.
        """
        self.connection.send((folder, requests))

    def receive(self) -> Message:
        """Returns the next message.

        Raises:
            ChildProcessError: the process has died.
        """
        try:
            message: Message = self.connection.recv()
        except (EOFError, OSError) as error:
            self._process.join()
            raise ChildProcessError(_last_words(self._process)) from error
        if message.kind == "idle":
            first = self._first_memory = self._first_memory or message.content
            self.has_grown = message.content - first > MOST_GROWTH
        return message

    def stop(self) -> None:
        """Ends the process, in the middle of a network too."""
        self._process.terminate()
        self._process.join()
        self.connection.close()


def ready(workers: Sequence[Worker], seconds: float) -> list[Worker]:
    """Returns those workers that have a message, waiting for one."""
    connections = [worker.connection for worker in workers]
    with_message = connection.wait(connections, seconds)
    return [worker for worker in workers if worker.connection in with_message]


def raised(kind: str, text: str) -> Exception:
    """Returns the error that a worker reported, to be raised again."""
    return ERRORS.get(kind, RuntimeError)(text)


def _last_words(process: Any) -> str:
    how = f"exit code {process.exitcode}"
    if process.exitcode < 0:
        how = f"signal {-process.exitcode}"
    return (
        f"A process that trained a network has died ({how}), perhaps for want "
        "of memory. Finished networks are kept: run the same command again, "
        "with --processes 1 if memory is short."
    )


def _serve(parent: Any, threads: int) -> None:
    """Trains what the parent asks for until it asks no more, or is gone."""
    resources.set_threads(threads)
    resources.share_gpus()
    loaded, trainer = None, None
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            folder, requests = parent.recv()
            if folder != loaded:
                trainer = None  # frees its memory first
                loaded, trainer = folder, shared.load(folder)
            for request in requests:
                _train(parent, trainer, request)
            parent.send(Message("idle", resources.used_memory()))


def _train(parent: Any, trainer: Any, request: FitRequest) -> None:
    try:
        fit = trainer.train(
            request,
            lambda epoch, logs: parent.send(Message("epoch", epoch)),
        )
    except ConnectionError:
        raise
    except Exception as error:
        name = type(error).__name__
        text = str(error) if name in ERRORS else traceback.format_exc()
        parent.send(Message("error", (name, text)))
    else:
        parent.send(Message("fit", fit))
