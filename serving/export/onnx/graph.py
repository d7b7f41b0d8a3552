"""An ONNX graph with the look-ups and edits that `rewrites` needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

TO_CHANNELS_FIRST = [0, 2, 1]
_HEIGHT_AXIS = "axis_of_height"

Node = Any  # onnx.NodeProto; onnx is imported where it is used


class Graph:
    """An ONNX graph, indexed by the values that its nodes make and use.

    Args:
        graph: an `onnx.GraphProto`, which is edited in place.
    """

    def __init__(self, graph: Any):
        import onnx

        self._onnx = onnx
        self.proto = graph
        self.constants: dict[str, np.ndarray] = {
            tensor.name: onnx.numpy_helper.to_array(tensor)
            for tensor in graph.initializer
        }
        self.outputs = {output.name for output in graph.output}
        self.producers: dict[str, Node] = {}
        self.users: dict[str, list[Node]] = {}
        self.shared: set[str] = set()
        self.index()

    def index(self) -> None:
        """Finds again which node makes and which nodes use each value."""
        self.producers = {
            name: node for node in self.proto.node for name in node.output
        }
        self.users = {}
        for node in self.proto.node:
            for name in node.input:
                self.users.setdefault(name, []).append(node)

    def producer(self, name: str, kind: str) -> Node | None:
        """Returns the node that makes a value, if it is of that kind."""
        node = self.producers.get(name)
        return node if node is not None and node.op_type == kind else None

    def only_user(self, name: str, kind: str) -> Node | None:
        """Returns the only user of a value, if it is of that kind."""
        users = self.users.get(name, [])
        if len(users) != 1 or name in self.outputs:
            return None
        return users[0] if users[0].op_type == kind else None

    def attribute(self, node: Node, name: str, default: Any = None) -> Any:
        """Returns the value of a node's attribute."""
        for attribute in node.attribute:
            if attribute.name == name:
                return self._onnx.helper.get_attribute_value(attribute)
        return default

    def is_transpose(self, node: Node, order: Sequence[int]) -> bool:
        """Returns whether a Transpose permutes its axes in that order."""
        return list(self.attribute(node, "perm", [])) == list(order)

    def axes(self, node: Node) -> list[int]:
        """Returns the constant axes of a Squeeze or Unsqueeze."""
        return self.constants.get(node.input[1], np.zeros(0)).tolist()

    def replace(self, old: str, new: str) -> None:
        """Makes all users of one value use another."""
        for node in self.users.get(old, []):
            for index, name in enumerate(node.input):
                if name == old:
                    node.input[index] = new

    def constant(self, name: str, value: np.ndarray) -> str:
        """Adds a constant and returns its name."""
        tensor = self._onnx.numpy_helper.from_array(value, name)
        self.proto.initializer.append(tensor)
        self.constants[name] = value
        return name

    def node(
        self,
        before: Node,
        kind: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        **attributes: Any,
    ) -> Node:
        """Adds a node in front of another one."""
        node = self._onnx.helper.make_node(
            kind, inputs, outputs, name=outputs[0], **attributes
        )
        self.proto.node.insert(list(self.proto.node).index(before), node)
        return node

    def channels_first(self, name: str, before: Node) -> str:
        """Returns a sequence with its channels before its time."""
        producer = self.producer(name, "Transpose")
        if producer is not None and self.is_transpose(
            producer, TO_CHANNELS_FIRST
        ):
            return producer.input[0]
        return self.once(name, "Transpose", before, perm=TO_CHANNELS_FIRST)

    def image(self, name: str, before: Node) -> str:
        """Returns a channels-first sequence as an image of height one."""
        squeeze = self.height_squeeze(name)
        if squeeze is not None:
            return squeeze.input[0]
        if _HEIGHT_AXIS not in self.constants:
            self.constant(_HEIGHT_AXIS, np.array([2]))
        return self.once(name, "Unsqueeze", before, _HEIGHT_AXIS)

    def height_squeeze(self, name: str) -> Node | None:
        """Returns the Squeeze of an image's height that makes a value."""
        node = self.producer(name, "Squeeze")
        return node if node is not None and self.axes(node) == [2] else None

    def once(
        self,
        name: str,
        kind: str,
        before: Node,
        *others: str,
        **attributes: Any,
    ) -> str:
        """Returns the result of an operation on a value, computed only once.

        The operation stands right behind the value, so that all users of the
        value can share its result.

        Args:
            name: of the value.
            kind: of the operation.
            before: the node that follows the operation where no node makes
                the value.
            others: further inputs.
            attributes: of the operation.
        """
        result = f"{name}_{kind}"
        if result not in self.shared:
            producer = self.producers.get(name)
            if producer is not None:
                position = list(self.proto.node).index(producer) + 1
                before = self.proto.node[position]
            node = self.node(
                before, kind, [name, *others], [result], **attributes
            )
            self.producers[result] = node
            self.shared.add(result)
        return result

    def remove_unused(self) -> None:
        """Removes nodes and constants that nothing uses."""
        changed = True
        while changed:
            self.index()
            unused = [
                node
                for node in self.proto.node
                if not any(
                    name in self.users or name in self.outputs
                    for name in node.output
                )
            ]
            for node in unused:
                self.proto.node.remove(node)
            changed = bool(unused)
        for tensor in list(self.proto.initializer):
            if tensor.name not in self.users:
                self.proto.initializer.remove(tensor)
