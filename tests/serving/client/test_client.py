"""The client: predictions by either protocol, and its command."""

from __future__ import annotations

import json

import commands
import keras
import numpy as np
import pytest
import served
import soundfile

import zoo
from pipelines.audio import reader
from serving.client import Client, RequestFailed, rest, transport
from serving.client import __main__ as command
from serving.client.client import PROTOCOLS
from serving.export import exporter
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
    """A server of a model of speech and of a small one that sums."""
    root = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporter, "BATCHES", ((1, 12), (2, 25)))
        exporter.export(model, zoo.card(MODEL), root, "savedmodel", "a/run")
    served.export(root / served.NAME / "1")
    with Server(root, served.options()) as running:
        yield running


def address(server, protocol: str) -> str:
    if protocol == "grpc":
        return f"127.0.0.1:{server.grpc_port}"
    return f"http://127.0.0.1:{server.rest_port}"


@pytest.fixture(params=PROTOCOLS)
def client(request, server):
    with Client(address(server, request.param), request.param) as client:
        yield client


@pytest.fixture
def speech(tmp_path):
    """A recording of two seconds, and its samples."""
    waveform = np.random.default_rng(0).uniform(-0.3, 0.3, 2 * RATE)
    path = tmp_path / "speech.wav"
    soundfile.write(path, waveform, RATE, "FLOAT")
    return path, waveform.astype("float32")


@pytest.mark.slow
def test_both_protocols_answer_as_the_model(client):
    inputs = served.features(6, 3)
    outputs = client.predict(served.NAME, inputs)
    for name, expected in served.answer(inputs).items():
        np.testing.assert_allclose(outputs[name], expected, atol=1e-5)
    lists = {name: array.tolist() for name, array in inputs.items()}
    again = client.predict(served.NAME, lists, version=1)
    np.testing.assert_array_equal(again["trace"], outputs["trace"])


@pytest.mark.slow
def test_a_recording_becomes_labelled_traces(client, speech, model):
    path, waveform = speech
    outputs = client.predict_recording(path, MODEL)
    lengths = np.array([len(waveform)], "int32")
    inputs = {"waveform": waveform[None], "lengths": lengths}
    expected = model(frontends.get("stacked_log_mel")(inputs))
    assert sorted(outputs) == ["arousal", "seconds", "valence"]
    np.testing.assert_allclose(outputs["seconds"][:2], [0.02, 0.06])
    assert len(outputs["seconds"]) == len(outputs["arousal"]) == 50
    for name, trace in expected.items():
        np.testing.assert_allclose(outputs[name], trace[0], atol=1e-4)
    again = client.predict_recording(waveform, MODEL)
    np.testing.assert_array_equal(again["valence"], outputs["valence"])


def test_a_network_from_the_waveform_takes_it_by_its_default_signature(
    client, speech, monkeypatch
):
    calls = []

    def predict(model, inputs, signature, *rest):
        calls.append((inputs["waveform"].shape, inputs["lengths"], signature))
        return {"valence": np.array([[0.2, 0.5, 0.3]])}

    monkeypatch.setattr(client, "predict", predict)
    outputs = client.predict_recording(speech[0], "iemocap_e2e_mtl_att")
    assert calls == [((1, 2 * RATE), [2 * RATE], "serving_default")]
    assert outputs == {"valence": {"low": 0.2, "middle": 0.5, "high": 0.3}}


def test_decoded_traces_come_from_the_signature_that_decodes(
    client, speech, monkeypatch
):
    calls = []

    def predict(model, inputs, signature, *rest):
        calls.append(signature)
        return {"arousal": np.array([[0.2, 0.5]]), "lengths": np.array([2])}

    monkeypatch.setattr(client, "predict", predict)
    outputs = client.predict_recording(
        speech[0], "recola_blstm_cls", decoded=True
    )
    assert calls == ["decoded"]
    np.testing.assert_array_equal(outputs["arousal"], [0.2, 0.5])
    np.testing.assert_allclose(outputs["seconds"], [0.02, 0.06])


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


def test_failures_of_the_server_are_raised(client):
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


def test_a_model_that_takes_no_waveform_says_so(client):
    with pytest.raises(ValueError, match="features, lengths, not a waveform"):
        client.predict_recording(np.zeros(RATE, "f4"), "mosei_blstm")


def test_answers_that_a_server_left_padded_are_cut():
    class Padded(rest.Rest):
        def signature(self, endpoint):
            inputs = [("features", 1, [-1, -1, 3]), ("lengths", 3, [-1])]
            return {
                "inputs": transport.ports_of(inputs),
                "outputs": transport.ports_of([("trace", 1, [-1, -1])]),
            }

        def predict(self, endpoint, inputs, outputs):
            return {"trace": np.zeros((1, 9))}

    client = Client(protocol="rest")
    client._transport = Padded(transport.Connection("http://x"))
    assert client.predict("m", served.features(4))["trace"].shape == (1, 4)


def test_a_server_that_is_not_there_is_named():
    with Client("http://127.0.0.1:9", "rest") as client:
        with pytest.raises(ConnectionError, match="127.0.0.1:9 does not ans"):
            client.predict("m", {})
    with pytest.raises(ValueError, match="must begin with http://"):
        Client("127.0.0.1:8501", "rest")
    with pytest.raises(ValueError, match="`protocol` must be one of"):
        Client(protocol="soap")


def test_recordings_are_read_as_for_training(tmp_path, client, monkeypatch):
    path = tmp_path / "stereo.flac"
    samples = np.random.default_rng(0).uniform(-0.3, 0.3, (4410, 2))
    soundfile.write(path, samples, 44_100)
    sent = []

    def predict(model, inputs, *rest):
        sent.append(inputs["waveform"])
        return {"arousal": np.zeros((1, 1))}

    monkeypatch.setattr(client, "predict", predict)
    client.predict_recording(str(path), MODEL)
    np.testing.assert_array_equal(sent[0], [reader.read(path, RATE)])


def run(*words) -> commands.Done:
    return commands.run(command.main, *words)


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
        (["x.wav", f"--model={MODEL}"], 1, "Received: 'x.wav', where none"),
        (["text.wav", f"--model={MODEL}"], 1, "must be WAV, FLAC, OGG or MP3"),
        (["x.wav"], 2, "required: --model"),
    ],
)
def test_mistakes_end_in_a_sentence(words, code, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.wav").write_text("hello")
    done = run(*words)
    assert done.code == code and text in done.err
