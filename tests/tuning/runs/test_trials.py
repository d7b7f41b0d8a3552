"""Searches: which configurations are tried, in which order, and the best."""

from __future__ import annotations

import hashlib
import pathlib

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import zoo
from tuning.runs.proposals import TUNERS
from tuning.runs.trials import Search
from tuning.training.fits import Fit, FitRequest, key
from tuning.training.pool import Pool
from tuning.training.progress import Progress
from tuning.training.recipe import recipe

PAPERS_VALUES = {
    "span": 512,
    "l2": 0.0,
    "learning_rate": 1e-3,
    "augment": "none",
}


class HashExperiment:
    """An experiment whose scores are hashes of the configurations."""

    def __init__(self, model="recola_context", epochs=9):
        self.card = zoo.card(model)
        self.recipe = recipe(model)
        self.targets = ["arousal", "valence"]
        self.measures = {"ccc": "CCC"}
        self.epochs = epochs
        self.fits = []

    def requests(self, out, target, configuration, seed, epochs, predicts):
        name = key(target, configuration, seed)
        return [
            FitRequest(
                pathlib.Path(name), target, configuration, seed, epochs, ""
            )
        ]

    def distinct(self, configuration):
        return configuration

    def finished(self, request):
        return None

    def prepare(self, request):
        return False

    def combine(self, out, own):
        (fit,) = own
        return fit

    def train(self, request, on_epoch):
        target, epochs = request.target, request.epochs
        self.fits.append((target, request.configuration, epochs))
        digest = hashlib.sha256(f"{request.folder} {epochs}".encode()).digest()
        return Fit(
            target,
            request.seed,
            self.epochs if epochs is None else epochs,
            int.from_bytes(digest[:6], "big") / 2**48,  # no two are the same
            0,
            request.folder,
        )


def new_search(
    out,
    tuner="random",
    trials=8,
    seeds=(0,),
    changes=(),
    **of_experiment,
):
    experiment = HashExperiment(**of_experiment)
    return Search(
        experiment, out, tuner, trials, seeds, Progress(), Pool(1), changes
    )


def rows(search, target=None):
    """Returns the trials of a target, or all, as a report has them."""
    return [
        row
        for row in search.record()["trials"]
        if target in (None, row["target"])
    ]


def values(trial):
    return {**trial["arguments"], **trial["training"]}


@pytest.mark.parametrize("tuner", TUNERS)
def test_the_papers_values_are_the_first_trial(tmp_path, tuner):
    search = new_search(tmp_path, tuner, 4)
    search.run()
    for target in ("arousal", "valence"):
        trials = rows(search, target)
        assert trials[0]["trial"] == "paper" and len(trials) == 4
        assert values(trials[0]) == PAPERS_VALUES
        assert trials[0]["epochs"] == 9


@pytest.mark.parametrize("tuner", ["random", "grid"])
def test_no_configuration_is_tried_twice(tmp_path, tuner):
    search = new_search(tmp_path, tuner, 13)
    search.run()
    assert len(search.experiment.fits) == len(search.trials) == 26
    for target in ("arousal", "valence"):
        tried = {str(values(trial)) for trial in rows(search, target)}
        assert len(tried) == 13


@pytest.mark.parametrize("tuner", TUNERS)
def test_each_target_gets_its_best_configuration(tmp_path, tuner):
    search = new_search(tmp_path, tuner, 6)
    best = search.run()
    assert list(best) == ["arousal", "valence"]
    for target, configuration in best.items():
        trials = rows(search, target)
        best_trial = max(trials, key=lambda trial: trial["dev_ccc"])
        assert best_trial["dev_ccc"] > trials[0]["dev_ccc"]
        assert configuration.arguments == best_trial["arguments"]
        assert configuration.training == best_trial["training"]


@pytest.mark.slow
@pytest.mark.parametrize("tuner", TUNERS)
def test_a_seed_gives_the_same_trials_again(tmp_path, tuner):
    runs = []
    for _ in range(2):
        search = new_search(tmp_path, tuner, 11)  # 10 random ones, then Bayes
        with threadpool_limits(1):  # BLAS would compete with TensorFlow
            search.run()
        runs.append(rows(search))
    assert runs[0] == runs[1]


@pytest.mark.parametrize("tuner", ["random", "bayesian", "hyperband"])
def test_another_seed_gives_other_trials(tmp_path, tuner):
    tried = []
    for seed in (0, 1):
        search = new_search(tmp_path, tuner, 4, (seed,))
        search.run()
        tried.append([values(trial) for trial in rows(search)])
    assert tried[0][0] == tried[1][0] == PAPERS_VALUES
    assert tried[0][1:4] != tried[1][1:4]


def test_hyperband_trains_the_best_trials_for_more_epochs(tmp_path):
    search = new_search(tmp_path, "hyperband", 20)
    search.run()
    fits = search.experiment.fits
    epochs = [fit[2] for fit in fits if fit[0] == "arousal"]
    assert epochs[0] is None and {1, 3, 9} <= set(epochs[1:20])
    arousal = rows(search, "arousal")
    short = [trial for trial in arousal if trial["epochs"] == 1]
    longer = [trial for trial in arousal[1:] if trial["epochs"] == 3]
    ranked = sorted(short, key=lambda trial: -trial["dev_ccc"])
    promoted = [values(trial) for trial in longer[:3]]
    assert promoted == [values(trial) for trial in ranked[:3]]


@pytest.mark.parametrize(
    "name", ["recola_blstm_cls", "recola_blstm_mse", "recola_blstm_ccc"]
)
def test_the_whole_grid_of_le_2017_is_searched(tmp_path, name):
    search = new_search(tmp_path, "grid", 3 * 2, model=name)
    search.run()
    for target in ("arousal", "valence"):
        tried = [values(trial) for trial in rows(search, target)]
        assert {(value["depth"], value["l2"]) for value in tried} == {
            (depth, l2) for depth in (3, 4, 5) for l2 in (0.0, 2e-5)
        }
        assert len(tried) == 6
        assert {value["learning_rate"] for value in tried} == {0.002}


@pytest.mark.parametrize("tuner", ["grid", "random"])
def test_a_value_that_is_set_is_not_searched(tmp_path, tuner):
    name, changes = "recola_blstm_cls", ["depth=4"]
    search = new_search(tmp_path, tuner, 2, model=name, changes=changes)
    search.run()
    tried = [values(trial) for trial in rows(search, "arousal")]
    assert [value["depth"] for value in tried] == [4, 4]
    assert {value["l2"] for value in tried} == {0.0, 2e-5}


def test_a_single_trial_has_the_papers_values(tmp_path):
    search = new_search(tmp_path, trials=1)
    best = search.run()
    assert [trial["trial"] for trial in rows(search)] == ["paper", "paper"]
    assert best["arousal"].arguments == {"span": 512, "l2": 0.0}


@pytest.mark.parametrize("error", [ValueError, OSError, TypeError])
def test_an_error_in_a_trial_ends_the_search(tmp_path, error):
    search = new_search(tmp_path, trials=5)
    train = search.experiment.train

    def fail(*args, **kwargs):
        if len(search.trials) == 2:
            raise error("no space left")
        return train(*args, **kwargs)

    search.experiment.train = fail
    with pytest.raises(error, match="no space left"):
        search.run()
    assert len(search.trials) == 2


def test_progress_shows_trial_best_score_and_time_left(tmp_path, capsys):
    search = new_search(tmp_path, trials=3)
    search.run()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 6
    for number, line in enumerate(lines[:3], 1):
        assert line.startswith(f"arousal: trial {number} of 3: dev CCC 0.")
        trials = rows(search, "arousal")[:number]
        best = max(trial["dev_ccc"] for trial in trials)
        assert f"best {best:.3f} (" in line and line.endswith(" left")


@pytest.mark.parametrize("tuner", TUNERS)
def test_a_trial_is_judged_by_the_mean_over_its_seeds(tmp_path, tuner):
    search = new_search(tmp_path, tuner, 4, seeds=(3, 4, 5))
    best = search.run()
    assert search.record()["seeds"] == [3, 4, 5]
    for target in ("arousal", "valence"):
        tried = rows(search, target)
        assert len(tried) == 4
        for row in tried:
            assert len(set(row["scores"])) == 3
            assert row["dev_ccc"] == pytest.approx(np.mean(row["scores"]))
        winner = max(tried, key=lambda row: row["dev_ccc"])
        assert best[target].arguments == winner["arguments"]
    (first, *_), (alone, *_) = rows(search), rows_of_one_seed(tmp_path, tuner)
    assert first["scores"][0] == alone["dev_ccc"]


def rows_of_one_seed(tmp_path, tuner):
    search = new_search(tmp_path, tuner, 1, seeds=(3,))
    search.run()
    return rows(search)


def test_each_target_has_a_search_space_of_its_own(tmp_path):
    search = new_search(tmp_path, trials=1, model="recola_downup")
    best = search.run()
    assert best["arousal"].arguments["width"] == 32
    assert best["valence"].arguments["width"] == 128
