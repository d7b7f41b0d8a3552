"""The client: one answer by either protocol, retries, and its command."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading

import commands
import keras
import numpy as np
import pytest
import served
import soundfile

import zoo
from serving.client import client as asking
from serving.client import recording, transport
from serving.client.client import Client, RequestFailed
from serving.export import build as exporting
from serving.server.app import Server
from zoo import frontends

MODEL = "recola_context"
RATE = 16_000


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return zoo.get(MODEL, weights=None)


@pytest.fixture(scope="module")
def server(model, tmp_path_factory):
    """A model of sound and one of anything."""
    root = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "BATCHES", ((1, 12), (2, 25)))
        exporting.export(model, zoo.card(MODEL), root, "savedmodel", "a/run")
    served.export(root / served.NAME / "1")
    with Server(root, served.options()) as running:
        yield running


def address(server, protocol: str) -> str:
    if protocol == "grpc":
        return f"127.0.0.1:{server.grpc_port}"
    return f"http://127.0.0.1:{server.rest_port}"


@pytest.fixture(params=asking.PROTOCOLS)
def client(request, server):
    with Client(address(server, request.param), request.param) as each:
        yield each


@pytest.fixture
def speech(tmp_path):
    """A recording of two seconds, and its samples."""
    waveform = np.random.default_rng(0).uniform(-0.3, 0.3, 2 * RATE)
    path = tmp_path / "speech.wav"
    soundfile.write(path, waveform, RATE, "FLOAT")
    return path, waveform.astype("float32")


def test_both_protocols_answer_as_the_model(client):
    inputs = served.features(6, 3)
    found = client.predict(served.NAME, inputs)
    for name, each in served.answer(inputs).items():
        np.testing.assert_allclose(found[name], each, atol=1e-5)
    lists = {name: each.tolist() for name, each in inputs.items()}
    again = client.predict(served.NAME, lists, version=1)
    np.testing.assert_array_equal(again["trace"], found["trace"])


def test_a_recording_becomes_labelled_traces(client, speech, model):
    path, waveform = speech
    found = client.hear(path, MODEL)
    lengths = np.array([len(waveform)], "int32")
    inputs = {"waveform": waveform[None], "lengths": lengths}
    expected = model(frontends.get("stacked_log_mel")(inputs))
    assert sorted(found) == ["arousal", "seconds", "valence"]
    np.testing.assert_allclose(found["seconds"][:2], [0.02, 0.06])
    assert len(found["seconds"]) == len(found["arousal"]) == 50
    for name, each in expected.items():
        np.testing.assert_allclose(found[name], each[0], atol=1e-4)
    again = client.hear(waveform, MODEL)
    np.testing.assert_array_equal(again["valence"], found["valence"])


def test_a_network_from_the_waveform_hears_by_its_own_inputs(
    client, speech, monkeypatch
):
    asked = []

    def predict(model, inputs, signature, *rest):
        asked.append((inputs["waveform"].shape, inputs["lengths"], signature))
        return {"valence": np.array([[0.2, 0.5, 0.3]])}

    monkeypatch.setattr(client, "predict", predict)
    found = client.hear(speech[0], "iemocap_e2e_mtl_att")
    assert asked == [((1, 2 * RATE), [2 * RATE], "serving_default")]
    assert found == {"valence": {"low": 0.2, "middle": 0.5, "high": 0.3}}


@pytest.mark.parametrize(
    "inputs, text",
    [
        ({"features": np.ones((1, 2, 3))}, "must be features, lengths. Rec"),
        ({"features": np.ones((2, 3)), "lengths": [2]}, "shape .batch, any, 3"),
        ({"features": np.ones((1, 2, 4)), "lengths": [2]}, "'features' must"),
        ({"features": [[["a"] * 3]], "lengths": [2]}, "'features' must be"),
        ({"features": np.ones((1, 2, 3)), "lengths": [2.0]}, "'lengths' must"),
        ({"x": [1]}, "Received: x"),
    ],
)
def test_inputs_are_checked_before_they_are_sent(client, inputs, text):
    with pytest.raises(ValueError, match=text):
        client.predict(served.NAME, inputs)


def test_failures_of_the_server_are_told(client):
    inputs = served.features(3)
    with pytest.raises(RequestFailed, match="Servable not found") as error:
        client.predict("x", inputs)
    assert error.value.code in ("NOT_FOUND", "404")
    with pytest.raises(RequestFailed, match=r"Specific\(summing, 9\)"):
        client.predict(served.NAME, inputs, version=9)
    with pytest.raises(RequestFailed, match="version label: stable"):
        client.predict(served.NAME, inputs, label="stable")
    with pytest.raises(ValueError, match="no signature 'x'. It has: serving_d"):
        client.predict(served.NAME, inputs, "x")
    with pytest.raises(ValueError, match="a `version` or a `label`"):
        client.predict(served.NAME, inputs, version=1, label="stable")


def test_a_model_that_takes_no_sound_says_so(client):
    with pytest.raises(ValueError, match="takes features, lengths, not sound"):
        client.hear(np.zeros(RATE, "f4"), "mosei_blstm")


def test_answers_that_a_server_left_padded_are_cut():
    class Padded(transport.Rest):
        def signature(self, call):
            ports = {
                "features": transport._port("features", 1, [-1, -1, 3]),
                "lengths": transport._port("lengths", 3, [-1]),
            }
            return {
                "inputs": ports,
                "outputs": {"trace": transport._port("trace", 1, [-1, -1])},
            }

        def predict(self, call, inputs, outputs):
            return {"trace": np.zeros((1, 9))}

    client = Client(protocol="rest")
    client._link = Padded("http://x", None, None, 1, 0)
    assert client.predict("m", served.features(4))["trace"].shape == (1, 4)


def failing(code: str, times: int):
    calls = []

    def ask():
        calls.append(code)
        if len(calls) <= times:
            raise RequestFailed(code, "no")
        return len(calls)

    return ask


def test_a_busy_server_is_asked_again_and_no_other():
    pauses = []
    ask = failing(transport.BUSY, 3)
    assert transport.patiently(ask, 4, pauses.append) == 4
    assert len(pauses) == 3 and 0.05 <= pauses[0] <= 0.15
    assert pauses[2] > pauses[0]
    with pytest.raises(RequestFailed, match="UNAVAILABLE"):
        transport.patiently(failing(transport.BUSY, 9), 2, pauses.append)
    pauses.clear()
    for code in ("500", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"):
        with pytest.raises(RequestFailed, match=code):
            transport.patiently(failing(code, 1), 4, pauses.append)
    assert pauses == []


@contextlib.contextmanager
def answering(*codes: int):
    """A server of HTTP that answers with these codes, one after another."""
    left = list(codes)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            code = left.pop(0)
            self.send_response(code)
            self.end_headers()
            self.wfile.write(b"{}" if code == 200 else b"busy")

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}", left
        listening.shutdown()
        thread.join()


def test_503_is_retried_over_http(monkeypatch):
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.001)
    call = transport.Call("m", "s")
    with answering(503, 503, 200, 500) as (url, left):
        rest = transport.Rest(url, None, None, 5, 4)
        assert rest._ask(call, "/metadata") == {}
        with pytest.raises(RequestFailed, match="says 500: "):
            rest._ask(call, "/metadata")
        assert left == []


def test_a_server_that_is_not_there_is_named():
    with Client("http://127.0.0.1:9", "rest") as client:
        with pytest.raises(ConnectionError, match="127.0.0.1:9 cannot be ask"):
            client.predict("m", {})
    with pytest.raises(ValueError, match="must begin with http://"):
        Client("127.0.0.1:8501", "rest")
    with pytest.raises(ValueError, match="`protocol` must be one of"):
        Client(protocol="soap")


def test_stereo_and_other_rates_are_brought_to_the_models(tmp_path):
    time = np.arange(44_100) / 44_100
    tone = 0.4 * np.sin(2 * np.pi * 440 * time)
    path = tmp_path / "stereo.flac"
    soundfile.write(path, np.stack([tone, 0 * tone], 1), 44_100)
    found = recording.read(path, RATE)
    expected = 0.2 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    assert found.shape == (RATE,) and found.dtype == np.float32
    inside = slice(200, -200)
    np.testing.assert_allclose(found[inside], expected[inside], atol=2e-3)


def write(path, samples):
    soundfile.write(path, samples, RATE, "FLOAT")


@pytest.mark.parametrize(
    "make, text",
    [
        (lambda path: None, "There is none of that name"),
        (lambda path: path.write_text("hello"), "must be WAV, FLAC, OGG or"),
        (lambda path: write(path, np.zeros(0)), "Received: 0 samples"),
        (lambda path: write(path, [np.nan, 0]), "1 not finite"),
        (lambda path: write(path, [32768.0]), "up to 3.28e\\+04"),
    ],
)
def test_what_is_no_sound_is_refused(tmp_path, make, text):
    path = tmp_path / "a.wav"
    make(path)
    with pytest.raises((ValueError, FileNotFoundError), match=text):
        recording.read(path, RATE)


def run(*words) -> commands.Done:
    return commands.run(asking.main, *words)


def test_the_command_prints_a_table_or_json(server, speech):
    where = f"--address={address(server, 'grpc')}"
    done = run(speech[0], f"--model={MODEL}", where)
    lines = done.out.splitlines()
    assert done.code == 0 and len(lines) == 51
    assert lines[0].split("\t") == ["seconds", "arousal", "valence"]
    assert lines[1].split("\t")[0] == "0.02"
    done = run(speech[0], f"--model={MODEL}", where, "--json", "--version=1")
    assert len(json.loads(done.out)["valence"]) == 50


@pytest.mark.parametrize(
    "words, code, text",
    [
        (["x.wav", "--model=recola_contex"], 2, "Did you mean 'recola_con"),
        (["x.wav", f"--model={MODEL}"], 1, "x.wav must be an audio file"),
        (["x.wav"], 2, "required: --model"),
    ],
)
def test_mistakes_end_in_a_sentence(words, code, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(*words)
    assert done.code == code and text in done.err
