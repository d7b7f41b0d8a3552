"""Recurrent kernels of exports for each device."""

from __future__ import annotations

import importlib

import exports
import numpy as np
import pytest
from contracts import array, noise

from serving.export import (
    devices,
    exporter,
    metadata,
    savedmodel,
)
from zoo.layers.kernels.lstm_cudnn import parameters


@pytest.mark.slow
@pytest.mark.parametrize(
    "device, kernel, others",
    [
        ("any", "While", {"BlockLSTMV2", "CudnnRNNV3"}),
        ("cpu", "BlockLSTMV2", {"While", "StatelessWhile", "CudnnRNNV3"}),
        ("gpu", "CudnnRNNV3", {"While", "StatelessWhile", "BlockLSTMV2"}),
    ],
)
def test_a_device_chooses_the_kernel(blstm_exports, device, kernel, others):
    operations = savedmodel.operations(blstm_exports[device][0])
    assert any(name.endswith(kernel) for name in operations)
    assert not others & operations


@pytest.mark.parametrize("device", ["any", "cpu"])
def test_kernels_answer_alike(blstm_exports, blstm, device):
    folder, difference = blstm_exports[device]
    assert difference < 1e-5
    _loaded, functions = savedmodel.signatures(folder)
    inputs = {"features": noise((2, 9, 160)), "lengths": np.array([9, 4], "i4")}
    outputs = savedmodel.run(functions["serving_default"], inputs)
    expected = array(blstm(inputs)["arousal"])
    np.testing.assert_allclose(outputs["arousal"], expected, atol=1e-5)


def test_what_was_not_compared_says_so(blstm_exports):
    if devices.here() == "gpu":
        pytest.skip("there is a GPU here, so it was compared")
    folder, difference = blstm_exports["gpu"]
    assert difference is None
    assert metadata.read(folder, "tested.json")["compared_on"] is None
    assert [answers for *_, answers in exports.warm_up_records(folder)] == [
        {},
        {},
    ]
    tested = metadata.read(blstm_exports["any"][0], "tested.json")
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


def test_an_unknown_device_is_refused(blstm, tmp_path):
    with pytest.raises(ValueError, match="`device` must be one of"):
        exporter.export(blstm, exports.CARD, tmp_path, device="tpu")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_cudnn_is_refused_where_there_may_be_no_gpu(blstm_exports):
    folder, _ = blstm_exports["gpu"]
    with pytest.raises(ValueError, match="must run without a GPU"):
        savedmodel.check(folder, "any")
