"""Takes the detours out of a graph that tf2onnx made.

TensorFlow convolves sequences as images of height one, channels last; what
tf2onnx makes of it stands between layers as Unsqueeze, Slice, Transpose and
Squeeze. Here a convolution becomes ONNX's own 1-D one, sequences stay
(batch, channels, time) from one to the next, and a dense layer becomes one
product, so that a layer is what it should be: Conv, activation, mask.

Every rule keeps the values; an export is compared with the model afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

TO_CHANNELS_FIRST = [0, 2, 1]
_IMAGE_TO_CHANNELS_FIRST = [0, 3, 1, 2]
_AS_FAR_AS_IT_GOES = 10**9


class Graph:
    """An ONNX graph with the look-ups that rules need."""

    def __init__(self, graph: Any):
        import onnx

        self._onnx = onnx
        self.proto = graph
        self.constants = {
            each.name: onnx.numpy_helper.to_array(each)
            for each in graph.initializer
        }
        self.outputs = {each.name for each in graph.output}
        self.made: dict[str, Any] = {}
        self.users: dict[str, list] = {}
        self._transposed: dict[str, str] = {}
        self.index()

    def index(self) -> None:
        """Finds anew who makes and who uses each value."""
        self.made = {out: n for n in self.proto.node for out in n.output}
        self.users = {}
        for node in self.proto.node:
            for name in node.input:
                self.users.setdefault(name, []).append(node)

    def maker(self, name: str, kind: str):
        """The node of that kind which makes a value, or `None`."""
        node = self.made.get(name)
        return node if node is not None and node.op_type == kind else None

    def only_user(self, name: str, kind: str):
        """The node of that kind which alone uses a value, or `None`."""
        users = self.users.get(name, [])
        if len(users) != 1 or name in self.outputs:
            return None
        return users[0] if users[0].op_type == kind else None

    def attribute(self, node, name: str, otherwise=None):
        for each in node.attribute:
            if each.name == name:
                return self._onnx.helper.get_attribute_value(each)
        return otherwise

    def is_transpose(self, node, order: Sequence[int]) -> bool:
        return list(self.attribute(node, "perm", [])) == list(order)

    def axes(self, node) -> list[int]:
        return self.constants.get(node.input[1], np.zeros(0)).tolist()

    def replace(self, old: str, new: str) -> None:
        """Lets every user of one value use another."""
        for node in self.users.get(old, []):
            for place, name in enumerate(node.input):
                if name == old:
                    node.input[place] = new

    def constant(self, name: str, value: np.ndarray) -> str:
        made = self._onnx.numpy_helper.from_array(value, name)
        self.proto.initializer.append(made)
        self.constants[name] = value
        return name

    def node(self, before, kind: str, inputs, outputs, **attributes):
        """Adds a node in front of another one."""
        made = self._onnx.helper.make_node(
            kind, inputs, outputs, name=outputs[0], **attributes
        )
        self.proto.node.insert(list(self.proto.node).index(before), made)
        return made

    def channels_first(self, name: str, before) -> str:
        """A sequence with its channels before its time, made only once."""
        maker = self.maker(name, "Transpose")
        if maker is not None and self.is_transpose(maker, TO_CHANNELS_FIRST):
            return maker.input[0]
        if name not in self._transposed:
            made = f"{name}_channels_first"
            after = self.made.get(name)
            place = 0
            if after is not None:
                place = list(self.proto.node).index(after) + 1
            anchor = self.proto.node[place] if after is not None else before
            self.node(
                anchor, "Transpose", [name], [made], perm=TO_CHANNELS_FIRST
            )
            self._transposed[name] = made
        return self._transposed[name]

    def sweep(self) -> None:
        """Removes what nothing uses."""
        changed = True
        while changed:
            self.index()
            dead = [
                node
                for node in self.proto.node
                if not any(
                    out in self.users or out in self.outputs
                    for out in node.output
                )
            ]
            for node in dead:
                self.proto.node.remove(node)
            changed = bool(dead)
        for each in list(self.proto.initializer):
            if each.name not in self.users:
                self.proto.initializer.remove(each)


def straighten(proto) -> None:
    """Applies all rules to a model, in place."""
    graph = Graph(proto.graph)
    for rule in (_whole_slices, _convolutions, _masks, _products):
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
    """Convolutions of images of height one become those of sequences."""
    for node in [n for n in graph.proto.node if n.op_type == "Conv"]:
        turned = graph.maker(node.input[0], "Transpose")
        if turned is None or not graph.is_transpose(
            turned, _IMAGE_TO_CHANNELS_FIRST
        ):
            continue
        lifted = graph.maker(turned.input[0], "Unsqueeze")
        squeezed = graph.only_user(node.output[0], "Squeeze")
        kernel = graph.constants.get(node.input[1])
        fits = (
            lifted is not None
            and graph.axes(lifted) in ([1], [-3])
            and squeezed is not None
            and graph.axes(squeezed) in ([2], [-2])
            and kernel is not None
            and kernel.shape[2] == 1
        )
        if fits:
            _convolution(graph, node, lifted.input[0], squeezed.output[0])
            graph.index()


def _convolution(graph: Graph, node, sequence: str, output: str) -> None:
    kernel = graph.constants[node.input[1]]
    pads = list(graph.attribute(node, "pads", []))
    attributes = {
        "kernel_shape": [kernel.shape[3]],
        "strides": list(graph.attribute(node, "strides", [1, 1]))[1:],
        "dilations": list(graph.attribute(node, "dilations", [1, 1]))[1:],
        "group": graph.attribute(node, "group", 1),
    }
    if pads:
        attributes["pads"] = [pads[1], pads[3]]
    else:
        attributes["auto_pad"] = graph.attribute(node, "auto_pad", b"NOTSET")
    name = f"{node.output[0]}_kernel"
    weights = graph.constant(name, np.ascontiguousarray(kernel[:, :, 0]))
    inputs = [graph.channels_first(sequence, node), weights, *node.input[2:]]
    graph.node(node, "Conv", inputs, [f"{output}_1d"], **attributes)
    graph.replace(output, f"{output}_1d")


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
