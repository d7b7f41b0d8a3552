"""Exports for one device or any, without a front end, and what lies beside."""

from __future__ import annotations

import dataclasses
import importlib
import json
import subprocess
import sys

import keras
import numpy as np
import pytest
from contracts import array, noise

import zoo
from serving.export import (
    devices,
    exporter,
    metadata,
    precision,
    savedmodel,
    verification,
    warmup,
)
from serving.signatures import noise as batch_of
from serving.signatures import signatures_of, steps_formula
from zoo.layers.kernels.lstm_cudnn import parameters

NAME = "recola_blstm_ccc"
CARD = zoo.card(NAME)
WITHOUT_SOUND = dataclasses.replace(
    CARD, frontend=None, sampling_rate=None, hop=None
)


@pytest.fixture(scope="module", autouse=True)
def short():
    """Comparisons on short rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporter, "BATCHES", ((1, 12), (3, 25)))
        patch.setattr(warmup, "SIZES", ((1, 10), (2, 9)))
        yield


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return zoo.get(NAME, weights=None, depth=1, dimensions=("arousal",))


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    """A SavedModel of a card without a front end, for each device."""
    out = tmp_path_factory.mktemp("models")
    return {
        device: exporter.export(
            model, WITHOUT_SOUND, out, "savedmodel", "a/run", device
        )
        for device in devices.DEVICES
    }


def test_a_card_without_a_front_end_has_one_signature(exported):
    folder, _ = exported["any"]
    _keep, functions = savedmodel.signatures(folder)
    assert list(functions) == ["serving_default"]
    described = metadata.read(folder, "contract.json")
    assert list(described["signatures"]) == ["serving_default"]
    assert described["steps"] is None and described["hop"] is None


@pytest.mark.parametrize(
    "device, kernel, others",
    [
        ("any", "While", {"BlockLSTMV2", "CudnnRNNV3"}),
        ("cpu", "BlockLSTMV2", {"While", "StatelessWhile", "CudnnRNNV3"}),
        ("gpu", "CudnnRNNV3", {"While", "StatelessWhile", "BlockLSTMV2"}),
    ],
)
def test_a_device_chooses_the_kernel(exported, device, kernel, others):
    found = savedmodel.operations(exported[device][0])
    assert any(name.endswith(kernel) for name in found)
    assert not others & found


@pytest.mark.parametrize("device", ["any", "cpu"])
def test_kernels_answer_alike(exported, model, device):
    folder, difference = exported[device]
    assert difference < 1e-5
    _keep, functions = savedmodel.signatures(folder)
    inputs = {"features": noise((2, 9, 160)), "lengths": np.array([9, 4], "i4")}
    found = savedmodel.run(functions["serving_default"], inputs)
    expected = array(model(inputs)["arousal"])
    np.testing.assert_allclose(found["arousal"], expected, atol=1e-5)


def test_what_was_not_compared_says_so(exported):
    if devices.has_gpu():
        pytest.skip("there is a GPU here, so it was compared")
    folder, difference = exported["gpu"]
    assert difference is None
    assert metadata.read(folder, "tested.json")["compared_on"] is None
    assert [answers for _, _, answers in read(folder)] == [{}, {}]
    tested = metadata.read(exported["any"][0], "tested.json")
    assert tested["compared_on"] == "cpu" and tested["difference"] < 1e-5


def test_cudnn_gets_its_weights_as_keras_gives_them():
    import tensorflow as tf

    rnn = importlib.import_module("keras.src.backend.tensorflow.rnn")
    kernel, recurrent = noise((5, 12)), noise((3, 12)) + 1
    bias = noise((12,)) - 1
    expected = rnn._standardize_cudnn_weights(
        weights=[*tf.split(kernel, 4, 1), *tf.split(recurrent, 4, 1)],
        biases=tf.split(tf.concat([tf.zeros(12), bias], 0), 8),
        shape=[-1],
        transpose_weights=True,
    )
    np.testing.assert_array_equal(parameters(kernel, recurrent, bias), expected)


def test_an_unknown_device_is_refused(model, tmp_path):
    with pytest.raises(ValueError, match="`device` must be one of"):
        exporter.export(model, CARD, tmp_path, device="tpu")
    assert not [each for each in tmp_path.rglob("*") if each.is_file()]


def test_cudnn_is_refused_where_there_may_be_no_gpu(exported):
    folder, _ = exported["gpu"]
    with pytest.raises(ValueError, match="must run without a GPU"):
        savedmodel.check(folder, "any")


def test_a_function_that_needs_xla_is_refused(tmp_path):
    import tensorflow as tf

    class Compiled(tf.Module):
        @tf.function(jit_compile=True)
        def double(self, x):
            return 2 * x

        @tf.function(input_signature=[tf.TensorSpec([None])])
        def serve(self, x):
            return {"y": self.double(x)}

    module = Compiled()
    tf.saved_model.save(module, str(tmp_path), module.serve)
    with pytest.raises(ValueError, match="XLA has to compile. Received: .*dou"):
        savedmodel.check(tmp_path, "any")


def read(folder):
    """Signature, inputs and outputs of each warm-up record."""
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    records = []
    for each in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        log = prediction_log_pb2.PredictionLog.FromString(each).predict_log
        arrays = [
            {name: tf.make_ndarray(value) for name, value in tensors.items()}
            for tensors in (log.request.inputs, log.response.outputs)
        ]
        records.append((log.request.model_spec.signature_name, *arrays))
    return records


def test_warm_up_requests_hold_the_answers(exported, model):
    records = read(exported["any"][0])
    assert [name for name, *_ in records] == ["serving_default"] * 2
    for _, inputs, outputs in records:
        expected = array(model(inputs)["arousal"])
        np.testing.assert_allclose(outputs["arousal"], expected, atol=1e-5)


def test_warm_up_requests_replay_in_a_stock_loader(exported, shared):
    tool = shared("tools", "savedmodel_capi.py")
    done = subprocess.run(
        [sys.executable, str(tool), "warmup", str(exported["any"][0])],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("record ") == 2


def test_a_contract_tells_what_to_send(model, tmp_path):
    metadata.describe(model, CARD, tmp_path, "pretrained", {})
    described = metadata.read(tmp_path, "contract.json")
    sound = described["signatures"]["from_waveform"]
    assert [port["name"] for port in sound["inputs"]] == ["waveform", "lengths"]
    assert sound["inputs"][0]["shape"] == ["batch", "time"]
    assert "16000 Hz" in sound["inputs"][0]["unit"]
    assert [port["name"] for port in sound["outputs"]] == ["arousal", "lengths"]
    assert described["steps"] == {"add": 240, "hop": 640, "least": 400}


def test_steps_are_told_where_there_are_none():
    assert steps_formula(WITHOUT_SOUND) is None


def test_figures_of_a_run_are_read_from_its_report(model, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    report = {
        "corpus": "simulated",
        "metrics": {"dev": {"arousal": {"ccc": 0.1}}},
        "saved": {"metrics": {"dev": {"arousal": {"ccc": 0.2}}}},
    }
    (run / "report.json").write_text(json.dumps(report))
    metadata.describe(model, CARD, tmp_path, str(run), {})
    weights = metadata.read(tmp_path, "card.json")["weights"]
    assert weights["figures"] == {"dev": {"arousal": {"ccc": 0.2}}}
    assert weights["corpus"] == "simulated"
    (run / "report.json").write_text("{")
    with pytest.raises(ValueError, match="report.json is damaged"):
        metadata.describe(model, CARD, tmp_path, str(run), {})


def test_classes_are_named_as_the_run_learnt_them(tmp_path):
    name = "iemocap_attention_blstm_fcn"
    two = zoo.get(name, None, labels=["sad", "angry"], components=2, units=1)
    run = tmp_path / "run"
    run.mkdir()
    config = {"model": name, "arguments": {"labels": ["sad", "angry"]}}
    (run / "config.json").write_text(json.dumps(config))
    metadata.describe(two, zoo.card(name), tmp_path, str(run), {})
    told = {"unit": "probability of sad, angry", "labels": ["sad", "angry"]}
    assert metadata.read(tmp_path, "labels.json") == {"emotion": told}
    described = metadata.read(tmp_path, "contract.json")
    (port,) = described["signatures"]["serving_default"]["outputs"]
    assert port["shape"] == ["batch", 2] and port["labels"] == ["sad", "angry"]
    (port,) = metadata.read(tmp_path, "card.json")["outputs"]
    assert port["labels"] == ["sad", "angry"]
    with pytest.raises(ValueError, match="2 values of 'emotion'.* names 4"):
        metadata.describe(two, zoo.card(name), tmp_path, "x.keras", {})


def test_an_input_that_nothing_is_known_of_is_refused(model):
    port = dataclasses.replace(CARD.inputs[0], dtype="string")
    with pytest.raises(ValueError, match="must be float32.*'features'"):
        batch_of([port], 1, 3)
    assert list(signatures_of(model, CARD)) == [
        "serving_default",
        "from_waveform",
    ]


def test_an_answer_that_depends_on_its_batch_is_refused(model):
    def centred(inputs):
        features = np.nan_to_num(inputs["features"])
        return {"arousal": features[..., 0] - features.mean()}

    ports = signatures_of(model, CARD)["serving_default"]
    batch = batch_of(ports, 3, 12)
    with pytest.raises(ValueError, match="depend on what it is batched with"):
        verification.independence(centred, ports, batch)
    assert verification.independence(first_value, ports, batch) == 0


def first_value(inputs):
    return {"arousal": np.nan_to_num(inputs["features"])[..., 0]}


@pytest.mark.parametrize("weight, most", [("float16", 0.01), ("int8", 0.3)])
def test_smaller_onnx_files_say_how_far_they_are_off(
    model, tmp_path, weight, most
):
    sizes = []
    for each in ("float32", weight):
        folder, difference = exporter.export(
            model, WITHOUT_SOUND, tmp_path, "onnx", "a/run", "any", each
        )
        sizes.append((folder / "model.onnx").stat().st_size)
    assert 1e-7 < difference < most
    tested = metadata.read(folder, "tested.json")
    assert tested["precision"] == weight
    assert tested["difference"] == difference
    # Recurrent weights stay in float32 where there is no kernel for halves.
    assert sizes[1] < sizes[0] * (0.5 if weight == "int8" else 1.1)


def test_a_precision_is_one_of_an_onnx_file(model, tmp_path):
    with pytest.raises(ValueError, match="written in float32; other prec"):
        exporter.export(model, CARD, tmp_path, weight="float16")
    with pytest.raises(ValueError, match="`precision` must be one of"):
        precision.reduce(tmp_path / "x", "int4")
