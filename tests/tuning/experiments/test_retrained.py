"""The network of all speakers that a cross-validation saves."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
import spoken
from commands import run
from experiments import open_experiment

import pipelines
import zoo
from pipelines.corpora.base import Utterance
from tuning import evaluate, package, train
from tuning.experiments import class_calibration, fold_data
from tuning.protocols.folds import leave_one_speaker_out
from tuning.training import hyperparameters
from tuning.training.fits import Fit
from tuning.training.recipe import recipe
from zoo.common import cli

MODEL = "iemocap_attention_blstm_fcn"
LOSO = "leave_one_speaker_out"
SMALL = ("components=12", "units=4")
AVERAGED = (*SMALL, "optimizer=adam", "schedule=cosine", "ema=0.9")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return spoken.write(tmp_path_factory.mktemp("spoken") / "corpus", 4)


@pytest.fixture(scope="module")
def experiment(data):
    corpus = pipelines.corpus("manifest", data)
    return open_experiment(
        MODEL, corpus, 3, protocol=LOSO, validators=1, retrain=True
    )


def configured(*changes):
    return hyperparameters.configure(recipe(MODEL), "classes", changes)


def combined(out, best_epoch):
    """The fit of folds that were best at this epoch."""
    return Fit("classes", 3, best_epoch + 1, 0.5, best_epoch, out)


def test_all_utterances_of_all_folds_are_learnt_from():
    utterances = [Utterance(f"{n}", f"{n % 4}", (), None, {}) for n in range(8)]
    fold = fold_data.everyone(leave_one_speaker_out(utterances, 1))
    assert sorted(fold.train) == [utterance.id for utterance in utterances]
    assert fold.dev == fold.test == ()


def test_a_fixed_partition_cannot_be_retrained(tmp_path):
    folder = spoken.with_splits(spoken.write(tmp_path / "fixed", each=1))
    corpus = pipelines.corpus("manifest", folder)
    for choice in ({"retrain": True}, {"nested": True}):
        (name,) = choice
        with pytest.raises(cli.UsageError, match=f"^--{name} .* manifest "):
            open_experiment(MODEL, corpus, **choice)


def test_the_protocol_that_a_corpus_got_is_named(tmp_path):
    folder = spoken.with_splits(spoken.write(tmp_path / "fixed", each=1))
    corpus = pipelines.corpus("manifest", folder)
    with pytest.raises(cli.UsageError, match="that of manifest is fixed"):
        open_experiment(MODEL, corpus, validators=2)


@pytest.mark.slow
def test_a_number_of_speakers_validates_each_fold(experiment):
    assert len(experiment.parts) == 4
    assert {len({*part.units("dev")}) for part in experiment.parts} == {1}


@pytest.mark.slow
def test_a_training_without_dev_sees_every_utterance(experiment):
    job = experiment.whole.job("classes", configured("batch_size=7", *SMALL))
    assert job.dev is None and job.steps == 7  # 48 utterances
    weights = [
        next(batches)[2]["emotion"].shape[0]
        for batches in [iter(job.train(0, 0))]
        for _ in range(job.steps)
    ]
    assert sum(weights) == 48
    assert {*experiment.whole.ids("train")} == {
        utterance.id for utterance in experiment.corpus.utterances
    }


@pytest.mark.slow
def test_epochs_are_those_that_the_folds_chose(experiment, tmp_path):
    fit = combined(tmp_path, 1)
    by_target = {"classes": configured(*SMALL, "schedule=constant")}
    assert experiment.whole_requests(tmp_path, by_target, 0) == []
    assert experiment.saved_epochs({"classes": fit}) == {"classes": 2}
    experiment.join({"classes": fit}, by_target)
    (folder,) = (tmp_path / "folds/all_2_epochs/fits").iterdir()
    result = json.loads((folder / "result.json").read_text())
    assert (result["epochs"], result["best_epoch"]) == (2, 1)
    history = (folder / "history.csv").read_text().splitlines()
    assert len(history) == 3 and "val_" not in history[0]


@pytest.mark.slow
def test_an_interrupted_training_ends_as_an_uninterrupted_one(
    experiment, tmp_path, monkeypatch
):
    by_target = {"classes": configured(*AVERAGED)}

    def weights(name):
        fit = combined(tmp_path / name, 2)
        return experiment.join({"classes": fit}, by_target).get_weights()

    def interrupt(line):
        if line.endswith("epoch 2"):
            raise KeyboardInterrupt

    whole = weights("whole")
    with monkeypatch.context() as patch:
        patch.setattr(experiment, "_progress", interrupt)
        with pytest.raises(KeyboardInterrupt):
            weights("torn")
    for one, other in zip(weights("torn"), whole, strict=True):
        np.testing.assert_array_equal(one, other)
    monkeypatch.setattr(keras.Model, "fit", None)
    weights("torn")  # trains nothing


@pytest.fixture(scope="module")
def retrained(data, tmp_path_factory):
    """Trains on four folds, then on all speakers, by the command line."""
    out = tmp_path_factory.mktemp("runs") / "retrained"
    done = run(train.main, *arguments(data, out, "--retrain"))
    assert done.code == 0, done.err
    return done


def arguments(data, out, *options):
    return [
        MODEL,
        "--corpus=manifest",
        f"--data={data}",
        f"--out={out}",
        f"--protocol={LOSO}",
        "--validators=1",
        *("--epochs=2", "--seeds=1"),
        *(f"--set={change}" for change in (*SMALL, "branches=fcn")),
        *options,
    ]


@pytest.mark.slow
def test_a_report_says_that_the_saved_network_was_not_tested(retrained):
    report, folder = retrained.report, retrained.folder
    epochs = report["runs"][0]["best_epoch"]["classes"] + 1
    assert report["saved"] == {
        "seeds": {"classes": 0},
        "metrics": {},
        "epochs": {"classes": epochs},
    }
    assert set(report["metrics"]) == {"dev", "test"}
    text = (folder / "report.md").read_text("utf-8")
    assert "trained on all speakers for as many epochs as" in text
    assert f"Epochs: {epochs}." in text
    learnt = json.loads((folder / "trained_on.json").read_text())
    assert len(learnt["train"]) == 48 and learnt["dev"] == []


@pytest.mark.slow
def test_temperatures_are_fitted_on_dev_of_all_folds(retrained, experiment):
    with np.load(retrained.folder / "predictions.npz") as arrays:
        y_true, posteriors = arrays["dev/true"], arrays["dev/classes"]
    record = class_calibration.calibration(
        {"dev": y_true}, {"dev": posteriors}, experiment.data.tasks
    )
    assert len(y_true) == 48 and retrained.report["calibration"] == record
    model = zoo.get(MODEL, weights=str(retrained.folder))
    temperature = model.get_layer("softmax").temperature
    assert temperature == record["emotion"]["temperature"]


@pytest.mark.slow
def test_weights_are_packaged_with_figures_of_the_folds_alone(
    retrained, tmp_path
):
    record = package.package(retrained.folder, tmp_path)
    report = retrained.report
    assert record.figures == {"cross-validation": report["metrics"]["test"]}
    assert {*record.constants} == {*record.units} == {"cross-validation"}
    epochs = report["saved"]["epochs"]["classes"]
    assert f"trained on all speakers (epochs: {epochs}," in record.protocol
    assert "no figure of its own" in record.protocol


@pytest.mark.slow
def test_a_retrained_network_is_tested_on_others_alone(
    retrained, data, tmp_path
):
    same = run(evaluate.main, retrained.folder)
    assert same.code == 1
    assert "was trained on, or chosen by, all utterances" in same.sentence
    more = spoken.write(tmp_path / "more", speakers=5)
    done = run(evaluate.main, retrained.folder, f"--data={more}", "--json")
    assert done.code == 0, done.err
    content = json.loads(done.out)
    assert content["units"] == {"train": 4, "test": 1}
    assert {*content["metrics"]} == {"train", "test"} and not content["overlap"]


@pytest.mark.slow
def test_a_finished_run_is_retrained_without_its_folds(
    retrained, data, tmp_path_factory, monkeypatch
):
    trained = []
    fit = keras.Model.fit
    out = retrained.folder
    monkeypatch.setattr(
        keras.Model,
        "fit",
        lambda *args, **kwargs: trained.append(1) or fit(*args, **kwargs),
    )
    again = run(train.main, *retrained.argv)
    assert again.code == 0 and not trained, again.err
    plain = run(train.main, *arguments(data, out))
    assert plain.code == 0 and len(trained) == 1, plain.err
    assert set(plain.report["saved"]["metrics"]) == {"dev"}


@pytest.mark.slow
def test_another_number_of_validators_does_not_resume(retrained, data):
    argv = [a for a in retrained.argv if a != "--validators=1"]
    other = run(train.main, *argv, "--validators=2")
    assert other.code == 1
    assert "holds a run with validators=1, not 2" in other.sentence
