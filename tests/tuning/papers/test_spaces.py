"""Search spaces: from `hp` to configurations."""

from __future__ import annotations

import inspect

import keras_tuner
import pytest
from experiments import targets

import zoo
from tuning.training.recipe import names, recipe
from zoo.registry import entry

every_model = pytest.mark.parametrize("name", names())

PAPERS_VALUES = {
    ("recola_dilated", "arousal"): {"depth": 10, "width": 32, "dilation": 2},
    ("recola_dilated", "valence"): {"depth": 10, "width": 32, "dilation": 2},
    ("recola_downup", "arousal"): {"depth": 4, "width": 32, "factor": 3},
    ("recola_downup", "valence"): {"depth": 4, "width": 128, "factor": 3},
    ("recola_context", "arousal"): {"span": 512},
    ("recola_blstm_cls", "arousal"): {"depth": 3, "l2": 0.0},
    ("recola_blstm_mse", "arousal"): {"depth": 3, "l2": 0.0},
    ("recola_blstm_ccc", "valence"): {"depth": 3, "l2": 0.0},
    ("mosei_blstm", "emotions"): {"depth": 1},
    ("mosei_cnn", "emotions"): {"depth": 1},
}
FUSION = {
    "dense": [1, 2, 3],
    "dropout": [0.1, 0.2],
    "maxlen": [15, 20, 25, 30],
}
GRIDS = {
    "recola_context": {"span": [2**exponent for exponent in range(1, 12)]},
    "recola_blstm_cls": {"depth": [3, 4, 5], "l2": [0.0, 2e-5]},
    "recola_blstm_mse": {"depth": [3, 4, 5], "l2": [0.0, 2e-5]},
    "recola_blstm_ccc": {"depth": [3, 4, 5], "l2": [0.0, 2e-5]},
    "mosei_blstm": FUSION,
    "mosei_lstm": FUSION,
    "mosei_cnn": {"depth": [1, 2, 3], **FUSION},
}


def described(name, target=None):
    """A space's default configuration, and its hyper-parameters by name."""
    hp = keras_tuner.HyperParameters()
    target = target or targets(name)[0]
    configuration = recipe(name).configuration(hp, target)
    return configuration, {each.name: each for each in hp.space}


@pytest.mark.parametrize("name, dimension", PAPERS_VALUES)
def test_the_defaults_are_the_papers_final_values(name, dimension):
    configuration, _ = described(name, dimension)
    expected = PAPERS_VALUES[name, dimension]
    assert expected.items() <= configuration.arguments.items()


@pytest.mark.parametrize("name", GRIDS)
def test_the_values_are_those_that_the_paper_names(name):
    _, found = described(name)
    for argument, values in GRIDS[name].items():
        assert list(found[argument].values) == values


@pytest.mark.parametrize("name", [n for n in names() if "recola_blstm" in n])
def test_the_rate_of_the_two_stages_is_not_searched(name):
    configuration, found = described(name)
    assert configuration.training["learning_rate"] == 0.002
    assert found["learning_rate"].values == (0.002,)


def test_recipes_are_of_models():
    assert set(names()) <= set(zoo.names())


@every_model
def test_every_model_has_a_space_and_a_recipe(name):
    assert recipe(name).epochs > 0
    for target in targets(name):
        configuration, _ = described(name, target)
        assert "learning_rate" in configuration.training


@every_model
def test_a_space_names_arguments_that_its_model_takes(name):
    configuration, _ = described(name)
    model = zoo.get(name, None, **configuration.arguments)
    assert model.count_params() > 0
    defaults = inspect.signature(entry(name).build).parameters
    for argument, value in configuration.arguments.items():
        if argument in defaults and defaults[argument].default is not None:
            assert defaults[argument].default == value


@every_model
def test_every_hyper_parameter_reaches_the_configuration(name):
    configuration, found = described(name)
    merged = {**configuration.arguments, **configuration.training}
    assert sorted(merged) == sorted(found)
    for each in found.values():
        hp = keras_tuner.HyperParameters()
        hp.values[each.name] = other = list(each.values)[-1]
        changed = recipe(name).configuration(hp, targets(name)[0])
        assert {**changed.arguments, **changed.training} == {
            **merged,
            each.name: other,
        }


def test_an_unknown_recipe_is_refused():
    with pytest.raises(ValueError, match="'x' has no recipe"):
        recipe("x")


def test_down_and_up_is_searched_where_every_step_has_a_tap():
    _, found = described("recola_downup")
    least = min(found["kernel_size"].values)
    assert least >= max(found["factor"].values)


def test_more_than_the_papers_ten_layers_are_searched():
    _, found = described("recola_dilated")
    assert max(found["depth"].values) > 10
