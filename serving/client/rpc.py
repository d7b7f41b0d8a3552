"""TF Serving's gRPC protocol, on the client's side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from serving.client.transport import (
    Connection,
    Endpoint,
    Ports,
    RequestFailed,
    known_signature,
    ports_of,
    with_retries,
)


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
        definition = known_signature(endpoint, message.signature_def)
        return {
            direction: ports_of(
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
