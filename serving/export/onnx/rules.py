"""Takes the detours out of a graph that tf2onnx made.

TensorFlow convolves sequences as images of height one, channels last; what
tf2onnx makes of it stands between layers as Unsqueeze, Slice, Transpose and
Squeeze. Here images stay (batch, channels, 1, time) from one convolution to
the next, and a dense layer becomes one product, so that a layer is what it
should be: Conv, activation, mask.

Every rule keeps the values; an export is compared with the model afterwards.
"""

from __future__ import annotations

import numpy as np

from serving.export.onnx.graph import TO_CHANNELS_FIRST, Graph

_IMAGE_TO_CHANNELS_FIRST = [0, 3, 1, 2]
_AS_FAR_AS_IT_GOES = 10**9
_BOUNDED = ("Tanh", "Sigmoid")
_ONE_BY_ONE = ("Tanh", "Sigmoid", "Relu", "Mul")
_FLOAT = 1  # onnx.TensorProto.FLOAT


def straighten(proto) -> None:
    """Applies all rules to a model, in place."""
    graph = Graph(proto.graph)
    for rule in (
        _whole_slices,
        _convolutions,
        _masks,
        _masks_of_finite_values,
        _images,
        _products,
    ):
        rule(graph)
        graph.sweep()
    del proto.graph.value_info[:]  # shapes of what is no longer there


def _whole_slices(graph: Graph) -> None:
    """A slice of everything is nothing."""
    for node in graph.proto.node:
        if node.op_type != "Slice" or node.output[0] in graph.outputs:
            continue
        known = [
            graph.constants[name]
            for name in node.input[1:]
            if name in graph.constants
        ]
        if len(known) < max(2, len(node.input) - 1):
            continue
        steps = known[3] if len(known) > 3 else np.ones(1)
        if (
            np.all(known[0] == 0)
            and np.all(known[1] >= _AS_FAR_AS_IT_GOES)
            and np.all(steps == 1)
        ):
            graph.replace(node.output[0], node.input[0])
            graph.index()


def _convolutions(graph: Graph) -> None:
    """Images of height one are turned as the sequences that they are."""
    for node in [n for n in graph.proto.node if n.op_type == "Conv"]:
        turned = graph.maker(node.input[0], "Transpose")
        if turned is None or not graph.is_transpose(
            turned, _IMAGE_TO_CHANNELS_FIRST
        ):
            continue
        lifted = graph.maker(turned.input[0], "Unsqueeze")
        if lifted is not None and graph.axes(lifted) in ([1], [-3]):
            sequence = graph.channels_first(lifted.input[0], node)
            node.input[0] = graph.image(sequence, node)
            graph.index()


def _masks(graph: Graph) -> None:
    """A mask between two turned sequences is turned itself."""
    for node in [n for n in graph.proto.node if n.op_type == "Where"]:
        mask, value, zero = node.input
        source = graph.maker(value, "Transpose")
        users = graph.users.get(node.output[0], [])
        constant = graph.constants.get(zero)
        turned_users = [
            user
            for user in users
            if user.op_type == "Transpose"
            and graph.is_transpose(user, TO_CHANNELS_FIRST)
        ]
        if (
            source is None
            or not graph.is_transpose(source, TO_CHANNELS_FIRST)
            or constant is None
            or constant.size != 1
            or not turned_users
        ):
            continue
        turned = f"{node.output[0]}_turned"
        inputs = [graph.channels_first(mask, node), source.input[0], zero]
        graph.node(node, "Where", inputs, [turned])
        for user in turned_users:
            graph.replace(user.output[0], turned)
        graph.index()


def _masks_of_finite_values(graph: Graph) -> None:
    """Zeros instead of finite values are a product, which takes less time."""
    for node in [n for n in graph.proto.node if n.op_type == "Where"]:
        mask, value, zero = node.input
        maker = graph.made.get(value)
        if (
            maker is None
            or maker.op_type not in _BOUNDED
            or np.any(graph.constants.get(zero, np.ones(1)))
            or node.output[0] in graph.outputs
        ):
            continue
        kept = graph.once(mask, "Cast", node, to=_FLOAT)
        made = f"{node.output[0]}_product"
        graph.node(node, "Mul", [value, kept], [made])
        graph.replace(node.output[0], made)


def _images(graph: Graph) -> None:
    """What is done value by value to a sequence is done to its image.

    So images stay images from one convolution to the next, which onnxruntime
    has its fastest kernels for.
    """
    for node in list(graph.proto.node):
        squeezed = graph.squeezed(node.input[0]) if node.input else None
        if (
            squeezed is None
            or node.op_type not in _ONE_BY_ONE
            or node.output[0] in graph.outputs
            or not all(
                graph.squeezed(name) is not None or name in graph.shared
                for name in node.input
            )
        ):
            continue
        flat, made = node.output[0], f"{node.output[0]}_image"
        inputs = [graph.image(name, node) for name in node.input]
        graph.node(node, node.op_type, inputs, [made])
        axes = squeezed.input[1]
        graph.node(node, "Squeeze", [made, axes], [f"{flat}_flat"])
        graph.replace(flat, f"{flat}_flat")
        graph.index()
    for node in [n for n in graph.proto.node if n.op_type == "Unsqueeze"]:
        squeezed = graph.maker(node.input[0], "Squeeze")
        if squeezed is not None and graph.axes(squeezed) == graph.axes(node):
            graph.replace(node.output[0], squeezed.input[0])


def _products(graph: Graph) -> None:
    """A dense layer on a sequence is one product, which ONNX broadcasts."""
    for node in [n for n in graph.proto.node if n.op_type == "MatMul"]:
        flat = graph.maker(node.input[0], "Reshape")
        shaped = graph.only_user(node.output[0], "Reshape")
        weights = graph.constants.get(node.input[1])
        if flat is None or shaped is None or weights is None:
            continue
        shape = graph.constants.get(flat.input[1])
        rows = shape is not None and shape.tolist() == [-1, len(weights)]
        if rows and _is_shape_of(graph, shaped.input[1], flat.input[0]):
            made = f"{shaped.output[0]}_product"
            graph.node(node, "MatMul", [flat.input[0], node.input[1]], [made])
            graph.replace(shaped.output[0], made)
            graph.index()


def _is_shape_of(graph: Graph, name: str, value: str) -> bool:
    """Whether a shape is that of a sequence but for its channels."""
    found: list[str] = []
    while True:
        node = graph.made.get(name)
        if node is None:
            return False
        found.append(node.op_type)
        if node.op_type == "Shape":
            kinds = [each for each in found if each != "Cast"]
            return node.input[0] == value and kinds == [
                "Concat",
                "Gather",
                "Shape",
            ]
        if node.op_type == "Gather":
            places = graph.constants.get(node.input[1])
            if places is None or places.tolist() != [0, 1]:
                return False
        name = node.input[0]
