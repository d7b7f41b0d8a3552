"""TF Serving's gRPC interface, by its own stubs."""

from __future__ import annotations

import contextlib
import functools
import hmac
import math
import time
from collections.abc import Iterator

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


class _Service:
    def __init__(
        self, models: Models, metrics: Metrics, most_bytes: int, seconds: float
    ):
        self._models, self._metrics = models, metrics
        self._most, self._seconds = most_bytes, seconds

    @contextlib.contextmanager
    def _answering(self, context, name: str, api: str) -> Iterator[None]:
        """Failures as gRPC tells them; counts of each request."""
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
            spent = time.monotonic() - started
            self._metrics.request(known, api, "GRPC", code, spent)


class Prediction(
    _Service, prediction_service_pb2_grpc.PredictionServiceServicer
):
    """Answers with a model."""

    def Predict(self, request, context):
        response = predict_pb2.PredictResponse()
        with self._answering(context, request.model_spec.name, "Predict"):
            spec = _spec(request)
            inputs = {
                name: array(each, self._most)
                for name, each in request.inputs.items()
            }
            left = context.time_remaining()
            seconds = min(left or self._seconds, self._seconds)
            found = prediction.predict(
                self._models, spec, inputs, request.output_filter, seconds
            )
            response.model_spec.name = spec.name
            response.model_spec.version.value = found.number
            response.model_spec.signature_name = found.signature
            for name, each in found.outputs.items():
                fill(response.outputs[name], each)
        return response

    def GetModelMetadata(self, request, context):
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

    def Classify(self, request, context):
        return self._refuse(request.model_spec, context, "classification")

    def Regress(self, request, context):
        return self._refuse(request.model_spec, context, "regression")

    def MultiInference(self, request, context):
        specs = [task.model_spec for task in request.tasks]
        if specs:
            return self._refuse(specs[0], context, "classification")
        with self._answering(context, "", "MultiInference"):
            raise invalid("Inference request must have at least one task.")

    def _refuse(self, model_spec, context, kind: str):
        """Models of the zoo have signatures to predict with alone."""
        word = {"classification": "classify", "regression": "regress"}[kind]
        with self._answering(context, model_spec.name, word.capitalize()):
            with self._models.using(*_which(model_spec)):
                raise invalid(
                    f"Expected {kind} signature method_name to be "
                    f"tensorflow/serving/{word}. Was: "
                    "tensorflow/serving/predict"
                )


class ModelState(_Service, model_service_pb2_grpc.ModelServiceServicer):
    """Tells which versions are loaded."""

    def GetModelStatus(self, request, context):
        with self._answering(context, request.model_spec.name, "Status"):
            return protocol.status(self._models, _spec(request))

    def HandleReloadConfigRequest(self, request, context):
        with self._answering(context, "", "Reload"):
            raise ServingError(
                "PERMISSION_DENIED",
                "This server takes no paths from requests; it serves what "
                "serving.push puts into its folder.",
            )


def _which(model_spec) -> tuple[str, int | None, str | None]:
    choice = model_spec.WhichOneof("version_choice")
    return (
        model_spec.name,
        model_spec.version.value if choice == "version" else None,
        model_spec.version_label if choice == "version_label" else None,
    )


def _spec(request) -> Spec:
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")
    name, number, label = _which(request.model_spec)
    return Spec(name, number, label, request.model_spec.signature_name)


def array(proto, most_bytes: int) -> np.ndarray:
    """A tensor message as an array.

    Raises:
        ServingError: its content is not what its shape and type promise.
    """
    import tensorflow as tf

    try:
        dtype = _dtype(proto.dtype)
        shape = [dim.size for dim in proto.tensor_shape.dim]
        size = math.prod(shape) * dtype.itemsize
        if proto.tensor_shape.unknown_rank or min(shape, default=0) < 0:
            raise ValueError("its shape is not known")
        if size > most_bytes:  # one value may stand for all of them
            raise ValueError(f"it would take {size} bytes")
        content = proto.tensor_content if dtype.kind != "O" else b""
        if content:  # a field's bytes are copied each time they are asked for
            return np.frombuffer(content, dtype).reshape(shape)
        return tf.make_ndarray(proto)
    except (TypeError, ValueError, KeyError) as error:
        raise invalid(f"Tensor is not valid: {error}") from None


@functools.cache
def _dtype(number: int) -> np.dtype:
    import tensorflow as tf

    return np.dtype(tf.dtypes.as_dtype(number).as_numpy_dtype)


def fill(proto, value: np.ndarray) -> None:
    """Writes an array as TF Serving does, in the field of its type."""
    import tensorflow as tf

    value = np.asarray(value)
    if value.dtype != np.float32:
        made = tf.make_tensor_proto(value)
        if made.tensor_content:
            flat = value.ravel().tolist()
            fields = {"i": "int_val", "b": "bool_val", "u": "int_val"}
            kind = {"int64": "int64_val", "float64": "double_val"}
            field = kind.get(value.dtype.name, fields.get(value.dtype.kind))
            if field is not None:
                made.ClearField("tensor_content")
                getattr(made, field).extend(flat)
        proto.CopyFrom(made)
        return
    proto.dtype = tf.float32.as_datatype_enum
    for size in value.shape:
        proto.tensor_shape.dim.add(size=size)
    proto.float_val.extend(value.ravel().tolist())


class TokenCheck(grpc.ServerInterceptor):
    """Lets in who bears the token."""

    def __init__(self, token: str):
        self._wanted = f"Bearer {token}".encode()

    def intercept_service(self, continuation, details):
        given = dict(details.invocation_metadata).get("authorization", "")
        raw = given if isinstance(given, bytes) else given.encode()
        if hmac.compare_digest(raw, self._wanted):
            return continuation(details)

        def refuse(request, context):
            context.abort(
                grpc.StatusCode.UNAUTHENTICATED,
                "A bearer token is needed, and this is none.",
            )

        return grpc.unary_unary_rpc_method_handler(refuse)
