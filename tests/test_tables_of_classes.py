"""The tables of papers 003 and 004, beside the published ones."""

from __future__ import annotations

import importlib.util
import re

import numpy as np
import pytest
import spoken
from commands import run

import zoo
from tuning import ensemble
from tuning.ensemble import Ensemble
from tuning.fits import Fit
from tuning.tables import __main__ as tables
from tuning.tables import paper_004
from tuning.utterances import UtteranceExperiment


@pytest.fixture
def data(tmp_path):
    return spoken.write(tmp_path / "corpus")


@pytest.fixture
def untrained(monkeypatch, tmp_path):
    """Instead of networks: posteriors that are right four times in five.

    Returns what was asked for: models and the arguments of each.
    """
    asked = []

    def train(experiment, configurations, out, seeds, progress):
        ((target, configuration),) = configurations.items()
        asked.append((experiment.card.name, configuration))
        outputs = []
        for seed in seeds:
            rng = np.random.default_rng([len(asked), seed])
            outputs.append(
                {
                    split: {target: guesses(experiment.true(split), rng)}
                    for split in ("dev", "test")
                }
            )
        fits = [Fit(target, seed, 1, 0.5, 0, tmp_path) for seed in seeds]
        return Ensemble(configurations, {target: fits}, {target: outputs})

    def guesses(true, rng):
        classes = 4 if true.shape[1] == 1 and true.max() > 2 else 3
        off = (rng.random(true.shape) > 0.8).astype(int)
        return np.eye(classes)[(true + off) % classes]

    def join(self, best, by_target):
        return zoo.get(self.card.name, None, **self.arguments(by_target))

    monkeypatch.setattr(ensemble, "train", train)
    monkeypatch.setattr(
        "tuning.crossvalidation.CrossValidation.join", join
    )
    return asked


def make(paper, data, tmp_path, *more):
    done = run(
        tables.main,
        paper,
        "--corpus=manifest",
        f"--data={data}",
        f"--out={tmp_path / 'out'}",
        f"--runs={tmp_path}",
        "--protocol=leave_one_speaker_out",
        "--seeds=2",
        *more,
    )
    assert done.code == 0, done.err
    return done.out


def rows(text, name):
    return [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in text.splitlines()
        if line.startswith(f"| **{name}, manifest, ours**")
    ]


def test_paper_003_trains_every_row_of_its_tables(data, tmp_path, untrained):
    text = make("003", data, tmp_path)
    for name in ("FCNs", "Attention-LSTM-FCN", "Global max-pooling"):
        ((_, ua, wa, seeds),) = rows(text, name)
        assert re.fullmatch(r"\d+\.\d \(\d+\.\d to \d+\.\d\)", ua)
        assert 60 < float(wa) < 100 and "±" in seeds
    used = [configuration.arguments for _, configuration in untrained]
    assert {each["branches"] for each in used} == {
        *("fcn", "lstm", "blstm", "lstm+fcn", "blstm+fcn")
    }
    assert {each["pooling"] for each in used} == {"attention", "average", "max"}
    normalised = [c.training["normalisation"] for _, c in untrained]
    assert {*normalised} == {"none", "speaker"}
    for published in ("| 31.8 | 46.3 |", "| 54.1 | 62.8 |", "| 52.1 | 57.9 |"):
        assert published in text
    assert (tmp_path / "out" / "confusion.png").stat().st_size > 5000


def test_paper_004_compares_with_the_baseline(data, tmp_path, untrained):
    text = make("004", data, tmp_path, "--framing=shared")
    ((_, *cells),) = rows(text, "e2e MTL+att.")
    assert len(cells) == 6 and all("to" in each for each in cells)
    e2e = [c for name, c in untrained if "e2e" in name]
    assert {c.arguments["framing"] for c in e2e} == {"shared"}
    assert all(c.training["class_weights"] == "balanced" for c in e2e)
    assert "| 48.7 | 48.5 | 66.2 | 63.8 | 53.4 | 51.6 |" in text
    found = re.findall(
        r"^\| (\w+) \| ([+-][\d.]+)( \*)? \| ([\d.]+) \| ([\d.]+) \|$",
        text,
        re.MULTILINE,
    )
    assert [each[0] for each in found] == ["arousal", "valence", "dominance"]
    for _, _, star, p, _ in found:
        assert bool(star) == (float(p) < paper_004.SIGNIFICANT)
    assert (tmp_path / "out" / "figure_2.png").stat().st_size > 5000


def test_what_needs_opensmile_is_left_out_and_said(
    data, tmp_path, untrained, monkeypatch
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    text = make("004", data, tmp_path)
    assert not rows(text, "OS+RNNs") and "'emotion-zoo[baselines]'" in text
    assert "iemocap_egemaps_rnn" not in {name for name, _ in untrained}


def test_utterances_are_read_once_a_model(
    data, tmp_path, untrained, monkeypatch
):
    seen = []
    start = UtteranceExperiment.__init__

    def counted(self, model, *rest, **more):
        seen.append(model)
        start(self, model, *rest, **more)

    monkeypatch.setattr(UtteranceExperiment, "__init__", counted)
    make("003", data, tmp_path)
    assert len(seen) == 4  # three speakers, and the network of all
