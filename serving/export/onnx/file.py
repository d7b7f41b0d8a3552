"""ONNX files of a model's features signature: written, and run."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping

import keras
import numpy as np

from serving.export.onnx import gru, rules
from serving.signatures import inputs_of
from zoo.layers import lstm_implementation
from zoo.registry import Card

OPSET = 17


def write(model: keras.Model, card: Card, path: pathlib.Path) -> None:
    """Writes an ONNX file with variable batch and time.

    Inputs are the card's, outputs the model's, under their own names.
    """
    import onnx
    import tensorflow as tf
    import tf2onnx

    ports = inputs_of(model, card)
    names = [port.name for port in ports]

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, *port.shape), port.dtype, name=port.name)
            for port in ports
        ]
    )
    def serve(*values):
        # Both become ONNX's own nodes.
        with lstm_implementation("portable"), gru.known_steps(model):
            return model(dict(zip(names, values)), training=False)

    proto, _ = tf2onnx.convert.from_function(
        serve,
        serve.input_signature,
        opset=OPSET,
        custom_op_handlers={"SelectV2": (_where, [])},
    )
    rules.straighten(proto)
    _name_outputs(proto, sorted(model.output))
    _name_lengths(proto)
    onnx.checker.check_model(proto, full_check=True)
    path.write_bytes(proto.SerializeToString())


def _where(graph, node, name, arguments):
    """Keeps a choice a choice: tf2onnx multiplies by 0, which NaN survives."""
    node.type = "Where"
    return node


def _name_outputs(proto, names: list[str]) -> None:
    """Renames the graph's outputs, which come sorted by their keys."""
    for output, name in zip(proto.graph.output, names, strict=True):
        old, output.name = output.name, name
        for node in proto.graph.node:
            for ports in (node.input, node.output):
                for place, port in enumerate(ports):
                    if port == old:
                        ports[place] = name


def _name_lengths(proto) -> None:
    """Calls the variable dimensions what they are."""
    for port in (*proto.graph.input, *proto.graph.output):
        dims = port.type.tensor_type.shape.dim
        for dim, name in zip(dims, ("batch", "time")):
            if not dim.dim_value:
                dim.dim_param = name


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
