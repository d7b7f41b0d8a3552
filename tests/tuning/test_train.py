"""The command `tuning.train`: set values, seeds, `--fresh`, wrong usage."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from commands import run, small

import zoo
from pipelines.simulation.folders import MANIFEST
from tuning import train

pytestmark = pytest.mark.slow

QUICK = {"tuner": None, "epochs": 1, "seeds": 2}


@pytest.fixture(scope="module")
def recola(simulated, tmp_path_factory):
    """A copy whose test labels are secret, as RECOLA's are."""
    folder = tmp_path_factory.mktemp("recola") / "copy"
    shutil.copytree(simulated, folder)
    (folder / MANIFEST).unlink()
    for path in folder.rglob("test_*.arff"):
        path.unlink()
    return folder


@pytest.fixture(scope="module")
def trained(recola, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained") / "run"
    argv = small(recola, out, corpus="recola", seed=5, **QUICK)
    done = run(train.main, *argv, "--set=span=3", "--set=l2=1e-5")
    assert done.code == 0, done.err
    return done


def test_values_that_are_set_are_used_by_the_run(trained):
    config = json.loads((trained.folder / "config.json").read_text())
    assert config["arguments"] == {
        "span": 3,
        "l2": 1e-5,
        "dimensions": ["arousal", "valence"],
    }
    assert config["training"]["arousal"] == {
        "learning_rate": 1e-3,
        "augment": "none",
    }
    assert config["seeds"] == [5, 6]
    model = zoo.get("recola_context", weights=str(trained.folder))
    assert model.get_layer("arousal_filter").kernel.shape == (3, 160, 1)


def test_without_test_labels_test_is_predicted_but_not_scored(trained):
    assert list(trained.report["metrics"]) == ["dev"]
    assert list(trained.report["saved"]["metrics"]) == ["dev"]
    arrays = np.load(trained.folder / "predictions.npz", allow_pickle=False)
    assert {name.split("/")[0] for name in arrays} == {"dev", "test"}
    assert "40 s of a dev recording" in (
        trained.folder / "report.md"
    ).read_text("utf-8")


def test_a_report_on_a_real_corpus_begins_with_its_title(trained):
    assert trained.report["note"] == "" and not trained.report["simulated"]
    text = (trained.folder / "report.md").read_text("utf-8")
    assert text.startswith("# recola_context on recola\n")
    assert "## Search" not in text and "RECOLA multimodal corpus" in text
    assert trained.out.startswith("| split |")


def test_seeds_that_are_already_trained_are_taken_from_the_folder(
    trained, recola, tmp_path
):
    out = tmp_path / "copy"
    shutil.copytree(trained.folder, out)
    before = {path.name for path in (out / "fits").iterdir()}
    argv = small(recola, out, corpus="recola", seed=6, **{**QUICK, "seeds": 1})
    done = run(train.main, *argv, "--set=span=3", "--set=l2=1e-5")
    assert done.code == 0
    assert {path.name for path in (out / "fits").iterdir()} == before
    metrics = trained.report["runs"][1]["metrics"]
    assert done.report["metrics"] == metrics


def test_fresh_starts_over(trained, recola, tmp_path):
    out = tmp_path / "copy"
    shutil.copytree(trained.folder, out)
    (out / "notes.txt").write_text("mine")
    argv = small(recola, out, corpus="recola", **{**QUICK, "seeds": 1})
    done = run(train.main, *argv, "--set=span=2", "--fresh", "--json")
    assert done.code == 0
    assert len(list((out / "fits").iterdir())) == 2
    assert (out / "notes.txt").read_text() == "mine"
    assert json.loads(done.out) == done.report
    assert done.report["metrics"] != trained.report["metrics"]
    config = json.loads((out / "config.json").read_text())
    assert config["arguments"]["span"] == 2 and config["seeds"] == [0]


@pytest.mark.parametrize(
    "change", [{"epochs": 2}, {"corpus": "simulated"}, {"data": "other"}]
)
def test_another_experiment_in_the_same_folder_is_refused(
    trained, recola, simulated, change, tmp_path
):
    before = {
        path: path.read_bytes()
        for path in trained.folder.rglob("*")
        if path.is_file()
    }
    options = {"corpus": "recola", **QUICK, **change}
    data = recola
    if options.pop("data", None):
        data = shutil.copytree(recola, tmp_path / "other")
    if options["corpus"] == "simulated":
        data = simulated
    done = run(train.main, *small(data, trained.folder, **options))
    assert done.code == 1
    (name,) = change
    assert f"holds a run with {name}=" in done.sentence
    assert "another folder, or add --fresh" in done.sentence
    after = {path: path.read_bytes() for path in before}
    assert after == before


@pytest.mark.parametrize(
    "change, message",
    [
        ("depht=3", "no hyper-parameter 'depht'. Known: "),
        ("depth", "it must be NAME=VALUE"),
        ("depth=", "whole number from 1. Received: ''"),
        ("depth=x", "whole number from 1. Received: 'x'"),
        ("depth=2.5", "whole number from 1. Received: '2.5'"),
        ("depth=true", "whole number from 1. Received: 'true'"),
        ("depth=[3]", "whole number from 1. Received: '[3]'"),
        ("depth=Infinity", "whole number from 1. Received: 'Infinity'"),
        ("l2=x", "a number from 0. Received: 'x'"),
        ("l2=NaN", "a number from 0. Received: 'NaN'"),
        ("l2=null", "a number from 0. Received: 'null'"),
    ],
)
def test_an_invalid_value_is_wrong_usage(change, message, simulated, tmp_path):
    argv = ["recola_dilated", f"--data={simulated}", f"--out={tmp_path}"]
    done = run(train.main, *argv, f"--set={change}")
    assert done.code == 2
    assert f"--set {change}: " in done.sentence and message in done.sentence
    assert list(tmp_path.iterdir()) == []
