"""ONNX files: answers, nodes, dimensions."""

from __future__ import annotations

import collections

import exports
import golden
import numpy as np
import pytest
from contracts import array

import zoo
from serving.export import exporter
from serving.export.onnx import file

NAME = "recola_dilated"
LOOPS = {"Loop", "Scan", "If"}


@pytest.fixture(scope="module")
def onnx_exported(dilated, tmp_path_factory):
    """The path of a verified ONNX file."""
    out = tmp_path_factory.mktemp("onnx")
    return (
        exporter.export(dilated, exports.DILATED, out, "onnx")[0] / "model.onnx"
    )


@pytest.mark.slow
def test_onnx_answers_as_the_model_for_any_batch_and_time(
    onnx_exported, dilated
):
    for lengths in ((7,), (100, 60, 1)):
        inputs = exports.features(lengths)
        expected = dilated(inputs)
        for row, length in enumerate(lengths):
            inputs["features"][row, length:] = np.nan
        outputs = file.run(onnx_exported, inputs)
        assert sorted(outputs) == ["arousal", "valence"]
        for name, output in expected.items():
            np.testing.assert_allclose(outputs[name], array(output), atol=1e-5)


def test_onnx_has_one_convolution_a_layer_and_named_lengths(onnx_exported):
    import onnx

    graph = onnx.load(str(onnx_exported)).graph
    operations = [node.op_type for node in graph.node]
    assert operations.count("Conv") == 2 * exports.LAYERS
    dilations = {
        tuple(attribute.ints)
        for node in graph.node
        if node.op_type == "Conv"
        for attribute in node.attribute
        if attribute.name == "dilations"
    }
    assert {(1, 2), (1, 4)} <= dilations
    # A layer is convolution, activation and mask; the other nodes make the
    # mask and transpose the features and the last layers' outputs.
    count = collections.Counter(operations)
    assert count["Tanh"] == 2 * exports.LAYERS and count["Mul"] == 2 * (
        exports.LAYERS - 1
    )
    layers = ("Conv", "Tanh", "Mul")
    assert len(operations) - sum(count[kind] for kind in layers) <= 31
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


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, node, count",
    [("iemocap_e2e_stl_att", "GRU", 2), ("mosei_blstm", "LSTM", 2)],
)
def test_a_recurrent_layer_is_one_node_a_direction(name, node, count, tmp_path):
    import onnx

    pinned = golden.read(name)
    model = zoo.get(name, None, **pinned["tiny"])
    golden.fix_weights(model)
    path = tmp_path / "model.onnx"
    file.write(model, zoo.card(name), path)
    graph = onnx.load(str(path)).graph
    kinds = collections.Counter(x.op_type for x in graph.node)
    assert kinds[node] == count and not LOOPS & kinds.keys()
    for lengths in (pinned["tiny_lengths"], pinned["lengths"][:1]):
        inputs = golden.batch(zoo.card(name), lengths, golden.ramp)
        expected = model(inputs)
        outputs = file.run(path, inputs)
        assert outputs.keys() == expected.keys()
        for port, output in expected.items():
            np.testing.assert_allclose(outputs[port], array(output), atol=1e-5)
