"""Loads one version of a model, a SavedModel, into a TensorFlow session."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from serving.export import metadata, warmup
from serving.server.errors import ServingError, from_tensorflow
from serving.signatures import DECODED, DEFAULT, WAVEFORM

Arrays = Mapping[str, np.ndarray]
_VARIABLE = "VarHandleOp"


@dataclasses.dataclass(frozen=True)
class Signature:
    """Inputs and outputs of one signature.

    Attributes:
        inputs: TensorFlow's description of each input, by name.
        outputs: TensorFlow's description of each output, by name.
        steps: the rule that gives an output's length from an input's; `None`
            where it is unknown, so that lengths must not be changed.
    """

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    steps: Mapping[str, int] | None

    @functools.cached_property
    def ports(self) -> list[tuple[str, np.dtype, list[int] | None]]:
        """Name, type and shape (-1 where it is variable) of each input."""
        import tensorflow as tf

        return [
            (
                name,
                np.dtype(tf.dtypes.as_dtype(tensor.dtype).as_numpy_dtype),
                None
                if tensor.tensor_shape.unknown_rank
                else [dimension.size for dimension in tensor.tensor_shape.dim],
            )
            for name, tensor in self.inputs.items()
        ]

    def length(self, steps: int) -> int:
        """Returns the output steps of an input's steps or samples.

        Example:
            >>> rule = {"add": 240, "hop": 640, "least": 400}
            >>> Signature({}, {}, rule).length(16000)
            25
        """
        if self.steps is None:
            raise ValueError("This signature does not give its output length.")
        if steps < self.steps["least"]:
            return 0
        return (steps + self.steps["add"]) // self.steps["hop"]


_AS_LONG = {"add": 0, "hop": 1, "least": 0}


class Servable:
    """A loaded SavedModel.

    Args:
        folder: of the version.

    Raises:
        ServingError: it cannot be loaded, or fails one of its warm-up requests.
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
            self._check_variables(graph, folder)
            self.definitions = {
                name: definition
                for name, definition in meta.signature_def.items()
                if not name.startswith("__")
            }
            self.signatures = dict(self._read_signatures(folder))
            self._warm_up(folder)
        except ServingError:
            self.close()
            raise
        except Exception as error:  # a damaged file can raise anything
            self.close()
            raise from_tensorflow(error) from error

    def _check_variables(self, graph: Any, folder: pathlib.Path) -> None:
        """Checks that there are variables; TensorFlow loads a model without."""
        needed = any(x.type == _VARIABLE for x in graph.get_operations())
        if needed and not (folder / "variables" / "variables.index").exists():
            raise ServingError(
                "NOT_FOUND", f"{folder.name}/variables/variables.index is gone"
            )

    def _read_signatures(
        self, folder: pathlib.Path
    ) -> Iterator[tuple[str, Signature]]:
        steps = (metadata.read(folder, "contract.json") or {}).get("steps")
        for name, definition in self.definitions.items():
            rule = steps if name in (WAVEFORM, DECODED) else _AS_LONG
            yield name, Signature(definition.inputs, definition.outputs, rule)

    def _warm_up(self, folder: pathlib.Path) -> None:
        for name, inputs in warmup.read(folder):
            self.run(name or DEFAULT, inputs, ())

    def run(
        self, signature: str, inputs: Arrays, only: Sequence[str]
    ) -> dict[str, np.ndarray]:
        """Predicts for one batch.

        Args:
            signature: name of the signature.
            inputs: by name, checked by `serving.server.prediction`.
            only: names of the wanted outputs; all where it is empty.

        Raises:
            ServingError: TensorFlow's own error.
        """
        tensors = self.signatures[signature]
        names = only or tensors.outputs
        fetches = {name: tensors.outputs[name].name for name in names}
        feeds = {tensors.inputs[name].name: inputs[name] for name in inputs}
        try:
            return self._session.run(fetches, feeds)
        except (self._tf.errors.OpError, ValueError, TypeError) as error:
            raise from_tensorflow(error) from error

    def close(self) -> None:
        """Frees its memory."""
        self._session.close()
