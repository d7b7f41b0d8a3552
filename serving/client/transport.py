"""TF Serving's two protocols, gRPC and REST, on the client's side."""

from __future__ import annotations

import dataclasses
import http.client
import json
import pathlib
import random
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np

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
    """Repeats a request while the server is too busy, with growing pauses."""
    for attempt in range(retries):
        try:
            return request()
        except RequestFailed as error:
            if error.code != BUSY:
                raise
        sleep(FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1.5))
    return request()


class Grpc:
    """A gRPC connection."""

    def __init__(self, connection: Connection):
        import grpc
        from tensorflow_serving.apis import prediction_service_pb2_grpc

        options = [
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_send_message_length", -1),
        ]
        self._connection = connection
        token, address = connection.token, connection.address
        self._metadata = [("authorization", f"Bearer {token}")] if token else []
        if connection.authority is None:
            self._channel = grpc.insecure_channel(address, options)
        else:
            certificate = connection.authority.read_bytes()
            trust = grpc.ssl_channel_credentials(certificate)
            self._channel = grpc.secure_channel(address, trust, options)
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(
            self._channel
        )

    def close(self) -> None:
        """Closes the channel."""
        self._channel.close()

    def signature(self, endpoint: Endpoint) -> dict[str, Ports]:
        """Asks for the inputs and outputs of a signature."""
        from tensorflow_serving.apis import get_model_metadata_pb2

        request = get_model_metadata_pb2.GetModelMetadataRequest()
        request.metadata_field.append("signature_def")
        _fill_model_spec(request.model_spec, endpoint)
        response = self._send(self._stub.GetModelMetadata, request)
        message = get_model_metadata_pb2.SignatureDefMap()
        response.metadata["signature_def"].Unpack(message)
        definition = _known_signature(endpoint, message.signature_def)
        return {
            direction: _ports(
                (
                    name,
                    tensor.dtype,
                    [dimension.size for dimension in tensor.tensor_shape.dim],
                )
                for name, tensor in getattr(definition, direction).items()
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
        import tensorflow as tf
        from tensorflow_serving.apis import predict_pb2

        request = predict_pb2.PredictRequest()
        _fill_model_spec(request.model_spec, endpoint)
        request.model_spec.signature_name = endpoint.signature
        for name, array in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(array))
        response = self._send(self._stub.Predict, request)
        return {
            name: tf.make_ndarray(tensor)
            for name, tensor in response.outputs.items()
        }

    def _send(self, method: Callable, message: Any) -> Any:
        import grpc

        def request() -> Any:
            try:
                return method(
                    message,
                    timeout=self._connection.seconds,
                    metadata=self._metadata,
                )
            except grpc.RpcError as error:
                raise RequestFailed(
                    error.code().name, error.details()
                ) from error

        return with_retries(request, self._connection.retries)


def _fill_model_spec(spec: Any, endpoint: Endpoint) -> None:
    spec.name = endpoint.model
    if endpoint.version is not None:
        spec.version.value = endpoint.version
    if endpoint.label is not None:
        spec.version_label = endpoint.label


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
        definition = _known_signature(
            endpoint, answer["metadata"]["signature_def"]["signature_def"]
        )
        return {
            direction: _ports(
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


def _known_signature(endpoint: Endpoint, signatures: Mapping[str, Any]) -> Any:
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


def _ports(tensors: Iterable[tuple[str, int, list[int]]]) -> dict[str, Port]:
    """Returns ports by name.

    Args:
        tensors: name, number of the TensorFlow type, and sizes, of which
            negative ones are variable and the first is the batch.

    Example:
        >>> _ports([("trace", 1, [-1, -1])])["trace"].shape
        (None,)
    """
    import tensorflow as tf

    ports = {}
    for name, dtype, sizes in tensors:
        shape = tuple(None if size < 0 else size for size in sizes[1:])
        ports[name] = Port(name, shape, tf.dtypes.as_dtype(dtype).name, "")
    return ports
