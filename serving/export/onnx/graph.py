"""An ONNX graph with what `serving.onnx_rules` needs to rewrite it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

TO_CHANNELS_FIRST = [0, 2, 1]
_HEIGHT = "axis_of_height"


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
        self.shared: set[str] = set()
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
        return self.once(name, "Transpose", before, perm=TO_CHANNELS_FIRST)

    def image(self, name: str, before) -> str:
        """Such a sequence as an image of height one, made only once."""
        squeezed = self.squeezed(name)
        if squeezed is not None:
            return squeezed.input[0]
        if _HEIGHT not in self.constants:
            self.constant(_HEIGHT, np.array([2]))
        return self.once(name, "Unsqueeze", before, _HEIGHT)

    def squeezed(self, name: str):
        """The node that takes an image's height off, or `None`."""
        node = self.maker(name, "Squeeze")
        return node if node is not None and self.axes(node) == [2] else None

    def once(self, name: str, kind: str, before, *others, **attributes) -> str:
        """What an operation makes of a value, for all users, right after it.

        Args:
            name: of the value.
            kind: of the operation.
            before: stands behind the operation where nothing makes the value.
            others: further inputs.
        """
        made = f"{name}_{kind}"
        if made not in self.shared:
            after = self.made.get(name)
            if after is not None:
                place = list(self.proto.node).index(after) + 1
                before = self.proto.node[place]
            node = self.node(
                before, kind, [name, *others], [made], **attributes
            )
            self.made[made] = node
            self.shared.add(made)
        return made

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
