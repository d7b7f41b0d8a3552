"""Packaged weights with a name of their own, beside those of the default."""

from __future__ import annotations

import warnings

import commands
import numpy as np
import pytest

import zoo
from zoo import __main__ as command
from zoo import readme, registry, weights
from zoo.common.cli import UsageError

MODELS = ("mosei_blstm", "mosei_cnn", "mosei_lstm")
every_model = pytest.mark.parametrize("name", MODELS)


@every_model
def test_named_weights_predict_a_rating_of_movie_reviews(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # they are of real recordings
        model = zoo.get(name, weights="mmmo")
    scaling = model.get_layer("scaling")
    noise = np.random.default_rng(0).normal(size=(2, 20, 74 + 36))
    features = np.asarray(scaling.offset) + noise * scaling.scale / 10
    batch = {
        "features": features.astype("float32"),
        "lengths": np.array([20, 7], "int32"),
    }
    ratings = np.asarray(model(batch)["emotions"])
    assert ratings.shape == (2, 1)
    assert ((1 <= ratings) & (ratings <= 5)).all()
    assert ratings[0] != ratings[1]


@every_model
def test_a_card_has_the_record_of_named_weights(name):
    card = zoo.card(name, weights="mmmo")
    record = card.weights
    assert record.file == f"{name}-mmmo.weights.h5"
    assert record.corpus == "mfn_mmmo" and not record.simulated
    assert card.inputs[0].shape == (None, 74 + 36)
    assert card.outputs[0].labels == ("sentiment",)
    assert {*record.constants["test"]["median"]} == {"sentiment"}
    assert record.units == {"dev": 40, "test": 80}


def test_the_default_stays_the_simulated_six_emotions():
    with pytest.warns(UserWarning, match="'simulated_mosei', which a program"):
        model = zoo.get("mosei_blstm")
    assert model.output["emotions"].shape == (None, 6)
    assert zoo.card("mosei_blstm").weights.file == "mosei_blstm.weights.h5"


def test_a_name_stands_for_arguments_too():
    named = zoo.card("mosei_cnn", weights="av")
    assert named == zoo.card("mosei_cnn", modalities="av")


def test_arguments_must_not_contradict_named_weights():
    with pytest.raises(ValueError, match="trained: modalities='av'. Received"):
        zoo.get("mosei_blstm", weights="mmmo", modalities="t")


def test_an_unknown_name_is_answered_with_those_that_exist():
    with pytest.raises(UsageError) as refused:
        zoo.get("mosei_cnn", weights="mmo")
    assert str(refused.value) == (
        "There are no packaged weights 'mmo' of 'mosei_cnn' (there are: 'av', "
        "'mmmo'), and no folder or file of that name."
    )
    with pytest.raises(UsageError, match="'x' of 'mosei_blstm' .*: 'mmmo', 'p"):
        zoo.get("mosei_blstm", weights="x")
    with pytest.raises(UsageError, match=r"'x' of 'recola_context' \(there a"):
        zoo.get("recola_context", weights="x")


def test_a_card_of_an_unknown_name_lists_those_that_exist():
    with pytest.raises(ValueError, match="'pretrained', 'mmmo' or None"):
        zoo.card("mosei_blstm", weights="mmo")


def test_without_default_weights_the_names_of_others_are_told():
    with pytest.raises(ValueError, match="no packaged weights but 'mmmo'. Pa"):
        zoo.get("mosei_lstm")


def test_a_name_goes_before_a_folder_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mmmo").mkdir()
    zoo.get("mosei_blstm", weights="mmmo")
    with pytest.raises(ValueError, match="holds no config.json"):
        zoo.get("mosei_blstm", weights="./mmmo")


@pytest.mark.parametrize("name", zoo.names())
def test_what_variants_returns_loads(name):
    for stem, arguments in weights.variants(registry.entry(name)).items():
        assert zoo.card(name, **arguments).weights.file.startswith(f"{stem}.")


def test_variants_have_those_of_arguments_and_those_of_names():
    assert weights.variants(registry.entry("mosei_cnn")) == {
        "mosei_cnn-av": {"modalities": "av"},
        "mosei_cnn-mmmo": {"weights": "mmmo"},
    }


def test_the_command_shows_and_lists_named_weights():
    shown = commands.run(command.main, "mosei_blstm-mmmo")
    assert "load: zoo.get('mosei_blstm', weights='mmmo')" in shown.out
    default = commands.run(command.main, "mosei_blstm").out.splitlines()
    assert default[-2:] == [
        "load: zoo.get('mosei_blstm')",
        "other weights: `python -m zoo mosei_blstm-mmmo`",
    ]
    listed = commands.run(command.main).out.splitlines()
    rows = {line.partition(" ")[0]: line.split()[-1] for line in listed if line}
    assert rows["mosei_blstm-mmmo"] == "[mfn_mmmo]"
    assert rows["mosei_blstm"] == "[simulated_mosei]"


def test_the_readme_names_them_in_the_row_of_their_model():
    lines = readme.models_table().splitlines()[2:]
    cells = [line.split(" | ") for line in lines]
    trained_on = {row[0].strip("| `"): row[4] for row in cells}
    mmmo = '`weights="mmmo"`: `mfn_mmmo`'
    assert trained_on["mosei_blstm"] == f"`simulated_mosei`; {mmmo}"
    assert trained_on["mosei_cnn"] == trained_on["mosei_lstm"] == mmmo
    assert trained_on["mosei_cnn-av"] == "`simulated_mosei`"
    assert not any("-mmmo" in name for name in trained_on)
