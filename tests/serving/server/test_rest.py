"""The REST interface: TF Serving's bytes, codes and messages."""

from __future__ import annotations

import json
import socket

import grpc
import numpy as np
import pytest
import served
from served import NAME, ROW
from tensorflow_serving.apis import prediction_service_pb2_grpc


def predict_url(where: str = "") -> str:
    return f"/v1/models/{NAME}{where}:predict"


def test_rows_are_answered_byte_by_byte_as_tf_serving_would(rest):
    done = rest.post(predict_url("/versions/1"), json={"instances": [ROW, ROW]})
    assert done.status_code == 200
    assert done.headers["content-type"] == "application/json"
    row = (
        "        {\n"
        '            "total": [43.0],\n'
        '            "trace": [12.0, 43.0]\n'
        "        }"
    )
    assert done.text == f'{{\n    "predictions": [\n{row},\n{row}\n    ]\n}}'


def test_columns_are_answered_byte_by_byte_as_tf_serving_would(rest):
    columns = {name: [value] for name, value in ROW.items()}
    done = rest.post(predict_url("/labels/canary"), json={"inputs": columns})
    assert done.status_code == 200
    assert done.text == (
        '{\n    "outputs": {\n        "total": [\n            [\n'
        '                64.5\n            ]\n        ],\n        "trace": [\n'
        "            [\n                18.0,\n                64.5\n"
        "            ]\n        ]\n    }\n}"
    )


def test_the_newest_version_answers_by_default(rest):
    done = rest.post(predict_url(), json={"instances": [ROW]})
    assert done.json()["predictions"][0]["total"] == [64.5]


def test_nan_is_taken_and_given_as_tf_serving_does(rest):
    body = json.dumps({"instances": [{**ROW, "features": [[np.nan, 1, 2]]}]})
    done = rest.post(predict_url(), content=body)
    assert done.status_code == 200 and '"total": [NaN]' in done.text


@pytest.mark.parametrize(
    "method, path, code",
    [
        ("GET", "/", 404),
        ("GET", "/v1/models", 400),
        ("GET", "/v1/models/x", 404),
        ("GET", f"/v1/models/{NAME}/versions/9", 404),
        ("DELETE", f"/v1/models/{NAME}", 400),
        ("GET", f"/v1/models/{NAME}/../../etc/passwd", 400),
        ("GET", "/v1/models/%2e%2e%2f%2e%2e%2fetc", 404),
    ],
)
def test_other_paths_are_refused(rest, method, path, code):
    done = rest.request(method, path)
    assert done.status_code == code, done.text
    assert list(done.json()) == ["error"]


def test_a_body_that_is_too_large_is_not_read(server, rest):
    done = rest.post(predict_url(), content=b" " * (2**20 + 1))
    assert done.status_code == 413 and "1048576 bytes" in done.json()["error"]
    # The header announces a gigabyte; it is refused before any is sent.
    with socket.create_connection(("127.0.0.1", server.rest_port)) as link:
        link.sendall(
            f"POST {predict_url()} HTTP/1.1\r\nHost: x\r\n"
            "Content-Length: 1073741824\r\n\r\n".encode()
        )
        assert b" 413 " in link.recv(4096)

    def parts():
        for _ in range(40):
            yield b" " * 2**16

    assert rest.post(predict_url(), content=parts()).status_code == 413


def test_states_are_written_as_tf_serving_does(rest):
    done = rest.get(f"/v1/models/{NAME}")
    assert done.text.startswith('{\n "model_version_status": [\n  {\n')
    states = done.json()["model_version_status"]
    assert [state["version"] for state in states] == ["2", "1"]
    assert states[0]["state"] == "AVAILABLE"
    assert states[0]["status"] == {"error_code": "OK", "error_message": ""}
    for where in ("versions/1", "labels/stable"):
        done = rest.get(f"/v1/models/{NAME}/{where}")
        (state,) = done.json()["model_version_status"]
        assert state["version"] == "1"


def test_metadata_hold_the_signature(rest):
    metadata = rest.get(f"/v1/models/{NAME}/metadata").json()
    assert metadata["model_spec"]["name"] == NAME
    assert metadata["model_spec"]["version"] == "2"
    definitions = metadata["metadata"]["signature_def"]["signature_def"]
    assert list(definitions) == ["serving_default"]
    features = definitions["serving_default"]["inputs"]["features"]
    assert features["dtype"] == "DT_FLOAT"
    assert features["tensor_shape"]["dim"][2] == {"size": "3", "name": ""}


def test_requests_are_counted_for_prometheus(rest, server):
    rest.post(predict_url(), json={"instances": [ROW]})
    rest.post(predict_url(), json={})
    rest.post("/v1/models/a-name-of-mine:predict", json={})
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        stub.Predict(served.request())
    page = rest.get("/monitoring/prometheus/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    count = ":tensorflow:serving:request_count"
    assert f'{count}{{model_name="{NAME}",status="OK"}}' in page.text
    assert f'{count}{{model_name="{NAME}",status="INVALID_' in page.text
    assert "a-name-of-mine" not in page.text
    for entrypoint in ("REST", "GRPC"):
        assert (
            ':tensorflow:serving:request_latency_count{API="Predict",'
            f'entrypoint="{entrypoint}",model_name="{NAME}"}}' in page.text
        )
