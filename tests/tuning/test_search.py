"""The number of trials of a search, and what the command line refuses."""

from __future__ import annotations

import pytest
from commands import run, small
from experiments import targets

from tuning import search
from tuning.runs.trials import NO_LIMIT
from tuning.training.recipe import recipe


def count_trials(model, tuner, changes=()):
    return search.default_trials(
        recipe(model), tuner, targets(model)[0], changes
    )


def test_a_grid_without_end_needs_trials(tmp_path):
    argv = small(tmp_path / "data", tmp_path / "out", tuner="grid")
    done = run(search.main, *argv)
    assert done.code == 2
    assert "'learning_rate' takes any value. Limit" in done.sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("tuner", ["random", "bayesian"])
def test_without_trials_there_are_five(tuner):
    assert count_trials("recola_dilated", tuner) == 5


def test_hyperband_ends_by_itself():
    assert count_trials("recola_dilated", "hyperband") == NO_LIMIT


@pytest.mark.parametrize(
    "name", ["recola_blstm_cls", "recola_blstm_mse", "recola_blstm_ccc"]
)
def test_the_grid_of_le_2017_has_six_configurations(name):
    assert count_trials(name, "grid") == 3 * 2


def test_a_value_that_is_set_makes_the_grid_smaller():
    assert count_trials("recola_blstm_cls", "grid", ["depth=4"]) == 2
