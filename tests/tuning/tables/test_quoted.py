"""The papers' tables and figures, beside the published ones."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import rated_recordings
from commands import run

import pipelines
from tuning import train
from tuning.papers.recola_conv import epoch_seconds, filter_lengths
from tuning.runs.figures import cell
from tuning.tables import __main__ as tables
from tuning.tables import quoted, registry
from tuning.tables.quoted import Runs


@pytest.mark.slow
def test_tables_say_how_the_labels_of_ones_own_were_made(tmp_path):
    root = rated_recordings.write(tmp_path)
    corpus = pipelines.corpus("manifest", root, lag=1.2)
    *_, last = quoted.heading("recola_conv", "002", "RECOLA", corpus)
    assert last.splitlines()[1] == "- lag of the ratings: 1.2 s, as given"


def test_ratings_without_sound_give_the_figure_of_labels(shared, tmp_path):
    data = shared("corpora", "ceap")
    out = tmp_path / "out"
    argv = ("002", "--corpus=ceap", f"--data={data}", f"--out={out}")
    done = run(tables.main, *argv, f"--runs={tmp_path / 'none'}")
    assert done.code == 0, done.err
    text = (out / "tables.md").read_text("utf-8")
    assert done.out.startswith(text)
    assert "ceap has no training recordings" in text
    assert "## Figure 4" in text and "## Table" not in text
    assert {path.name for path in out.iterdir()} == {
        "config.json",
        "figure_4.png",
        "tables.md",
    }
    row = re.search(r"\| 64 \| ([\d.]+) \| ([\d.]+) \|", text)
    assert row and all(float(each) > 0.95 for each in row.groups())


def write_baseline(out, simulated):
    """Writes a run of AVEC's baseline whose predictions are all one line."""
    corpus = pipelines.corpus("simulated", simulated)
    lines = [np.linspace(-0.1, 0.1, 150) for _ in range(9)]
    arrays = {
        f"{split}/{dimension}/{index}": line
        for split in ("dev", "test")
        for dimension in corpus.dimensions
        for index, line in enumerate(lines)
    }
    out.mkdir()
    np.savez(out / "predictions.npz", **arrays)
    metrics = {"dev": {}, "test": {}}
    report = {"kind": "single model", "corpus": "simulated", "metrics": metrics}
    (out / "report.json").write_text(json.dumps(report), "utf-8")


@pytest.fixture(scope="module")
def made(simulated, tmp_path_factory):
    """Table 002 on simulated speech; one of the two systems has run."""
    folder = tmp_path_factory.mktemp("tables")
    data = f"--data={simulated}"
    trained = run(
        train.main,
        "recola_dilated",
        data,
        f"--out={folder / 'recola_dilated-simulated'}",
        *("--epochs=1", "--seeds=1", "--set=depth=2", "--set=width=4"),
    )
    assert trained.code == 0, trained.err
    write_baseline(folder / "avec-simulated", simulated)
    argv = ("002", data, f"--runs={folder}", "--epochs=1", "--seeds=3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filter_lengths, "SPANS", (8,))
        patch.setattr(epoch_seconds, "STEPS", 50)
        done = run(tables.main, *argv)
        again = run(tables.main, *argv)
    assert done.code == 0, done.err
    return trained, done, again, folder / "tables-002-simulated"


@pytest.mark.slow
def test_tables_on_simulated_speech_say_so_first(made):
    _, done, _, out = made
    assert "simulated is made by a program" in done.out.splitlines()[0]
    assert done.out.startswith((out / "tables.md").read_text("utf-8"))


def test_published_figures_stand_beside_ours(made):
    trained, done, _, _ = made
    published = {
        "arousal": ("Dilated", ".102 | .857 | .137 | .684"),
        "valence": ("Valstar et al.", "- | .455 | - | .375"),
    }
    for dimension, (system, figures) in published.items():
        assert f"| {system}, RECOLA | published | {figures} |" in done.out
        scores = trained.report["metrics"]
        cells = [
            cell(scores[split][dimension], measure)
            for split in ("dev", "test")
            for measure in ("rmse", "ccc")
        ]
        assert all("(" in text for text in cells), "nine speakers"
        name = "**Dilated, simulated, ours**"
        assert " | ".join([f"| {name}", "single network", *cells]) in done.out
    assert done.out.count("**Dilated, simulated, ours**") == 2


def test_constants_and_the_regression_stand_in_both_tables(made):
    _, done, _, _ = made
    for name in ("zero", "median"):
        assert done.out.count(f"| **{name}, simulated** | constant | ") == 2
    name = "**Valstar et al., simulated, ours**"
    assert done.out.count(f"| {name} | single model | ") == 2


def test_systems_are_compared_on_the_same_speakers(made):
    _, done, _, _ = made
    row = re.search(r"\| Dilated - Valstar et al\. \| (.*) \|\n", done.out)
    cells = row[1].split(" | ")
    assert len(cells) == 4
    for text in cells:
        assert re.fullmatch(r"[+-]\d\.\d{3} \(-?[\d.]+ to -?[\d.]+\)", text)
    assert "intervals over speakers, drawn whole (9 in dev, 9 in test)" in (
        done.out
    )


def test_a_run_that_is_missing_is_named_with_its_command(made):
    done = made[1]
    for model in ("recola_downup", "recola_blstm_ccc"):
        command = f"python -m tuning.search {model} --corpus simulated --data"
        assert command in done.out
    assert "tuning.baselines avec" not in done.out
    assert "Down/Up, simulated, ours" not in done.out
    assert "It needs the runs that are missing above." in done.out


def test_the_missing_baseline_has_a_command_of_its_own(simulated, tmp_path):
    corpus = pipelines.corpus("simulated", simulated)
    runs = Runs(tmp_path, corpus, ["avec"], {"seconds": 6.0})
    assert runs.missing_note() == (
        "- avec has not run on simulated: `python -m tuning.baselines avec "
        "--corpus simulated --data … --corpus-option seconds=6.0`"
    )


def test_an_epoch_is_timed_once(made):
    _, done, _, out = made
    measured = json.loads((out / "epoch_seconds.json").read_text("utf-8"))
    sizes = measured["parameters"]
    blstm, equal = (
        sizes[name]
        for name in ("BLSTM", "Dilated, as many parameters as the BLSTM")
    )
    assert abs(blstm / equal - 1) < 0.02
    assert re.search(rf"\| BLSTM \| {blstm:,} \| [\d.]+ \| 1\.0 \|", done.out)


def test_figure_1_gives_mean_and_deviation_over_seeds(made):
    _, done, again, out = made
    row = r"\| 8 \| 0\.32 \| \S+ ± \S+ \| \S+ ± \S+ \|"
    assert re.search(row, done.out)
    assert "mean of 3 seeds" in done.out and "10 runs on RECOLA" in done.out
    assert len(list((out / "fits").iterdir())) == 2 * 3


def test_figure_1_has_the_papers_number_of_runs_by_default():
    assert registry.tables("002").seeds == 10


def test_figures_are_drawn_and_nothing_is_done_twice(made):
    _, done, again, out = made
    for number in (1, 4):
        assert (out / f"figure_{number}.png").read_bytes()[:4] == b"\x89PNG"
    assert again.out == done.out, "and nothing is trained again"


def test_clusters_of_labels_stand_beside_those_of_paper_001(
    simulated, tmp_path
):
    done = run(tables.main, "001", f"--data={simulated}", f"--runs={tmp_path}")
    assert done.code == 0, done.err
    assert "simulated is made by a program" in done.out.splitlines()[0]
    found = re.findall(r"(\d+), (\w+), \w+\**((?: \| [\d.]+){4})", done.out)
    cells = {
        (corpus, int(clusters)): [float(each) for each in row.split("|")[1:]]
        for clusters, corpus, row in found
    }
    assert cells["RECOLA", 4] == [0.953, 0.057, 0.934, 0.045]
    assert cells["RECOLA", 10] == [0.991, 0.025, 0.989, 0.019]
    ours = np.array([cells["simulated", n] for n in (4, 6, 8, 10)])
    assert (np.diff(ours[:, [0, 2]], axis=0) > 0).all()
    assert (np.diff(ours[:, [1, 3]], axis=0) < 0).all()
    assert ours[0, 0] > 0.9 and ours[3, 0] > 0.98
    assert (tmp_path / "tables-001-simulated" / "figure_1.png").exists()


def test_an_unknown_paper_is_wrong_usage():
    done = run(tables.main, "007")
    assert done.code == 2 and "No paper '007'" in done.err
