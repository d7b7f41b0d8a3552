"""ONNX files of recurrent models: one node a layer, for any batch and time."""

from __future__ import annotations

import collections

import golden
import keras
import numpy as np
import pytest
from contracts import array, noise

import zoo
from serving.export.onnx import file, gru

LOOPS = {"Loop", "Scan", "If"}


@pytest.mark.parametrize(
    "name, node, count",
    [("iemocap_e2e_stl_att", "GRU", 2), ("mosei_blstm", "LSTM", 2)],
)
def test_a_recurrent_layer_is_one_node_a_direction(name, node, count, tmp_path):
    import onnx

    kept = golden.read(name)
    model = zoo.get(name, None, **kept["tiny"])
    golden.fix_weights(model)
    path = tmp_path / "model.onnx"
    file.write(model, zoo.card(name), path)
    graph = onnx.load(str(path)).graph
    found = collections.Counter(each.op_type for each in graph.node)
    assert found[node] == count and not LOOPS & found.keys()
    for lengths in (kept["tiny_lengths"], kept["lengths"][:1]):
        inputs = golden.batch(zoo.card(name), lengths, golden.ramp)
        expected = model(inputs)
        received = file.run(path, inputs)
        assert received.keys() == expected.keys()
        for port, each in expected.items():
            np.testing.assert_allclose(received[port], array(each), atol=1e-5)


@pytest.mark.parametrize("mask", [None, [[True, True, False]]])
def test_steps_of_another_form_compute_the_same(mask):
    inputs = keras.Input((None, 5))
    valid = keras.Input((None,), dtype="bool")
    layer = keras.layers.GRU(4, return_sequences=True)
    outputs = layer(inputs, mask=valid if mask else None)
    model = keras.Model([inputs, valid], outputs)
    golden.fix_weights(model)
    given = noise((1, 3, 5)), np.array(mask or [[True] * 3])
    expected = array(model(given))
    with gru.convertible(model):
        np.testing.assert_allclose(array(model(given)), expected, atol=1e-6)
        assert "inner_loop" in vars(layer)
    assert "inner_loop" not in vars(layer) and "call" not in vars(layer.cell)
