"""Requests that arrive while others are computed are computed together.

Nothing waits for a batch to fill: a request that finds the model idle runs at
once, in the thread that brought it. What arrives meanwhile queues up, and when
the model is free again the first thread in the queue runs all that goes with
its own request. So batches are as large as the load makes them.

Rows of different lengths are padded at the end, for models that are told their
`lengths`, and each answer is cut to what it would have been alone.
"""

from __future__ import annotations

import collections
import dataclasses
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from serving.server.errors import ServingError
from serving.server.servable import Arrays, Signature
from serving.signatures import LENGTHS

APART = 3.0
"""A row is padded to three times its length at most."""

Run = Callable[[str, Arrays, Sequence[str]], dict[str, np.ndarray]]
Watch = Callable[[int, float], None]


@dataclasses.dataclass(eq=False)
class Task:
    """One request that waits or runs."""

    signature: str
    known: Signature
    inputs: Arrays
    only: tuple[str, ...]
    deadline: float
    arrived: float = dataclasses.field(default_factory=time.monotonic)
    called: threading.Event = dataclasses.field(default_factory=threading.Event)
    leads: list[Task] | None = None
    outputs: dict[str, np.ndarray] | None = None
    error: ServingError | None = None

    def __post_init__(self):
        first = next(iter(self.inputs.values()))
        self.rows = len(first)
        sequences = [x for name, x in self.inputs.items() if name != LENGTHS]
        self.length = sequences[0].shape[1] if _padded(self) else None
        shapes = []
        for name, each in sorted(self.inputs.items()):
            shape = list(each.shape[1:])
            if self.length is not None and name != LENGTHS:
                shape[0] = None
            shapes.append((name, each.dtype.str, tuple(shape)))
        self.kind = (self.signature, self.only, tuple(shapes))

    def goes_with(self, other: Task) -> bool:
        if self.kind != other.kind:
            return False
        if self.length is None or other.length is None:
            return True
        low, high = sorted((self.length, other.length))
        return low == high or (low > 0 and high <= APART * low)


def _padded(task: Task) -> bool:
    """Whether the rows of a request may be padded: it tells their lengths."""
    inputs = task.inputs
    if LENGTHS not in inputs or task.known.steps is None:
        return False
    lengths = {
        each.shape[1] if each.ndim > 1 else None
        for name, each in inputs.items()
        if name != LENGTHS
    }
    return len(lengths) == 1 and None not in lengths


class Batcher:
    """Runs the requests to one servable.

    Args:
        run: computes one batch.
        rows: of a batch, at most; a larger request runs by itself.
        queue: requests that may wait.
        parallel: batches at a time.
        watch: is told rows and queueing seconds of each batch.
    """

    def __init__(
        self,
        run: Run,
        rows: int = 32,
        queue: int = 256,
        parallel: int = 1,
        watch: Watch = lambda rows, seconds: None,
    ):
        self._run, self._watch = run, watch
        self._rows, self._most, self._parallel = rows, queue, parallel
        self._queue: collections.deque[Task] = collections.deque()
        self._running = 0
        self._lock = threading.Lock()

    def answer(self, task: Task) -> dict[str, np.ndarray]:
        """Waits for an answer.

        Raises:
            ServingError: the model's own, or the queue is full, or the
                request waited too long.
        """
        with self._lock:
            free = self._running < self._parallel and not self._queue
            if free:
                self._running += 1
                task.leads = [task]
            elif len(self._queue) >= self._most:
                raise ServingError(
                    "UNAVAILABLE",
                    "The batch scheduling queue to which this task was "
                    "submitted is full",
                )
            else:
                self._queue.append(task)
        if not free:
            self._wait(task)
        if task.leads is not None:
            try:
                self._compute(task.leads)
            finally:
                self._call_next()
        if task.error is not None:
            raise task.error
        if task.outputs is None:
            raise ServingError("INTERNAL", "The batch was given up.")
        return task.outputs

    def _wait(self, task: Task) -> None:
        if task.called.wait(max(0.0, task.deadline - time.monotonic())):
            return
        with self._lock:
            if task in self._queue:
                self._queue.remove(task)
                raise ServingError(
                    "RESOURCE_EXHAUSTED",
                    "The request's deadline passed while it was queued",
                )
            if task.leads is None:  # it is being computed for it
                raise ServingError("DEADLINE_EXCEEDED", "Deadline Exceeded")

    def _call_next(self) -> None:
        """Hands the model to the first thread that waits for it."""
        with self._lock:
            if not self._queue:
                self._running -= 1
                return
            first = self._queue.popleft()
            first.leads = [first]
            self._take(first.leads)
        first.called.set()

    def _take(self, chosen: list[Task]) -> None:
        """Moves what goes with a batch from the queue into it."""
        rows = sum(task.rows for task in chosen)
        left: collections.deque[Task] = collections.deque()
        for task in self._queue:
            if rows + task.rows <= self._rows and task.goes_with(chosen[0]):
                chosen.append(task)
                rows += task.rows
            else:
                left.append(task)
        self._queue = left

    def _compute(self, tasks: list[Task]) -> None:
        started = time.monotonic()
        waited = max(started - task.arrived for task in tasks)
        self._watch(sum(task.rows for task in tasks), waited)
        try:
            self._together(tasks)
        except ServingError as error:
            if len(tasks) == 1:
                tasks[0].error = error
            else:  # one bad request does not fail the others
                for task in tasks:
                    self._alone(task)
        finally:
            for task in tasks[1:]:
                task.called.set()

    def _together(self, tasks: list[Task]) -> None:
        first = tasks[0]
        inputs = first.inputs if len(tasks) == 1 else merged(tasks)
        outputs = self._run(first.signature, inputs, first.only)
        if len(tasks) == 1:
            first.outputs = outputs
            return
        start = 0
        for task in tasks:
            rows = slice(start, start + task.rows)
            task.outputs = {
                name: cut(each[rows], name, task)
                for name, each in outputs.items()
            }
            start += task.rows

    def _alone(self, task: Task) -> None:
        try:
            task.outputs = self._run(task.signature, task.inputs, task.only)
        except ServingError as error:
            task.error = error


def merged(tasks: Sequence[Task]) -> dict[str, np.ndarray]:
    """One batch of several requests, padded with zeros where they differ."""
    lengths = {task.length for task in tasks if task.length is not None}
    batch = {}
    for name in tasks[0].inputs:
        parts = [task.inputs[name] for task in tasks]
        if len(lengths) < 2:
            batch[name] = np.concatenate(parts)
        elif name == LENGTHS:
            # What lay behind a row's own end was valid to its very end.
            batch[name] = np.concatenate(
                [
                    np.minimum(each, task.length, dtype=each.dtype)
                    for each, task in zip(parts, tasks)
                ]
            )
        else:
            batch[name] = _padded_to(parts, max(lengths))
    return batch


def _padded_to(parts: Sequence[np.ndarray], length: int) -> np.ndarray:
    rows, first = sum(map(len, parts)), parts[0]
    batch = np.empty((rows, length, *first.shape[2:]), first.dtype)
    start = 0
    for each in parts:
        place = batch[start : start + len(each)]
        place[:, : each.shape[1]] = each
        place[:, each.shape[1] :] = 0
        start += len(each)
    return batch


def cut(output: np.ndarray, name: str, task: Task) -> np.ndarray:
    """An output of a batch, as long as it would have been alone."""
    shape = task.known.outputs[name].tensor_shape
    variable = len(shape.dim) > 1 and shape.dim[1].size < 0
    if task.length is None or not variable:
        return output
    return output[:, : task.known.length(task.length)]
