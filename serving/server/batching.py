"""Computes requests together that arrive while others are computed.

No request waits for a batch to fill. A request that finds the model idle runs
at once, in its own thread. Requests that arrive meanwhile queue up; when the
model is free again, the first thread in the queue runs its own request
together with all others of the queue that fit. So batches grow with the load.

Rows of different lengths are padded at the end, for models that take their
`lengths`, and each answer is cut to the length that it has alone.
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

LONGEST_RATIO = 3.0
"""A row is padded to three times its length at most."""

Run = Callable[[str, Arrays, Sequence[str]], dict[str, np.ndarray]]
Watch = Callable[[int, float], None]


@dataclasses.dataclass(eq=False)
class Request:
    """One request that waits or runs.

    Attributes:
        name: of the signature.
        signature: its inputs and outputs.
        inputs: by name.
        only: names of the wanted outputs; all where it is empty.
        deadline: by `time.monotonic`.
        arrived: by `time.monotonic`.
        ready: set when the thread of the request may go on.
        batch: the requests that this one's thread has to run.
        outputs: by name, once they are computed.
        error: of the request, once it has failed.
    """

    name: str
    signature: Signature
    inputs: Arrays
    only: tuple[str, ...]
    deadline: float
    arrived: float = dataclasses.field(default_factory=time.monotonic)
    ready: threading.Event = dataclasses.field(default_factory=threading.Event)
    batch: list[Request] | None = None
    outputs: dict[str, np.ndarray] | None = None
    error: ServingError | None = None

    def __post_init__(self) -> None:
        self.rows = len(next(iter(self.inputs.values())))
        self.length = _common_length(self)
        shapes = []
        for name, array in sorted(self.inputs.items()):
            shape: list[int | None] = [*array.shape[1:]]
            if self.length is not None and name != LENGTHS:
                shape[0] = None
            shapes.append((name, array.dtype.str, tuple(shape)))
        self.kind = (self.name, self.only, tuple(shapes))

    def fits(self, other: Request) -> bool:
        """Returns whether two requests can be computed together."""
        if self.kind != other.kind:
            return False
        if self.length is None or other.length is None:
            return True
        low, high = sorted((self.length, other.length))
        return low == high or (low > 0 and high <= LONGEST_RATIO * low)


def _common_length(request: Request) -> int | None:
    """Returns the length of the inputs; `None` where they must not be padded.

    Inputs may be padded where the request gives the lengths of its rows and
    the length of the outputs follows from them.
    """
    if LENGTHS not in request.inputs or request.signature.steps is None:
        return None
    lengths = {
        array.shape[1] if array.ndim > 1 else None
        for name, array in request.inputs.items()
        if name != LENGTHS
    }
    return lengths.pop() if len(lengths) == 1 else None


class Batcher:
    """Runs the requests to one servable.

    Args:
        run: computes one batch.
        rows: of a batch, at most; a larger request runs by itself.
        queue: requests that may wait.
        parallel: batches at a time.
        watch: called with the rows and queueing seconds of each batch.
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
        self._rows, self._capacity, self._parallel = rows, queue, parallel
        self._queue: collections.deque[Request] = collections.deque()
        self._running = 0
        self._lock = threading.Lock()

    def answer(self, request: Request) -> dict[str, np.ndarray]:
        """Waits for the outputs of a request.

        Raises:
            ServingError: the model's own, or the queue is full, or the
                request waited too long.
        """
        if not self._start(request):
            self._wait(request)
        if request.batch is not None:
            try:
                self._compute(request.batch)
            finally:
                self._start_next()
        if request.error is not None:
            raise request.error
        if request.outputs is None:
            raise ServingError("INTERNAL", "The batch was given up.")
        return request.outputs

    def _start(self, request: Request) -> bool:
        """Returns whether the model was free for a request, or queues it."""
        with self._lock:
            if self._running < self._parallel and not self._queue:
                self._running += 1
                request.batch = [request]
                return True
            if len(self._queue) >= self._capacity:
                raise ServingError(
                    "UNAVAILABLE",
                    "The batch scheduling queue to which this task was "
                    "submitted is full",
                )
            self._queue.append(request)
            return False

    def _wait(self, request: Request) -> None:
        if request.ready.wait(max(0.0, request.deadline - time.monotonic())):
            return
        with self._lock:
            if request in self._queue:
                self._queue.remove(request)
                raise ServingError(
                    "RESOURCE_EXHAUSTED",
                    "The request's deadline passed while it was queued",
                )
            if request.batch is None:  # another thread computes it
                raise ServingError("DEADLINE_EXCEEDED", "Deadline Exceeded")

    def _start_next(self) -> None:
        """Starts the first thread in the queue with a batch."""
        with self._lock:
            if not self._queue:
                self._running -= 1
                return
            first = self._queue.popleft()
            first.batch = [first]
            self._fill(first.batch)
        first.ready.set()

    def _fill(self, batch: list[Request]) -> None:
        """Moves all requests that fit from the queue into a batch."""
        rows = sum(request.rows for request in batch)
        left: collections.deque[Request] = collections.deque()
        for request in self._queue:
            if rows + request.rows <= self._rows and request.fits(batch[0]):
                batch.append(request)
                rows += request.rows
            else:
                left.append(request)
        self._queue = left

    def _compute(self, batch: list[Request]) -> None:
        started = time.monotonic()
        waited = max(started - request.arrived for request in batch)
        self._watch(sum(request.rows for request in batch), waited)
        try:
            self._compute_together(batch)
        except ServingError as error:
            if len(batch) == 1:
                batch[0].error = error
            else:  # one bad request does not fail the others
                for request in batch:
                    self._compute_alone(request)
        finally:
            for request in batch[1:]:
                request.ready.set()

    def _compute_together(self, batch: list[Request]) -> None:
        first = batch[0]
        inputs = first.inputs if len(batch) == 1 else merge(batch)
        outputs = self._run(first.name, inputs, first.only)
        if len(batch) == 1:
            first.outputs = outputs
            return
        start = 0
        for request in batch:
            rows = slice(start, start + request.rows)
            request.outputs = {
                name: cut(output[rows], name, request)
                for name, output in outputs.items()
            }
            start += request.rows

    def _compute_alone(self, request: Request) -> None:
        try:
            request.outputs = self._run(
                request.name, request.inputs, request.only
            )
        except ServingError as error:
            request.error = error


def merge(batch: Sequence[Request]) -> dict[str, np.ndarray]:
    """Returns the inputs of several requests as one batch.

    Shorter rows are padded with zeros.
    """
    lengths = {
        request.length for request in batch if request.length is not None
    }
    inputs = {}
    for name in batch[0].inputs:
        parts = [request.inputs[name] for request in batch]
        if len(lengths) < 2:
            inputs[name] = np.concatenate(parts)
        elif name == LENGTHS:
            # A length beyond its array must not reach into the padding.
            inputs[name] = np.concatenate(
                [
                    np.minimum(part, request.length or 0, dtype=part.dtype)
                    for part, request in zip(parts, batch)
                ]
            )
        else:
            inputs[name] = _pad(parts, max(lengths))
    return inputs


def _pad(parts: Sequence[np.ndarray], length: int) -> np.ndarray:
    """Concatenates rows, padded with zeros to one length.

    Example:
        >>> _pad([np.array([[1, 2]]), np.array([[3]])], 2)
        array([[1, 2],
               [3, 0]])
    """
    rows, first = sum(map(len, parts)), parts[0]
    padded = np.empty((rows, length, *first.shape[2:]), first.dtype)
    start = 0
    for part in parts:
        target = padded[start : start + len(part)]
        target[:, : part.shape[1]] = part
        target[:, part.shape[1] :] = 0
        start += len(part)
    return padded


def cut(output: np.ndarray, name: str, request: Request) -> np.ndarray:
    """Cuts an output of a batch to the length that it has alone."""
    shape = request.signature.outputs[name].tensor_shape
    variable = len(shape.dim) > 1 and shape.dim[1].size < 0
    if request.length is None or not variable:
        return output
    return output[:, : request.signature.length(request.length)]
