"""Cards, names and look-up."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json

import keras
import numpy as np
import pytest

import zoo
from zoo import frontends, registry
from zoo.common.cli import UsageError

CARD = zoo.card("recola_dilated")


@pytest.fixture
def empty(monkeypatch):
    """A register without models, for this test alone."""
    monkeypatch.setattr(registry, "_ENTRIES", {})


def test_names_are_sorted_and_take_a_pattern():
    assert zoo.names() == sorted(zoo.names())
    assert {"recola_context", "recola_dilated", "recola_downup"} <= set(
        zoo.names("recola_*")
    )
    assert zoo.names("*_downup") == ["recola_downup"]
    assert zoo.names("nothing*") == []


def test_a_card_is_that_of_the_model_that_get_builds():
    two = {"labels": ["sad", "angry"]}
    (emotion,) = zoo.card("cheavd_attention_blstm_fcn", None, **two).outputs
    assert emotion.labels == ("sad", "angry") and emotion.shape == (2,)
    (signed,) = zoo.card("mosei_lstm", low=-3, high=3).outputs
    assert signed.unit == "intensity in [-3, 3]"
    cls = zoo.card("recola_blstm_cls", None, levels=[3], dimensions=["mood"])
    names = {port.name: port.labels for port in cls.outputs}
    assert names == {"mood": (), "mood_3": ("level 0", "level 1", "level 2")}
    (task,) = zoo.card("iemocap_e2e_stl", None, tasks=["valence"]).outputs
    assert task.name == "valence" and task.hop is None


def test_a_card_of_packaged_weights_refuses_other_arguments():
    with pytest.raises(ValueError, match="`depth` must be as the weights"):
        zoo.card("recola_dilated", depth=3)
    assert zoo.card("recola_dilated", None, depth=3).weights is None
    with pytest.raises(ValueError, match="must be 'pretrained' or None"):
        zoo.card("recola_dilated", "runs/mine")


def test_a_loaded_model_still_knows_its_labels(tmp_path):
    model = zoo.get("mosei_cnn", None, labels=["fear", "joy"])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert zoo.describe(loaded) == zoo.describe(model)
    assert zoo.describe(loaded).outputs[0].labels == ("fear", "joy")


def test_looking_at_cards_leaves_the_seed_alone():
    kernels = []
    for look in (True, False):
        keras.utils.set_random_seed(3)
        if look:
            zoo.card("recola_context", None, span=7 + len(kernels))
        model = zoo.get("recola_context", None, span=9)
        kernels.append(keras.ops.convert_to_numpy(model.weights[0]))
    np.testing.assert_array_equal(*kernels)


def test_an_entry_point_registers_under_its_own_name(empty):
    @registry.register(dataclasses.replace(CARD, name=""))
    def recola_try():
        return "built"

    assert registry.names() == ["recola_try"]
    assert registry.entry("recola_try").card.name == "recola_try"
    assert registry.entry("recola_try").build is recola_try
    assert recola_try() == "built"


def test_a_name_is_given_once(empty):
    def recola_try():
        pass

    registry.register(CARD)(recola_try)
    with pytest.raises(ValueError, match="'recola_try' is registered already"):
        registry.register(CARD)(recola_try)


def test_an_unknown_name_is_answered_with_the_nearest_one_and_all():
    with pytest.raises(UsageError) as caught:
        zoo.get("recola_dilted", weights=None)
    message = str(caught.value)
    assert "Did you mean 'recola_dilated'?" in message
    assert all(name in message for name in zoo.names())


def test_a_name_like_no_other_gets_no_suggestion():
    with pytest.raises(UsageError, match=r"No model 'xyzzy'\. Known: "):
        zoo.card("xyzzy")


def test_a_card_is_plain_frozen_values():
    json.dumps(dataclasses.asdict(CARD))
    with pytest.raises(dataclasses.FrozenInstanceError):
        CARD.name = "another"


@pytest.mark.parametrize("name", zoo.names())
def test_a_card_tells_what_there_is_to_know(name):
    found = zoo.card(name)
    assert found.name == name
    assert found.summary.endswith(".") and len(found.summary) < 80
    assert found.paper and found.corpus
    assert found.monitor[0].startswith("val_")
    assert found.monitor[1] in ("min", "max")
    assert "lengths" in [port.name for port in found.inputs]
    if found.frontend:
        assert found.hop > 0 and found.sampling_rate > 0
        frontends.get(found.frontend)


@pytest.mark.parametrize("name", zoo.names())
def test_an_entry_point_is_short_and_documented(name):
    build = registry.entry(name).build
    assert inspect.getdoc(build)
    (function,) = ast.parse(inspect.getsource(build)).body
    lines = function.end_lineno - function.body[0].lineno + 1
    assert lines <= 4, "an entry point fills in numbers, no more"


def test_a_front_end_that_no_one_knows_is_refused():
    with pytest.raises(ValueError, match="No front end 'mfcc'. Known: "):
        frontends.get("mfcc")
