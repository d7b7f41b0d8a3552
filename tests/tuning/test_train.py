"""Training as the paper configures it."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from commands import run, small

import zoo
from pipelines.simulation.folders import MANIFEST
from tuning import train
from tuning.runs import options
from tuning.training import hyperparameters
from tuning.training.recipe import recipe

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


def test_values_that_are_set_are_those_of_the_run(trained):
    config = json.loads((trained.folder / "config.json").read_text())
    assert config["arguments"] == {
        "span": 3,
        "l2": 1e-5,
        "dimensions": ["arousal", "valence"],
    }
    assert config["training"]["arousal"] == {"learning_rate": 1e-3}
    assert config["seeds"] == [5, 6]
    model = zoo.get("recola_context", weights=str(trained.folder))
    assert model.get_layer("arousal_filter").kernel.shape == (3, 160, 1)


def test_secret_test_labels_are_not_missed(trained):
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


def test_more_seeds_and_other_values_go_into_the_same_folder(
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
    words = {"corpus": "recola", **QUICK, **change}
    data = recola
    if words.pop("data", None):
        data = shutil.copytree(recola, tmp_path / "other")
    if words["corpus"] == "simulated":
        data = simulated
    done = run(train.main, *small(data, trained.folder, **words))
    assert done.code == 1
    (name,) = change
    assert f"holds a run with {name}=" in done.sentence
    assert "another folder, or add --fresh" in done.sentence
    after = {path: path.read_bytes() for path in before}
    assert after == before


def test_a_configuration_is_the_spaces_default_with_changes():
    plain = hyperparameters.configure(recipe("recola_downup"), "valence")
    assert plain.arguments["width"] == 128
    changed = hyperparameters.configure(
        recipe("recola_downup"), "valence", ["width=48", "learning_rate=1"]
    )
    assert changed.arguments == {**plain.arguments, "width": 48}
    assert changed.training == {"learning_rate": 1.0}
    assert isinstance(changed.training["learning_rate"], float)
    levels = hyperparameters.configure(
        recipe("recola_blstm_cls"), "arousal", ["levels_from=train"]
    )
    assert levels.training["levels_from"] == "train"


@pytest.mark.parametrize(
    "change, words",
    [
        ("depht=3", "no hyper-parameter 'depht'. Known: depth, dilation, "),
        ("depth", "it must be NAME=VALUE"),
        ("depth=", "whole number. Received: ''"),
        ("depth=x", "whole number. Received: 'x'"),
        ("depth=2.5", "whole number. Received: '2.5'"),
        ("depth=true", "whole number. Received: 'true'"),
        ("depth=[3]", "whole number. Received: '[3]'"),
        ("depth=Infinity", "whole number. Received: 'Infinity'"),
        ("l2=x", "a number. Received: 'x'"),
        ("l2=NaN", "a number. Received: 'NaN'"),
        ("l2=null", "a number. Received: 'null'"),
    ],
)
def test_a_change_that_makes_no_sense_is_wrong_usage(
    change, words, simulated, tmp_path
):
    argv = ["recola_dilated", f"--data={simulated}", f"--out={tmp_path}"]
    done = run(train.main, *argv, f"--set={change}")
    assert done.code == 2
    assert f"--set {change}: " in done.sentence and words in done.sentence
    assert list(tmp_path.iterdir()) == []


def test_each_task_is_a_run_of_its_own():
    parser = options.parser("train", None)
    options.add_run(parser, "")
    asked = parser.parse_args(["iemocap_e2e_stl", "--task=all"])
    names = [request.out.name for request in options.run_requests(asked)]
    assert names == [
        f"iemocap_e2e_stl-{task}-simulated_iemocap"
        for task in ("arousal", "valence", "dominance")
    ]


def test_the_order_of_the_recurrent_branch_is_set_by_a_word():
    model = "iemocap_attention_blstm_fcn"
    given = hyperparameters.configure(
        recipe(model), "classes", ["shuffle=false"]
    )
    assert given.arguments["shuffle"] is False
    plain = hyperparameters.configure(recipe(model), "classes")
    assert plain.arguments["shuffle"] is True


def test_of_two_values_the_later_one_holds():
    changes = ["l2=0.1", "depth=4", "l2=0"]
    given = hyperparameters.configure(
        recipe("recola_dilated"), "arousal", changes
    )
    assert (given.arguments["l2"], given.arguments["depth"]) == (0.0, 4)
