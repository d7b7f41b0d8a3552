"""What a search leaves behind, and how it survives being stopped."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
from commands import Done, run, small

import pipelines
import zoo
from pipelines.datasets import traces
from tuning import search
from tuning.training.progress import Progress

pytestmark = pytest.mark.slow

ROOT = pathlib.Path(__file__).resolve().parents[3]
DIMENSIONS = ("arousal", "valence")
SPLITS = ("dev", "test")
CLOSE = 1e-6


def truth(folder, split):
    corpus = pipelines.corpus("simulated", folder)
    traces = [corpus.traces(u) for u in corpus.split(split)]
    return {d: np.concatenate([t[d] for t in traces]) for d in DIMENSIONS}


def scores(true, predicted):
    """CCC and RMSE by their formulas, in double precision."""
    true, predicted = (np.asarray(a, "float64") for a in (true, predicted))
    moments = np.cov(true, predicted, bias=True)
    apart = (true.mean() - predicted.mean()) ** 2
    ccc = 2 * moments[0, 1] / (np.trace(moments) + apart)
    return {"ccc": ccc, "rmse": np.sqrt(np.mean((true - predicted) ** 2))}


def assert_scores(found, expected):
    bounds = ["low", "high", "rmse_low", "rmse_high"]
    assert sorted(found) == sorted(["ccc", "rmse", *bounds])
    for name, value in expected.items():
        assert abs(found[name] - value) < CLOSE
    assert found["low"] <= found["ccc"] <= found["high"]
    assert found["rmse_low"] <= found["rmse"] <= found["rmse_high"]


def written(folder):
    """When each file of each fit was written."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in (folder / "fits").rglob("*.*")
    }


def outcome(report):
    """What of a report does not depend on when it was made."""
    trials = [
        {name: each[name] for name in each if name != "seconds"}
        for each in report["search"]["trials"]
    ]
    kept = ("metrics", "saved", "runs", "recordings", "corpus", "model")
    return {"trials": trials, **{name: report[name] for name in kept}}


def test_figures_are_those_of_the_averaged_predictions(searched, simulated):
    arrays = np.load(searched.folder / "predictions.npz", allow_pickle=False)
    assert len(arrays) == len(SPLITS) * len(DIMENSIONS) * 9
    metrics = searched.report["metrics"]
    assert tuple(metrics) == SPLITS
    for split in SPLITS:
        true = truth(simulated, split)
        assert tuple(metrics[split]) == DIMENSIONS
        for dimension in DIMENSIONS:
            names = [f"{split}/{dimension}/{n}" for n in range(9)]
            predicted = np.concatenate([arrays[name] for name in names])
            expected = scores(true[dimension], predicted)
            assert_scores(metrics[split][dimension], expected)


def test_each_seed_has_its_own_figures(searched):
    runs = searched.report["runs"]
    assert [each["seed"] for each in runs] == [0, 1]
    for each in runs:
        for split in SPLITS:
            for dimension in DIMENSIONS:
                found = each["metrics"][split][dimension]
                assert -1 <= found["ccc"] <= 1 and found["rmse"] > 0
    assert runs[0]["metrics"] != runs[1]["metrics"]
    assert searched.report["metrics"] not in [r["metrics"] for r in runs]


def test_the_saved_model_is_loaded_by_the_zoo_and_does_as_reported(
    searched, simulated
):
    model = zoo.get("recola_context", weights=str(searched.folder))
    corpus = pipelines.corpus("simulated", simulated)
    saved = searched.report["saved"]
    for split in SPLITS:
        found = traces.read(corpus, corpus.split(split), "stacked_log_mel")
        predicted = {dimension: [] for dimension in DIMENSIONS}
        for each in found:
            steps = np.array([len(each.features)], "int32")
            outputs = model({"features": each.features[None], "lengths": steps})
            for dimension, own in predicted.items():
                own.append(np.asarray(outputs[dimension])[0])
        true = truth(simulated, split)
        for dimension, own in predicted.items():
            expected = scores(true[dimension], np.concatenate(own))
            assert_scores(saved["metrics"][split][dimension], expected)
    for dimension, seed in saved["seeds"].items():
        on_dev = {
            each["seed"]: each["metrics"]["dev"][dimension]["ccc"]
            for each in searched.report["runs"]
        }
        assert on_dev[seed] == max(on_dev.values())


def test_a_report_on_simulated_speech_says_so_first(searched):
    first = (searched.folder / "report.md").read_text("utf-8").splitlines()[0]
    assert "simulated is made by a program" in first
    assert searched.out.splitlines()[0] in first
    assert searched.report["simulated"] is True
    assert searched.report["note"] in first


def test_a_report_shows_figures_leaderboard_and_plots(searched):
    text = (searched.folder / "report.md").read_text("utf-8")
    for split in SPLITS:
        for dimension in DIMENSIONS:
            found = searched.report["metrics"][split][dimension]
            row = f"| {split} | {dimension} | {found['ccc']:.3f} ("
            assert row in text and row in searched.out
    for trial in searched.report["search"]["trials"]:
        assert f"| {trial['trial']} | {trial['dev_ccc']:.3f} |" in text
    for name in ("traces.png", "history.png", "search.png"):
        assert f"]({name})" in text
        png = (searched.folder / name).read_bytes()
        assert png.startswith(b"\x89PNG") and len(png) > 10_000
    assert keras.version() in text


def test_a_search_ends_with_the_command_that_exports_its_model(searched):
    last = searched.out.splitlines()[-1]
    assert last.endswith(
        f"python -m serving.export recola_context --weights "
        f"{searched.folder} --out models/"
    )


def test_a_run_says_how_to_repeat_it(searched, simulated):
    config = json.loads((searched.folder / "config.json").read_text())
    assert config["model"] == "recola_context"
    assert config["corpus"] == "simulated"
    assert config["data"] == str(simulated.resolve())
    assert config["epochs"] == 2 and config["seeds"] == [0, 1]
    assert config["arguments"]["dimensions"] == list(DIMENSIONS)
    assert sorted(config["training"]) == list(DIMENSIONS)
    lines = (searched.folder / "history.csv").read_text().splitlines()
    assert lines[0] == "target,epoch,ccc,loss,val_ccc,val_loss"
    assert len(lines) == 1 + 2 * 2


@pytest.mark.parametrize("tuner", ["bayesian", "hyperband", "grid"])
def test_every_tuner_runs(tuner, simulated, tmp_path):
    words = {"tuner": tuner, "epochs": 1, "seeds": 1}
    argv = small(simulated, tmp_path / "out", **words)
    done = run(search.main, *argv, "--trials=2", "--json")
    assert done.code == 0
    assert json.loads(done.out) == done.report
    found = done.report["search"]
    assert found["tuner"] == tuner and len(found["trials"]) == 4
    for paper, other in (found["trials"][:2], found["trials"][2:]):
        assert paper["trial"] == "paper" != other["trial"]
        assert paper["arguments"] == {"span": 512, "l2": 0.0}
        assert paper["training"] == {"learning_rate": 1e-3, "augment": "none"}
        pair = [{**t["arguments"], **t["training"]} for t in (paper, other)]
        assert pair[0] != pair[1]


def test_the_same_command_again_trains_nothing(searched, tmp_path, monkeypatch):
    out = tmp_path / "copy"
    shutil.copytree(searched.folder, out)
    before = written(out)
    monkeypatch.setattr(
        keras.Model, "fit", lambda *args, **rest: pytest.fail("trained again")
    )
    argv = [a.replace(str(searched.folder), str(out)) for a in searched.argv]
    done = run(search.main, *argv)
    assert done.code == 0
    assert outcome(done.report) == outcome(searched.report)
    assert written(out) == before


def interrupted(argv) -> Done:
    """A search that gets Ctrl-C in arousal's second trial."""

    def show(self, line):
        if line.startswith("1 of 4 trials; ") and line.endswith("epoch 1"):
            signal.raise_signal(signal.SIGINT)

    # Where tests run in the background, the shell has Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Progress, "show", show)
            return run(search.main, *argv)
    finally:
        signal.signal(signal.SIGINT, before)


def killed(argv) -> list[str]:
    """What a search says until it is killed behind valence's first trial."""
    said = []
    with subprocess.Popen(
        [sys.executable, "-m", "tuning.search", *argv, "--processes=1"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if line.startswith("valence: trial 1 of 2: "):
                process.kill()
    assert process.returncode == -signal.SIGKILL, said
    return said


@pytest.fixture(scope="module")
def stopped(searched, simulated, tmp_path_factory):
    """The same search, stopped twice, and what was there at each stop."""
    out = tmp_path_factory.mktemp("stopped") / "run"
    argv = [*small(simulated, out), "--trials=2"]
    first = interrupted(argv)
    behind_first = written(out)
    killed(argv)
    behind_second = written(out)
    return first, behind_first, behind_second, run(search.main, *argv)


def test_control_c_ends_in_one_sentence(stopped):
    first, *_ = stopped
    assert first.code == 1
    assert first.sentence == (
        "error: interrupted; the same command goes on from here."
    )


def test_finished_trials_are_not_run_again(stopped):
    _, first, second, last = stopped
    results = [name for name in first if name.endswith("result.json")]
    assert len(results) == 1, "the paper's trial; the second was stopped"
    assert {name: second[name] for name in results} == {
        name: first[name] for name in results
    }
    results = [name for name in second if name.endswith("result.json")]
    assert len(results) == 3
    there = written(last.folder)
    for name in results:
        assert there[name] == second[name]
    assert "arousal: trial 1" in last.err, "but reported from what is there"


def test_a_stopped_search_ends_as_one_that_was_not(stopped, searched):
    last = stopped[-1]
    assert last.code == 0
    assert outcome(last.report) == outcome(searched.report)
    names = {each.name for each in last.folder.iterdir()}
    assert names == {each.name for each in searched.folder.iterdir()}
    assert not list(last.folder.rglob(".part-*"))
