"""SavedModels: signatures, answers, operations, files beside them."""

from __future__ import annotations

import json
import subprocess
import sys

import exports
import numpy as np
import pytest
from contracts import array

from serving.export import exporter, savedmodel
from zoo import frontends

NAME = "recola_dilated"


@pytest.fixture(scope="module")
def exported(dilated, tmp_path_factory):
    """The folder of a verified SavedModel."""
    out = tmp_path_factory.mktemp("models")
    return exporter.export(dilated, exports.DILATED, out, weights="a/run")[0]


@pytest.mark.slow
def test_a_saved_model_has_two_signatures_of_the_cards_names(exported):
    _, signatures = savedmodel.signatures(exported)
    assert sorted(signatures) == ["from_waveform", "serving_default"]
    names = {
        name: (
            sorted(function.structured_input_signature[1]),
            sorted(function.structured_outputs),
        )
        for name, function in signatures.items()
    }
    assert names["serving_default"] == (
        ["features", "lengths"],
        ["arousal", "valence"],
    )
    assert names["from_waveform"] == (
        ["lengths", "waveform"],
        ["arousal", "lengths", "valence"],
    )


@pytest.mark.slow
def test_a_saved_model_answers_as_the_model_and_ignores_padding(
    exported, dilated
):
    _loaded, signatures = savedmodel.signatures(exported)
    inputs = exports.features()
    expected = dilated(inputs)
    inputs["features"][1, 25:] = np.nan
    outputs = savedmodel.run(signatures["serving_default"], inputs)
    for name, output in expected.items():
        np.testing.assert_allclose(outputs[name], array(output), atol=1e-5)


def test_sound_goes_through_the_front_end_in_the_graph(exported, dilated):
    _loaded, signatures = savedmodel.signatures(exported)
    source = np.random.default_rng(0)
    waveform = source.uniform(-0.5, 0.5, (2, 16000)).astype("float32")
    inputs = {"waveform": waveform, "lengths": np.array([16000, 7000], "i4")}
    steps = frontends.get(exports.DILATED.frontend)(inputs)
    expected = dilated(steps)
    waveform[1, 7000:] = np.nan
    outputs = savedmodel.run(signatures["from_waveform"], inputs)
    np.testing.assert_array_equal(outputs["lengths"], [25, 11])
    for name, output in expected.items():
        np.testing.assert_allclose(outputs[name], array(output), atol=1e-4)


def test_a_saved_model_holds_core_operations_and_no_detours(exported):
    assert savedmodel.foreign_operations(exported) == []
    operations = savedmodel.operations(exported)
    assert "Conv2D" in operations and "RFFT" in operations
    assert "SpaceToBatchND" not in operations


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
    assert record["name"] == NAME and record["paper"] == exports.DILATED.paper
    assert record["weights"] == {"file": "a/run"}
    labels = json.loads((extra / "labels.json").read_text())
    assert sorted(labels) == ["arousal", "valence"]
    assert "[-1, 1]" in labels["arousal"]["unit"]


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
