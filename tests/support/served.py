"""Small SavedModels for tests of serving, built without Keras."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np

NAME = "summing"
PREDICT = f"/v1/models/{NAME}:predict"
ROW = {"features": [[1, 2, 3], [4, 5, 6.5]], "lengths": 2}
FIGURES = {"test": {"arousal": {"ccc": 0.7, "rmse": 0.2}}}


def export(
    folder: pathlib.Path,
    factor: float = 2.0,
    figures: dict[str, Any] | None = None,
    corpus: str = "simulated",
) -> pathlib.Path:
    """Writes an export of a model that masks, sums and multiplies.

    `serving_default` takes features (batch, time, 3) and lengths (batch,), and
    gives `trace` (batch, time), a row's running sum of the valid steps, and
    `total` (batch, 1), both times `factor`.
    """
    import tensorflow as tf

    class Summing(tf.Module):
        def __init__(self):
            super().__init__()
            self.factor = tf.Variable(factor)

        @tf.function(
            input_signature=[
                tf.TensorSpec([None, None, 3], tf.float32, "features"),
                tf.TensorSpec([None], tf.int32, "lengths"),
            ]
        )
        def serve(self, features, lengths):
            mask = tf.sequence_mask(lengths, tf.shape(features)[1])
            values = tf.where(mask[..., None], features, 0.0)
            trace = self.factor * tf.cumsum(tf.reduce_sum(values, -1), axis=1)
            total = self.factor * tf.reduce_sum(values, [1, 2])[:, None]
            return {"trace": trace, "total": total}

    module = Summing()
    signatures = {"serving_default": module.serve}
    tf.saved_model.save(module, str(folder), signatures)
    extra = folder / "assets.extra"
    extra.mkdir()
    weights = {"corpus": corpus, "figures": figures or FIGURES}
    card = {"name": folder.parent.name, "weights": weights}
    (extra / "card.json").write_text(json.dumps(card))
    return folder


def features(*lengths: int, seed: int = 0) -> dict[str, np.ndarray]:
    """A padded batch for it."""
    shape = (len(lengths), max(lengths, default=0), 3)
    values = np.random.default_rng(seed).normal(size=shape)
    return {
        "features": values.astype("float32"),
        "lengths": np.array(lengths, "int32"),
    }


def answer(inputs, factor: float = 2.0) -> dict[str, np.ndarray]:
    """What it must answer."""
    steps = np.arange(inputs["features"].shape[1])
    mask = steps < inputs["lengths"][:, None]
    values = np.where(mask[..., None], inputs["features"], 0).sum(-1)
    trace = factor * np.cumsum(values, axis=1)
    return {"trace": trace, "total": factor * values.sum(1, keepdims=True)}


def options(**changes: Any):
    """Of a server on free ports that looks for versions all the time."""
    from serving.server.app import Options

    free = Options(rest=0, grpc=0, poll=0.05, largest=2**20, seconds=10)
    return dataclasses.replace(free, **changes)


@contextlib.contextmanager
def running(tmp_path_factory) -> Iterator[Any]:
    """A server of two versions, "stable" times 2 and "canary" times 3."""
    from serving import versions
    from serving.server.app import Server

    root = tmp_path_factory.mktemp("models")
    for number, factor in ((1, 2.0), (2, 3.0)):
        export(root / NAME / str(number), factor)
    versions.relabel(root / NAME, {"stable": 1, "canary": 2})
    with Server(root, options()) as server:
        yield server


def client(server):
    """An HTTP client of it."""
    import httpx

    return httpx.Client(base_url=f"http://127.0.0.1:{server.rest_port}")


def single(exported: pathlib.Path, root: pathlib.Path) -> pathlib.Path:
    """A folder of models that holds one version."""
    shutil.copytree(exported, root / NAME / "1")
    return root


def request(inputs=None, name=NAME, version=None, label=None, signature=""):
    """A call of TF Serving's `Predict`."""
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    message = predict_pb2.PredictRequest()
    message.model_spec.name = name
    message.model_spec.signature_name = signature
    if version is not None:
        message.model_spec.version.value = version
    if label is not None:
        message.model_spec.version_label = label
    inputs = features(4, 2) if inputs is None else inputs
    for key, value in inputs.items():
        message.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return message


def values(response) -> dict[str, np.ndarray]:
    """The arrays of its answer."""
    import tensorflow as tf

    return {name: tf.make_ndarray(x) for name, x in response.outputs.items()}
