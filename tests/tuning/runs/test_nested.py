"""Nested selection: what each fold chooses, and what is refused."""

from __future__ import annotations

import pathlib
import types

import numpy as np
import pytest
import spoken
from commands import run

from tuning import search
from tuning.runs import nested
from tuning.runs.trials import Trial
from tuning.training.fits import Configuration, Fit

MODEL = "iemocap_attention_blstm_fcn"


def fit(best, folds=()):
    return Fit("classes", 0, 1, best, 0, pathlib.Path(), tuple(folds))


def trial(name, *by_seed):
    """A trial with the dev scores of its folds, for each seed."""
    fits = {
        seed: fit(np.mean(scores), [fit(score) for score in scores])
        for seed, scores in enumerate(by_seed)
    }
    return Trial(name, "classes", Configuration({}, {}), None, 1, fits)


def finished(*trials, direction="max"):
    return types.SimpleNamespace(trials=trials, direction=direction)


def test_a_fold_chooses_by_its_own_mean_over_seeds_alone():
    trials = [trial("a", (0.9, 0.1), (0.3, 0.1)), trial("b", (0.5, 0.2))]
    done = finished(*trials)
    assert [nested.choose(done, number).name for number in (0, 1)] == ["a", "b"]
    least = finished(*trials, direction="min")
    assert nested.choose(least, 0).name == "b"
    others = [trial("a", (0.6, 0.9)), trial("b", (0.5, 0.0))]
    assert nested.choose(finished(*others), 0).name == "a"
    assert nested.choose(finished(*others[::-1]), 0).name == "a"


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (["recola_context"], "tested on a partition that no search sees"),
        ([MODEL, "--tuner=bayesian"], "needs --tuner random or grid"),
        ([MODEL, "--trials=1"], "--trials must be 2 or more"),
    ],
)
def test_a_nested_selection_without_meaning_is_refused(tmp_path, argv, reason):
    done = run(search.main, *argv, "--nested", f"--out={tmp_path / 'out'}")
    assert done.code == 2 and reason in done.sentence
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return spoken.write(tmp_path_factory.mktemp("spoken") / "corpus")


def arguments(data, out, *options):
    return [
        MODEL,
        "--corpus=manifest",
        f"--data={data}",
        f"--out={out}",
        "--epochs=2",
        "--seeds=2",
        "--trials=2",
        "--protocol=leave_one_speaker_out",
        *options,
    ]


@pytest.mark.slow
def test_a_nested_search_reports_both_figures(data, tmp_path):
    argv = arguments(data, tmp_path / "out", "--nested", "--trial-seeds=2")
    done = run(search.main, *argv)
    assert done.code == 0, done.err
    report = done.report
    own, trials = report["search"]["nested"], report["search"]["trials"]
    assert len(own["folds"]) == 3 and len(own["runs"]) == 2
    assert {row["trial"] for row in own["folds"]} <= {
        row["trial"] for row in trials
    }
    assert {len(row["scores"]) for row in trials} == {2}
    assert set(own["metrics"]) == {"test"}
    assert set(own["metrics"]["test"]) == set(report["metrics"]["test"])
    if {row["trial"] for row in own["folds"]} == {trials[0]["trial"]}:
        assert own["metrics"]["test"] == report["metrics"]["test"]
    text = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert "## Nested selection" in text and "mean of 2 seeds" in text
    assert any("optimistic too" in line for line in report["chosen"])
    assert "optimistic too" in done.out

    alone = [argument for argument in argv if argument != "--nested"]
    again = run(search.main, *alone)
    assert "With --nested" in again.out
