"""Writes and runs ONNX files of a model's features signature."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from serving.export.onnx import gru, rewrites
from zoo import description
from zoo.layers import lstm_implementation
from zoo.registry import Card

OPSET = 17

Tensor = Any  # tf.Tensor; TensorFlow is imported where it is used
Proto = Any  # messages of onnx


def write(model: keras.Model, card: Card, path: pathlib.Path) -> None:
    """Writes an ONNX file with variable batch and time dimensions.

    Inputs have the names of the card, outputs those of the model.

    Args:
        model: built by the zoo.
        card: its card.
        path: the file to write.
    """
    import onnx
    import tensorflow as tf
    import tf2onnx

    ports = description.inputs(model, card)
    names = [port.name for port in ports]

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, *port.shape), port.dtype, name=port.name)
            for port in ports
        ]
    )
    def serve(*values: Tensor) -> dict[str, Tensor]:
        # So LSTM and GRU layers become ONNX's LSTM and GRU nodes.
        with lstm_implementation("portable"), gru.convertible(model):
            return model(dict(zip(names, values)), training=False)

    proto, _ = tf2onnx.convert.from_function(
        serve,
        serve.input_signature,
        opset=OPSET,
        custom_op_handlers={"SelectV2": (_convert_select, [])},
    )
    rewrites.simplify(proto)
    _name_outputs(proto, sorted(model.output))
    _name_dimensions(proto)
    onnx.checker.check_model(proto, full_check=True)
    path.write_bytes(proto.SerializeToString())


def _convert_select(graph: Any, node: Any, name: str, arguments: Any) -> Any:
    """Converts a selection to Where; tf2onnx's product with 0 keeps NaN."""
    node.type = "Where"
    return node


def _name_outputs(proto: Proto, names: list[str]) -> None:
    """Renames the graph's outputs, which come sorted by their keys."""
    for output, name in zip(proto.graph.output, names, strict=True):
        old, output.name = output.name, name
        for node in proto.graph.node:
            for ports in (node.input, node.output):
                for index, port in enumerate(ports):
                    if port == old:
                        ports[index] = name


def _name_dimensions(proto: Proto) -> None:
    """Names the variable dimensions "batch" and "time"."""
    for port in (*proto.graph.input, *proto.graph.output):
        dimensions = port.type.tensor_type.shape.dim
        for dimension, name in zip(dimensions, ("batch", "time")):
            if not dimension.dim_value:
                dimension.dim_param = name


def run(
    path: pathlib.Path, inputs: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Runs an ONNX file with onnxruntime on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(
        str(path), providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(inputs))))
