"""TF Serving's two protocols, from a client's side."""

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
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from zoo.registry import Port

BUSY = "UNAVAILABLE"
FIRST_PAUSE = 0.1
"""Seconds before the first retry; each is twice as long as the last."""

Got = TypeVar("Got")
Ports = Mapping[str, Port]


@dataclasses.dataclass(frozen=True)
class Call:
    """Which model is asked."""

    model: str
    signature: str
    version: int | None = None
    label: str | None = None


class RequestFailed(ValueError):
    """What a server answered instead of what it was asked for.

    Attributes:
        code: a gRPC code's name, or an HTTP status.
    """

    def __init__(self, code: str, message: str):
        super().__init__(f"The server says {code}: {message}")
        self.code = code


def patiently(
    ask: Callable[[], Got],
    retries: int,
    sleep: Callable[[float], None] = time.sleep,
) -> Got:
    """Asks again while the server is too busy, with growing pauses."""
    for attempt in range(retries):
        try:
            return ask()
        except RequestFailed as error:
            if error.code != BUSY:
                raise
        sleep(FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1.5))
    return ask()


def _port(name: str, dtype: int, sizes: list[int]) -> Port:
    import tensorflow as tf

    shape = tuple(None if size < 0 else size for size in sizes[1:])
    return Port(name, shape, tf.dtypes.as_dtype(dtype).name, "")


class Grpc:
    """A gRPC connection; arguments as `serving.client.Client`."""

    def __init__(
        self,
        address: str,
        token: str | None,
        authority: pathlib.Path | None,
        seconds: float,
        retries: int,
    ):
        import grpc
        from tensorflow_serving.apis import prediction_service_pb2_grpc

        options = [
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_send_message_length", -1),
        ]
        self._grpc = grpc
        self._seconds, self._retries = seconds, retries
        self._metadata = [("authorization", f"Bearer {token}")] if token else []
        if authority is None:
            self._channel = grpc.insecure_channel(address, options)
        else:
            trust = grpc.ssl_channel_credentials(authority.read_bytes())
            self._channel = grpc.secure_channel(address, trust, options)
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(
            self._channel
        )

    def close(self) -> None:
        self._channel.close()

    def _ask(self, method: Callable, request: Any) -> Any:
        def ask():
            try:
                return method(
                    request, timeout=self._seconds, metadata=self._metadata
                )
            except self._grpc.RpcError as error:
                raise RequestFailed(
                    error.code().name, error.details()
                ) from error

        return patiently(ask, self._retries)

    def signature(self, call: Call) -> dict[str, Ports]:
        """Inputs and outputs of a signature."""
        from tensorflow_serving.apis import get_model_metadata_pb2 as messages

        request = messages.GetModelMetadataRequest()
        request.metadata_field.append("signature_def")
        _name(request.model_spec, call)
        answer = self._ask(self._stub.GetModelMetadata, request)
        found = messages.SignatureDefMap()
        answer.metadata["signature_def"].Unpack(found)
        if call.signature not in found.signature_def:
            raise _no_signature(call, found.signature_def)
        definition = found.signature_def[call.signature]
        return {
            kind: {
                name: _port(
                    name,
                    info.dtype,
                    [dim.size for dim in info.tensor_shape.dim],
                )
                for name, info in getattr(definition, kind).items()
            }
            for kind in ("inputs", "outputs")
        }

    def predict(
        self, call: Call, inputs: Mapping[str, np.ndarray], outputs: Ports
    ) -> dict[str, np.ndarray]:
        """Answers one batch."""
        import tensorflow as tf
        from tensorflow_serving.apis import predict_pb2

        request = predict_pb2.PredictRequest()
        _name(request.model_spec, call)
        request.model_spec.signature_name = call.signature
        for name, each in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(each))
        answer = self._ask(self._stub.Predict, request)
        return {
            name: tf.make_ndarray(each) for name, each in answer.outputs.items()
        }


def _name(spec: Any, call: Call) -> None:
    spec.name = call.model
    if call.version is not None:
        spec.version.value = call.version
    if call.label is not None:
        spec.version_label = call.label


def _no_signature(call: Call, known: Any) -> ValueError:
    return ValueError(
        f"{call.model} has no signature {call.signature!r}. It has: "
        f"{', '.join(sorted(known))}."
    )


class Rest:
    """REST requests; arguments as `serving.client.Client`."""

    def __init__(
        self,
        address: str,
        token: str | None,
        authority: pathlib.Path | None,
        seconds: float,
        retries: int,
    ):
        if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
            raise ValueError(
                "`address` of REST must begin with http:// or https://. "
                f"Received: address={address!r}"
            )
        self._base = address.rstrip("/")
        self._seconds, self._retries = seconds, retries
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._trust = authority and ssl.create_default_context(cafile=authority)

    def close(self) -> None:
        """Nothing is kept open."""

    def _ask(self, call: Call, what: str, body: Any = None) -> dict[str, Any]:
        where = f"/v1/models/{urllib.parse.quote(call.model, safe='')}"
        if call.version is not None:
            where += f"/versions/{call.version}"
        if call.label is not None:
            where += f"/labels/{urllib.parse.quote(call.label, safe='')}"
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self._base}{where}{what}", content, self._headers
        )

        def ask():
            try:
                with urllib.request.urlopen(
                    request, timeout=self._seconds, context=self._trust
                ) as answer:
                    return json.loads(answer.read())
            except urllib.error.HTTPError as error:
                raise _failure(error) from error
            except (OSError, http.client.HTTPException) as error:
                raise ConnectionError(
                    f"{self._base} cannot be asked ({error}). Is a server "
                    "there? Start one: python -m serving.serve models/"
                ) from error

        return patiently(ask, self._retries)

    def signature(self, call: Call) -> dict[str, Ports]:
        """Inputs and outputs of a signature."""
        import tensorflow as tf

        answer = self._ask(call, "/metadata")
        found = answer["metadata"]["signature_def"]["signature_def"]
        if call.signature not in found:
            raise _no_signature(call, found)
        return {
            kind: {
                name: _port(
                    name,
                    tf.dtypes.as_dtype(
                        info["dtype"].removeprefix("DT_").lower()
                    ).as_datatype_enum,
                    [int(n["size"]) for n in info["tensor_shape"]["dim"]],
                )
                for name, info in found[call.signature][kind].items()
            }
            for kind in ("inputs", "outputs")
        }

    def predict(
        self, call: Call, inputs: Mapping[str, np.ndarray], outputs: Ports
    ) -> dict[str, np.ndarray]:
        """Answers one batch."""
        body = {
            "signature_name": call.signature,
            "inputs": {name: each.tolist() for name, each in inputs.items()},
        }
        found = self._ask(call, ":predict", body)["outputs"]
        if len(outputs) == 1:
            (name,) = outputs
            found = {name: found}
        return {
            name: np.array(each, np.dtype(outputs[name].dtype))
            for name, each in found.items()
        }


def _failure(error: urllib.error.HTTPError) -> RequestFailed:
    try:
        message = json.loads(error.read())["error"]
    except (ValueError, KeyError, TypeError):
        message = error.reason
    code = BUSY if error.code == 503 else str(error.code)
    return RequestFailed(code, message)
