"""The gRPC interface, called by TF Serving's own stubs."""

from __future__ import annotations

import grpc
import numpy as np
import pytest
import served
from served import NAME, request, values
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)


@pytest.fixture(scope="module")
def channel(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        yield channel


@pytest.fixture
def stub(channel):
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


def test_stubs_of_tf_serving_get_their_answers(stub):
    inputs = served.features(6, 3)
    response = stub.Predict(request(inputs, version=1))
    assert response.model_spec.version.value == 1
    assert response.model_spec.signature_name == "serving_default"
    assert len(response.outputs["trace"].float_val) == 12
    for name, output in served.answer(inputs).items():
        np.testing.assert_allclose(values(response)[name], output, atol=1e-5)
    message = request(inputs, label="canary")
    message.output_filter.append("total")
    outputs = values(stub.Predict(message))
    expected = served.answer(inputs, 3.0)["total"]
    assert list(outputs) == ["total"]
    np.testing.assert_allclose(outputs["total"], expected, atol=1e-5)


def test_values_may_stand_in_either_field(stub):
    message = request({"features": np.ones((1, 1, 3), "f4"), "lengths": [1]})
    del message.inputs["lengths"]
    message.inputs["lengths"].dtype = 3
    message.inputs["lengths"].tensor_shape.dim.add(size=1)
    message.inputs["lengths"].int_val.append(1)
    assert values(stub.Predict(message))["total"] == [[9]]


def broken(change):
    message = request()
    change(message)
    return message


def huge(message):
    tensor = message.inputs["features"]
    tensor.Clear()
    tensor.dtype = 1
    for size in (1, 10**9, 3):
        tensor.tensor_shape.dim.add(size=size)
    tensor.float_val.append(1.0)


def truncated(message):
    message.inputs["features"].tensor_content = b"123"


def other(**inputs):
    return request({**served.features(4, 2), **inputs})


@pytest.mark.parametrize(
    "make, code, text",
    [
        (predict_pb2.PredictRequest, "INVALID_ARGUMENT", "Missing ModelSpec"),
        (
            lambda: request(name="x"),
            "NOT_FOUND",
            "Servable not found for request: Latest(x)",
        ),
        (
            lambda: request(version=7),
            "NOT_FOUND",
            f"Servable not found for request: Specific({NAME}, 7)",
        ),
        (
            lambda: request(label="x"),
            "INVALID_ARGUMENT",
            "Unrecognized servable version label: x",
        ),
        (
            lambda: request(signature="x"),
            "FAILED_PRECONDITION",
            'Serving signature key "x" not found.',
        ),
        (
            lambda: request({"features": np.ones((1, 1, 3), "f4")}),
            "INVALID_ARGUMENT",
            "input size does not match signature: 1!=2 len({features}) != "
            "len({features,lengths}). Sent extra: {}. Missing but required: "
            "{lengths}.",
        ),
        (
            lambda: other(x=np.ones(2)),
            "INVALID_ARGUMENT",
            "3!=2 len({features,lengths,x}) != len({features,lengths}). Sent "
            "extra: {x}. Missing but required: {}.",
        ),
        (
            lambda: other(lengths=np.array([4, 2])),
            "INVALID_ARGUMENT",
            "to be int32 but int64 is provided",
        ),
        (
            lambda: other(lengths=np.array([4], "i4")),
            "INVALID_ARGUMENT",
            "Batching Run() input tensors must have equal 0th-dimension size",
        ),
        (
            lambda: other(features=np.ones((2, 3), "f4")),
            "INVALID_ARGUMENT",
            "Tensor features must have shape [?,?,3]. Received: [2,3]",
        ),
        (
            lambda: request(served.features()),
            "INVALID_ARGUMENT",
            "must hold at least one row and one step",
        ),
        (
            lambda: broken(lambda message: message.output_filter.append("x")),
            "INVALID_ARGUMENT",
            "output tensor alias not found in signature: x Outputs expected "
            "to be in the set {total,trace}.",
        ),
        (
            lambda: broken(
                lambda message: message.output_filter.extend(["total"] * 2)
            ),
            "INVALID_ARGUMENT",
            "duplicate output tensor alias: total",
        ),
        (lambda: broken(huge), "INVALID_ARGUMENT", "would take 12000000000 b"),
        (lambda: broken(truncated), "INVALID_ARGUMENT", "Tensor is not valid"),
    ],
    ids=range(15),
)
def test_a_wrong_call_gets_tf_servings_code_and_words(stub, make, code, text):
    with pytest.raises(grpc.RpcError) as error:
        stub.Predict(make())
    assert error.value.code().name == code, error.value.details()
    assert text in error.value.details()


def test_other_calls_answer_or_refuse(stub, channel):
    message = get_model_metadata_pb2.GetModelMetadataRequest()
    message.model_spec.name = NAME
    with pytest.raises(grpc.RpcError, match="at least one metadata_field"):
        stub.GetModelMetadata(message)
    message.metadata_field.append("signature_def")
    signatures = get_model_metadata_pb2.SignatureDefMap()
    stub.GetModelMetadata(message).metadata["signature_def"].Unpack(signatures)
    assert list(signatures.signature_def) == ["serving_default"]
    for call, kind in (
        (stub.Classify, classification_pb2.ClassificationRequest),
        (stub.Regress, regression_pb2.RegressionRequest),
    ):
        refused = kind()
        refused.model_spec.name = NAME
        with pytest.raises(grpc.RpcError, match="signature method_name"):
            call(refused)
    with pytest.raises(grpc.RpcError, match="at least one task"):
        stub.MultiInference(inference_pb2.MultiInferenceRequest())
    states = model_service_pb2_grpc.ModelServiceStub(channel)
    message = get_model_status_pb2.GetModelStatusRequest()
    message.model_spec.name = NAME
    status = states.GetModelStatus(message).model_version_status
    assert [version.version for version in status] == [2, 1]
    with pytest.raises(grpc.RpcError) as error:
        states.HandleReloadConfigRequest(
            model_management_pb2.ReloadConfigRequest()
        )
    assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED


def test_a_message_that_is_too_large_is_refused(stub):
    inputs = served.features(100_000)
    with pytest.raises(grpc.RpcError) as error:
        stub.Predict(request(inputs))
    assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
