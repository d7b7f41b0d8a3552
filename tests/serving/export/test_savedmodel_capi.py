"""SavedModels in TensorFlow's C library answer as Keras does."""

from __future__ import annotations

import itertools
import json
import pathlib
import subprocess
import sys

import capi
import golden
import numpy as np
import pytest
from contracts import array

import zoo
from serving.export import savedmodel, verification
from serving.signatures import batches, signatures_of

CLOSE = 1e-5


class Process:
    """A process with the C library only."""

    def __init__(self, folder: pathlib.Path):
        self.files = folder / "inputs.npz", folder / "outputs.npz"
        self.process = subprocess.Popen(
            [sys.executable, "-I", capi.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, folder: pathlib.Path, signature, inputs):
        """Outputs of a signature by name."""
        names = {key: tensor.name for key, tensor in signature.outputs.items()}
        feeds = {signature.inputs[key].name: x for key, x in inputs.items()}
        np.savez(self.files[0], **feeds)
        request = {
            "folder": str(folder),
            "inputs": str(self.files[0]),
            "fetches": list(names.values()),
            "outputs": str(self.files[1]),
        }
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        assert answer["imported"] == []
        with np.load(self.files[1]) as arrays:
            return {name: arrays[tensor] for name, tensor in names.items()}


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    process = Process(tmp_path_factory.mktemp("capi"))
    yield process
    process.process.communicate(timeout=30)


def definitions(folder: pathlib.Path):
    """The signatures of a SavedModel, by name."""
    from tensorflow.core.protobuf import saved_model_pb2

    message = saved_model_pb2.SavedModel()
    message.ParseFromString((folder / "saved_model.pb").read_bytes())
    (graph,) = message.meta_graphs
    return graph.signature_def


def built(name: str):
    """A small model, untrained."""
    return zoo.get(name, None, **golden.read(name)["tiny"])


@pytest.mark.slow
@pytest.mark.parametrize("model_name", zoo.names())
def test_every_signature_answers_as_keras(model_name, process, tmp_path):
    model, card = built(model_name), zoo.card(model_name)
    savedmodel.write(model, card, tmp_path)
    signatures = definitions(tmp_path)
    expected = verification.expected(model, card)
    lengths = golden.read(model_name)["tiny_lengths"]
    sizes = [*itertools.product((1, 3), lengths)]
    for name, ports in signatures_of(model, card).items():
        for inputs in batches(name, ports, card, sizes):
            outputs = process.run(tmp_path, signatures[name], inputs)
            wanted = expected[name](inputs)
            assert outputs.keys() == wanted.keys()
            for output, value in wanted.items():
                np.testing.assert_allclose(
                    outputs[output], array(value), rtol=0, atol=CLOSE
                )


def test_errors_of_the_library_are_raised(process, tmp_path):
    name = "mosei_cnn"
    model, card = zoo.get(name, None), zoo.card(name)
    savedmodel.write(model, card, tmp_path)
    known = definitions(tmp_path)["serving_default"]
    narrow = {
        "features": np.ones((1, 9, 7), "float32"),
        "lengths": np.array([9], "int32"),
    }
    with pytest.raises(RuntimeError, match="7"):
        process.run(tmp_path, known, narrow)
    (data,) = tmp_path.glob("variables/*.data-*")
    whole = bytearray(data.read_bytes())
    whole[len(whole) // 2] ^= 1
    data.write_bytes(whole)
    moved = tmp_path.rename(tmp_path.with_name("damaged"))
    with pytest.raises(RuntimeError, match="(?i)checksum"):
        process.run(moved, known, narrow)
