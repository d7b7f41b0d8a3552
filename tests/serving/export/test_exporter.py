"""Exports: numbers, and what is not written."""

from __future__ import annotations

import json

import exports
import keras
import numpy as np
import pytest

import zoo
from serving.export import exporter, savedmodel
from serving.export.onnx import file

NAME = "recola_dilated"


@pytest.fixture
def quick(monkeypatch):
    """Writes a SavedModel at once, without comparing it."""

    def write(model, card, folder, device):
        (folder / "saved_model.pb").write_text("quick")
        return 0.0

    monkeypatch.setattr(exporter, "_write_savedmodel", write)


def visible(folder) -> list[str]:
    """Every file below a folder, temporary ones included."""
    return [str(path) for path in folder.rglob("*") if path.is_file()]


def test_labels_are_those_of_the_outputs_there_are(tmp_path, quick):
    alone = zoo.get(NAME, None, depth=1, width=2, dimensions=("valence",))
    folder, _ = exporter.export(alone, exports.DILATED, tmp_path)
    labels = json.loads((folder / "assets.extra/labels.json").read_text())
    assert list(labels) == ["valence"]


def test_a_number_is_the_next_one_of_its_format(
    dilated, tmp_path, quick, monkeypatch
):
    monkeypatch.setattr(exporter, "_write_onnx", lambda *_: 0.0)

    def number(format):
        return exporter.export(dilated, exports.DILATED, tmp_path, format)[
            0
        ].name

    assert [number("savedmodel"), number("savedmodel")] == ["1", "2"]
    assert [number("onnx"), number("onnx")] == ["1", "2"]
    for other in ("9", "notes", ".part-left"):
        (tmp_path / NAME / other).mkdir()
    (tmp_path / NAME / "10").touch()
    assert number("savedmodel") == "11"


@pytest.mark.slow
@pytest.mark.parametrize("format", exporter.FORMATS)
def test_an_export_that_differs_is_not_written(
    dilated, format, tmp_path, monkeypatch
):
    right = dilated.get_layer("arousal_trace").get_weights()
    monkeypatch.setattr(exporter, "BATCHES", ((1, 20), (2, 33)))
    write = savedmodel.write if format == "savedmodel" else file.write

    def spoil(model, card, path, *device):
        write(model, card, path, *device)
        dilated.get_layer("arousal_trace").bias.assign([1.0])

    module = savedmodel if format == "savedmodel" else file
    monkeypatch.setattr(module, "write", spoil)
    try:
        with pytest.raises(ValueError, match="differs from the model by 1.0"):
            exporter.export(dilated, exports.DILATED, tmp_path, format)
    finally:
        dilated.get_layer("arousal_trace").set_weights(right)
    assert visible(tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("format", exporter.FORMATS)
def test_an_export_that_gives_nan_is_not_written(format, tmp_path, monkeypatch):
    broken = zoo.get(NAME, weights=None, depth=1, width=1)
    broken.get_layer("arousal_trace").bias.assign([np.nan])
    monkeypatch.setattr(exporter, "BATCHES", ((1, 20), (2, 33)))
    with pytest.raises(ValueError, match="differs from the model by nan"):
        exporter.export(broken, exports.DILATED, tmp_path, format)
    assert visible(tmp_path) == []


def test_a_writer_that_fails_leaves_nothing(dilated, tmp_path, monkeypatch):
    def fail(model, card, folder, device):
        (folder / "saved_model.pb").write_text("half")
        raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr(savedmodel, "write", fail)
    with pytest.raises(OSError, match="No space left"):
        exporter.export(dilated, exports.DILATED, tmp_path)
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
        exporter.export(foreign, exports.DILATED, tmp_path)
    assert visible(tmp_path) == []


def test_another_backend_is_refused(dilated, tmp_path, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="KERAS_BACKEND=tensorflow"):
        exporter.export(dilated, exports.DILATED, tmp_path)
    assert list(tmp_path.iterdir()) == []
