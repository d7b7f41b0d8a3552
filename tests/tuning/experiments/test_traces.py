"""Experiments on traces: training, resuming, scores."""

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
from tuning.training import fits
from tuning.training.fits import Configuration
from tuning.training.recipe import recipe

pytestmark = pytest.mark.slow

CONFIGURATION = Configuration({"span": 4, "l2": 0.0}, {"learning_rate": 0.01})
EPOCHS = 3


@pytest.fixture(scope="module")
def experiment(simulated):
    return made(simulated)


def made(folder):
    corpus = pipelines.corpus("simulated", folder)
    return open_experiment("recola_context", corpus, EPOCHS)


@pytest.fixture(scope="module")
def uninterrupted(experiment, tmp_path_factory):
    out = tmp_path_factory.mktemp("uninterrupted")
    return experiment.fit(out, "arousal", CONFIGURATION, 1)


def weights(experiment, fit):
    return experiment.load(fit, CONFIGURATION).get_weights()


def ccc(true, predicted):
    """By the formula, over all frames of all recordings joined."""
    true = np.concatenate(true).astype("float64")
    predicted = np.concatenate(predicted).astype("float64")
    covariance = np.cov(true, predicted, bias=True)
    apart = (true.mean() - predicted.mean()) ** 2
    return 2 * covariance[0, 1] / (np.trace(covariance) + apart)


def never(*args, **kwargs):
    pytest.fail("trained again")


def test_an_experiment_reads_every_split(experiment):
    assert experiment.targets == ["arousal", "valence"]
    assert experiment.scored == ["dev", "test"]
    for split in SPLITS:
        found = experiment.samples[split]
        assert [each.id for each in found] == [
            f"{split}_{number}" for number in range(1, 10)
        ]
        assert all(each.features.shape == (150, 160) for each in found)
        assert experiment.labelled(split)


def test_reading_is_reported(simulated):
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


def test_epochs_are_the_recipes_where_none_are_named(experiment, simulated):
    corpus = pipelines.corpus("simulated", simulated)
    default = open_experiment("recola_context", corpus)
    assert (experiment.epochs, default.epochs) == (EPOCHS, 60)


def test_a_corpus_without_the_dimension_is_refused(simulated, monkeypatch):
    corpus = pipelines.corpus("simulated", simulated)
    monkeypatch.setattr(Simulated, "dimensions", ("arousal", "dominance"))
    with pytest.raises(ValueError, match="no labels of valence.*_context"):
        open_experiment("recola_context", corpus)


def test_a_fit_reports_the_development_score_of_its_weights(
    experiment, uninterrupted
):
    assert uninterrupted.epochs == EPOCHS
    network = experiment.load(uninterrupted, CONFIGURATION)
    predicted = experiment.predict(network, "dev", {})["arousal"]
    true = [each.traces["arousal"] for each in experiment.samples["dev"]]
    assert abs(ccc(true, predicted) - uninterrupted.best) < 1e-5
    history = (uninterrupted.folder / "history.csv").read_text().splitlines()
    name = history[0].split(",").index("val_ccc")
    scores = [float(line.split(",")[name]) for line in history[1:]]
    assert len(scores) == EPOCHS
    assert uninterrupted.best == max(scores)
    assert scores[uninterrupted.best_epoch] == max(scores)


def test_a_finished_fit_is_not_trained_again(
    experiment, uninterrupted, monkeypatch
):
    monkeypatch.setattr(keras.Model, "fit", never)
    out = uninterrupted.folder.parents[1]
    again = experiment.fit(out, "arousal", CONFIGURATION, 1)
    assert again == uninterrupted


def fall(at):
    """A callback that dies once so many epochs are done."""

    def on_epoch(epoch, logs):
        if epoch + 1 == at:
            raise KeyboardInterrupt

    return on_epoch


@pytest.mark.parametrize("after", [1, EPOCHS])
def test_an_interrupted_fit_ends_as_an_uninterrupted_one(
    experiment, uninterrupted, tmp_path, after
):
    arguments = (tmp_path, "arousal", CONFIGURATION, 1)
    with pytest.raises(KeyboardInterrupt):
        experiment.fit(*arguments, on_epoch=fall(after))
    (folder,) = (tmp_path / "fits").iterdir()
    assert [each.name for each in folder.iterdir()] == ["state.npz"]
    epochs = []
    fit = experiment.fit(*arguments, on_epoch=lambda n, logs: epochs.append(n))
    assert epochs == list(range(after, EPOCHS))
    assert fit.folder.name == uninterrupted.folder.name
    for name in ("result.json", "history.csv"):
        expected = (uninterrupted.folder / name).read_text()
        assert (fit.folder / name).read_text() == expected
    for one, other in zip(
        weights(experiment, fit), weights(experiment, uninterrupted)
    ):
        np.testing.assert_array_equal(one, other)


def test_more_epochs_go_on_and_fewer_are_remembered(
    experiment, uninterrupted, tmp_path
):
    """Hyperband asks for the same network again and again."""
    arguments = (tmp_path, "arousal", CONFIGURATION, 1)
    one = experiment.fit(*arguments, epochs=1)
    three = experiment.fit(*arguments, epochs=3)
    assert one.epochs == 1 and three.epochs == 3
    assert (three.best, three.best_epoch) == (
        uninterrupted.best,
        uninterrupted.best_epoch,
    )
    assert experiment.fit(*arguments, epochs=1) == one


def test_another_seed_begins_with_another_network(experiment, tmp_path):
    still = Configuration(CONFIGURATION.arguments, {"learning_rate": 1e-30})
    kernels = []
    for seed in (1, 2):
        fit = experiment.fit(tmp_path, "arousal", still, seed, epochs=1)
        kernels.append(weights(experiment, fit)[0])
    assert (kernels[0] != kernels[1]).all()
    assert len(list((tmp_path / "fits").iterdir())) == 2


def test_a_damaged_state_is_refused_by_name(experiment, tmp_path):
    arguments = (tmp_path, "arousal", CONFIGURATION, 1)
    with pytest.raises(KeyboardInterrupt):
        experiment.fit(*arguments, on_epoch=fall(1))
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
    true = [each.traces["valence"] for each in experiment.samples["dev"]]
    noisy = [
        each + n / 9 + rng.normal(0, 0.1, len(each))
        for n, each in enumerate(true)
    ]
    found = experiment.score({"valence": noisy}, "dev")["valence"]
    assert abs(found["ccc"] - ccc(true, noisy)) < 1e-9
    errors = np.concatenate(true) - np.concatenate(noisy)
    assert abs(found["rmse"] - np.sqrt(np.mean(errors**2))) < 1e-9
    each = [ccc([one], [other]) for one, other in zip(true, noisy)]
    assert abs(found["ccc"] - np.mean(each)) > 0.05


def test_predictions_of_runs_are_averaged_recording_by_recording():
    runs = [
        {"dev": {"arousal": [np.array([0.0, 1.0]), np.array([2.0])]}},
        {"dev": {"arousal": [np.array([1.0, 3.0]), np.array([5.0])]}},
    ]
    together = Ensemble({}, {}, {"arousal": runs})
    first, second = together.averaged("dev")["arousal"]
    np.testing.assert_array_equal(first, [0.5, 2.0])
    np.testing.assert_array_equal(second, [3.5])
    assert together.of_seed(1, "dev")["arousal"][1] == [5.0]


def test_a_secret_test_split_is_predicted_but_not_scored(simulated, tmp_path):
    shutil.copytree(simulated, tmp_path / "copy")
    for path in tmp_path.rglob("test_*.arff"):
        path.unlink()
    experiment = made(tmp_path / "copy")
    assert experiment.scored == ["dev", "test"]
    assert [experiment.labelled(s) for s in SPLITS] == [True, True, False]
    network = experiment.build("valence", CONFIGURATION)
    assert len(experiment.predict(network, "test", {})["valence"]) == 9


def test_a_result_is_a_plain_file(uninterrupted):
    result = json.loads((uninterrupted.folder / "result.json").read_text())
    assert result["seed"] == 1 and result["target"] == "arousal"
    assert uninterrupted.folder.name == fits.key("arousal", CONFIGURATION, 1)
