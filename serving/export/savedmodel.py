"""SavedModels that TF Serving loads: written, and looked into."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence

import keras
import numpy as np

from serving.export import devices
from serving.signatures import DEFAULT, WAVEFORM, inputs_of, waveform_ports
from zoo import frontends
from zoo.layers import lstm_implementation
from zoo.registry import Card, Port

PYTHON_ONLY = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}


def write(
    model: keras.Model, card: Card, folder: pathlib.Path, device: str = "any"
) -> None:
    """Writes a SavedModel with the signatures that the card allows.

    `serving_default` takes the card's inputs. `from_waveform`, where the card
    names a front end, takes `waveform` (batch, samples) at the card's rate in
    [-1, 1) and `lengths` (batch,) in samples, and also answers with `lengths`
    in output steps. Both are told where rows end, so that a server may pad
    them with whatever it likes; TF Serving pads with a tensor's first element.
    So padded features need no signature of their own: `serving_default` is
    it, for every model, and no export is published before NaN in the padding
    and other rows of the batch were seen to change nothing (`serving.proof`).

    Args:
        model: built by the zoo.
        card: its card.
        folder: where to.
        device: one of `devices.DEVICES`, the kernels of recurrent layers.
    """
    kernels = devices.implementation(device)
    archive = keras.export.ExportArchive()
    archive.track(model)
    ports = inputs_of(model, card)
    names = [port.name for port in ports]

    def from_features(*values):
        with lstm_implementation(kernels):
            return model(dict(zip(names, values)), training=False)

    archive.add_endpoint(DEFAULT, from_features, _specs(ports))
    if card.frontend is not None:
        frontend = frontends.get(card.frontend)
        archive.track(frontend)

        def from_waveform(waveform, lengths):
            features = frontend({"waveform": waveform, "lengths": lengths})
            with lstm_implementation(kernels):
                outputs = model(features, training=False)
            return {**outputs, "lengths": features["lengths"]}

        archive.add_endpoint(
            WAVEFORM, from_waveform, _specs(waveform_ports(card))
        )
    _write_out(archive, folder)


def _write_out(archive, folder: pathlib.Path) -> None:
    import tensorflow as tf

    # A served model is never differentiated.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    archive.write_out(str(folder), options=options, verbose=False)


def _specs(ports: Sequence[Port]):
    import tensorflow as tf

    return [
        tf.TensorSpec((None, *port.shape), port.dtype, name=port.name)
        for port in ports
    ]


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


def _graphs(folder: pathlib.Path):
    from tensorflow.core.protobuf import saved_model_pb2

    message = saved_model_pb2.SavedModel()
    message.ParseFromString((folder / "saved_model.pb").read_bytes())
    return [meta.graph_def for meta in message.meta_graphs]


def operations(folder: pathlib.Path) -> set[str]:
    """Names of the operations that a SavedModel needs."""
    found: set[str] = set()
    for graph in _graphs(folder):
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


def compiled_functions(folder: pathlib.Path) -> list[str]:
    """Functions that XLA must compile, which a stock TF Serving refuses."""
    return sorted(
        function.signature.name
        for graph in _graphs(folder)
        for function in graph.library.function
        if function.attr["_XlaMustCompile"].b
    )


def check(folder: pathlib.Path, device: str) -> None:
    """Refuses what a stock TF Serving on that device could not run.

    Raises:
        ValueError: operations or functions of the wrong kind, by name.
    """
    foreign = foreign_operations(folder)
    if foreign:
        raise ValueError(
            "An export must hold operations of core TensorFlow alone. "
            f"Received: {', '.join(foreign)}"
        )
    compiled = compiled_functions(folder)
    if compiled:
        raise ValueError(
            "An export must hold no function that XLA has to compile. "
            f"Received: {', '.join(compiled)}"
        )
    if device != "gpu" and devices.needs_gpu(operations(folder)):
        raise ValueError(
            f"An export for device={device!r} must run without a GPU, but "
            "a layer of this model brought cuDNN's operations. Use "
            "zoo.layers.LSTM, or build the layer with use_cudnn=False."
        )
