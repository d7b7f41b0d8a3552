"""Small models, batches and records for tests of exports."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator

import keras
import numpy as np
import pytest
from contracts import noise

import zoo
from serving.export import exporter, warmup

NAME = "recola_blstm_ccc"
CARD = zoo.card(NAME)
WITHOUT_FRONTEND = dataclasses.replace(
    CARD, frontend=None, sampling_rate=None, hop=None
)


DILATED = zoo.card("recola_dilated")
LAYERS = 3
"""Convolution layers of the fixture `dilated`."""


def features(lengths: tuple[int, ...] = (40, 25)) -> dict[str, np.ndarray]:
    """A padded batch of 160 features."""
    rows = noise((len(lengths), max(lengths), 160))
    return {"features": rows, "lengths": np.array(lengths, "int32")}


def model() -> keras.Model:
    """A BLSTM of one layer with one output."""
    keras.utils.set_random_seed(0)
    return zoo.get(NAME, weights=None, depth=1, dimensions=("arousal",))


@contextlib.contextmanager
def short_batches() -> Iterator[None]:
    """Compares exports on short rows only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporter, "BATCHES", ((1, 12), (3, 25)))
        patch.setattr(warmup, "SIZES", ((1, 10), (2, 9)))
        yield


def warm_up_records(
    folder: pathlib.Path,
) -> list[tuple[str, dict[str, np.ndarray], dict[str, np.ndarray]]]:
    """Signature, inputs and outputs of each warm-up record."""
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    records = []
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        log = prediction_log_pb2.PredictionLog.FromString(record).predict_log
        inputs, outputs = (
            {name: tf.make_ndarray(value) for name, value in tensors.items()}
            for tensors in (log.request.inputs, log.response.outputs)
        )
        name = log.request.model_spec.signature_name
        records.append((name, inputs, outputs))
    return records
