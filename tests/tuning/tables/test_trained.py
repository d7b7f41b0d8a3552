"""The tables of papers 003 and 004, beside the published ones."""

from __future__ import annotations

import importlib.util
import json
import re

import numpy as np
import pytest
import spoken
from commands import run

import zoo
from pipelines.features import extraction
from tuning import baselines
from tuning.experiments import svm
from tuning.experiments.utterances import UtteranceExperiment
from tuning.papers.waveform_mtl import tables as waveform_mtl_tables
from tuning.runs import ensemble
from tuning.runs.ensemble import Ensemble
from tuning.tables import __main__ as tables
from tuning.tables import trained
from tuning.training.fits import Fit

pytestmark = pytest.mark.slow


@pytest.fixture
def data(tmp_path):
    return spoken.write(tmp_path / "corpus")


@pytest.fixture
def descriptors(monkeypatch, tmp_path):
    """Instead of openSMILE's: the size and the roughness of a waveform."""
    monkeypatch.chdir(tmp_path)  # where features are kept
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    grid = ({"C": 1.0}, {"C": 10.0, "class_weight": "balanced"})
    monkeypatch.setitem(svm.GRIDS, "nested grid", grid)

    def functionals(waveform):
        sizes = [np.abs(waveform).mean(), np.abs(np.diff(waveform)).mean()]
        return np.log([sizes]).astype("float32")

    def low_level(waveform):
        return np.repeat(functionals(waveform)[:, :1], 25, axis=1)

    for name, extract in {
        "egemaps": functionals,
        "egemaps_lld": low_level,
    }.items():
        fake = extraction.FrontEnd(extract, 16_000, "test")
        monkeypatch.setitem(extraction.FRONT_ENDS, name, fake)


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
                    split: {target: guesses(experiment.y_true(split), rng)}
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
        "tuning.experiments.cross_validation.CrossValidation.join", join
    )
    return asked


def asked(paper, data, tmp_path, *more):
    return run(
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


def make(paper, data, tmp_path, *more):
    done = asked(paper, data, tmp_path, *more)
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
        for cell in (ua, wa):
            assert re.fullmatch(r"\d+\.\d \(\d+\.\d to \d+\.\d\)", cell)
        assert 60 < float(wa.split()[0]) < 100 and "±" in seeds
    used = [configuration.arguments for _, configuration in untrained]
    assert {each["branches"] for each in used} == {
        *("fcn", "lstm", "blstm", "lstm+fcn", "blstm+fcn")
    }
    assert {each["pooling"] for each in used} == {"attention", "average", "max"}
    orders = [each["shuffle"] for each in used]
    assert {*orders} == {True, False}
    for published in ("| 31.8 | 46.3 |", "| 54.1 | 62.8 |", "| 52.1 | 57.9 |"):
        assert published in text
    assert (tmp_path / "out" / "confusion.png").stat().st_size > 5000


def test_systems_that_hear_all_of_a_speaker_are_named_so(
    data, tmp_path, untrained
):
    text = make("003", data, tmp_path, "--set=normalisation=speaker")
    assert "- normalised by speaker, which uses all" in text
    assert "| **FCNs, manifest by speaker, ours** |" in text
    assert not rows(text, "FCNs")
    normalised = {c.training["normalisation"] for _, c in untrained}
    assert normalised == {"speaker"}


@pytest.mark.usefixtures("descriptors")
def test_paper_004_compares_with_baselines(data, tmp_path, untrained):
    text = make("004", data, tmp_path, "--set=framing=shared")
    ((_, *cells),) = rows(text, "e2e MTL+att.")
    assert len(cells) == 6 and all("to" in each for each in cells)
    e2e = [c for name, c in untrained if "e2e" in name]
    assert {c.arguments["framing"] for c in e2e} == {"shared"}
    assert all(c.training["class_weights"] == "balanced" for c in e2e)
    assert "| 48.7 | 48.5 | 66.2 | 63.8 | 53.4 | 51.6 |" in text
    ((_, *cells),) = rows(text, "OS+SVMs")
    assert [cell == "-" for cell in cells] == [True, False] * 3
    found = re.findall(
        r"^\| (OS.SVMs|e2e STL) \| (\w+) \| ([+-][\d.]+)( \*)? "
        r"\| ([\d.]+) \| ([\d.]+) \|$",
        text,
        re.MULTILINE,
    )
    assert [each[1] for each in found] == [
        *waveform_mtl_tables.TASKS,
        *waveform_mtl_tables.TASKS,
    ]
    for _, _, _, star, p, _ in found:
        assert bool(star) == (float(p) < waveform_mtl_tables.SIGNIFICANT)
    assert (tmp_path / "out" / "figure_2.png").stat().st_size > 5000


def test_what_needs_opensmile_is_left_out_and_said(
    data, tmp_path, untrained, monkeypatch
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    text = make("004", data, tmp_path)
    assert not rows(text, "OS+RNNs") and not rows(text, "OS+SVMs")
    assert "'emotion-zoo[baselines]'" in text
    assert "iemocap_egemaps_rnn" not in {name for name, _ in untrained}


@pytest.mark.usefixtures("descriptors", "untrained")
def test_paper_004s_machines_are_those_of_the_baseline(data, tmp_path):
    text = make("004", data, tmp_path)
    ((_, *cells),) = rows(text, "OS+SVMs")
    found = run(
        baselines.main,
        "svm",
        "--corpus=manifest",
        f"--data={data}",
        "--label=valence",
        "--protocol=leave_one_speaker_out",
        "--json",
    )
    scores = json.loads(found.out)["metrics"]["nested grid"]["valence"]
    assert cells[3] == trained.percent(scores)[0]


@pytest.mark.usefixtures("descriptors")
def test_set_reaches_the_papers_own_systems_alone(data, tmp_path, untrained):
    text = make("004", data, tmp_path, "--set=learning_rate=0.0003")
    rates = {
        name: configuration.training["learning_rate"]
        for name, configuration in untrained
    }
    assert rates.pop("iemocap_egemaps_rnn") == 0.001
    assert len(rates) == 4 and {*rates.values()} == {0.0003}
    assert "epochs, the paper's own with learning_rate=0.0003. " in text
    assert "Classes have the same total weight" in text


@pytest.mark.usefixtures("descriptors")
def test_set_reaches_those_who_know_it(data, tmp_path, untrained):
    words = ("--set=arousal_weight=0.5", "--set=class_weights=none")
    text = make("004", data, tmp_path, *words)
    weights = {n: c.training.get("arousal_weight") for n, c in untrained}
    assert weights.pop("iemocap_e2e_mtl") == 0.5
    assert weights.pop("iemocap_e2e_mtl_att") == 0.5
    assert len(weights) == 3 and {*weights.values()} == {None}
    assert "Classes have the same total weight" not in text


@pytest.mark.usefixtures("untrained")
def test_fits_of_other_utterances_are_not_taken_for_these(data, tmp_path):
    make("003", data, tmp_path)
    kept = tmp_path / "out" / "systems" / "a_model" / "result.json"
    kept.parent.mkdir(parents=True)
    kept.touch()
    make("003", data, tmp_path)
    done = asked("003", data, tmp_path, "--classes=sad,angry")
    assert "holds a run with classes=None, not 'sad,angry'" in done.sentence
    done = asked("004", data, tmp_path)
    assert "holds a run with paper='003', not '004'" in done.sentence
    assert kept.exists()
    three = "--classes=sad,angry,happy"
    text = make("003", data, tmp_path, three, "--fresh")
    assert not kept.exists()
    assert "- left out of emotion: 9 neutral" in text


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["003", "--set=depth=3"], "has no hyper-parameter 'depth'"),
        (["004", "--set=framing"], "it must be NAME=VALUE"),
        (
            ["001", "--set=depth=3"],
            "--set is for attention_fcn and wave",
        ),
        (
            ["002", "--protocol=dealt"],
            "--protocol is for attention_fcn",
        ),
    ],
)
def test_what_is_set_amiss_is_refused(data, tmp_path, words, sentence):
    done = run(
        tables.main,
        *words,
        "--corpus=manifest",
        f"--data={data}",
        f"--out={tmp_path / 'out'}",
    )
    assert done.code == 2 and sentence in done.sentence


@pytest.mark.usefixtures("untrained", "descriptors")
def test_machines_that_cannot_be_chosen_leave_the_table_standing(
    data, tmp_path, monkeypatch
):
    def refuse(*given):
        raise ValueError("'fold 1, inner fold 3' lacks low")

    monkeypatch.setattr(svm, "predict", refuse)
    text = make("004", data, tmp_path)
    assert "- OS+SVMs are left out: 'fold 1, inner fold 3' lacks low" in text
    assert not rows(text, "OS+SVMs") and rows(text, "OS+RNNs")


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
