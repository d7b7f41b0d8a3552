"""The command `tuning.baselines avec`: its run, its report, its refusals."""

from __future__ import annotations

import contextlib
import json

import commands
import numpy as np
import pytest
import rated_recordings

import pipelines
from pipelines.features import egemaps, extraction
from tuning import baselines
from tuning.experiments import avec
from zoo import frontends
from zoo.metrics import concordance_cc, rmse


def loudness(waveform):
    """Three features of every step: energies of its two halves and both."""
    steps = frontends.stacked_log_mel_steps(len(waveform))
    rows = waveform[: steps * 640].reshape(steps, 2, -1)
    size = np.log(1e-4 + np.abs(rows).mean(-1))
    return np.column_stack([size, size.sum(1)]).astype("float32")


@contextlib.contextmanager
def faked():
    """Quick features and few delays instead of the baseline's own."""
    with pytest.MonkeyPatch.context() as patch:
        fake = extraction.FrontEnd(loudness, 16_000, "test")
        for window in avec.WINDOWS:
            name = f"egemaps_{window}s"
            patch.setitem(extraction.FRONT_ENDS, name, fake)
        patch.setattr(avec, "DELAYS", (0.0, 0.4, 0.8))
        yield


@pytest.fixture(scope="module")
def made(simulated, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "avec-simulated"
    argv = ("avec", "--corpus=simulated", f"--data={simulated}")
    with faked():
        first = commands.run(baselines.main, *argv, f"--out={out}")
        again = commands.run(baselines.main, *argv, f"--out={out}", "--json")
    assert first.code == 0, first.err
    return first, again, out


def test_the_report_says_what_was_chosen_and_on_what(made):
    first, _, out = made
    assert "simulated is made by a program" in first.out.splitlines()[0]
    assert "openSMILE, for research use only" in first.out
    assert "chosen on dev, whose figures are therefore optimistic" in first.out
    assert "over speakers, drawn whole (9 in dev, 9 in test)." in first.out
    assert (out / "report.md").read_text("utf-8").strip() in first.out


def test_the_scores_are_those_of_the_predictions(made, simulated):
    report = json.loads((made[2] / "report.json").read_text("utf-8"))
    corpus = pipelines.corpus("simulated", simulated)
    with np.load(made[2] / "predictions.npz") as arrays:
        for split in ("dev", "test"):
            for dimension in corpus.dimensions:
                y_pred = [
                    arrays[f"{split}/{dimension}/{index}"] for index in range(9)
                ]
                y_true = [
                    corpus.traces(utterance)[dimension][: len(trace)]
                    for utterance, trace in zip(corpus.split(split), y_pred)
                ]
                joined = np.concatenate(y_true), np.concatenate(y_pred)
                scores = report["metrics"][split][dimension]
                assert abs(scores["ccc"] - concordance_cc(*joined)) < 1e-6
                assert abs(scores["rmse"] - rmse(*joined)) < 1e-6
                assert scores["low"] <= scores["ccc"] <= scores["high"]


def test_a_report_says_how_the_labels_of_ones_own_were_made(tmp_path):
    root = rated_recordings.write(tmp_path / "rated")
    argv = ("--corpus=manifest", f"--data={root}", "--corpus-option=lag=1.2")
    with faked():
        out = f"--out={tmp_path / 'run'}"
        done = commands.run(baselines.main, "avec", *argv, out)
    assert done.code == 0, done.err
    assert "- raters of a recording: 2; their CCC" in done.out
    assert "- lag of the ratings: 1.2 s, as given" in done.out


def test_a_finished_run_is_read_again(made):
    _, again, out = made
    assert again.code == 0, again.err
    assert (
        again.out
        == json.dumps(json.loads((out / "report.json").read_text("utf-8")))
        + "\n"
    )


def test_a_corpus_without_traces_is_refused_before_it_is_read(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    done = commands.run(
        baselines.main,
        "avec",
        "--corpus=simulated_iemocap",
        f"--data={tmp_path / 'new'}",
    )
    assert done.code == 1
    assert "'simulated_iemocap' has no" in done.err
    assert not (tmp_path / "runs" / "avec-simulated_iemocap").exists()


def test_without_opensmile_the_extra_is_named(simulated, tmp_path, monkeypatch):
    def missing(level, options):
        raise ValueError(
            "eGeMAPS needs the package opensmile: pip install "
            "'emotion-zoo[baselines]'"
        )

    monkeypatch.setattr(egemaps, "_new", missing)
    egemaps._smile.cache_clear()
    done = commands.run(
        baselines.main,
        *("avec", "--corpus=simulated", f"--data={simulated}"),
        f"--out={tmp_path / 'run'}",
    )
    egemaps._smile.cache_clear()
    assert done.code == 1 and "emotion-zoo[baselines]" in done.err
