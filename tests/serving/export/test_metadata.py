"""Metadata of exports: interface, labels, figures of a run."""

from __future__ import annotations

import json

import exports
import pytest

import zoo
from serving.export import (
    metadata,
    savedmodel,
)


@pytest.mark.slow
def test_a_card_without_a_front_end_has_one_signature(blstm_exports):
    folder, _ = blstm_exports["any"]
    _loaded, functions = savedmodel.signatures(folder)
    assert list(functions) == ["serving_default"]
    interface = metadata.read(folder, "contract.json")
    assert list(interface["signatures"]) == ["serving_default"]
    assert interface["steps"] is None and interface["hop"] is None


def test_the_interface_names_shapes_units_and_steps(blstm, tmp_path):
    metadata.describe(blstm, exports.CARD, tmp_path, "pretrained", {})
    interface = metadata.read(tmp_path, "contract.json")
    waveform = interface["signatures"]["from_waveform"]
    assert [port["name"] for port in waveform["inputs"]] == [
        "waveform",
        "lengths",
    ]
    assert waveform["inputs"][0]["shape"] == ["batch", "time"]
    assert "16000 Hz" in waveform["inputs"][0]["unit"]
    assert [port["name"] for port in waveform["outputs"]] == [
        "arousal",
        "lengths",
    ]
    assert interface["steps"] == {"add": 240, "hop": 640, "least": 400}


def test_figures_of_a_run_are_read_from_its_report(blstm, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    report = {
        "corpus": "simulated",
        "metrics": {"dev": {"arousal": {"ccc": 0.1}}},
        "saved": {"metrics": {"dev": {"arousal": {"ccc": 0.2}}}},
        "constants": {"dev": {"zero": {"arousal": {"ccc": 0.0}}}},
        "unit": "speaker",
        "units": {"dev": 9},
    }
    (run / "report.json").write_text(json.dumps(report))
    metadata.describe(blstm, exports.CARD, tmp_path, str(run), {})
    weights = metadata.read(tmp_path, "card.json")["weights"]
    assert weights["figures"] == {"dev": {"arousal": {"ccc": 0.2}}}
    assert weights["corpus"] == "simulated"
    assert weights["constants"] == report["constants"]
    assert weights["unit"] == "speaker" and weights["units"] == {"dev": 9}
    (run / "report.json").write_text("{")
    with pytest.raises(ValueError, match="report.json is damaged"):
        metadata.describe(blstm, exports.CARD, tmp_path, str(run), {})


def test_classes_are_named_as_the_run_learnt_them(tmp_path):
    name = "iemocap_attention_blstm_fcn"
    two = zoo.get(name, None, labels=["sad", "angry"], components=2, units=1)
    metadata.describe(two, zoo.card(name), tmp_path, "x.keras", {})
    expected = {"unit": "probability", "labels": ["sad", "angry"]}
    assert metadata.read(tmp_path, "labels.json") == {"emotion": expected}
    interface = metadata.read(tmp_path, "contract.json")
    (port,) = interface["signatures"]["serving_default"]["outputs"]
    assert port["shape"] == ["batch", 2] and port["labels"] == ["sad", "angry"]
    (port,) = metadata.read(tmp_path, "card.json")["outputs"]
    assert port["labels"] == ["sad", "angry"]


def test_a_network_of_all_speakers_has_the_figures_of_its_folds(tmp_path):
    scores = {"emotion": {"uar": 0.5}}
    report = {
        "corpus": "spoken",
        "saved": {"metrics": {}, "epochs": {"classes": 7}},
        "metrics": {"dev": {}, "test": scores},
    }
    (tmp_path / "report.json").write_text(json.dumps(report))
    record = metadata._record_of_run(str(tmp_path))
    assert record["figures"] == {"cross-validation": scores}
