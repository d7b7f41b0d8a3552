"""Writes, runs and inspects SavedModels for TF Serving."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from serving.export import devices
from serving.signatures import (
    DECODED,
    DEFAULT,
    WAVEFORM,
    decoded_model,
    waveform_ports,
)
from zoo import description, frontends
from zoo.layers import lstm_implementation
from zoo.registry import Card, Port

PYTHON_ONLY = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}

Tensor = Any  # tf.Tensor; TensorFlow is imported where it is used


def write(
    model: keras.Model, card: Card, folder: pathlib.Path, device: str = "any"
) -> None:
    """Writes a SavedModel with one to three signatures.

    `serving_default` takes the card's inputs. `from_waveform`, where the card
    names a front end, takes `waveform` (batch, samples) at the card's rate in
    [-1, 1) and `lengths` (batch,) in samples, and also returns `lengths` in
    output steps. `decoded`, of a model that keeps a decoder, takes the same
    and returns smoothed traces: the search is in the graph, so that TF Serving
    and every client have it, at a loop of a third of a millisecond a step.

    All take the lengths of the rows, so that a server may pad a batch with
    any values; TF Serving pads with a tensor's first element. Padded features
    therefore need no signature of their own. `serving.export.verification`
    checks that neither NaN in the padding nor other rows change an answer.

    Args:
        model: built by the zoo.
        card: its card.
        folder: the folder to write to.
        device: one of `devices.DEVICES`; chooses the recurrent kernels.
    """
    kernels = devices.implementation(device)
    archive = keras.export.ExportArchive()
    archive.track(model)
    ports = description.inputs(model, card)
    names = [port.name for port in ports]

    def from_features(*values: Tensor) -> dict[str, Tensor]:
        with lstm_implementation(kernels):
            return model(dict(zip(names, values)), training=False)

    archive.add_endpoint(DEFAULT, from_features, _specs(ports))
    if card.frontend is not None:
        frontend = frontends.get(card.frontend)
        archive.track(frontend)

        waveform = _specs(waveform_ports(card))
        for name, network in (
            (WAVEFORM, model),
            (DECODED, decoded_model(model, card)),
        ):
            if network is None:
                continue
            archive.track(network)
            endpoint = _after(frontend, network, kernels)
            archive.add_endpoint(name, endpoint, waveform)
    _write_out(archive, folder)


def _after(
    frontend: keras.Model, network: keras.Model, kernels: str
) -> Callable[[Tensor, Tensor], dict[str, Tensor]]:
    """Returns the signature of a network behind its front end."""

    def from_waveform(waveform: Tensor, lengths: Tensor) -> dict[str, Tensor]:
        features = frontend({"waveform": waveform, "lengths": lengths})
        with lstm_implementation(kernels):
            outputs = network(features, training=False)
        return {**outputs, "lengths": features["lengths"]}

    return from_waveform


def _write_out(
    archive: keras.export.ExportArchive, folder: pathlib.Path
) -> None:
    import tensorflow as tf

    # Nobody needs the gradients of a served model.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    archive.write_out(str(folder), options=options, verbose=False)


def _specs(ports: Sequence[Port]) -> list[Any]:
    import tensorflow as tf

    return [
        tf.TensorSpec((None, *port.shape), port.dtype, name=port.name)
        for port in ports
    ]


def signatures(folder: pathlib.Path) -> tuple[Any, Mapping[str, Callable]]:
    """Loads a SavedModel.

    Returns:
        The loaded object, which must be kept as long as the functions are
        used, and the signatures as Python functions by name.
    """
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))
    return loaded, loaded.signatures


def run(
    function: Callable, inputs: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Calls a signature with NumPy arrays and returns NumPy arrays."""
    import tensorflow as tf

    tensors = {name: tf.constant(array) for name, array in inputs.items()}
    outputs = function(**tensors)
    return {name: output.numpy() for name, output in outputs.items()}


def _graphs(folder: pathlib.Path) -> list[Any]:
    from tensorflow.core.protobuf import saved_model_pb2

    message = saved_model_pb2.SavedModel()
    message.ParseFromString((folder / "saved_model.pb").read_bytes())
    return [meta.graph_def for meta in message.meta_graphs]


def operations(folder: pathlib.Path) -> set[str]:
    """Returns the names of all operations in a SavedModel's graphs."""
    names: set[str] = set()
    for graph in _graphs(folder):
        names.update(node.op for node in graph.node)
        for function in graph.library.function:
            names.update(node.op for node in function.node_def)
        names.difference_update(
            function.signature.name for function in graph.library.function
        )
    return names


def foreign_operations(folder: pathlib.Path) -> list[str]:
    """Returns operations that TF Serving lacks or that need Python, sorted."""
    import tensorflow as tf

    return sorted(
        name
        for name in operations(folder)
        if name in PYTHON_ONLY or not hasattr(tf.raw_ops, name)
    )


def compiled_functions(folder: pathlib.Path) -> list[str]:
    """Returns functions that XLA must compile, which TF Serving refuses."""
    return sorted(
        function.signature.name
        for graph in _graphs(folder)
        for function in graph.library.function
        if function.attr["_XlaMustCompile"].b
    )


def check(folder: pathlib.Path, device: str) -> None:
    """Checks that TF Serving, as its image comes, can run a SavedModel.

    Args:
        folder: of the SavedModel.
        device: one of `devices.DEVICES`.

    Raises:
        ValueError: names operations or functions that it cannot run.
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
