"""Experiments on traces: training, resuming and scoring."""

from __future__ import annotations

import json
import shutil

import keras
import numpy as np
import pytest
from experiments import open_experiment

import pipelines
import zoo
from pipelines.corpora.simulated import Simulated
from tuning.experiments.base import SPLITS
from tuning.experiments.setup import Setup
from tuning.experiments.traces import TraceExperiment
from tuning.runs.ensemble import Ensemble
from tuning.training import fits, hyperparameters
from tuning.training.fits import Configuration
from tuning.training.recipe import recipe

pytestmark = pytest.mark.slow

CONFIGURATION = Configuration({"span": 4, "l2": 0.0}, {"learning_rate": 0.01})
WITH_MASKS = Configuration(
    CONFIGURATION.arguments, {**CONFIGURATION.training, "augment": "bands"}
)
EPOCHS = 3


@pytest.fixture(scope="module")
def experiment(simulated):
    return open_traces(simulated)


def open_traces(folder):
    corpus = pipelines.corpus("simulated", folder)
    return open_experiment("recola_context", corpus, EPOCHS)


@pytest.fixture(scope="module")
def uninterrupted(experiment, tmp_path_factory):
    out = tmp_path_factory.mktemp("uninterrupted")
    return experiment.fit(out, "arousal", CONFIGURATION, 1)


def weights(experiment, fit):
    return experiment.load(fit, CONFIGURATION).get_weights()


def ccc(y_true, y_pred):
    """Returns the CCC by its formula, over the frames of all recordings."""
    y_true = np.concatenate(y_true).astype("float64")
    y_pred = np.concatenate(y_pred).astype("float64")
    covariance = np.cov(y_true, y_pred, bias=True)
    bias = y_true.mean() - y_pred.mean()
    return 2 * covariance[0, 1] / (np.trace(covariance) + bias**2)


def refuse_to_train(*args, **kwargs):
    pytest.fail("trained again")


def test_an_experiment_reads_every_split(experiment):
    assert experiment.targets == ["arousal", "valence"]
    assert experiment.scored == ["dev", "test"]
    for split in SPLITS:
        samples = experiment.samples[split]
        assert [sample.id for sample in samples] == [
            f"{split}_{number}" for number in range(1, 10)
        ]
        assert all(sample.features.shape == (150, 160) for sample in samples)
        assert experiment.labelled(split)


def test_progress_of_reading_is_shown(simulated):
    lines = []
    TraceExperiment(
        Setup(
            zoo.card("recola_context"),
            recipe("recola_context"),
            pipelines.corpus("simulated", simulated),
        ),
        progress=lines.append,
    )
    assert lines[0] == "reading train recording 1 of 9"
    assert lines[-1] == "reading test recording 9 of 9" and len(lines) == 27


def test_the_number_of_epochs_is_the_recipes_by_default(experiment, simulated):
    corpus = pipelines.corpus("simulated", simulated)
    default = open_experiment("recola_context", corpus)
    assert (experiment.epochs, default.epochs) == (EPOCHS, 60)


def test_a_corpus_without_a_target_is_refused(simulated, monkeypatch):
    corpus = pipelines.corpus("simulated", simulated)
    monkeypatch.setattr(Simulated, "dimensions", ("arousal", "dominance"))
    with pytest.raises(ValueError, match="no labels of valence.*_context"):
        open_experiment("recola_context", corpus)


def test_dilations_are_bounded_by_the_longest_recording(simulated):
    corpus = pipelines.corpus("simulated", simulated)
    dilated = open_experiment("recola_dilated", corpus, EPOCHS)
    default = hyperparameters.configure(recipe("recola_dilated"), "arousal")
    arguments = dilated.arguments({"arousal": default})
    assert arguments["longest"] == 150


def test_a_fit_reports_the_development_score_of_its_weights(
    experiment, uninterrupted
):
    assert uninterrupted.epochs == EPOCHS
    network = experiment.load(uninterrupted, CONFIGURATION)
    y_pred = experiment.predict(network, "dev", {})["arousal"]
    y_true = [sample.traces["arousal"] for sample in experiment.samples["dev"]]
    assert abs(ccc(y_true, y_pred) - uninterrupted.best) < 1e-5
    history = (uninterrupted.folder / "history.csv").read_text().splitlines()
    column = history[0].split(",").index("val_ccc")
    scores = [float(line.split(",")[column]) for line in history[1:]]
    assert len(scores) == EPOCHS
    assert uninterrupted.best == max(scores)
    assert scores[uninterrupted.best_epoch] == max(scores)


def test_a_finished_fit_is_not_trained_again(
    experiment, uninterrupted, monkeypatch
):
    monkeypatch.setattr(keras.Model, "fit", refuse_to_train)
    out = uninterrupted.folder.parents[1]
    again = experiment.fit(out, "arousal", CONFIGURATION, 1)
    assert again == uninterrupted


def interrupt(after):
    """Returns a callback that interrupts training after some epochs."""

    def on_epoch(epoch, logs):
        if epoch + 1 == after:
            raise KeyboardInterrupt

    return on_epoch


@pytest.mark.parametrize("after", [1, EPOCHS])
def test_an_interrupted_fit_ends_as_an_uninterrupted_one(
    experiment, uninterrupted, tmp_path, after
):
    arguments = (tmp_path, "arousal", CONFIGURATION, 1)
    with pytest.raises(KeyboardInterrupt):
        experiment.fit(*arguments, on_epoch=interrupt(after))
    (folder,) = (tmp_path / "fits").iterdir()
    assert [path.name for path in folder.iterdir()] == ["state.npz"]
    epochs = []
    fit = experiment.fit(*arguments, on_epoch=lambda n, logs: epochs.append(n))
    assert epochs == list(range(after, EPOCHS))
    assert fit.folder.name == uninterrupted.folder.name
    for name in ("result.json", "history.csv"):
        expected = (uninterrupted.folder / name).read_text()
        assert (fit.folder / name).read_text() == expected
    for resumed, expected in zip(
        weights(experiment, fit), weights(experiment, uninterrupted)
    ):
        np.testing.assert_array_equal(resumed, expected)


def first_features(batches):
    return next(iter(batches))[0]["features"].numpy()


def test_only_training_batches_are_masked(experiment):
    plain, masked = (
        experiment.job("arousal", own) for own in (CONFIGURATION, WITH_MASKS)
    )
    before, after = (first_features(job.train(0, 0)) for job in (plain, masked))
    assert (before != 0).all() and (after == 0).any()
    np.testing.assert_array_equal(after[after != 0], before[after != 0])
    np.testing.assert_array_equal(after, first_features(masked.train(0, 0)))
    np.testing.assert_array_equal(
        *(first_features(job.dev()) for job in (plain, masked))
    )


def test_a_fit_with_masks_resumes_as_an_uninterrupted_one(
    experiment, uninterrupted, tmp_path
):
    arguments = ("arousal", WITH_MASKS, 1)
    whole = experiment.fit(tmp_path / "whole", *arguments)
    experiment.fit(tmp_path / "resumed", *arguments, epochs=1)
    resumed = experiment.fit(tmp_path / "resumed", *arguments)
    histories = [
        (fit.folder / "history.csv").read_text()
        for fit in (whole, resumed, uninterrupted)
    ]
    assert histories[0] == histories[1] != histories[2]


def test_more_epochs_resume_a_fit_and_fewer_are_read_from_it(
    experiment, uninterrupted, tmp_path
):
    """Hyperband trains the same configuration for more and more epochs."""
    arguments = (tmp_path, "arousal", CONFIGURATION, 1)
    one = experiment.fit(*arguments, epochs=1)
    three = experiment.fit(*arguments, epochs=3)
    assert one.epochs == 1 and three.epochs == 3
    assert (three.best, three.best_epoch) == (
        uninterrupted.best,
        uninterrupted.best_epoch,
    )
    assert experiment.fit(*arguments, epochs=1) == one


def test_another_seed_gives_other_initial_weights(experiment, tmp_path):
    untrained = Configuration(CONFIGURATION.arguments, {"learning_rate": 1e-30})
    kernels = []
    for seed in (1, 2):
        fit = experiment.fit(tmp_path, "arousal", untrained, seed, epochs=1)
        kernels.append(weights(experiment, fit)[0])
    assert (kernels[0] != kernels[1]).all()
    assert len(list((tmp_path / "fits").iterdir())) == 2


def test_a_damaged_state_is_refused_by_name(experiment, tmp_path):
    arguments = (tmp_path, "arousal", CONFIGURATION, 1)
    with pytest.raises(KeyboardInterrupt):
        experiment.fit(*arguments, on_epoch=interrupt(1))
    (state,) = tmp_path.rglob("state.npz")
    state.write_bytes(state.read_bytes()[:5000])
    with pytest.raises(ValueError, match="state.npz is not a state.*--fresh"):
        experiment.fit(*arguments)


def test_predictions_are_traces_of_their_recordings(experiment, uninterrupted):
    network = experiment.load(uninterrupted, CONFIGURATION)
    predictions = experiment.predict(network, "test", {})
    assert list(predictions) == ["arousal"]
    traces = predictions["arousal"]
    assert [trace.shape for trace in traces] == [(150,)] * 9
    assert len({float(trace.sum()) for trace in traces}) == 9


def test_scores_are_pooled_over_recordings(experiment):
    rng = np.random.default_rng(0)
    y_true = [sample.traces["valence"] for sample in experiment.samples["dev"]]
    y_pred = [
        trace + index / 9 + rng.normal(0, 0.1, len(trace))
        for index, trace in enumerate(y_true)
    ]
    scores = experiment.score({"valence": y_pred}, "dev")["valence"]
    assert abs(scores["ccc"] - ccc(y_true, y_pred)) < 1e-9
    errors = np.concatenate(y_true) - np.concatenate(y_pred)
    assert abs(scores["rmse"] - np.sqrt(np.mean(errors**2))) < 1e-9
    unpooled = [ccc([labels], [trace]) for labels, trace in zip(y_true, y_pred)]
    assert abs(scores["ccc"] - np.mean(unpooled)) > 0.05


def test_an_ensemble_averages_the_predictions_of_each_recording():
    runs = [
        {"dev": {"arousal": [np.array([0.0, 1.0]), np.array([2.0])]}},
        {"dev": {"arousal": [np.array([1.0, 3.0]), np.array([5.0])]}},
    ]
    ensemble = Ensemble({}, {}, {"arousal": runs})
    first, second = ensemble.averaged("dev")["arousal"]
    np.testing.assert_array_equal(first, [0.5, 2.0])
    np.testing.assert_array_equal(second, [3.5])
    assert ensemble.of_seed(1, "dev")["arousal"][1] == [5.0]


def test_a_secret_test_split_is_predicted_but_not_scored(simulated, tmp_path):
    shutil.copytree(simulated, tmp_path / "copy")
    for path in tmp_path.rglob("test_*.arff"):
        path.unlink()
    experiment = open_traces(tmp_path / "copy")
    assert experiment.scored == ["dev", "test"]
    assert [experiment.labelled(split) for split in SPLITS] == [
        True,
        True,
        False,
    ]
    network = experiment.build("valence", CONFIGURATION)
    assert len(experiment.predict(network, "test", {})["valence"]) == 9


def test_a_fits_result_is_a_json_file(uninterrupted):
    result = json.loads((uninterrupted.folder / "result.json").read_text())
    assert result["seed"] == 1 and result["target"] == "arousal"
    assert uninterrupted.folder.name == fits.key("arousal", CONFIGURATION, 1)
