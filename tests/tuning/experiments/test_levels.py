"""A trained classifier: what its run keeps, and other objectives."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from commands import run
from experiments import open_experiment

import pipelines
import zoo
from tuning import package, train
from tuning.experiments.levels import OBJECTIVES
from tuning.training import hyperparameters
from zoo import decoding
from zoo.papers import recola_discrete

pytestmark = pytest.mark.slow


@pytest.fixture
def trained(classifier):
    return classifier, classifier.folder


def test_the_saved_model_is_the_ensemble_and_its_decoder(trained, simulated):
    done, folder = trained
    model = zoo.get("recola_blstm_cls", str(folder))
    corpus = pipelines.corpus("simulated", simulated)
    (utterance, *_) = corpus.split("dev")
    (sample,) = pipelines.datasets.traces.read(
        corpus, [utterance], "stacked_log_mel", "recording"
    )
    inputs = {
        "features": sample.features[None],
        "lengths": np.array([len(sample.features)], "int32"),
    }
    outputs = {
        "predictions.npz": model(inputs),
        "decoded.npz": recola_discrete.decoded(model)(inputs),
    }
    for name, own in outputs.items():
        with np.load(folder / name, allow_pickle=False) as arrays:
            for dimension in ("arousal", "valence"):
                np.testing.assert_allclose(
                    np.asarray(own[dimension])[0],
                    arrays[f"dev/{dimension}/0"],
                    atol=1e-5,
                )
    for dimension, decoders in recola_discrete.decoders(model).items():
        best = done.report["decoded"]["sweeps"][dimension][0]
        for decoder in decoders.values():
            assert decoder.alpha == best["alpha"]
            assert best["alpha"] == 0 or (
                decoder.language_model.order == best["order"]
            )


def test_the_report_says_what_is_saved(trained):
    report = trained[0].report
    assert report["saved"]["seeds"] == {"arousal": [0, 1], "valence": [0, 1]}
    for split, scores in report["saved"]["metrics"].items():
        for dimension, own in scores.items():
            expected = report["metrics"][split][dimension]["ccc"]
            assert own["ccc"] == pytest.approx(expected, abs=1e-5)


def test_packaged_weights_hold_the_decoder(trained, tmp_path):
    done = run(package.main, str(trained[1]), f"--out={tmp_path}")
    assert done.code == 0, done.err
    model = zoo.get(
        "recola_blstm_cls",
        str(tmp_path / "recola_blstm_cls.weights.h5"),
        depth=1,
        networks=2,
    )
    kept = recola_discrete.decoders(model)
    decoding.save(tmp_path / "decoder.npz", kept)
    assert decoding.load(tmp_path / "decoder.npz").keys() == kept.keys()
    text = (tmp_path / "recola_blstm_cls.json").read_text("utf-8")
    assert "the mean of 2 seeds" in text


@pytest.mark.parametrize("augment", ["none", "bands"])
def test_levels_are_learnt_from_masked_features(augment, simulated):
    corpus = pipelines.corpus("simulated", simulated)
    experiment = open_experiment("recola_blstm_cls", corpus)
    configuration = hyperparameters.configure(
        experiment.recipe, "arousal", [f"augment={augment}"]
    )
    job = experiment.job("arousal", configuration)
    inputs, targets, _ = next(iter(job.train(0, 0)))
    assert (inputs["features"].numpy() == 0).any() == (augment == "bands")
    assert {"arousal", "arousal_4"} < set(targets)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_has_a_gradient_for_every_head(objective, simulated):
    corpus = pipelines.corpus("simulated", simulated)
    experiment = open_experiment("recola_blstm_cls", corpus)
    changes = ["depth=1", f"objective={objective}", "discretisation=quantile"]
    configuration = hyperparameters.configure(
        experiment.recipe, "arousal", changes
    )
    for split, samples in experiment.samples.items():
        experiment.samples[split] = [shortened(sample) for sample in samples]
    model = experiment.build("arousal", configuration)
    job = experiment.job("arousal", configuration)
    job.adapt(model)
    job.compile(model, 0.002)
    before = {w.path: np.array(w) for w in model.trainable_variables}
    scores = model.fit(
        job.train(0, 0), steps_per_epoch=1, shuffle=False, verbose=0
    ).history
    assert np.isfinite(scores["loss"]).all()
    for weight in model.trainable_variables:
        assert (np.array(weight) != before[weight.path]).any(), weight.path


def shortened(sample, steps=200):
    traces = {name: trace[:steps] for name, trace in sample.traces.items()}
    return dataclasses.replace(
        sample, features=sample.features[:steps], traces=traces
    )


def test_a_wrong_objective_is_refused():
    for change in ("objective=mse", "discretisation=jenks", "readout=mode"):
        done = run(train.main, "recola_blstm_cls", f"--set={change}")
        assert done.code == 2 and "must be one of" in done.err
