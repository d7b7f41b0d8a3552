"""Simplifies the graph that tf2onnx makes of a model.

TensorFlow convolves a sequence as an image of height one with the channels
last. tf2onnx surrounds every such layer with Unsqueeze, Slice, Transpose and
Squeeze nodes. After these rewrites images stay (batch, channels, 1, time) from
one convolution to the next, and a dense layer is one matrix product, so that a
layer is convolution, activation and mask.

Every rewrite keeps the values; an export is compared with the model after it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from serving.export.onnx.graph import TO_CHANNELS_FIRST, Graph, Node

_IMAGE_TO_CHANNELS_FIRST = [0, 3, 1, 2]
_LARGEST_END = 10**9  # of a slice; beyond it stands for "to the end"
_BOUNDED = ("Tanh", "Sigmoid")
_ELEMENTWISE = ("Tanh", "Sigmoid", "Relu", "Mul")
_FLOAT = 1  # onnx.TensorProto.FLOAT


def simplify(proto: Any) -> None:
    """Applies all rewrites to an `onnx.ModelProto`, in place."""
    graph = Graph(proto.graph)
    for rewrite in (
        _remove_full_slices,
        _transpose_convolutions,
        _transpose_masks,
        _multiply_masks,
        _keep_images,
        _broadcast_products,
    ):
        rewrite(graph)
        graph.remove_unused()
    del proto.graph.value_info[:]  # shapes of values that may be gone


def _nodes(graph: Graph, kind: str) -> list[Node]:
    return [node for node in graph.proto.node if node.op_type == kind]


def _remove_full_slices(graph: Graph) -> None:
    """Removes slices that take everything."""
    for node in graph.proto.node:
        if node.op_type != "Slice" or node.output[0] in graph.outputs:
            continue
        arguments = [
            graph.constants[name]
            for name in node.input[1:]
            if name in graph.constants
        ]
        if len(arguments) < max(2, len(node.input) - 1):
            continue
        starts, ends = arguments[:2]
        steps = arguments[3] if len(arguments) > 3 else np.ones(1)
        if (
            np.all(starts == 0)
            and np.all(ends >= _LARGEST_END)
            and np.all(steps == 1)
        ):
            graph.replace(node.output[0], node.input[0])
            graph.index()


def _transpose_convolutions(graph: Graph) -> None:
    """Transposes the sequence in front of a convolution, not its image."""
    for node in _nodes(graph, "Conv"):
        transpose = graph.producer(node.input[0], "Transpose")
        if transpose is None or not graph.is_transpose(
            transpose, _IMAGE_TO_CHANNELS_FIRST
        ):
            continue
        unsqueeze = graph.producer(transpose.input[0], "Unsqueeze")
        if unsqueeze is not None and graph.axes(unsqueeze) in ([1], [-3]):
            sequence = graph.channels_first(unsqueeze.input[0], node)
            node.input[0] = graph.image(sequence, node)
            graph.index()


def _transpose_masks(graph: Graph) -> None:
    """Transposes a mask that stands between two transposed sequences."""
    for node in _nodes(graph, "Where"):
        mask, value, zero = node.input
        source = graph.producer(value, "Transpose")
        constant = graph.constants.get(zero)
        transposes = [
            user
            for user in graph.users.get(node.output[0], [])
            if user.op_type == "Transpose"
            and graph.is_transpose(user, TO_CHANNELS_FIRST)
        ]
        if (
            source is None
            or not graph.is_transpose(source, TO_CHANNELS_FIRST)
            or constant is None
            or constant.size != 1
            or not transposes
        ):
            continue
        transposed = f"{node.output[0]}_transposed"
        inputs = [graph.channels_first(mask, node), source.input[0], zero]
        graph.node(node, "Where", inputs, [transposed])
        for user in transposes:
            graph.replace(user.output[0], transposed)
        graph.index()


def _multiply_masks(graph: Graph) -> None:
    """Masks finite values by a product, which is faster than Where."""
    for node in _nodes(graph, "Where"):
        mask, value, zero = node.input
        producer = graph.producers.get(value)
        if (
            producer is None
            or producer.op_type not in _BOUNDED
            or np.any(graph.constants.get(zero, np.ones(1)))
            or node.output[0] in graph.outputs
        ):
            continue
        factor = graph.once(mask, "Cast", node, to=_FLOAT)
        product = f"{node.output[0]}_product"
        graph.node(node, "Mul", [value, factor], [product])
        graph.replace(node.output[0], product)


def _keep_images(graph: Graph) -> None:
    """Applies elementwise operations to images instead of sequences.

    So images stay images from one convolution to the next; onnxruntime has its
    fastest kernels for them.
    """
    for node in list(graph.proto.node):
        squeeze = graph.height_squeeze(node.input[0]) if node.input else None
        if (
            squeeze is None
            or node.op_type not in _ELEMENTWISE
            or node.output[0] in graph.outputs
            or not all(
                graph.height_squeeze(name) is not None or name in graph.shared
                for name in node.input
            )
        ):
            continue
        flat, image = node.output[0], f"{node.output[0]}_image"
        inputs = [graph.image(name, node) for name in node.input]
        graph.node(node, node.op_type, inputs, [image])
        axes = squeeze.input[1]
        graph.node(node, "Squeeze", [image, axes], [f"{flat}_flat"])
        graph.replace(flat, f"{flat}_flat")
        graph.index()
    for node in _nodes(graph, "Unsqueeze"):
        squeeze = graph.producer(node.input[0], "Squeeze")
        if squeeze is not None and graph.axes(squeeze) == graph.axes(node):
            graph.replace(node.output[0], squeeze.input[0])


def _broadcast_products(graph: Graph) -> None:
    """Computes a dense layer on a sequence as one product that broadcasts."""
    for node in _nodes(graph, "MatMul"):
        flatten = graph.producer(node.input[0], "Reshape")
        unflatten = graph.only_user(node.output[0], "Reshape")
        weights = graph.constants.get(node.input[1])
        if flatten is None or unflatten is None or weights is None:
            continue
        shape = graph.constants.get(flatten.input[1])
        rows = shape is not None and shape.tolist() == [-1, len(weights)]
        if rows and _is_shape_of(graph, unflatten.input[1], flatten.input[0]):
            product = f"{unflatten.output[0]}_product"
            inputs = [flatten.input[0], node.input[1]]
            graph.node(node, "MatMul", inputs, [product])
            graph.replace(unflatten.output[0], product)
            graph.index()


def _is_shape_of(graph: Graph, name: str, value: str) -> bool:
    """Returns whether a shape has the batch and time of a sequence."""
    kinds: list[str] = []
    while True:
        node = graph.producers.get(name)
        if node is None:
            return False
        if node.op_type != "Cast":
            kinds.append(node.op_type)
        if node.op_type == "Shape":
            expected = ["Concat", "Gather", "Shape"]
            return node.input[0] == value and kinds == expected
        if node.op_type == "Gather":
            axes = graph.constants.get(node.input[1])
            if axes is None or axes.tolist() != [0, 1]:
                return False
        name = node.input[0]
