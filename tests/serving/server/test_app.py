"""The embedded server: new versions, tokens, TLS, ports, shutdown."""

from __future__ import annotations

import pathlib
import shutil
import ssl
import subprocess
import threading
import time

import grpc
import httpx
import pytest
import served
from served import NAME, PREDICT, ROW, request, values
from tensorflow_serving.apis import prediction_service_pb2_grpc

from serving import versions
from serving.server.app import Server


@pytest.fixture(scope="module")
def exports(tmp_path_factory) -> dict[int, pathlib.Path]:
    """Two versions, which multiply by 2 and by 3."""
    folder = tmp_path_factory.mktemp("exports")
    return {
        factor: served.export(folder / str(factor), float(factor))
        for factor in (2, 3)
    }


class Requests(threading.Thread):
    """Sends requests to one model until `over` is set."""

    def __init__(self, port: int):
        super().__init__()
        self.port, self.failures = port, []
        self.factors: set[float] = set()
        self.over = threading.Event()

    def run(self):
        inputs = served.features(5, 3)
        one = served.answer(inputs, 1.0)["total"]
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            while not self.over.is_set():
                try:
                    total = values(stub.Predict(request(inputs)))["total"]
                    self.factors.add(round(float((total / one).mean()), 3))
                except grpc.RpcError as error:
                    self.failures.append(error)


def wait_for(condition, seconds: float = 15.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_new_versions_come_and_go_without_a_failed_request(exports, tmp_path):
    base = tmp_path / NAME
    digests = {n: versions.digest(path) for n, path in exports.items()}
    base.mkdir()
    versions.release(exports[2], base, digests[2], False)
    with Server(tmp_path, served.options()) as server:
        threads = [Requests(server.grpc_port) for _ in range(3)]
        for thread in threads:
            thread.start()

        def answered(factor):
            for thread in threads:
                thread.factors.clear()
            wait_for(
                lambda: all(thread.factors == {factor} for thread in threads)
            )

        answered(2.0)
        versions.release(exports[3], base, digests[3], False)
        wait_for(lambda: all(3.0 in thread.factors for thread in threads))
        answered(3.0)
        # One version is damaged, one lacks its variables, one has no number.
        (base / "3").mkdir()
        (base / "3" / "saved_model.pb").write_bytes(b"no model")
        shutil.copytree(exports[2], base / "4")
        shutil.rmtree(base / "4" / "variables")
        shutil.copytree(exports[2], base / "newest")
        versions.relabel(base, {"stable": 2, "canary": 3, "other": 4})
        url = f"http://127.0.0.1:{server.rest_port}/v1/models/{NAME}"

        def states():
            status = httpx.get(url).json()["model_version_status"]
            return {int(x["version"]): x["state"] for x in status}

        ended = {1: "END", 2: "AVAILABLE", 3: "END", 4: "END"}
        wait_for(lambda: states() == ended)
        status = httpx.get(f"{url}/versions/3").json()["model_version_status"]
        assert status[0]["status"]["error_code"] != "OK"
        (base / "labels.json").write_text("no labels")
        answered(3.0)
        versions.relabel(base, {"stable": 2})
        assert versions.roll_back(base, 1) == 1
        wait_for(lambda: all(2.0 in thread.factors for thread in threads))
        answered(2.0)
        for thread in threads:
            thread.over.set()
            thread.join()
    assert [thread.failures for thread in threads] == [[], [], []]


def test_a_running_request_is_answered_before_shutdown(exports, tmp_path):
    served.single(exports[2], tmp_path)
    server = Server(tmp_path, served.options())
    with server:
        with server.models.using(NAME) as version:
            inside, go = threading.Event(), threading.Event()
            run = version.batcher._run

            def slow(*arguments):
                inside.set()
                assert go.wait(10)
                return run(*arguments)

            version.batcher._run = slow
        url = f"http://127.0.0.1:{server.rest_port}{PREDICT}"
        answers = []
        thread = threading.Thread(
            target=lambda: answers.append(
                httpx.post(url, json={"instances": [ROW]})
            )
        )
        thread.start()
        assert inside.wait(10)
        threading.Timer(0.3, go.set).start()
    thread.join()
    assert answers[0].status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_requests_need_the_token(exports, tmp_path):
    served.single(exports[2], tmp_path)
    options = served.options(token="secret")
    with Server(tmp_path, options) as server:
        url = f"http://127.0.0.1:{server.rest_port}{PREDICT}"
        body = {"instances": [ROW]}
        codes = [
            httpx.post(url, json=body, headers=headers).status_code
            for headers in (
                {},
                {"Authorization": "Bearer other"},
                {"Authorization": "Bearer secret"},
            )
        ]
        assert codes == [401, 401, 200]
        address = f"127.0.0.1:{server.grpc_port}"
        with grpc.insecure_channel(address) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            with pytest.raises(grpc.RpcError) as error:
                stub.Predict(request())
            assert error.value.code() == grpc.StatusCode.UNAUTHENTICATED
            metadata = [("authorization", "Bearer secret")]
            assert stub.Predict(request(), metadata=metadata).outputs


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate of this machine's own, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl program to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    paths = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *"openssl req -x509 -newkey rsa:2048 -nodes -days 2".split(),
            *("-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-out", str(paths[0]), "-keyout", str(paths[1])),
        ],
        check=True,
        capture_output=True,
    )
    return paths


def test_both_protocols_speak_tls(exports, tmp_path, certificate):
    served.single(exports[2], tmp_path)
    options = served.options(certificate=certificate[0], key=certificate[1])
    with Server(tmp_path, options) as server:
        url = f"https://127.0.0.1:{server.rest_port}{PREDICT}"
        trust = ssl.create_default_context(cafile=str(certificate[0]))
        done = httpx.post(url, json={"instances": [ROW]}, verify=trust)
        assert done.status_code == 200
        credentials = grpc.ssl_channel_credentials(certificate[0].read_bytes())
        address = f"127.0.0.1:{server.grpc_port}"
        with grpc.secure_channel(address, credentials) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            assert stub.Predict(request()).outputs


def test_tls_needs_both_files(tmp_path, certificate):
    options = served.options(certificate=certificate[0])
    with pytest.raises(ValueError, match="needs a certificate and its key"):
        Server(tmp_path, options)
    options = served.options(certificate=certificate[0], key=certificate[0])
    with pytest.raises(ValueError, match="must be a certificate and its key"):
        Server(tmp_path, options)


def test_a_port_that_is_taken_is_named(exports, tmp_path):
    with Server(served.single(exports[2], tmp_path), served.options()) as one:
        for changes in ({"rest": one.rest_port}, {"grpc": one.grpc_port}):
            options = served.options(**changes)
            (port,) = changes.values()
            with pytest.raises(OSError, match=f"1:{port} cannot be listened"):
                Server(tmp_path, options)
