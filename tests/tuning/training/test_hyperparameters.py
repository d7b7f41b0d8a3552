"""Configurations: the defaults of a search space with values that are set."""

from __future__ import annotations

import pytest

from tuning.training import hyperparameters
from tuning.training.recipe import names, recipe
from zoo.common import cli


def test_a_configuration_is_the_spaces_default_with_changes():
    default = hyperparameters.configure(recipe("recola_downup"), "valence")
    assert default.arguments["width"] == 128
    changed = hyperparameters.configure(
        recipe("recola_downup"), "valence", ["width=48", "learning_rate=1"]
    )
    assert changed.arguments == {**default.arguments, "width": 48}
    assert changed.training == {"learning_rate": 1.0, "augment": "none"}
    assert isinstance(changed.training["learning_rate"], float)
    classifier = hyperparameters.configure(
        recipe("recola_blstm_cls"), "arousal", ["levels_from=train"]
    )
    assert classifier.training["levels_from"] == "train"


@pytest.mark.parametrize("model", [n for n in names() if "recola" in n])
def test_bands_are_masked_where_asked_for(model):
    default = hyperparameters.configure(recipe(model), "arousal")
    assert default.training["augment"] == "none"
    changed = hyperparameters.configure(
        recipe(model), "arousal", ["augment=bands"]
    )
    assert changed.training == {**default.training, "augment": "bands"}
    words = "augment=gain: the value must be one of none, bands. Received"
    with pytest.raises(cli.UsageError, match=words):
        hyperparameters.configure(recipe(model), "arousal", ["augment=gain"])


def test_the_order_of_the_recurrent_branch_can_be_set():
    model = "iemocap_attention_blstm_fcn"
    changed = hyperparameters.configure(
        recipe(model), "classes", ["shuffle=false"]
    )
    assert changed.arguments["shuffle"] is False
    default = hyperparameters.configure(recipe(model), "classes")
    assert default.arguments["shuffle"] is True


def test_the_last_of_two_values_is_taken():
    changes = ["l2=0.1", "depth=4", "l2=0"]
    changed = hyperparameters.configure(
        recipe("recola_dilated"), "arousal", changes
    )
    assert (changed.arguments["l2"], changed.arguments["depth"]) == (0.0, 4)


def test_values_that_do_not_go_together_are_refused():
    words = "--set factor=4: `kernel_size` must be at least `factor`"
    for make in (hyperparameters.configure, hyperparameters.fixed):
        with pytest.raises(cli.UsageError, match=words):
            make(recipe("recola_downup"), "arousal", ["factor=4"])
    changed = hyperparameters.configure(
        recipe("recola_downup"), "arousal", ["factor=4", "kernel_size=4"]
    )
    assert changed.arguments["kernel_size"] == 4
