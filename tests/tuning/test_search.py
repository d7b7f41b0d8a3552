"""Searching a space: trials, their order, and what is remembered."""

from __future__ import annotations

import hashlib
import pathlib

import pytest
from commands import run, small
from experiments import targets
from threadpoolctl import threadpool_limits

import zoo
from tuning import search
from tuning.runs.trials import NO_LIMIT, TUNERS, Search
from tuning.training.fits import Fit, key
from tuning.training.progress import Progress
from tuning.training.recipe import recipe

PAPERS_VALUES = {"span": 512, "l2": 0.0, "learning_rate": 1e-3}


class Scored:
    """An experiment whose scores follow from the configuration at once."""

    def __init__(self, model="recola_context", epochs=9):
        self.card = zoo.card(model)
        self.recipe = recipe(model)
        self.targets = ["arousal", "valence"]
        self.measures = {"ccc": "CCC"}
        self.epochs = epochs
        self.asked = []

    def fit(self, out, dimension, configuration, seed, epochs, on_epoch):
        self.asked.append((dimension, configuration, epochs))
        name = key(dimension, configuration, seed)
        digest = hashlib.sha256(f"{name} {epochs}".encode()).digest()
        return Fit(
            dimension,
            seed,
            self.epochs if epochs is None else epochs,
            digest[0] / 255,
            0,
            pathlib.Path(name),
        )


def searching(out, tuner="random", trials=8, seed=0, changes=(), **rest):
    scored = Scored(**rest)
    return Search(scored, out, tuner, trials, seed, Progress(), changes)


def trials_of(model, tuner, changes=()):
    return search.default_trials(
        recipe(model), tuner, targets(model)[0], changes
    )


def values(trial):
    return {**trial["arguments"], **trial["training"]}


def own(found, dimension):
    return [each for each in found.trials if each["target"] == dimension]


@pytest.mark.parametrize("tuner", TUNERS)
def test_the_papers_own_values_are_tried_first(tmp_path, tuner):
    found = searching(tmp_path, tuner, 4)
    found.run()
    for dimension in ("arousal", "valence"):
        trials = own(found, dimension)
        assert trials[0]["trial"] == "paper" and len(trials) == 4
        assert values(trials[0]) == PAPERS_VALUES
        assert [each["epochs"] for each in trials][0] == 9


@pytest.mark.parametrize("tuner", ["random", "grid"])
def test_no_configuration_is_tried_twice(tmp_path, tuner):
    found = searching(tmp_path, tuner, 13)
    found.run()
    assert len(found.experiment.asked) == len(found.trials) == 26
    for dimension in ("arousal", "valence"):
        tried = {str(values(each)) for each in own(found, dimension)}
        assert len(tried) == 13


@pytest.mark.parametrize("tuner", TUNERS)
def test_the_best_configuration_of_each_dimension_wins(tmp_path, tuner):
    found = searching(tmp_path, tuner, 6)
    best = found.run()
    assert list(best) == ["arousal", "valence"]
    for dimension, configuration in best.items():
        trials = own(found, dimension)
        winner = max(trials, key=lambda each: each["dev_ccc"])
        assert winner["dev_ccc"] > trials[0]["dev_ccc"]
        assert configuration.arguments == winner["arguments"]
        assert configuration.training == winner["training"]


@pytest.mark.slow
@pytest.mark.parametrize("tuner", TUNERS)
def test_a_seed_gives_the_same_trials_again(tmp_path, tuner):
    trials = []
    for _ in range(2):
        found = searching(tmp_path, tuner, 11)  # Bayes begins at the 11th
        found.experiment.dimensions = ["arousal"]
        with threadpool_limits(1):  # else spins beside TensorFlow's threads
            found.run()
        trials.append([{**each, "seconds": 0} for each in found.trials])
    assert trials[0] == trials[1]


@pytest.mark.parametrize("tuner", ["random", "bayesian", "hyperband"])
def test_another_seed_gives_other_trials(tmp_path, tuner):
    tried = []
    for seed in (0, 1):
        found = searching(tmp_path, tuner, 4, seed)
        found.run()
        tried.append([values(each) for each in found.trials])
    assert tried[0][0] == tried[1][0] == PAPERS_VALUES
    assert tried[0][1:4] != tried[1][1:4]


def test_hyperband_gives_the_good_more_epochs(tmp_path):
    found = searching(tmp_path, "hyperband", 20)
    found.run()
    asked = [epochs for name, _, epochs in found.experiment.asked]
    assert asked[0] is None and {1, 3, 9} <= set(asked[1:20])
    short = [t for t in own(found, "arousal") if t["epochs"] == 1]
    longer = [t for t in own(found, "arousal")[1:] if t["epochs"] == 3]
    ranked = sorted(short, key=lambda each: -each["dev_ccc"])
    promoted = [values(each) for each in longer[:3]]
    assert promoted == [values(each) for each in ranked[:3]]


@pytest.mark.parametrize(
    "name", ["recola_blstm_cls", "recola_blstm_mse", "recola_blstm_ccc"]
)
def test_the_grid_of_paper_001_is_searched_whole(tmp_path, name):
    assert trials_of(name, "grid") == 3 * 2
    found = searching(tmp_path, "grid", 3 * 2, model=name)
    found.run()
    for dimension in ("arousal", "valence"):
        tried = [values(each) for each in own(found, dimension)]
        assert {(each["depth"], each["l2"]) for each in tried} == {
            (depth, l2) for depth in (3, 4, 5) for l2 in (0.0, 2e-5)
        }
        assert len(tried) == 6
        assert {each["learning_rate"] for each in tried} == {0.002}


@pytest.mark.parametrize("tuner", ["grid", "random"])
def test_what_is_set_is_not_searched(tmp_path, tuner):
    name, changes = "recola_blstm_cls", ["depth=4"]
    trials = trials_of(name, "grid", changes)
    assert trials == 2
    found = searching(tmp_path, tuner, trials, model=name, changes=changes)
    found.run()
    tried = [values(each) for each in own(found, "arousal")]
    assert [each["depth"] for each in tried] == [4, 4]
    assert {each["l2"] for each in tried} == {0.0, 2e-5}


def test_a_grid_without_end_needs_trials(tmp_path):
    argv = small(tmp_path / "data", tmp_path / "out", tuner="grid")
    done = run(search.main, *argv)
    assert done.code == 2
    assert "'learning_rate' takes any value. Limit" in done.sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("tuner", ["random", "bayesian"])
def test_without_trials_there_are_five(tuner):
    assert trials_of("recola_dilated", tuner) == 5


def test_hyperband_ends_by_itself():
    assert trials_of("recola_dilated", "hyperband") == NO_LIMIT


def test_a_single_trial_is_the_papers(tmp_path):
    found = searching(tmp_path, trials=1)
    best = found.run()
    assert [each["trial"] for each in found.trials] == ["paper", "paper"]
    assert best["arousal"].arguments == {"span": 512, "l2": 0.0}


@pytest.mark.parametrize("error", [ValueError, OSError, TypeError])
def test_an_error_in_a_trial_ends_the_search(tmp_path, error):
    found = searching(tmp_path, trials=5)
    plain = found.experiment.fit

    def fail(*args, **kwargs):
        if len(found.trials) == 2:
            raise error("no space left")
        return plain(*args, **kwargs)

    found.experiment.fit = fail
    sentence = ValueError if error is not TypeError else Exception
    with pytest.raises(sentence, match="no space left"):
        found.run()
    assert len(found.trials) == 2


def test_progress_says_trial_best_and_time_left(tmp_path, capsys):
    found = searching(tmp_path, trials=3)
    found.run()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 6
    for number, line in enumerate(lines[:3], 1):
        assert line.startswith(f"arousal: trial {number} of 3: dev CCC 0.")
        best = max(t["dev_ccc"] for t in own(found, "arousal")[:number])
        assert f"best {best:.3f} (" in line and line.endswith(" left")


def test_a_space_is_asked_for_every_dimension_by_itself(tmp_path):
    found = searching(tmp_path, trials=1, model="recola_downup")
    best = found.run()
    assert best["arousal"].arguments["width"] == 32
    assert best["valence"].arguments["width"] == 128
