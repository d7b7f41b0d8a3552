"""Tables whose systems are trained for them, and those of paper 003."""

from __future__ import annotations

import re

import pytest
import spoken
from commands import run

from tuning.experiments.utterance_data import UtteranceData
from tuning.tables import __main__ as tables

pytestmark = pytest.mark.slow


@pytest.fixture
def data(tmp_path):
    return spoken.write(tmp_path / "corpus")


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
        together, means = rows(text, name)
        assert together[1] == "ensemble of 2 seeds"
        assert means[1] == "mean of 2 seeds", "too few seeds for ±"
        for cell in (*together[2:], *means[2:]):
            assert re.fullmatch(r"\d+\.\d", cell), "few speakers"
            assert 60 < float(cell) < 100
    used = [c.arguments for name, c in untrained if "blstm" in name]
    assert {each["branches"] for each in used} == {
        *("fcn", "lstm", "blstm", "lstm+fcn", "blstm+fcn")
    }
    assert {each["pooling"] for each in used} == {"attention", "average", "max"}
    orders = [each["shuffle"] for each in used]
    assert {*orders} == {True, False}
    for published in ("| 31.8 | 46.3 |", "| 54.1 | 62.8 |", "| 52.1 | 57.9 |"):
        assert published in text
    assert "| **majority, manifest** | constant | " in text
    assert (tmp_path / "out" / "confusion.png").stat().st_size > 5000


def test_paper_003_runs_its_baselines_on_the_same_folds(
    data, tmp_path, untrained
):
    changes = ("--set=components=0.9", "--set=dropout=0.3", "--epochs=1")
    text = make("003", data, tmp_path, *changes)
    assert len(rows(text, "DNN-ELM")) == len(rows(text, "Attentive CNN")) == 2
    kept = (tmp_path / "out" / "systems" / "dnn_elm").rglob("*.npz")
    assert len([*kept]) == 6, "three folds, two seeds"
    (cnn,) = [c for name, c in untrained if name == "iemocap_attentive_cnn"]
    assert cnn.arguments["components"] == 0.9, "as the other systems"
    assert cnn.arguments["dropout"] == 0.5, "its own"
    after = text.partition("less each other system")[2]
    differences = re.findall(r"^\| ([\w, -]+) \| [+-][\d.]+ \|", after, re.M)
    assert {"DNN-ELM", "Attentive CNN", "FCNs"} <= {*differences}
    assert re.search(r"^\| DNN-ELM( \| \d+\.\d){4} \|$", after, re.M)


@pytest.mark.usefixtures("untrained")
def test_both_data_sets_of_iemocap_and_both_directions_in_one_command(tmp_path):
    done = run(
        tables.main,
        *("003", "--corpus=simulated_iemocap", f"--runs={tmp_path}"),
        *("--corpus-option=utterances=120", "--seeds=1", "--epochs=1"),
    )
    assert done.code == 0, done.err
    assert done.out.startswith("**")
    for dataset, happy in (("IEMO_dataset1", 595), ("IEMO_dataset2", 1636)):
        where = f"simulated_iemocap {dataset}"
        row = f"| **Attention-BLSTM-FCN, {where}, ours** | single network | "
        assert row in done.out and str(happy) in done.out
        assert [*tmp_path.glob(f"*/confusion-{dataset}.png")]
    assert done.out.count("by direction") == 2
    assert len(re.findall(r"^\| [FM] \| 5 \| ", done.out, re.M)) == 4


@pytest.mark.usefixtures("untrained")
def test_cheavd_is_scored_on_validation_and_says_so(tmp_path):
    done = run(
        tables.main,
        *("003", "--corpus=simulated_cheavd", f"--runs={tmp_path}"),
        *("--seeds=1", "--epochs=1"),
    )
    assert done.code == 0, done.err
    assert (
        "Ours are of dev." in done.out
        and "scores CHEAVD's validation set" in done.out
    )
    assert "Table 2" in done.out and "Table 3" not in done.out


def test_systems_that_hear_all_of_a_speaker_are_named_so(
    data, tmp_path, untrained
):
    text = make("003", data, tmp_path, "--set=normalisation=speaker")
    assert "- normalised by speaker, which uses all" in text
    assert "| **FCNs, manifest by speaker, ours** |" in text
    assert not rows(text, "FCNs")
    normalised = {c.training["normalisation"] for _, c in untrained}
    assert normalised == {"speaker"}


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
        (["003", "--trials=2"], "--trials is for waveform_mtl."),
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


def test_utterances_are_read_once(data, tmp_path, untrained, monkeypatch):
    seen = []
    start = UtteranceData.__init__

    def counted(self, card, *rest, **more):
        seen.append(card.name)
        start(self, card, *rest, **more)

    monkeypatch.setattr(UtteranceData, "__init__", counted)
    make("003", data, tmp_path)
    assert len(seen) == 1  # for all systems, the attentive CNN among them
