"""TF Serving's REST protocol, on the client's side."""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

import numpy as np

from serving.client.transport import (
    BUSY,
    Connection,
    Endpoint,
    Ports,
    RequestFailed,
    known_signature,
    ports_of,
    with_retries,
)


class Rest:
    """Requests by REST, each with an HTTP connection of its own."""

    def __init__(self, connection: Connection):
        address, token = connection.address, connection.token
        if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
            raise ValueError(
                "`address` of REST must begin with http:// or https://. "
                f"Received: address={address!r}"
            )
        self._connection = connection
        self._base = address.rstrip("/")
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._trust: ssl.SSLContext | None = None
        if connection.authority is not None:
            self._trust = ssl.create_default_context(
                cafile=connection.authority
            )

    def close(self) -> None:
        """Does nothing, for nothing stays open."""

    def signature(self, endpoint: Endpoint) -> dict[str, Ports]:
        """Asks for the inputs and outputs of a signature."""
        import tensorflow as tf

        answer = self._send(endpoint, "/metadata")
        definition = known_signature(
            endpoint, answer["metadata"]["signature_def"]["signature_def"]
        )
        return {
            direction: ports_of(
                (
                    name,
                    tf.dtypes.as_dtype(
                        tensor["dtype"].removeprefix("DT_").lower()
                    ).as_datatype_enum,
                    [int(n["size"]) for n in tensor["tensor_shape"]["dim"]],
                )
                for name, tensor in definition[direction].items()
            )
            for direction in ("inputs", "outputs")
        }

    def predict(
        self,
        endpoint: Endpoint,
        inputs: Mapping[str, np.ndarray],
        outputs: Ports,
    ) -> dict[str, np.ndarray]:
        """Predicts for one batch."""
        body = {
            "signature_name": endpoint.signature,
            "inputs": {name: array.tolist() for name, array in inputs.items()},
        }
        answer = self._send(endpoint, ":predict", body)["outputs"]
        if len(outputs) == 1:  # TF Serving leaves its name out
            (name,) = outputs
            answer = {name: answer}
        return {
            name: np.array(values, np.dtype(outputs[name].dtype))
            for name, values in answer.items()
        }

    def _send(
        self, endpoint: Endpoint, suffix: str, body: Any = None
    ) -> dict[str, Any]:
        path = f"/v1/models/{urllib.parse.quote(endpoint.model, safe='')}"
        if endpoint.version is not None:
            path += f"/versions/{endpoint.version}"
        if endpoint.label is not None:
            path += f"/labels/{urllib.parse.quote(endpoint.label, safe='')}"
        content = None if body is None else json.dumps(body).encode()
        message = urllib.request.Request(
            f"{self._base}{path}{suffix}", content, self._headers
        )

        def request() -> dict[str, Any]:
            try:
                with urllib.request.urlopen(
                    message,
                    timeout=self._connection.seconds,
                    context=self._trust,
                ) as answer:
                    return json.loads(answer.read())
            except urllib.error.HTTPError as error:
                raise _failure(error) from error
            except (OSError, http.client.HTTPException) as error:
                raise ConnectionError(
                    f"{self._base} does not answer ({error}). Is a server "
                    "there? Start one: python -m serving.serve models/"
                ) from error

        return with_retries(request, self._connection.retries)


def _failure(error: urllib.error.HTTPError) -> RequestFailed:
    """Returns the error in an HTTP answer's body, or else its reason."""
    try:
        message = json.loads(error.read())["error"]
    except (ValueError, KeyError, TypeError):
        message = error.reason
    code = BUSY if error.code == 503 else str(error.code)
    return RequestFailed(code, message)
