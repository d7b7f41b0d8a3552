"""Experiments on words: modalities, training, scores, saved runs."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
from commands import run
from experiments import open_experiment

import pipelines
import zoo
from pipelines.corpora.mosei import EMOTIONS
from pipelines.simulation import mosei
from tuning import evaluate, search, train
from tuning.runs import options
from tuning.training.fits import Configuration
from zoo.metrics import intensities

pytestmark = pytest.mark.slow

CONFIGURATION = Configuration(
    {"depth": 1, "dense": 1, "dropout": 0.1},
    {"learning_rate": 1e-3, "maxlen": 15, "scaling": "z", "text": "glove"},
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A small simulated corpus in CMU-MOSEI's layout."""
    return mosei.simulate_mosei(tmp_path_factory.mktemp("mosei") / "c", 0, 9)


@pytest.fixture(scope="module")
def corpus(data):
    return pipelines.corpus("simulated_mosei", data)


@pytest.fixture(scope="module")
def experiment(corpus):
    return open_experiment("mosei_blstm", corpus, 2, modalities="va")


@pytest.fixture(scope="module")
def fitted(experiment, tmp_path_factory):
    out = tmp_path_factory.mktemp("fitted")
    return experiment.fit(out, "emotions", CONFIGURATION, 0)


@pytest.fixture(scope="module")
def searched(data, tmp_path_factory):
    """Searches with two trials, by the command line."""
    out = tmp_path_factory.mktemp("runs") / "mosei_blstm-simulated_mosei"
    argv = [
        "mosei_blstm",
        "--corpus=simulated_mosei",
        f"--data={data}",
        f"--out={out}",
        "--trials=2",
        "--epochs=2",
        "--seeds=2",
    ]
    done = run(search.main, *argv)
    assert done.code == 0, done.err
    return done


def test_an_experiment_reads_the_chosen_modalities(experiment, corpus):
    assert experiment.modalities == "av"
    for split, count in experiment.counts().items():
        assert count == len(corpus.split(split))
    assert experiment.scored == ["dev", "test"]
    model = experiment.build("emotions", CONFIGURATION)
    assert model.input["features"].shape == (None, None, 74 + 35)


def test_the_networks_scaling_is_that_of_the_training_words(experiment, fitted):
    model = experiment.load(fitted, CONFIGURATION)
    layer = model.get_layer("scaling")
    words = [
        np.concatenate(
            [sample.features["a"][-15:], sample.features["v"][-15:]], 1
        )
        for sample in experiment._words["train"]
    ]
    rows = np.concatenate(words).astype("float64")
    np.testing.assert_allclose(
        layer.offset, rows.mean(axis=0), rtol=1e-3, atol=1e-4
    )
    varies = rows.std(axis=0) > 1e-6
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(layer.scale)[varies],
        rows.std(axis=0)[varies],
        rtol=1e-3,
    )


def test_an_untrained_network_predicts_the_medians(experiment):
    job = experiment.job("emotions", CONFIGURATION)
    model = experiment.build("emotions", CONFIGURATION)
    job.adapt(model)
    np.testing.assert_array_equal(
        model.get_layer("intensities").bias,
        np.median(experiment.y_true("train"), axis=0).astype("float32"),
    )


def test_constants_are_the_medians_of_training(experiment):
    overall = experiment.constants("test")["median"]["overall"]
    medians = np.median(experiment.y_true("train"), axis=0)
    errors = np.abs(experiment.y_true("test") - medians)
    assert abs(overall["mae"] - errors.mean()) < 1e-9


def test_the_dev_score_is_the_mean_absolute_error(experiment, fitted):
    assert fitted.epochs == 2
    model = experiment.load(fitted, CONFIGURATION)
    predictions = experiment.predict(model, "dev", CONFIGURATION.training)
    y_pred, y_true = predictions["emotions"], experiment.y_true("dev")
    assert y_pred.shape == y_true.shape == (len(y_true), 6)
    error = np.abs(y_true - y_pred).mean()
    assert abs(fitted.best - error) < 1e-5
    scores = experiment.score(predictions, "dev")
    assert list(scores) == [*EMOTIONS, "overall"]
    assert abs(scores["overall"]["mae"] - error) < 1e-5
    r = intensities.pearson(y_true[:, 3], y_pred[:, 3])
    assert scores["happy"]["r"] == pytest.approx(r)


def test_padding_does_not_change_predictions(experiment, fitted):
    model = experiment.load(fitted, CONFIGURATION)
    batch = experiment.predict(model, "test", CONFIGURATION.training)
    _, segments = experiment.segments(15, "z", "glove")
    for index, segment in enumerate(segments["test"][:5]):
        features = segment.features[None]
        lengths = np.array([features.shape[1]], "int32")
        unpadded = model({"features": features, "lengths": lengths})
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(unpadded["emotions"])[0],
            batch["emotions"][index],
            atol=1e-5,
        )


def test_one_hot_words_replace_word_vectors(corpus):
    experiment = open_experiment("mosei_cnn", corpus, 1, modalities="tv")
    configuration = Configuration(
        CONFIGURATION.arguments,
        {**CONFIGURATION.training, "text": "one_hot"},
    )
    preparation, segments = experiment.segments(15, "z", "one_hot")
    size = len(preparation.vocabulary)
    model = experiment.build("emotions", configuration)
    assert model.input["features"].shape[-1] == size + 35
    features = segments["dev"][0].features
    assert set(np.unique(features[:, :size])) <= {0.0, 1.0}


def test_one_hot_words_stand_before_word_vectors(corpus):
    experiment = open_experiment("mosei_cnn", corpus, 1, modalities="ta")
    both, segments = experiment.segments(15, "z", "both")
    size = len(both.vocabulary)
    assert both.values == size + 300 + 74 and size > 5
    one_hot, _ = experiment.segments(15, "z", "one_hot")
    glove, own = experiment.segments(15, "z", "glove")
    assert both.vocabulary == one_hot.vocabulary
    features = segments["dev"][0].features
    np.testing.assert_array_equal(features[:, size:], own["dev"][0].features)
    assert set(np.unique(features[:, :size])) <= {0.0, 1.0}
    np.testing.assert_array_equal(both.scale[size:], glove.scale)
    np.testing.assert_array_equal(both.scale[:size], 1)


@pytest.mark.parametrize(
    "longest, maxlen, expected",
    [(18, 30, 20), (18, 20, 20), (18, 15, 15), (20, 25, 20), (40, 30, 30)],
)
def test_cutoffs_that_cut_nothing_are_one(
    experiment, monkeypatch, longest, maxlen, expected
):
    monkeypatch.setattr(experiment, "longest", longest)
    training = {**CONFIGURATION.training, "maxlen": maxlen}
    given = Configuration(CONFIGURATION.arguments, training)
    distinct = experiment.distinct(given)
    assert distinct.training == {**training, "maxlen": expected}
    assert distinct.arguments == given.arguments


def test_the_longest_segment_is_that_of_all_splits(experiment, corpus):
    words = [len(corpus.words(u, "t")["t"]) for u in corpus.utterances]
    assert experiment.longest == max(words)


@pytest.mark.parametrize(
    "change", ["text=onehot", "scaling=foo", "maxlen=0", "depth=0", "dense=0"]
)
def test_a_wrong_value_is_refused_before_a_corpus_is_opened(change, tmp_path):
    argv = ["mosei_blstm", "--data=nowhere", f"--set={change}"]
    done = run(train.main, *argv, f"--out={tmp_path / 'r'}")
    assert done.code == 2 and f"--set {change}" in done.sentence


def test_cleaned_values_are_noted_in_the_report(experiment, searched):
    note = experiment.notes()[-1]
    assert note.endswith("values, NaN or infinite, set to zero")
    assert note in searched.err and note in searched.report["notes"]
    text = (searched.folder / "report.md").read_text("utf-8")
    assert f"\n- {note}\n" in text


def test_a_search_writes_a_run_that_can_be_loaded(searched):
    report = searched.report
    assert report["search"]["objective"] == "dev_mae"
    trials = report["search"]["trials"]
    assert len(trials) == 2 and trials[0]["trial"] == "paper"
    assert searched.out.startswith("simulated_mosei is made by a program")
    best = min(trials, key=lambda trial: trial["dev_mae"])
    config = json.loads((searched.folder / "config.json").read_text())
    assert config["training"]["emotions"] == best["training"]
    assert best["arguments"].items() <= config["arguments"].items()
    model = zoo.get("mosei_blstm", weights=str(searched.folder))
    assert model.output["emotions"].shape == (None, 6)
    arrays = np.load(searched.folder / "predictions.npz", allow_pickle=False)
    y_pred = arrays["test/emotions"]
    assert y_pred.shape == (len(arrays["test/id"]), 6)
    assert y_pred.min() >= 0 and y_pred.max() <= 3


def test_evaluating_gives_the_reported_scores_of_the_saved_model(searched):
    done = run(evaluate.main, searched.folder, "--json")
    assert done.code == 0, done.err
    metrics = json.loads(done.out)["metrics"]
    for split, labels in searched.report["saved"]["metrics"].items():
        for label, scores in labels.items():
            for name, value in scores.items():
                assert abs(metrics[split][label][name] - value) < 1e-6


def test_each_set_of_modalities_is_a_separate_run(data):
    parser = options.parser("search", None)
    options.add_run(parser, "")
    argv = ["mosei_*", "--modalities=all", f"--data={data}", "--out=x"]
    runs = options.run_requests(parser.parse_args(argv))
    folders = {str(request.out) for request in runs}
    assert len(runs) == len(folders) == 3 * 7
    assert "x/mosei_cnn-av-simulated_mosei" in folders
    assert "x/mosei_lstm-simulated_mosei" in folders


@pytest.mark.parametrize(
    "argv, message",
    [
        (["mosei_blstm", "--modalities=x"], "`modalities` must be some of"),
        (
            ["recola_context", "--modalities=a"],
            "--modalities is not for recola_context",
        ),
        (["mosei_*x"], "No model 'mosei_\\*x'"),
        (["mosei_cnn", "--folds=own"], "`folds` must be one of"),
        (["recola_context", "--folds=paper"], "simulated has no option folds"),
    ],
)
def test_invalid_modalities_models_and_options_are_refused(
    data, simulated, tmp_path, argv, message
):
    is_speech = argv[0].startswith("recola")
    corpus = "simulated" if is_speech else "simulated_mosei"
    folder = simulated if is_speech else data
    options = [f"--corpus={corpus}", f"--data={folder}", f"--out={tmp_path}/x"]
    done = run(train.main, *argv, *options)
    assert done.code in (1, 2)
    assert message.replace("\\", "") in done.sentence


def test_a_model_of_words_refuses_a_corpus_of_traces(simulated, tmp_path):
    argv = ["mosei_blstm", "--corpus=simulated", f"--data={simulated}"]
    done = run(train.main, *argv, f"--out={tmp_path / 'out'}")
    assert done.code == 1 and "needs a corpus of words" in done.sentence


def test_a_run_on_the_papers_folds_is_separate(data, tmp_path):
    argv = ["mosei_cnn", f"--data={data}", "--folds=paper", "--modalities=v"]
    done = run(
        train.main, *argv, f"--out={tmp_path / 'r'}", "--epochs=1", "--seeds=1"
    )
    assert done.code == 0, done.err
    config = json.loads((tmp_path / "r" / "config.json").read_text())
    assert config["corpus_options"] == {"folds": "paper"}
    assert config["modalities"] == "v"
    again = json.loads(run(evaluate.main, tmp_path / "r", "--json").out)
    assert again["recordings"] == done.report["recordings"]
    argv.remove("--folds=paper")
    refused = run(train.main, *argv, f"--out={tmp_path / 'r'}", "--epochs=1")
    assert (
        refused.code == 1
        and "run with corpus_options={'folds': 'paper'}" in refused.sentence
    )
