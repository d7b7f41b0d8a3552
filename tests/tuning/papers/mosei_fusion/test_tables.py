"""Tables of mosei_fusion: both splits in one command, kinds, constants."""

from __future__ import annotations

import numpy as np
import pytest
from commands import run

import pipelines
from pipelines.simulation import mosei
from tuning import train
from tuning.papers.mosei_fusion import tables as made
from tuning.tables import __main__ as tables
from tuning.training.progress import Progress

AUDIO = "mosei_cnn-a-simulated_mosei-paper"
ALL = "mosei_blstm-simulated_mosei"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return mosei.simulate_mosei(tmp_path_factory.mktemp("mosei") / "c", 0, 12)


@pytest.fixture(scope="module")
def runs(data, tmp_path_factory):
    """Two runs: audio on the custom split, all modalities on the official."""
    folder = tmp_path_factory.mktemp("runs")
    reports = {}
    for name, options in (
        (
            AUDIO,
            ["--folds=paper", "--modalities=a"],
        ),
        (ALL, []),
    ):
        done = run(
            train.main,
            name.partition("-")[0],
            "--corpus=simulated_mosei",
            f"--data={data}",
            f"--out={folder / name}",
            "--epochs=1",
            "--seeds=2",
            *options,
        )
        assert done.code == 0, done.err
        reports[name] = done.report
    return folder, reports


def make(data, folder, out, *options):
    return run(
        tables.main,
        "000",
        "--corpus=simulated_mosei",
        f"--data={data}",
        f"--runs={folder}",
        f"--out={out}",
        *options,
    )


def test_tables_1_to_4_and_table_5_are_of_their_own_splits(
    data, runs, tmp_path
):
    folder, reports = runs
    done = make(data, folder, tmp_path)
    assert done.code == 0, done.err
    assert done.out.startswith("**simulated_mosei is made by a program")
    for number in range(1, 6):
        assert f"## Table {number}: " in done.out
    custom = reports[AUDIO]
    mae = custom["metrics"]["test"]["overall"]["mae"]
    row = "| **audio, CNN, simulated_mosei, ours** | ensemble of 2 seeds | "
    assert f"{row}{mae:.3f}" in done.out
    assert "| audio, CNN, CMU-MOSEI | published | .146 |" in done.out
    official = reports[ALL]
    sad = official["metrics"]["test"]["sad"]["mae"]
    row = "| **sad, simulated_mosei, ours** | ensemble of 2 seeds | "
    assert f"{row}{sad:.3f}" in done.out
    assert "| sad, zero, simulated_mosei | constant | " in done.out
    assert (
        "custom split (" in done.out and "split of the simulator (" in done.out
    )
    missing = "mosei_lstm a, mosei_lstm v"
    assert missing in done.out and "mosei_cnn a," not in done.out
    assert "--corpus-option folds=paper" in done.out
    assert "before the bounds" in done.out
    assert (tmp_path / "figure_2.png").stat().st_size > 5000


def test_the_custom_split_takes_a_seed_of_its_own(data, runs, tmp_path):
    folder, _ = runs
    drawn = make(data, folder, tmp_path, "--corpus-option=fold_seed=3")
    assert drawn.code == 0, drawn.err
    assert "fold_seed 3)" in drawn.out
    assert "| **audio, CNN, simulated_mosei, ours**" not in drawn.out
    assert "--corpus-option folds=paper --corpus-option fold_seed=3" in (
        drawn.out
    )
    assert "| **sad, simulated_mosei, ours**" in drawn.out


def test_a_named_split_is_refused(data, runs, tmp_path):
    folder, _ = runs
    done = make(data, folder, tmp_path, "--folds=paper")
    assert done.code == 2 and "in one command" in done.sentence


def test_outputs_before_the_bounds_are_clipped_to_the_predictions(data, runs):
    folder, _ = runs
    corpus = pipelines.corpus("simulated_mosei", data)
    run_folder = folder / ALL
    linear = made.linear_outputs(run_folder, corpus, Progress())
    assert linear.min() < 0
    experiment_count = len(corpus.split("test"))
    assert linear.shape == (experiment_count, 6)
    assert np.clip(linear, 0, 3).min() == 0
