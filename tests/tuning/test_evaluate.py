"""Scoring a run's saved model."""

from __future__ import annotations

import argparse
import json
import shutil

import numpy as np
import pytest
from commands import run

import pipelines
from pipelines.corpora import recola
from pipelines.simulation.folders import MANIFEST
from tuning import evaluate
from tuning.experiments.words import WordExperiment
from tuning.runs import evaluated, submission
from zoo.common.cli import UsageError
from zoo.metrics import concordance_cc

pytestmark = pytest.mark.slow


@pytest.fixture
def copy(searched, tmp_path):
    return shutil.copytree(searched.folder, tmp_path / "run")


def test_the_saved_models_figures_come_out_again(searched):
    done = run(evaluate.main, searched.folder, "--json")
    assert done.code == 0
    content = json.loads(done.out)
    expected = searched.report["saved"]["metrics"]
    assert list(content["metrics"]) == ["train", "dev", "test"]
    for split in ("dev", "test"):
        for dimension, scores in expected[split].items():
            for name, value in scores.items():
                found = content["metrics"][split][dimension][name]
                assert abs(found - value) < 1e-6
    assert content["simulated"] and content["run"] == str(searched.folder)
    assert content["recordings"] == {"train": 9, "dev": 9, "test": 9}


def test_figures_are_printed_behind_what_the_corpus_is(searched):
    done = run(evaluate.main, searched.folder)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].startswith("simulated is made by a program")
    assert lines[2].startswith("In brackets: 95 % intervals over speakers")
    assert lines[4] == "| split | label | CCC | RMSE |"
    metrics = searched.report["saved"]["metrics"]["test"]["valence"]
    assert lines[-1].startswith(
        f"| test | valence | {metrics['ccc']:.3f} ({metrics['low']:.3f} to "
    )
    assert len(lines) == 6 + 3 * 2


def test_another_corpus_can_be_scored_and_secret_labels_are_left_out(
    searched, simulated, tmp_path
):
    folder = shutil.copytree(simulated, tmp_path / "recola")
    (folder / MANIFEST).unlink()
    for path in folder.rglob("test_*.arff"):
        path.unlink()
    argv = (searched.folder, "--corpus=recola", f"--data={folder}", "--json")
    done = run(evaluate.main, *argv)
    assert done.code == 0
    content = json.loads(done.out)
    assert content["corpus"] == "recola" and not content["note"]
    assert list(content["metrics"]) == ["train", "dev"]


def test_evaluating_writes_nothing(searched):
    def there():
        found = searched.folder.rglob("*")
        return {str(path): path.stat().st_mtime_ns for path in found}

    before = there()
    assert run(evaluate.main, searched.folder).code == 0
    assert there() == before


def test_data_that_has_moved_is_named_anew(copy, simulated, tmp_path):
    config = json.loads((copy / "config.json").read_text())
    config = {**config, "corpus": "recola", "data": str(tmp_path / "gone")}
    (copy / "config.json").write_text(json.dumps(config))
    done = run(evaluate.main, copy)
    assert done.code == 1 and str(tmp_path / "gone") in done.sentence
    moved = shutil.copytree(simulated, tmp_path / "moved")
    (moved / MANIFEST).unlink()
    done = run(evaluate.main, copy, f"--data={moved}")
    assert done.code == 0


@pytest.mark.parametrize(
    "damage, words",
    [
        (lambda f: shutil.rmtree(f), "holds no finished run"),
        (lambda f: (f / "model.keras").unlink(), "holds no finished run"),
        (lambda f: (f / "config.json").unlink(), "holds no finished run"),
        (lambda f: (f / "config.json").write_text("{"), "config.json is dam"),
        (
            lambda f: (f / "model.keras").write_bytes(b"PK"),
            "model.keras does not hold the weights",
        ),
    ],
)
def test_a_run_that_is_not_whole_is_refused(copy, damage, words):
    damage(copy)
    done = run(evaluate.main, copy)
    assert done.code == 1
    assert str(copy) in done.sentence and words in done.sentence


def test_another_corpus_needs_its_folder(searched):
    done = run(evaluate.main, searched.folder, "--corpus=recola")
    assert done.code == 1
    assert "--corpus recola needs --data" in done.sentence


def test_an_unknown_corpus_is_wrong_usage(searched):
    done = run(evaluate.main, searched.folder, "--corpus=recloa")
    assert done.code == 2
    assert "Did you mean 'recola'?" in done.sentence


def submitted(folder, dimension, name):
    return recola.read_gold_standard(folder / dimension / f"{name}.arff")


def test_a_submission_holds_the_predictions_with_their_ids(
    searched, simulated, tmp_path
):
    out = tmp_path / "submission"
    done = run(evaluate.main, searched.folder, f"--submission={out}", "--json")
    assert done.code == 0, done.err
    names = {f"test_{number}.arff" for number in range(1, 10)}
    for dimension in ("arousal", "valence"):
        assert {path.name for path in (out / dimension).iterdir()} == names
    corpus = pipelines.corpus("simulated", simulated)
    y_true, y_pred = [], []
    for utterance in corpus.split("test"):
        path = out / "arousal" / f"{utterance.id}.arff"
        rows = path.read_text().partition("@data\n")[2].splitlines()
        assert {row.split(",")[0] for row in rows} == {utterance.id}
        trace = submitted(out, "arousal", utterance.id)
        true = corpus.traces(utterance)["arousal"]
        assert len(trace) == len(true) + 1 and trace[-1] == trace[-2]
        y_true.append(true)
        y_pred.append(trace[:-1])
    ccc = concordance_cc(np.concatenate(y_true), np.concatenate(y_pred))
    expected = json.loads(done.out)["metrics"]["test"]["arousal"]["ccc"]
    assert abs(float(ccc) - expected) < 1e-4


def test_a_submission_is_at_the_time_of_the_raters(
    searched, simulated, tmp_path
):
    folder = shutil.copytree(simulated, tmp_path / "recola")
    (folder / MANIFEST).unlink()
    for path in folder.rglob("test_*.arff"):
        path.unlink()
    for name, lag in (("early", "0"), ("late", "0.4")):
        done = run(
            evaluate.main,
            searched.folder,
            "--corpus=recola",
            f"--data={folder}",
            f"--corpus-option=lag={lag}",
            f"--submission={tmp_path / name}",
        )
        assert done.code == 0, done.err
    early, late = (
        submitted(tmp_path / name, "valence", "test_3")
        for name in ("early", "late")
    )
    assert len(early) == len(late)
    np.testing.assert_array_equal(late[10:], early[:-10])
    np.testing.assert_array_equal(late[:10], early[0])


def test_a_submission_goes_to_a_new_folder(searched, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for folder in (
        tmp_path,
        tmp_path / "no" / "parent",
        tmp_path / "notes.txt",
    ):
        done = run(evaluate.main, searched.folder, f"--submission={folder}")
        assert done.code == 2 and str(folder) in done.sentence
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_submission_needs_test_recordings(searched, simulated, tmp_path):
    folder = shutil.copytree(simulated, tmp_path / "recola")
    (folder / MANIFEST).unlink()
    for path in folder.rglob("test_*"):
        path.unlink()
    argv = (searched.folder, "--corpus=recola", f"--data={folder}")
    assert run(evaluate.main, *argv).code == 0
    out = tmp_path / "submission"
    done = run(evaluate.main, *argv, f"--submission={out}")
    assert done.code != 0 and "has none" in done.sentence
    assert not out.exists()


def test_a_model_without_traces_submits_nothing(tmp_path):
    with pytest.raises(UsageError, match="model of words"):
        submission.check(tmp_path / "new", WordExperiment)


class Asked:
    """What `_keep` reads of a request."""

    partial, options = False, ()

    def each(self):
        return {"stranger": self}


def kept(copy, **changes):
    """Keeps figures on a corpus; returns what is read of them again."""
    config = json.loads((copy / "config.json").read_text())
    content = {
        "corpus": "stranger",
        "overlap": [],
        "simulated": False,
        "metrics": {"test": {"arousal": {"ccc": 0.5}}},
        **changes,
    }
    arguments = argparse.Namespace(run=copy, normalisation=None)
    evaluate._keep(arguments, config, Asked(), content)
    return evaluated.read(copy)


def test_figures_are_kept_beside_the_model_that_they_are_of(copy):
    assert evaluated.read(copy) == {}
    assert kept(copy)["stranger"]["metrics"]["test"]["arousal"]["ccc"] == 0.5
    (copy / "model.keras").write_bytes(b"another")
    assert evaluated.read(copy) == {}


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"overlap": ["2 recordings were learnt from"]}, "not learnt from"),
        ({"simulated": True}, "real recordings"),
        ({"metrics": {"dev": {}}}, "test labels are known"),
    ],
)
def test_no_other_figures_are_kept(copy, changes, words):
    with pytest.raises(UsageError, match=f"--keep is for .*{words}"):
        kept(copy, **changes)
    assert evaluated.read(copy) == {}
