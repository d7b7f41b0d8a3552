"""The papers' tables and figures, beside the published ones."""

from __future__ import annotations

import re

import numpy as np
import pytest
from commands import run

from tuning import train
from tuning.papers.recola_conv import tables as recola_conv_tables
from tuning.tables import __main__ as tables


@pytest.mark.slow
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
        "figure_4.png",
        "tables.md",
    }
    row = re.search(r"\| 64 \| ([\d.]+) \| ([\d.]+) \|", text)
    assert row and all(float(each) > 0.95 for each in row.groups())


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
    argv = ("002", data, f"--runs={folder}", "--epochs=1", "--seeds=3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recola_conv_tables, "SPANS", (8,))
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
    for dimension, column in (("arousal", ".857"), ("valence", ".538")):
        assert "| Dilated, RECOLA, published | " in done.out
        assert f" | {column} | " in done.out
        scores = trained.report["metrics"]
        cells = [
            f"{scores[split][dimension][measure]:.3f}"
            for split in ("dev", "test")
            for measure in ("rmse", "ccc")
        ]
        row = " | ".join(["| **Dilated, simulated, ours**", *cells])
        assert row in done.out
    assert done.out.count("**Dilated, simulated, ours**") == 2


def test_a_run_that_is_missing_is_named_with_its_command(made):
    done = made[1]
    assert "python -m tuning.search recola_downup --corpus simulated" in (
        done.out
    )
    assert "Down/Up, simulated, ours" not in done.out
    assert "It needs the runs that are missing above." in done.out


def test_figure_1_gives_mean_and_deviation_over_seeds(made):
    _, done, again, out = made
    assert re.search(r"\| 8 \| \S+ ± \S+ \| \S+ ± \S+ \|", done.out)
    assert len(list((out / "fits").iterdir())) == 2 * 3
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
