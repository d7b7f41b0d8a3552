"""Paper 003's recipe: components, the optimizer and its schedule."""

from __future__ import annotations

import pytest

from tuning.papers.attention_fcn import published
from tuning.papers.attention_fcn import recipe as paper
from tuning.training import hyperparameters
from tuning.training.recipe import recipe

MODEL = "iemocap_attention_blstm_fcn"


def configured(*changes):
    return hyperparameters.configure(recipe(MODEL), "classes", changes)


class Statistics:
    """Three components explain 0.9 of the variance."""

    asked: list = []

    def whitening(self, components):
        import numpy as np

        self.asked.append(components)
        return {"matrix": np.zeros((7, 3))}


@pytest.mark.parametrize(
    "given, resolved",
    [("all", "all"), ("0.9", 3), (0.9, 3), ("100", 100), (40, 40)],
)
def test_components_are_all_a_share_of_variance_or_a_number(given, resolved):
    found = paper.count_components({"components": given}, Statistics())
    assert found == {"components": resolved}


def test_the_defaults_are_the_papers():
    configuration = configured()
    assert configuration.arguments["components"] == "all"
    assert configuration.arguments["units"] == 64
    training = configuration.training
    assert training["optimizer"] == "sgd" and training["batch_size"] == 50
    assert training["schedule"] == "plateau"


def test_adam_comes_with_its_own_rate():
    training = configured("optimizer=adam").training
    assert training["learning_rate"] == 1e-3
    assert training["schedule"] == "constant"
    training = configured("optimizer=adam", "learning_rate=0.0003").training
    assert training["learning_rate"] == 0.0003


@pytest.mark.parametrize(
    "systems, gains",
    [
        (published.TABLE_2["validation of CHEAVD"], (5.1, 4.2)),
        (published.TABLE_4["IEMO_dataset1"], (5.0, 5.4)),
        (published.TABLE_4["IEMO_dataset2"], (2.8, 2.6)),
    ],
)
def test_the_improvements_of_section_5_4_are_means_over_other_systems(
    systems, gains
):
    found = published.mean_gain(systems)
    assert found == pytest.approx(gains, abs=0.051)


def test_the_sizes_are_those_of_the_paper():
    totals = [sum(own.values()) for own in published.SIZES.values()]
    assert totals[:4] == [4917, 707, 1406, 4490]
    assert published.SIZES["IEMO_dataset2"]["happy"] == 595 + 1041
