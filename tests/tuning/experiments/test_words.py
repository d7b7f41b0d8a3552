"""Training on words of several modalities, and what comes out."""

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
from tuning.tables import __main__ as tables
from tuning.training.fits import Configuration
from zoo.metrics import intensities

pytestmark = pytest.mark.slow

CONFIGURATION = Configuration(
    {"depth": 1, "dense": 1, "dropout": 0.1},
    {"learning_rate": 1e-3, "maxlen": 15, "scaling": "z", "text": "glove"},
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A small simulated copy in CMU-MOSEI's layout."""
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
    """A search of two trials, as a user would run it."""
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


def test_an_experiment_reads_what_is_asked_for(experiment, corpus):
    assert experiment.modalities == "av"
    counts = experiment.counts()
    assert counts == {s: len(corpus.split(s)) for s in counts}
    assert experiment.scored == ["dev", "test"]
    model = experiment.build("emotions", CONFIGURATION)
    assert model.input["features"].shape == (None, None, 74 + 35)


def test_the_network_carries_the_scale_of_the_training_words(
    experiment, fitted
):
    model = experiment.load(fitted, CONFIGURATION)
    layer = model.get_layer("scaling")
    words = [
        np.concatenate([each.features["a"][-15:], each.features["v"][-15:]], 1)
        for each in experiment._words["train"]
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


def test_before_training_it_says_the_medians(experiment):
    job = experiment.job("emotions", CONFIGURATION)
    model = experiment.build("emotions", CONFIGURATION)
    job.adapt(model)
    np.testing.assert_array_equal(
        model.get_layer("intensities").bias,
        np.median(experiment.y_true("train"), axis=0).astype("float32"),
    )


def test_the_development_score_is_the_absolute_error(experiment, fitted):
    assert fitted.epochs == 2
    model = experiment.load(fitted, CONFIGURATION)
    predicted = experiment.predict(model, "dev", CONFIGURATION.training)
    true = experiment.y_true("dev")
    assert predicted["emotions"].shape == true.shape == (len(true), 6)
    error = np.abs(true - predicted["emotions"]).mean()
    assert abs(fitted.best - error) < 1e-5
    scores = experiment.score(predicted, "dev")
    assert list(scores) == [*EMOTIONS, "overall"]
    assert abs(scores["overall"]["mae"] - error) < 1e-5
    happy = true[:, 3], predicted["emotions"][:, 3]
    assert scores["happy"]["r"] == intensities.pearson(*happy)


def test_padding_to_other_lengths_changes_nothing(experiment, fitted):
    model = experiment.load(fitted, CONFIGURATION)
    batch = experiment.predict(model, "test", CONFIGURATION.training)
    _, segments = experiment.segments(15, "z", "glove")
    for place, segment in enumerate(segments["test"][:5]):
        features = segment.features[None]
        lengths = np.array([features.shape[1]], "int32")
        alone = model({"features": features, "lengths": lengths})
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(alone["emotions"])[0],
            batch["emotions"][place],
            atol=1e-5,
        )


def test_spelt_words_stand_in_for_their_vectors(corpus):
    spelt = open_experiment("mosei_cnn", corpus, 1, modalities="tv")
    configuration = Configuration(
        CONFIGURATION.arguments,
        {**CONFIGURATION.training, "text": "one_hot"},
    )
    preparation, segments = spelt.segments(15, "z", "one_hot")
    size = len(preparation.vocabulary)
    model = spelt.build("emotions", configuration)
    assert model.input["features"].shape[-1] == size + 35
    features = segments["dev"][0].features
    assert set(np.unique(features[:, :size])) <= {0.0, 1.0}


def test_what_was_cleaned_or_left_out_is_told(experiment, searched):
    cleaned = experiment.notes()[-1]
    assert cleaned.endswith("values, NaN or infinite, set to zero")
    assert cleaned in searched.err and cleaned in searched.report["notes"]
    text = (searched.folder / "report.md").read_text("utf-8")
    assert f"\n- {cleaned}\n" in text


def test_a_search_leaves_a_run_that_loads(searched):
    report = searched.report
    assert report["search"]["objective"] == "dev_mae"
    trials = report["search"]["trials"]
    assert len(trials) == 2 and trials[0]["trial"] == "paper"
    assert searched.out.startswith("simulated_mosei is made by a program")
    best = min(trials, key=lambda each: each["dev_mae"])
    config = json.loads((searched.folder / "config.json").read_text())
    assert config["training"]["emotions"] == best["training"]
    assert best["arguments"].items() <= config["arguments"].items()
    model = zoo.get("mosei_blstm", weights=str(searched.folder))
    assert model.output["emotions"].shape == (None, 6)
    arrays = np.load(searched.folder / "predictions.npz", allow_pickle=False)
    predicted = arrays["test/emotions"]
    assert predicted.shape == (len(arrays["test/id"]), 6)
    assert predicted.min() >= 0 and predicted.max() <= 3


def test_the_saved_models_figures_come_out_again(searched):
    done = run(evaluate.main, searched.folder, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)["metrics"]
    for split, labels in searched.report["saved"]["metrics"].items():
        for label, scores in labels.items():
            for name, value in scores.items():
                assert abs(found[split][label][name] - value) < 1e-6


def test_the_tables_quote_the_run_beside_the_paper(searched, data, tmp_path):
    runs = searched.folder.parent
    argv = (
        "000",
        "--corpus=simulated_mosei",
        f"--data={data}",
        f"--runs={runs}",
        f"--out={tmp_path / 'tables'}",
    )
    done = run(tables.main, *argv)
    assert done.code == 0, done.err
    assert done.out.startswith("**simulated_mosei is made by a program")
    for number in range(1, 6):
        assert f"## Table {number}: " in done.out
    mae = searched.report["metrics"]["test"]["overall"]["mae"]
    ours = f"| **text + audio + video, simulated_mosei, ours** | - | {mae:.3f}"
    assert ours in done.out and "| .133 | .132 | .134 |" in done.out
    assert (tmp_path / "tables" / "figure_2.png").exists()
    sad = searched.report["metrics"]["test"]["sad"]
    cells = [f"{sad[m]:.3f}" for m in ("mae", "binary", "four_class", "r")]
    ours = f"| **sad, simulated_mosei, ours** | {' | '.join(cells)} |"
    assert ours in done.out
    assert "Not run yet on simulated_mosei: LSTM a," in done.out


def test_all_sets_of_modalities_are_runs_of_their_own(data):
    parser = options.parser("search", None)
    options.add_run(parser, "")
    words = ["mosei_*", "--modalities=all", f"--data={data}", "--out=x"]
    runs = options.run_requests(parser.parse_args(words))
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
def test_modalities_that_are_not_there_are_refused(
    data, simulated, tmp_path, argv, message
):
    is_speech = argv[0].startswith("recola")
    corpus = "simulated" if is_speech else "simulated_mosei"
    where = simulated if is_speech else data
    words = [f"--corpus={corpus}", f"--data={where}", f"--out={tmp_path}/out"]
    done = run(train.main, *argv, *words)
    assert done.code in (1, 2)
    assert message.replace("\\", "") in done.sentence


def test_a_corpus_of_sound_is_refused_by_a_model_of_words(simulated, tmp_path):
    argv = ["mosei_blstm", "--corpus=simulated", f"--data={simulated}"]
    done = run(train.main, *argv, f"--out={tmp_path / 'out'}")
    assert done.code == 1 and "needs a corpus of words" in done.sentence


def test_the_papers_own_folds_are_a_run_of_their_own(data, tmp_path):
    argv = ["mosei_cnn", f"--data={data}", "--folds=paper", "--modalities=v"]
    done = run(
        train.main, *argv, f"--out={tmp_path / 'r'}", "--epochs=1", "--seeds=1"
    )
    assert done.code == 0, done.err
    config = json.loads((tmp_path / "r" / "config.json").read_text())
    assert (
        config["corpus_options"] == {"folds": "paper"}
        and config["modalities"] == "v"
    )
    again = run(evaluate.main, tmp_path / "r", "--json")
    assert json.loads(again.out)["recordings"] == done.report["recordings"]
    argv.remove("--folds=paper")
    refused = run(train.main, *argv, f"--out={tmp_path / 'r'}", "--epochs=1")
    assert (
        refused.code == 1
        and "run with corpus_options={'folds': 'paper'}" in refused.sentence
    )
