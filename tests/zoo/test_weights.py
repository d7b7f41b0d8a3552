"""Where weights come from, and what is refused on the way."""

from __future__ import annotations

import dataclasses
import json
import re

import keras
import numpy as np
import pytest

import zoo
from zoo import downloads, weights

NAME = "recola_dilated"
TINY = {"depth": 1, "width": 2}


def answers(model: keras.Model) -> np.ndarray:
    features = np.linspace(-1, 1, 5 * 160, dtype="float32")
    inputs = {"features": features.reshape(1, 5, 160), "lengths": np.array([5])}
    return keras.ops.convert_to_numpy(model(inputs)["arousal"])


def record(path, **fields) -> dict:
    """The record of a file of weights, with other `fields`."""
    plain = dict.fromkeys(
        (field.name for field in dataclasses.fields(zoo.registry.Weights)), ""
    )
    known = {"file": path.name, "sha256": downloads.sha256(path)}
    return {**plain, **known, "arguments": TINY, **fields}


@pytest.fixture
def model():
    return zoo.get(NAME, weights=None, **TINY)


@pytest.fixture
def packaged(model, tmp_path, monkeypatch):
    """A function that packages the model's weights, with a record."""
    monkeypatch.setattr(weights, "PACKAGED", tmp_path)
    path = tmp_path / f"{NAME}.weights.h5"
    model.save_weights(path)

    def write(**fields):
        (tmp_path / f"{NAME}.json").write_text(
            json.dumps(record(path, **fields))
        )
        return path

    return write


@pytest.fixture
def run(model, tmp_path):
    """A function that makes a run's folder."""

    def make(name=NAME, arguments=TINY):
        config = {"model": name, "arguments": arguments}
        (tmp_path / "config.json").write_text(json.dumps(config))
        model.save(tmp_path / "model.keras")
        return str(tmp_path)

    return make


def test_packaged_weights_come_with_the_arguments_they_need(packaged, model):
    packaged()
    found = zoo.get(NAME)
    np.testing.assert_array_equal(answers(found), answers(model))
    assert zoo.get(NAME, width=2).count_params() == model.count_params()


def test_a_card_says_what_its_weights_were_trained_on(packaged):
    assert packaged(corpus="simulated")
    assert zoo.card(NAME).weights.corpus == "simulated"
    assert zoo.card("recola_context").weights is None


def test_packaged_weights_that_do_not_exist_are_no_silent_fresh_start(
    packaged,
):
    with pytest.raises(ValueError, match="has no packaged weights. Pass wei"):
        zoo.get("recola_context")


def test_packaged_weights_must_be_the_file_of_their_record(packaged):
    path = packaged()
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ValueError, match="is not the file that its record"):
        zoo.get(NAME)
    path.unlink()
    with pytest.raises(ValueError, match="is missing or is not the file"):
        zoo.get(NAME)


@pytest.mark.parametrize(
    "asked", [{"width": 3}, {"l2": 0.1}, {"dimensions": ("arousal",)}]
)
def test_arguments_must_not_contradict_the_weights(packaged, asked):
    packaged()
    with pytest.raises(ValueError, match=f"`{list(asked)[0]}` must be as the"):
        zoo.get(NAME, **asked)


def test_a_tuple_is_the_list_that_json_made_of_it(packaged):
    packaged(arguments={**TINY, "dimensions": ["arousal", "valence"]})
    zoo.get(NAME, dimensions=("arousal", "valence"))


def test_none_gives_a_freshly_drawn_model():
    first, second = (zoo.get(NAME, weights=None, **TINY) for _ in range(2))
    assert (answers(first) != answers(second)).any()


def test_a_run_brings_its_own_arguments(run, model):
    found = zoo.get(NAME, weights=run())
    np.testing.assert_array_equal(answers(found), answers(model))


def test_a_run_of_another_model_is_refused(run):
    with pytest.raises(ValueError, match="is a run of 'recola_downup', not"):
        zoo.get(NAME, weights=run("recola_downup"))


def test_arguments_must_not_contradict_a_run(run):
    with pytest.raises(ValueError, match="Received: depth=2"):
        zoo.get(NAME, weights=run(), depth=2)


def test_a_run_that_is_not_finished_is_refused(run, tmp_path):
    where = run()
    (tmp_path / "model.keras").unlink()
    with pytest.raises(ValueError, match="or be a finished run's folder"):
        zoo.get(NAME, weights=where)


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no config.json"):
        zoo.get(NAME, weights=str(tmp_path))


@pytest.mark.parametrize("content", ["{", "[]", '{"model": "x"}', "null"])
def test_a_damaged_run_is_named(content, tmp_path):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ValueError, match=r"config\.json is damaged"):
        zoo.get(NAME, weights=str(tmp_path))


def test_a_file_that_does_not_exist_is_named():
    with pytest.raises(FileNotFoundError, match="no /no/such.keras"):
        zoo.get(NAME, weights="/no/such.keras")


def test_another_suffix_is_refused(tmp_path):
    path = tmp_path / "weights.pickle"
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="must end in .keras or .weights.h5"):
        zoo.get(NAME, weights=str(path))


@pytest.mark.parametrize("suffix", downloads.SUFFIXES)
def test_a_damaged_file_is_named(suffix, tmp_path):
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(b"not weights")
    with pytest.raises(ValueError, match="does not hold the weights of this"):
        zoo.get(NAME, weights=str(path), **TINY)


@pytest.mark.parametrize(
    "name, asked, words",
    [
        (NAME, {"width": 3}, "arousal_dilated (3, 160, 3) is needed"),
        (NAME, {"depth": 2}, "holds nothing where arousal_dilated (3, 2, 2)"),
        (NAME, {"dimensions": ["arousal"]}, "where nothing is needed"),
        (NAME, {"dimensions": ["joy", "valence"]}, "where joy_dilated (3, 16"),
        ("recola_downup", {}, "where arousal_down (3, 160, 2) is needed"),
    ],
)
@pytest.mark.parametrize("suffix", downloads.SUFFIXES)
def test_weights_of_another_network_are_refused(
    name, asked, words, suffix, model, tmp_path
):
    path = tmp_path / f"tiny{suffix}"
    model.save(path) if suffix == ".keras" else model.save_weights(path)
    with pytest.raises(ValueError, match=re.escape(words)):
        zoo.get(name, weights=str(path), **{**TINY, **asked})


def test_weights_of_a_trained_model_load_with_names_of_any_count(tmp_path):
    """What an optimiser holds, and Keras's own counting, do not matter."""

    def build():
        inputs = keras.Input((2,))
        return keras.Model(inputs, keras.layers.Dense(3)(inputs))

    trained, path = build(), tmp_path / "trained.keras"
    trained.compile("adam", "mse")
    trained.train_on_batch(np.ones((1, 2)), np.ones((1, 3)))
    trained.save(path)
    fresh = build()
    assert fresh.layers[1].name != trained.layers[1].name
    weights._loaded(fresh, path)
    for new, old in zip(fresh.get_weights(), trained.get_weights()):
        np.testing.assert_array_equal(new, old)


def test_weights_of_some_modalities_have_files_of_their_own():
    entry = zoo.registry.entry("mosei_cnn")
    assert weights.stem(entry, {}) == "mosei_cnn"
    assert weights.stem(entry, {"modalities": "avt"}) == "mosei_cnn"
    assert weights.stem(entry, {"modalities": "va"}) == "mosei_cnn-av"
    assert weights.packaged(entry, {}) is None
    with pytest.warns(UserWarning, match="a program made"):
        model = zoo.get("mosei_cnn", modalities="av")
    assert model.input["features"].shape[-1] == 74 + 35
    with pytest.raises(ValueError, match="no packaged weights 'mosei_cnn-t'"):
        zoo.get("mosei_cnn", modalities="t")
