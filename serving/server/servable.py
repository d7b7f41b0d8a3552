"""One version of a model: a SavedModel in a TensorFlow session of its own."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from serving.export import metadata, warmup
from serving.server.errors import ServingError, from_tensorflow
from serving.signatures import DEFAULT, WAVEFORM

Arrays = Mapping[str, np.ndarray]
_VARIABLES = "VarHandleOp"


@dataclasses.dataclass(frozen=True)
class Signature:
    """What one signature takes and gives.

    Attributes:
        inputs, outputs: names and TensorFlow's own description of each.
        steps: how the length of an input becomes that of an output; `None`
            where that is unknown, so that lengths must not be changed.
    """

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    steps: Mapping[str, int] | None

    @functools.cached_property
    def ports(self) -> list[tuple[str, np.dtype, list[int] | None]]:
        """Name, type and shape (-1 where it is open) of each input."""
        import tensorflow as tf

        return [
            (
                name,
                np.dtype(tf.dtypes.as_dtype(info.dtype).as_numpy_dtype),
                None
                if info.tensor_shape.unknown_rank
                else [dim.size for dim in info.tensor_shape.dim],
            )
            for name, info in self.inputs.items()
        ]

    def length(self, given: int) -> int:
        """Output steps of an input of that many steps or samples."""
        if self.steps is None:
            raise ValueError("This signature does not say how long it answers.")
        if given < self.steps["least"]:
            return 0
        return (given + self.steps["add"]) // self.steps["hop"]


_AS_LONG = {"add": 0, "hop": 1, "least": 0}


class Servable:
    """A SavedModel that answers.

    Args:
        folder: of the version.

    Raises:
        ServingError: it cannot be loaded, or fails one of its own warm-up
            requests.
    """

    def __init__(self, folder: pathlib.Path):
        import tensorflow as tf

        self._tf = tf
        graph = tf.Graph()
        self._session = tf.compat.v1.Session(graph=graph)
        try:
            with graph.as_default():
                meta = tf.compat.v1.saved_model.load(
                    self._session, ["serve"], str(folder)
                )
            self._check(graph, folder)
            self.definitions = {
                name: each
                for name, each in meta.signature_def.items()
                if not name.startswith("__")
            }
            self.signatures = dict(self._read(folder))
            self._warm_up(folder)
        except ServingError:
            self.close()
            raise
        except Exception as error:  # whatever a damaged file can cause
            self.close()
            raise from_tensorflow(error) from error

    def _check(self, graph, folder: pathlib.Path) -> None:
        """TensorFlow loads a model without its variables, which then fails."""
        needed = any(each.type == _VARIABLES for each in graph.get_operations())
        if needed and not (folder / "variables" / "variables.index").exists():
            raise ServingError(
                "NOT_FOUND", f"{folder.name}/variables/variables.index is gone"
            )

    def _read(self, folder: pathlib.Path) -> Iterator[tuple[str, Signature]]:
        steps = (metadata.read(folder, "contract.json") or {}).get("steps")
        for name, each in self.definitions.items():
            rule = steps if name == WAVEFORM else _AS_LONG
            yield name, Signature(each.inputs, each.outputs, rule)

    def _warm_up(self, folder: pathlib.Path) -> None:
        for name, inputs in warmup.read(folder):
            self.run(name or DEFAULT, inputs, ())

    def run(
        self, signature: str, inputs: Arrays, only: Sequence[str]
    ) -> dict[str, np.ndarray]:
        """Answers one batch.

        Args:
            signature: its name.
            inputs: by name, checked by `serving.server.prediction`.
            only: outputs that are wanted; all of them by default.

        Raises:
            ServingError: TensorFlow's own error.
        """
        known = self.signatures[signature]
        names = only or known.outputs
        fetches = {name: known.outputs[name].name for name in names}
        feeds = {known.inputs[name].name: inputs[name] for name in inputs}
        try:
            return self._session.run(fetches, feeds)
        except (self._tf.errors.OpError, ValueError, TypeError) as error:
            raise from_tensorflow(error) from error

    def close(self) -> None:
        """Gives its memory back."""
        self._session.close()
