"""Addresses, errors and retries of the client's two protocols."""

from __future__ import annotations

import dataclasses
import pathlib
import random
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from zoo.registry import Port

BUSY = "UNAVAILABLE"
FIRST_PAUSE = 0.1
"""Seconds before the first retry; each is twice as long as the last."""

Answer = TypeVar("Answer")
Ports = Mapping[str, Port]


@dataclasses.dataclass(frozen=True)
class Connection:
    """Address of a server, and how to reach it; see `serving.client.Client`."""

    address: str
    token: str | None = None
    authority: pathlib.Path | None = None
    seconds: float = 30.0
    retries: int = 4


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """Signature of a model that a request goes to."""

    model: str
    signature: str
    version: int | None = None
    label: str | None = None


class RequestFailed(ValueError):
    """Error that a server answered with.

    Attributes:
        code: name of a gRPC code, or an HTTP status.
    """

    def __init__(self, code: str, message: str):
        super().__init__(f"The server says {code}: {message}")
        self.code = code


def with_retries(
    request: Callable[[], Answer],
    retries: int,
    sleep: Callable[[float], None] = time.sleep,
) -> Answer:
    """Repeats a request while the server is too busy, with growing pauses.

    Args:
        request: sends the request and returns the answer.
        retries: how often it is repeated at most.
        sleep: waits for that many seconds.

    Raises:
        RequestFailed: the server's error, or the last one that says busy.
    """
    for attempt in range(retries):
        try:
            return request()
        except RequestFailed as error:
            if error.code != BUSY:
                raise
        sleep(FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1.5))
    return request()


def known_signature(endpoint: Endpoint, signatures: Mapping[str, Any]) -> Any:
    """Returns the definition of the endpoint's signature.

    Raises:
        ValueError: the model has no such signature.
    """
    if endpoint.signature not in signatures:
        raise ValueError(
            f"{endpoint.model} has no signature {endpoint.signature!r}. It "
            f"has: {', '.join(sorted(signatures))}."
        )
    return signatures[endpoint.signature]


def ports_of(tensors: Iterable[tuple[str, int, list[int]]]) -> dict[str, Port]:
    """Returns ports by name.

    Args:
        tensors: name, number of the TensorFlow type, and sizes, of which
            negative ones are variable and the first is the batch.

    Example:
        >>> ports_of([("trace", 1, [-1, -1])])["trace"].shape
        (None,)
    """
    import tensorflow as tf

    ports = {}
    for name, dtype, sizes in tensors:
        shape = tuple(None if size < 0 else size for size in sizes[1:])
        ports[name] = Port(name, shape, tf.dtypes.as_dtype(dtype).name, "")
    return ports
