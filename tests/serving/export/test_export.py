"""SavedModel and ONNX exports: what they hold, and what never appears."""

from __future__ import annotations

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
from contracts import array, noise

import zoo
from serving.export import exporter, savedmodel
from serving.export.onnx import file
from zoo import frontends

NAME = "recola_dilated"
CARD = zoo.card(NAME)
LAYERS = 3


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return zoo.get(NAME, weights=None, depth=LAYERS, width=4)


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    """A SavedModel, proved."""
    out = tmp_path_factory.mktemp("models")
    return exporter.export(model, CARD, out, weights="a/run")[0]


@pytest.fixture(scope="module")
def onnx_exported(model, tmp_path_factory):
    """An ONNX file, proved."""
    out = tmp_path_factory.mktemp("onnx")
    return exporter.export(model, CARD, out, "onnx")[0] / "model.onnx"


@pytest.fixture
def quick(monkeypatch):
    """Writing of a SavedModel takes no time and proves nothing."""

    def write(model, card, folder, device):
        (folder / "saved_model.pb").write_text("quick")
        return 0.0

    monkeypatch.setattr(exporter, "_write_savedmodel", write)


def features(lengths=(40, 25)) -> dict[str, np.ndarray]:
    rows = noise((len(lengths), max(lengths), 160))
    return {"features": rows, "lengths": np.array(lengths, "int32")}


def visible(folder) -> list[str]:
    """Every file below a folder, staged ones included."""
    return [str(each) for each in folder.rglob("*") if each.is_file()]


def test_a_saved_model_has_two_signatures_of_the_cards_names(exported):
    _, signatures = savedmodel.signatures(exported)
    assert sorted(signatures) == ["from_waveform", "serving_default"]
    names = {
        name: (
            sorted(each.structured_input_signature[1]),
            sorted(each.structured_outputs),
        )
        for name, each in signatures.items()
    }
    assert names["serving_default"] == (
        ["features", "lengths"],
        ["arousal", "valence"],
    )
    assert names["from_waveform"] == (
        ["lengths", "waveform"],
        ["arousal", "lengths", "valence"],
    )


def test_a_saved_model_answers_as_the_model_and_ignores_padding(
    exported, model
):
    _keep, signatures = savedmodel.signatures(exported)
    inputs = features()
    expected = model(inputs)
    inputs["features"][1, 25:] = np.nan
    found = savedmodel.run(signatures["serving_default"], inputs)
    for name, each in expected.items():
        np.testing.assert_allclose(found[name], array(each), atol=1e-5)


def test_sound_goes_through_the_front_end_in_the_graph(exported, model):
    _keep, signatures = savedmodel.signatures(exported)
    source = np.random.default_rng(0)
    waveform = source.uniform(-0.5, 0.5, (2, 16000)).astype("float32")
    inputs = {"waveform": waveform, "lengths": np.array([16000, 7000], "i4")}
    steps = frontends.get(CARD.frontend)(inputs)
    expected = model(steps)
    waveform[1, 7000:] = np.nan
    found = savedmodel.run(signatures["from_waveform"], inputs)
    np.testing.assert_array_equal(found["lengths"], [25, 11])
    for name, each in expected.items():
        np.testing.assert_allclose(found[name], array(each), atol=1e-4)


def test_a_saved_model_holds_core_operations_and_no_detours(exported):
    assert savedmodel.foreign_operations(exported) == []
    found = savedmodel.operations(exported)
    assert "Conv2D" in found and "RFFT" in found
    assert "SpaceToBatchND" not in found


def test_a_stock_loader_takes_a_saved_model(exported, shared):
    tool = shared("tools", "savedmodel_capi.py")
    done = subprocess.run(
        [sys.executable, str(tool), "check", str(exported)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "batching:" not in done.stdout


def test_card_and_labels_lie_beside_the_model(exported):
    extra = exported / "assets.extra"
    record = json.loads((extra / "card.json").read_text())
    assert record["name"] == NAME and record["paper"] == CARD.paper
    assert record["weights"] == {"file": "a/run"}
    labels = json.loads((extra / "labels.json").read_text())
    assert sorted(labels) == ["arousal", "valence"]
    assert "[-1, 1]" in labels["arousal"]["unit"]


def test_labels_are_those_of_the_outputs_there_are(tmp_path, quick):
    alone = zoo.get(NAME, None, depth=1, width=2, dimensions=("valence",))
    folder, _ = exporter.export(alone, CARD, tmp_path)
    labels = json.loads((folder / "assets.extra/labels.json").read_text())
    assert list(labels) == ["valence"]


def test_onnx_answers_as_the_model_for_any_batch_and_time(onnx_exported, model):
    for lengths in ((7,), (100, 60, 1)):
        inputs = features(lengths)
        expected = model(inputs)
        for row, length in enumerate(lengths):
            inputs["features"][row, length:] = np.nan
        found = file.run(onnx_exported, inputs)
        assert sorted(found) == ["arousal", "valence"]
        for name, each in expected.items():
            np.testing.assert_allclose(found[name], array(each), atol=1e-5)


def test_onnx_has_one_convolution_a_layer_and_named_lengths(onnx_exported):
    import onnx

    graph = onnx.load(str(onnx_exported)).graph
    operations = [node.op_type for node in graph.node]
    assert operations.count("Conv") == 2 * LAYERS
    dilations = {
        tuple(each.ints)
        for node in graph.node
        if node.op_type == "Conv"
        for each in node.attribute
        if each.name == "dilations"
    }
    assert {(1, 2), (1, 4)} <= dilations
    # Convolution, activation and mask are all that a layer is; what else there
    # is makes the mask and turns the features and the last layers' outputs.
    count = {each: operations.count(each) for each in operations}
    assert count["Tanh"] == 2 * LAYERS and count["Mul"] == 2 * (LAYERS - 1)
    layers = ("Conv", "Tanh", "Mul")
    assert len(operations) - sum(map(count.get, layers)) <= 31
    assert count["Transpose"] <= 4 and count["Where"] <= 5
    shapes = {
        port.name: [
            dim.dim_param or dim.dim_value
            for dim in port.type.tensor_type.shape.dim
        ]
        for port in (*graph.input, *graph.output)
    }
    assert shapes == {
        "features": ["batch", "time", 160],
        "lengths": ["batch"],
        "arousal": ["batch", "time"],
        "valence": ["batch", "time"],
    }


def test_a_number_is_the_next_one_of_its_format(
    model, tmp_path, quick, monkeypatch
):
    monkeypatch.setattr(exporter, "_write_onnx", lambda *_: 0.0)

    def number(format):
        return exporter.export(model, CARD, tmp_path, format)[0].name

    assert [number("savedmodel"), number("savedmodel")] == ["1", "2"]
    assert [number("onnx"), number("onnx")] == ["1", "2"]
    for other in ("9", "notes", ".part-left"):
        (tmp_path / NAME / other).mkdir()
    (tmp_path / NAME / "10").touch()
    assert number("savedmodel") == "11"


@pytest.mark.parametrize("format", exporter.FORMATS)
def test_an_export_that_differs_is_not_written(
    model, format, tmp_path, monkeypatch
):
    right = model.get_layer("arousal_trace").get_weights()
    monkeypatch.setattr(exporter, "BATCHES", ((1, 20), (2, 33)))
    write = savedmodel.write if format == "savedmodel" else file.write

    def spoil(model, card, path, *device):
        write(model, card, path, *device)
        model.get_layer("arousal_trace").bias.assign([1.0])

    module = savedmodel if format == "savedmodel" else file
    monkeypatch.setattr(module, "write", spoil)
    try:
        with pytest.raises(ValueError, match="differs from the model by 1.0"):
            exporter.export(model, CARD, tmp_path, format)
    finally:
        model.get_layer("arousal_trace").set_weights(right)
    assert visible(tmp_path) == []


@pytest.mark.parametrize("format", exporter.FORMATS)
def test_an_export_that_gives_nan_is_not_written(format, tmp_path, monkeypatch):
    broken = zoo.get(NAME, weights=None, depth=1, width=1)
    broken.get_layer("arousal_trace").bias.assign([np.nan])
    monkeypatch.setattr(exporter, "BATCHES", ((1, 20), (2, 33)))
    with pytest.raises(ValueError, match="differs from the model by nan"):
        exporter.export(broken, CARD, tmp_path, format)
    assert visible(tmp_path) == []


def test_a_writer_that_fails_leaves_nothing(model, tmp_path, monkeypatch):
    def fail(model, card, folder, device):
        (folder / "saved_model.pb").write_text("half")
        raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr(savedmodel, "write", fail)
    with pytest.raises(OSError, match="No space left"):
        exporter.export(model, CARD, tmp_path)
    assert visible(tmp_path) == []


@keras.saving.register_keras_serializable(package="tests")
class OutsideTheGraph(keras.layers.Layer):
    """Calls back into Python, as no server can."""

    def call(self, inputs):
        import tensorflow as tf

        outputs = tf.numpy_function(lambda x: x[..., 0], [inputs], tf.float32)
        return tf.ensure_shape(outputs, (None, None))


def test_an_operation_that_needs_python_is_refused(tmp_path):
    inputs = {
        "features": keras.Input((None, 160), name="features"),
        "lengths": keras.Input((), name="lengths", dtype="int32"),
    }
    trace = OutsideTheGraph()(inputs["features"])
    foreign = keras.Model(inputs, {"arousal": trace})
    with pytest.raises(ValueError, match="core TensorFlow alone. Rece.*Py"):
        exporter.export(foreign, CARD, tmp_path)
    assert visible(tmp_path) == []


def test_another_backend_is_refused(model, tmp_path, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="KERAS_BACKEND=tensorflow"):
        exporter.export(model, CARD, tmp_path)
    assert list(tmp_path.iterdir()) == []
