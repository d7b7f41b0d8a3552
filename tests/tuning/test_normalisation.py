"""Normalisation by speaker: all recordings, and those up to each."""

from __future__ import annotations

import json

import numpy as np
import pytest
import spoken
from commands import run
from experiments import open_experiment

import pipelines
from pipelines import normalise
from tuning import evaluate, package, train
from tuning.crosscorpus import page
from tuning.papers.attention_fcn import systems, tables
from tuning.training import hyperparameters
from tuning.training.recipe import names, recipe
from zoo.common import cli

MODEL = "iemocap_attention_blstm_fcn"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A network that learnt with each speaker's recordings together."""
    root = tmp_path_factory.mktemp("normalisation")
    data = spoken.with_splits(spoken.write(root / "corpus"))
    done = run(
        train.main,
        MODEL,
        "--corpus=manifest",
        f"--data={data}",
        f"--out={root / 'run'}",
        *("--epochs=1", "--seeds=1", "--set=branches=fcn"),
        *("--set=components=12", "--set=normalisation=speaker"),
    )
    assert done.code == 0, done.err
    return done


def scored(trained, *options):
    done = run(evaluate.main, trained.folder, "--json", *options)
    assert done.code == 0, done.err
    return json.loads(done.out)


@pytest.mark.slow
def test_a_network_is_scored_with_what_a_system_in_use_has_heard(trained):
    own, again, running = (
        scored(trained, *options)
        for options in (
            (),
            ("--normalisation=speaker",),
            ("--normalisation=running",),
        )
    )
    assert own["metrics"] == again["metrics"] != running["metrics"]
    assert "normalisation speaker" in own["notes"]
    note = "normalisation running, where the network learnt with speaker"
    assert note in running["notes"]
    assert own["recordings"] == running["recordings"]


@pytest.mark.slow
def test_a_normalisation_that_there_is_not_is_refused(trained):
    done = run(evaluate.main, trained.folder, "--normalisation=runing")
    assert done.code == 2
    assert "--normalisation runing: it must be one of none" in done.sentence


@pytest.mark.slow
def test_models_of_traces_have_no_such_choice(searched):
    done = run(evaluate.main, searched.folder, "--normalisation=running")
    assert done.code == 2
    assert "--normalisation is for models of utterances" in done.sentence


@pytest.mark.slow
@pytest.mark.parametrize("model", [MODEL, "iemocap_e2e_stl"])
def test_inputs_of_networks_are_normalised_in_turn(model, tmp_path):
    """Waveforms too: their offset and gain."""
    corpus = pipelines.corpus("manifest", spoken.write(tmp_path / "corpus"))
    protocol = "leave_one_speaker_out"
    data = open_experiment(model, corpus, 1, protocol=protocol).data
    plain = list(data.normalised("none").values())
    observed = data.normalised("running")
    own = [sample for sample in plain if sample.speaker == "1"]
    order = normalise.drawn_order("1", len(own))
    expected = normalise.in_turn([own[place].inputs for place in order])
    for place, inputs in zip(order, expected):
        np.testing.assert_array_equal(observed[own[place].id].inputs, inputs)


@pytest.mark.parametrize(
    "model", [name for name in names() if name.startswith("iemocap")]
)
def test_models_of_utterances_take_running_normalisation(model):
    change = "normalisation=running"
    own = hyperparameters.configure(recipe(model), "classes", [change])
    assert own.training["normalisation"] == "running"
    with pytest.raises(cli.UsageError, match="one of none, speaker"):
        hyperparameters.configure(
            recipe(model), "classes", ["normalisation=runing"]
        )


@pytest.mark.parametrize("scheme", normalise.OF_SPEAKERS)
def test_packaged_weights_say_what_makes_their_inputs(scheme):
    config = {"training": {"classes": {"normalisation": scheme}}}
    about = package._about_inputs(config)
    assert "zoo.frontends.SpeakerNormalisation" in about
    config["training"]["classes"]["normalisation"] = "none"
    assert package._about_inputs(config) == ""


def test_rows_of_every_normalisation_by_speaker_say_so():
    kinds = set(normalise.OF_SPEAKERS)
    assert {*systems.OF_SPEAKERS} == {*tables.BY_SPEAKER} == kinds
    for texts in (systems.OF_SPEAKERS, tables.BY_SPEAKER):
        assert len({*texts.values()}) == len(kinds)
    assert {*normalise.SCHEMES} < {*page.HEADINGS}
