"""What every registered model keeps, the next one's included."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pathlib
import subprocess
import sys

import golden
import keras
import numpy as np
import pytest
from contracts import check_model

import zoo
from serving.export import exporter

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[2]
every_model = pytest.mark.parametrize("name", zoo.names())


@pytest.mark.slow
@every_model
def test_a_model_keeps_the_contract(name):
    kept = golden.read(name)
    check_model(name, kept["tiny_lengths"], **kept["tiny"])


@every_model
def test_a_model_is_as_its_golden_file_says(name):
    golden.check(name)


@pytest.mark.slow
@every_model
@pytest.mark.parametrize("format", exporter.FORMATS)
def test_a_model_exports(name, format, tmp_path, monkeypatch):
    monkeypatch.setattr(exporter, "BATCHES", ((1, 30), (3, 97)))
    model = zoo.get(name, weights=None, **golden.read(name)["tiny"])
    folder, difference = exporter.export(
        model, zoo.card(name), tmp_path, format, "untrained"
    )
    assert folder.name == "1" and folder.parent.is_relative_to(tmp_path)
    assert difference <= 1e-5


@every_model
def test_packaged_weights_load_and_say_what_they_are(name):
    record = zoo.card(name).weights
    if record is None:
        pytest.skip(f"{name} has no packaged weights")
    with expected_warning(record.simulated):
        model = zoo.get(name)
    assert model.count_params() > 0
    assert record.corpus and record.terms and record.command and record.figures


def expected_warning(simulated: bool):
    if simulated:
        return pytest.warns(UserWarning, match="which a program made: .*train")
    return contextlib.nullcontext()


def answers() -> dict[str, np.ndarray]:
    """Of every model, tiny and with fixed weights."""
    found = {}
    for name in zoo.names():
        kept = golden.read(name)
        model = zoo.get(name, weights=None, **kept["tiny"])
        golden.fix_weights(model)
        card = zoo.card(name)
        inputs = golden.batch(card, kept["tiny_lengths"], golden.ramp)
        for port, each in model(inputs, training=False).items():
            found[f"{name}/{port}"] = keras.ops.convert_to_numpy(each)
    return found


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_models_answer_alike_on_another_backend(backend, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"needs {backend}")
    path = tmp_path / "answers.npz"
    script = (
        "import numpy, test_every_model as tests; "
        f"numpy.savez({str(path)!r}, **tests.answers())"
    )
    folders = os.pathsep.join(
        [
            str(HERE),
            str(ROOT),
            str(ROOT / "tests"),
            str(ROOT / "tests" / "support"),
        ]
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": folders},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = np.load(path)
    for name, each in answers().items():
        np.testing.assert_allclose(found[name], each, atol=1e-4, err_msg=name)


def test_every_golden_file_has_a_model():
    files = {path.stem for path in golden.FOLDER.glob("*.json")}
    assert files == set(zoo.names())
