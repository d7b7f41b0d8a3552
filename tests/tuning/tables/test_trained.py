"""Tables whose systems are trained for them, and those of paper 003."""

from __future__ import annotations

import re

import pytest
import spoken
from commands import run

from tuning.experiments.utterances import UtteranceExperiment
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
        ((_, ua, wa, seeds),) = rows(text, name)
        for cell in (ua, wa):
            assert re.fullmatch(r"\d+\.\d", cell), "few speakers"
        assert 60 < float(wa) < 100 and "±" not in seeds
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
