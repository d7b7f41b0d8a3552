"""SavedModels that TF Serving loads: written, and proved."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping

import keras
import numpy as np

from zoo import frontends
from zoo.layers import lstm_implementation
from zoo.registry import Card, Port

PYTHON_ONLY = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}


def write(model: keras.Model, card: Card, folder: pathlib.Path) -> None:
    """Writes a SavedModel with the signatures that the card allows.

    `serving_default` takes the card's inputs. `from_waveform` takes
    `waveform` (batch, samples) at the card's rate in [-1, 1) and `lengths`
    (batch,) in samples, and also answers with `lengths` in output steps.
    """
    import tensorflow as tf

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "serving_default",
        _function(model, [port.name for port in card.inputs]),
        [_spec(port) for port in card.inputs],
    )
    frontend = frontends.get(card.frontend)
    archive.track(frontend)

    def from_waveform(waveform, lengths):
        features = frontend({"waveform": waveform, "lengths": lengths})
        with lstm_implementation("fused"):
            outputs = model(features, training=False)
        return {**outputs, "lengths": features["lengths"]}

    archive.add_endpoint(
        "from_waveform",
        from_waveform,
        [
            tf.TensorSpec((None, None), tf.float32, name="waveform"),
            tf.TensorSpec((None,), tf.int32, name="lengths"),
        ],
    )
    # A served model is never differentiated.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    archive.write_out(str(folder), options=options, verbose=False)


def _function(model: keras.Model, names: list[str]):
    def serve(*values):
        with lstm_implementation("fused"):  # core operations alone
            return model(dict(zip(names, values)), training=False)

    return serve


def _spec(port: Port):
    import tensorflow as tf

    return tf.TensorSpec((None, *port.shape), port.dtype, name=port.name)


def signatures(folder: pathlib.Path):
    """The signatures of a SavedModel as Python functions."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))
    return loaded, loaded.signatures


def run(function, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Calls a signature with NumPy arrays."""
    import tensorflow as tf

    tensors = {name: tf.constant(each) for name, each in inputs.items()}
    return {name: each.numpy() for name, each in function(**tensors).items()}


def operations(folder: pathlib.Path) -> set[str]:
    """Names of the operations that a SavedModel needs."""
    from tensorflow.core.protobuf import saved_model_pb2

    message = saved_model_pb2.SavedModel()
    message.ParseFromString((folder / "saved_model.pb").read_bytes())
    found: set[str] = set()
    for graph in (meta.graph_def for meta in message.meta_graphs):
        found.update(node.op for node in graph.node)
        for function in graph.library.function:
            found.update(node.op for node in function.node_def)
        found.difference_update(
            function.signature.name for function in graph.library.function
        )
    return found


def foreign_operations(folder: pathlib.Path) -> list[str]:
    """Operations that a stock TF Serving has not, or not without Python."""
    import tensorflow as tf

    return sorted(
        name
        for name in operations(folder)
        if name in PYTHON_ONLY or not hasattr(tf.raw_ops, name)
    )
