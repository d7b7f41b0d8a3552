"""The tables of Zhang et al. 2019, beside the published ones."""

from __future__ import annotations

import csv
import importlib.util
import json
import re

import pytest
import spoken
from commands import run

from tuning import baselines
from tuning.experiments import svm
from tuning.papers.waveform_mtl import published
from tuning.tables import __main__ as tables
from tuning.tables import trained

pytestmark = pytest.mark.slow
TASKS = ("arousal", "valence", "dominance")
JOINT = ("iemocap_e2e_mtl", "iemocap_e2e_mtl_att")


@pytest.fixture
def data(tmp_path):
    return spoken.write(tmp_path / "corpus", speakers=8, each=1)


def make(data, tmp_path, *more):
    done = run(
        tables.main,
        "004",
        "--corpus=manifest",
        f"--data={data}",
        f"--out={tmp_path / 'out'}",
        f"--runs={tmp_path}",
        "--protocol=dealt",
        "--seeds=2",
        "--trials=2",
        "--epochs=1",
        *more,
    )
    assert done.code == 0, done.err
    return done.out


def section(text, title):
    """Returns the rows of a section's table, without its head."""
    part = text.split(f"## {title}", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    cells = [
        [cell.strip() for cell in line.strip("| ").split("|")] for line in lines
    ]
    return cells[2:]


def of(rows, name):
    return [row for row in rows if row[0] == f"**{name}, manifest, ours**"]


@pytest.mark.usefixtures("descriptors")
def test_every_system_stands_beside_its_published_figures(
    data, tmp_path, untrained
):
    text = make(data, tmp_path, "--set=framing=shared")
    rows = section(text, "Table 1")
    assert [row[1] for row in of(rows, "e2e MTL+att.")] == [
        "ensemble of 2 seeds",
        "mean of 2 seeds",
    ]
    for cell in of(rows, "e2e MTL+att.")[0][2:]:
        assert re.fullmatch(r"\d+\.\d( \*)? \(\d+\.\d to \d+\.\d\)", cell)
    published_row = "| 48.7 * | 48.5 * | 66.2 * | 63.8 * | 53.4 | 51.6 |"
    assert published_row in text
    ((_, kind, *cells),) = of(rows, "OS+SVMs")
    assert kind == "single classifier" and "-" not in cells
    assert rows[-1][:3] == ["**majority, manifest**", "constant", "33.3"]
    e2e = [c for name, c in untrained if "e2e" in name]
    assert {c.arguments["framing"] for c in e2e} == {"shared"}
    assert all(c.training["class_weights"] == "balanced" for c in e2e)
    assert (tmp_path / "out" / "figure_2.png").stat().st_size > 5000


@pytest.mark.usefixtures("descriptors", "untrained")
def test_every_comparison_is_paired_over_speakers(data, tmp_path):
    text = make(data, tmp_path)
    rows = section(text, "Differences on test")
    pairs = list(dict.fromkeys((row[0], row[1]) for row in rows))
    others = [name for name in published.UAR if name != "e2e STL"]
    assert pairs == [
        *((name, "e2e STL") for name in others),
        ("e2e MTL+att.", "OS+SVMs"),
        ("e2e MTL+att.", "OS+RNNs"),
    ]
    for *_, points, z, mcnemar in rows:
        assert re.fullmatch(r"[+-]\d+\.\d \(-?\d+\.\d to -?\d+\.\d\)", points)
        assert 0 <= float(z) <= 1 and 0 <= float(mcnemar) <= 1
    recalls = section(text, "Recall of each level")
    assert len(recalls) == 6 * len(TASKS)
    assert all(len(row) == 6 for row in recalls)
    assert "**Some networks were cut off by the limit of epochs" in text


@pytest.mark.usefixtures("descriptors")
def test_every_task_is_the_main_one_of_its_own_networks(
    data, tmp_path, untrained
):
    text = make(data, tmp_path)
    for model in JOINT:
        trainings = [c.training for name, c in untrained if name == model]
        mains = [training["main_task"] for training in trainings]
        assert sorted(mains) == ["all", "all", *sorted(TASKS)]
        tried = [
            [training[f"{task}_weight"] for task in TASKS]
            for training in trainings
        ]
        searched = [w for w, m in zip(tried, mains) if m == "all"]
        assert searched[0] == [1, 1, 1] and searched[1] != [1, 1, 1]
        assert all(weights in searched for weights in tried)
    rows = section(text, "Weights of the tasks")
    assert [row[:2] for row in rows] == [
        [system, task]
        for system in ("e2e MTL", "e2e MTL+att.")
        for task in TASKS
    ]
    for *_, best, median, worst in rows:
        assert float(best) >= float(median) >= float(worst)


@pytest.mark.usefixtures("descriptors")
def test_one_main_task_is_of_one_network_for_all_columns(
    data, tmp_path, untrained
):
    text = make(data, tmp_path, "--set=main_task=valence", "--trials=1")
    mains = [c.training["main_task"] for n, c in untrained if n in JOINT]
    assert mains == ["valence", "valence"]
    assert "one network for all columns, main task: valence" in text
    assert "None was searched" in text
    assert "dev chose the epochs: its figures are optimistic" in text


@pytest.mark.usefixtures("untrained")
def test_what_needs_opensmile_is_left_out(data, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    text = make(data, tmp_path)
    rows = section(text, "Table 1")
    assert not of(rows, "OS+RNNs") and not of(rows, "OS+SVMs")
    assert "'emotion-zoo[baselines]'" in text


@pytest.mark.usefixtures("descriptors", "untrained")
def test_the_svm_is_that_of_the_baseline_and_has_a_dev_of_its_own(
    data, tmp_path
):
    text = make(data, tmp_path)
    ((_, _, *cells),) = of(section(text, "Table 1"), "OS+SVMs")
    done = run(
        baselines.main,
        "svm",
        "--corpus=manifest",
        f"--data={data}",
        "--label=valence",
        "--protocol=dealt",
        "--json",
    )
    scores = json.loads(done.out)["metrics"]["nested grid"]["valence"]
    assert cells[3].replace(" *", "") == trained.percent(scores)[0]


@pytest.mark.usefixtures("descriptors")
def test_set_reaches_the_systems_that_know_it(data, tmp_path, untrained):
    words = ("--set=arousal_weight=0.5", "--set=class_weights=none")
    text = make(data, tmp_path, *words, "--set=learning_rate=0.0003")
    weights = {n: c.training.get("arousal_weight") for n, c in untrained}
    assert weights.pop(JOINT[0]) == weights.pop(JOINT[1]) == 0.5
    assert len(weights) == 3 and {*weights.values()} == {None}
    rates = {n: c.training["learning_rate"] for n, c in untrained}
    assert rates.pop("iemocap_egemaps_rnn") == 0.001
    assert {*rates.values()} == {0.0003}
    assert "Classes have the same total weight" not in text
    assert "None was searched" in text  # weights were given


@pytest.mark.usefixtures("untrained", "descriptors")
def test_a_corpus_that_svms_cannot_learn_leaves_the_table_standing(
    data, tmp_path, monkeypatch
):
    def refuse(*given):
        raise ValueError("'fold 1, inner fold 3' lacks low")

    monkeypatch.setattr(svm, "predict", refuse)
    text = make(data, tmp_path)
    assert "- OS+SVMs are left out: 'fold 1, inner fold 3' lacks low" in text
    rows = section(text, "Table 1")
    assert not of(rows, "OS+SVMs") and of(rows, "OS+RNNs")


@pytest.mark.usefixtures("untrained", "descriptors")
def test_improvised_and_scripted_dialogues_are_told_apart(data, tmp_path):
    assert "have no label dialogue" in make(data, tmp_path)
    path = data / "manifest.csv"
    with open(path, newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    kinds = ("improvised", "scripted")
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*head, "dialogue"])
        for number, row in enumerate(rows):
            writer.writerow([*row, kinds[number % 4 == 0]])
    text = make(data, tmp_path, "--fresh")
    table = section(text, "Improvised and scripted dialogues")
    assert len(table) == 6 * len(TASKS)
    assert {(row[3], row[5]) for row in table} == {("24", "8")}
