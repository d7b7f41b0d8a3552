"""Answers gRPC calls with TF Serving's own services."""

from __future__ import annotations

import contextlib
import functools
import hmac
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import numpy as np
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from serving.server import prediction, protocol
from serving.server.errors import LONGEST, ServingError, invalid
from serving.server.metrics import Metrics
from serving.server.models import Models
from serving.server.prediction import Spec

SIGNATURES = "signature_def"

Message = Any  # a protobuf message, whose class is made at run time


class _Service:
    """Base of both services: counts requests and converts errors.

    Args:
        models: the served models.
        metrics: counts the requests.
        largest: bytes of a tensor at most.
        seconds: that an answer may take.
    """

    def __init__(
        self, models: Models, metrics: Metrics, largest: int, seconds: float
    ):
        self._models, self._metrics = models, metrics
        self._largest, self._seconds = largest, seconds

    @contextlib.contextmanager
    def _answering(
        self, context: grpc.ServicerContext, name: str, api: str
    ) -> Iterator[None]:
        """Counts a request and converts its error to gRPC's."""
        started, code = time.monotonic(), "OK"
        try:
            yield
        except ServingError as error:
            code = error.code
            context.abort(error.grpc_code, error.message[:LONGEST])
        except Exception:
            code = "INTERNAL"
            raise
        finally:
            known = name if self._models.knows(name) else ""
            taken = time.monotonic() - started
            self._metrics.request(known, api, "GRPC", code, taken)


class Prediction(
    _Service, prediction_service_pb2_grpc.PredictionServiceServicer
):
    """TF Serving's `PredictionService`."""

    def Predict(
        self, request: Message, context: grpc.ServicerContext
    ) -> Message:
        """Answers one batch."""
        response = predict_pb2.PredictResponse()
        with self._answering(context, request.model_spec.name, "Predict"):
            spec = _spec(request)
            inputs = {
                name: array(tensor, self._largest)
                for name, tensor in request.inputs.items()
            }
            left = context.time_remaining()
            seconds = min(left or self._seconds, self._seconds)
            answer = prediction.predict(
                self._models, spec, inputs, request.output_filter, seconds
            )
            response.model_spec.name = spec.name
            response.model_spec.version.value = answer.number
            response.model_spec.signature_name = answer.signature
            for name, output in answer.outputs.items():
                fill(response.outputs[name], output)
        return response

    def GetModelMetadata(
        self, request: Message, context: grpc.ServicerContext
    ) -> Message:
        """Returns the signatures of a version."""
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        with self._answering(context, request.model_spec.name, "Metadata"):
            if not request.metadata_field:
                raise invalid(
                    "GetModelMetadataRequest must specify at least one "
                    "metadata_field"
                )
            for field in request.metadata_field:
                if field != SIGNATURES:
                    raise invalid(f"Metadata field {field} is not supported")
            model, signatures = protocol.metadata(self._models, _spec(request))
            response.model_spec.CopyFrom(model)
            response.metadata[SIGNATURES].Pack(signatures)
        return response

    def Classify(
        self, request: Message, context: grpc.ServicerContext
    ) -> Message:
        """Refuses the request."""
        return self._refuse(request.model_spec, context, "classification")

    def Regress(
        self, request: Message, context: grpc.ServicerContext
    ) -> Message:
        """Refuses the request."""
        return self._refuse(request.model_spec, context, "regression")

    def MultiInference(
        self, request: Message, context: grpc.ServicerContext
    ) -> Message:
        """Refuses the request."""
        specs = [task.model_spec for task in request.tasks]
        if specs:
            return self._refuse(specs[0], context, "classification")
        with self._answering(context, "", "MultiInference"):
            raise invalid("Inference request must have at least one task.")

    def _refuse(
        self, model_spec: Message, context: grpc.ServicerContext, kind: str
    ) -> Message:
        """Refuses all but predictions: models of the zoo have nothing else."""
        word = {"classification": "classify", "regression": "regress"}[kind]
        with self._answering(context, model_spec.name, word.capitalize()):
            with self._models.using(*_version(model_spec)):
                raise invalid(
                    f"Expected {kind} signature method_name to be "
                    f"tensorflow/serving/{word}. Was: "
                    "tensorflow/serving/predict"
                )


class ModelState(_Service, model_service_pb2_grpc.ModelServiceServicer):
    """TF Serving's `ModelService`."""

    def GetModelStatus(
        self, request: Message, context: grpc.ServicerContext
    ) -> Message:
        """Returns the states of a model's versions."""
        with self._answering(context, request.model_spec.name, "Status"):
            return protocol.status(self._models, _spec(request))

    def HandleReloadConfigRequest(
        self, request: Message, context: grpc.ServicerContext
    ) -> Message:
        """Refuses the request."""
        with self._answering(context, "", "Reload"):
            raise ServingError(
                "PERMISSION_DENIED",
                "This server takes no paths from requests; it serves what "
                "serving.push puts into its folder.",
            )


def _version(model_spec: Message) -> tuple[str, int | None, str | None]:
    """Returns a model's name and the version or label of a request."""
    choice = model_spec.WhichOneof("version_choice")
    return (
        model_spec.name,
        model_spec.version.value if choice == "version" else None,
        model_spec.version_label if choice == "version_label" else None,
    )


def _spec(request: Message) -> Spec:
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")
    name, number, label = _version(request.model_spec)
    return Spec(name, number, label, request.model_spec.signature_name)


def array(proto: Message, largest: int) -> np.ndarray:
    """Converts a `TensorProto` to an array.

    Args:
        proto: the message.
        largest: bytes of the array at most.

    Raises:
        ServingError: its content does not fit its shape and type, or it is
            too large.
    """
    import tensorflow as tf

    try:
        dtype = _dtype(proto.dtype)
        shape = [dimension.size for dimension in proto.tensor_shape.dim]
        size = math.prod(shape) * dtype.itemsize
        if proto.tensor_shape.unknown_rank or min(shape, default=0) < 0:
            raise ValueError("its shape is not known")
        if size > largest:  # a short message can repeat one value
            raise ValueError(f"it would take {size} bytes")
        content = proto.tensor_content if dtype.kind != "O" else b""
        if content:  # read once, since each access copies it
            return np.frombuffer(content, dtype).reshape(shape)
        return tf.make_ndarray(proto)
    except (TypeError, ValueError, KeyError) as error:
        raise invalid(f"Tensor is not valid: {error}") from None


@functools.cache
def _dtype(number: int) -> np.dtype:
    import tensorflow as tf

    return np.dtype(tf.dtypes.as_dtype(number).as_numpy_dtype)


def fill(proto: Message, value: np.ndarray) -> None:
    """Writes an array to a `TensorProto`, in the field of its type.

    TensorFlow would write bytes; TF Serving writes numbers.
    """
    import tensorflow as tf

    value = np.asarray(value)
    if value.dtype != np.float32:
        tensor = tf.make_tensor_proto(value)
        if tensor.tensor_content:
            flat = value.ravel().tolist()
            fields = {"i": "int_val", "b": "bool_val", "u": "int_val"}
            kind = {"int64": "int64_val", "float64": "double_val"}
            field = kind.get(value.dtype.name, fields.get(value.dtype.kind))
            if field is not None:
                tensor.ClearField("tensor_content")
                getattr(tensor, field).extend(flat)
        proto.CopyFrom(tensor)
        return
    proto.dtype = tf.float32.as_datatype_enum
    for size in value.shape:
        proto.tensor_shape.dim.add(size=size)
    proto.float_val.extend(value.ravel().tolist())


class TokenCheck(grpc.ServerInterceptor):
    """Refuses calls without the bearer token."""

    def __init__(self, token: str):
        self._expected = f"Bearer {token}".encode()

    def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails], grpc.RpcMethodHandler | None
        ],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler | None:
        """Returns the handler of a call, or one that refuses it."""
        header = dict(details.invocation_metadata).get("authorization", "")
        raw = header if isinstance(header, bytes) else header.encode()
        if hmac.compare_digest(raw, self._expected):
            return continuation(details)

        def refuse(request: Message, context: grpc.ServicerContext) -> None:
            context.abort(
                grpc.StatusCode.UNAUTHENTICATED,
                "A bearer token is needed, and this is none.",
            )

        return grpc.unary_unary_rpc_method_handler(refuse)
