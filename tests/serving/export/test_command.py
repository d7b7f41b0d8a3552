"""`python -m serving.export`: output, exit codes and error messages."""

from __future__ import annotations

import json

import commands
import pytest

import zoo
from serving.export import __main__ as command
from serving.export import exporter

NAME = "recola_dilated"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Writes at once, without comparing."""

    def write(model, card, folder, *_):
        (folder / "written").write_text(str(model.count_params()))
        return 2.5e-7

    monkeypatch.setattr(exporter, "_write_savedmodel", write)
    monkeypatch.setattr(exporter, "_write_onnx", write)


@pytest.fixture
def run(tmp_path):
    """The folder of a finished run."""
    arguments = {"depth": 2, "width": 3}
    config = {"model": NAME, "arguments": arguments}
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    zoo.get(NAME, weights=None, **arguments).save(folder / "model.keras")
    return folder


def export(*words) -> commands.Done:
    return commands.run(command.main, *words)


@pytest.mark.parametrize(
    "format, number", [("savedmodel", "1"), ("onnx", "onnx/1")]
)
def test_a_run_is_exported_under_the_next_number(run, tmp_path, format, number):
    out = tmp_path / "models"
    done = export(NAME, "--out", out, "--format", format, "--weights", run)
    folder = out / NAME / number
    assert done.code == 0
    assert done.out == f"{folder} (differs from the model by 2.5e-07 at most)\n"
    arguments = {"depth": 2, "width": 3}
    expected = zoo.get(NAME, None, **arguments).count_params()
    assert (folder / "written").read_text() == str(expected)
    card = json.loads((folder / "assets.extra/card.json").read_text())
    assert card["weights"] == {"file": str(run)}
    assert folder.stat().st_mode & 0o777 == 0o755


def test_an_unknown_model_is_wrong_usage(tmp_path):
    done = export("recola_dilted", "--out", tmp_path / "models")
    assert done.code == 2
    assert "Did you mean 'recola_dilated'?" in done.sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words", [[NAME], [NAME, "--out", "x", "--format", "tflite"]]
)
def test_options_that_are_missing_or_unknown_are_wrong_usage(words):
    done = export(*words)
    assert done.code == 2 and "usage:" in done.err


def test_a_run_that_does_not_exist_is_named(tmp_path):
    missing = tmp_path / "nowhere"
    done = export(NAME, "--out", tmp_path / "models", "--weights", missing)
    assert done.code == 1 and f"There is no {missing}" in done.sentence
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_named(run, tmp_path):
    (tmp_path / "file").touch()
    done = export(NAME, "--out", tmp_path / "file", "--weights", run)
    assert done.code == 1
    assert str(tmp_path / "file") in done.sentence


def test_ctrl_c_leaves_nothing_and_ends_in_a_sentence(
    run, tmp_path, monkeypatch
):
    def interrupted(model, card, folder, device):
        (folder / "half").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(exporter, "_write_savedmodel", interrupted)
    out = tmp_path / "models"
    done = export(NAME, "--out", out, "--weights", run)
    assert done.code == 1 and "interrupted" in done.sentence
    assert [path for path in out.rglob("*") if path.is_file()] == []


def test_packaged_weights_are_exported_by_their_name(tmp_path):
    name, out = "mosei_blstm", tmp_path / "models"
    done = export(name, "--out", out, "--weights", "mmmo")
    assert done.code == 0, done.err
    path = out / name / "1/assets.extra/card.json"
    record = json.loads(path.read_text())["weights"]
    assert record["corpus"] == "mfn_mmmo" and "test" in record["figures"]
