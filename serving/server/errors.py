"""Errors of requests, with TF Serving's codes in both protocols."""

from __future__ import annotations

import grpc

HTTP = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
LONGEST = 1024
"""Characters of a gRPC error at most."""

_BY_NUMBER = {code.value[0]: code for code in grpc.StatusCode}
NUMBERS = {code.name: code.value[0] for code in grpc.StatusCode}


class ServingError(Exception):
    """Error of a request.

    Args:
        code: name of a gRPC code.
        message: for the client.
        http: HTTP status, where it is not that of the code.
    """

    def __init__(self, code: str, message: str, http: int | None = None):
        super().__init__(message)
        self.code = code
        self.message = message
        self.http = http or HTTP[code]

    @property
    def grpc_code(self) -> grpc.StatusCode:
        """The code as gRPC's own type."""
        return grpc.StatusCode[self.code]


def invalid(message: str) -> ServingError:
    """Returns the error of a wrong request.

    Example:
        >>> invalid("Missing ModelSpec").http
        400
    """
    return ServingError("INVALID_ARGUMENT", message)


def from_tensorflow(error: Exception) -> ServingError:
    """Converts an error inside a model, with TensorFlow's own code."""
    number = getattr(error, "error_code", None)
    code = _BY_NUMBER.get(number, grpc.StatusCode.INTERNAL)
    text = getattr(error, "message", None) or str(error)
    # The rest names the line of the exporting program that built the operation.
    text = text.partition("\n\nOriginal stack trace")[0]
    text = text.partition("\n\nErrors may have originated")[0]
    return ServingError(code.name, text.strip() or type(error).__name__)
