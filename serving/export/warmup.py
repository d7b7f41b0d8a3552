"""Warm-up requests, which TF Serving replays before a version goes live.

A record is a `PredictionLog`. TF Serving reads its request only; `serving.push`
also compares the answers with the outputs stored beside it.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from serving.export.metadata import FOLDER

FILE = "tf_serving_warmup_requests"
SIZES = ((1, 100), (4, 50))
"""Rows and longest row, in steps, of each signature's requests."""

Arrays = Mapping[str, np.ndarray]


def write(
    folder: pathlib.Path,
    name: str,
    records: Iterable[tuple[str, Arrays, Arrays | None]],
) -> None:
    """Writes the warm-up file of an export.

    Args:
        folder: of the export.
        name: of the model.
        records: signature, inputs and, where known, outputs of each request.
    """
    import tensorflow as tf

    path = folder / FOLDER / FILE
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs, outputs in records:
            log = _prediction_log(name, signature, inputs, outputs)
            writer.write(log.SerializeToString(deterministic=True))


def _prediction_log(
    name: str, signature: str, inputs: Arrays, outputs: Arrays | None
) -> Any:
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    log = prediction_log_pb2.PredictionLog()
    request = log.predict_log.request
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    for key, value in inputs.items():
        request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    if outputs is not None:
        response = log.predict_log.response
        response.model_spec.CopyFrom(request.model_spec)
        for key, value in outputs.items():
            response.outputs[key].CopyFrom(tf.make_tensor_proto(value))
    return log


def read(
    folder: pathlib.Path,
) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Yields the signature and inputs of each warm-up request of an export.

    Raises:
        tensorflow.errors.DataLossError: the file is damaged.
    """
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    path = folder / FOLDER / FILE
    if not path.exists():
        return
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        log = prediction_log_pb2.PredictionLog.FromString(record)
        request = log.predict_log.request
        yield (
            request.model_spec.signature_name,
            {name: tf.make_ndarray(x) for name, x in request.inputs.items()},
        )
