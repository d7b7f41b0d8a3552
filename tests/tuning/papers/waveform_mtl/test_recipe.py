"""Training rule of Zhang et al. 2019: the main task and its weights."""

from __future__ import annotations

import csv

import pytest
import spoken
from experiments import open_experiment

import pipelines
from tuning.papers.waveform_mtl import recipe as own
from tuning.training import hyperparameters
from tuning.training.recipe import recipe
from zoo.common import cli

MODEL = "iemocap_e2e_mtl_att"
SYSTEMS = ("iemocap_e2e_stl", MODEL, "iemocap_egemaps_rnn")


@pytest.mark.slow
def test_the_main_task_chooses_the_epoch(tmp_path):
    corpus = pipelines.corpus("manifest", spoken.write(tmp_path / "corpus"))
    experiment = open_experiment(
        MODEL, corpus, 2, protocol="leave_one_speaker_out"
    )
    configuration = hyperparameters.configure(
        recipe(MODEL), "classes", ["framing=shared", "main_task=valence"]
    )
    fit = experiment.parts[0].fit(tmp_path, "classes", configuration, 0)
    with open(fit.folder / "history.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    scores = [float(row["val_valence_uar"]) for row in rows]
    assert fit.best == max(scores)
    assert fit.best_epoch == scores.index(max(scores))


def test_all_systems_train_by_one_rule():
    rules = [recipe(name).rule("val_uar") for name in SYSTEMS]
    assert {rule.patience for rule in rules} == {own.PATIENCE}
    assert {recipe(name).epochs for name in SYSTEMS} == {own.EPOCHS}


@pytest.mark.parametrize(
    "change", ["main_task=fear", "arousal_weight=0", "l2=-1", "l2=nan"]
)
def test_values_out_of_range_are_refused(change):
    with pytest.raises(cli.UsageError, match=change):
        hyperparameters.configure(recipe(MODEL), "classes", [change])
