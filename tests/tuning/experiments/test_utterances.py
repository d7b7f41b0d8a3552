"""Training on utterances with classes, fold by fold, and what comes out."""

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
from pipelines import normalise
from tuning import evaluate, package, train
from tuning.training import hyperparameters
from tuning.training.fits import Configuration, Fit
from tuning.training.recipe import recipe
from zoo.metrics import classification

pytestmark = pytest.mark.slow

EMOTIONAL = "iemocap_attention_blstm_fcn"
LEVELS = "iemocap_e2e_mtl_att"
LOSO = "leave_one_speaker_out"
TRAINING = {
    "learning_rate": 3e-3,
    "batch_size": 8,
    "normalisation": "none",
    "class_weights": "balanced",
}
CONFIGURATION = Configuration(
    {"components": 12, "steps": 20, "units": 4, "dropout": 0.1}, TRAINING
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return spoken.write(tmp_path_factory.mktemp("spoken") / "corpus")


@pytest.fixture(scope="module")
def corpus(data):
    return pipelines.corpus("manifest", data)


def opened(corpus, model=EMOTIONAL, epochs=2, **choices):
    return open_experiment(model, corpus, epochs, **choices)


@pytest.fixture(scope="module")
def experiment(corpus):
    return opened(corpus, protocol=LOSO)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """A run on three folds, as a user would start it."""
    out = tmp_path_factory.mktemp("runs") / "trained"
    done = run(train.main, *command(data, out))
    assert done.code == 0, done.err
    return done


def command(data, out, model=EMOTIONAL, *more):
    return [
        model,
        "--corpus=manifest",
        f"--data={data}",
        f"--out={out}",
        "--epochs=2",
        "--seeds=1",
        *(["--set=components=40"] if model == EMOTIONAL else []),
        *more,
    ]


def test_every_utterance_is_tested_once_by_who_never_heard_its_speaker(
    experiment, corpus
):
    speaker = {each.id: each.speaker for each in corpus.utterances}
    tested = [name for part in experiment.parts for name in part.ids("test")]
    assert sorted(tested) == sorted(speaker)
    for part in experiment.parts:
        heard = {speaker[name] for name in part.ids("train")}
        heard |= {speaker[name] for name in part.ids("dev")}
        assert heard.isdisjoint(speaker[name] for name in part.ids("test"))
        assert part.ids("dev")


def test_the_saved_model_hears_all_but_who_validates_the_first_fold(
    experiment,
):
    whole, first = experiment.whole.fold, experiment.parts[0].fold
    assert whole.dev == first.dev and not whole.test
    assert {*whole.train} == {*first.train, *first.test}


def test_whitening_is_fitted_on_the_training_side_alone(corpus, experiment):
    part = experiment.parts[0]
    model = part.build("classes", CONFIGURATION)
    part.job("classes", CONFIGURATION).adapt(model)
    layer = model.get_layer("whitening")
    train = part.samples("train", "none")
    frames = np.concatenate([each.inputs for each in train])
    low = np.quantile(frames, 0.001, axis=0, method="higher")
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer.low), low)
    white = [layer(each.inputs[None])[0] for each in train]
    found = np.concatenate([keras.ops.convert_to_numpy(w) for w in white])
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=0.02)
    np.testing.assert_allclose(found.std(axis=0), 1, atol=0.02)


def test_components_are_counted_by_the_variance_that_they_explain(
    experiment,
):
    part = experiment.parts[0]

    def kept(components):
        arguments = {**CONFIGURATION.arguments, "components": components}
        configuration = Configuration(arguments, TRAINING)
        network = part.build("classes", configuration)
        part.job("classes", configuration).adapt(network)
        matrix = keras.ops.convert_to_numpy(
            network.get_layer("whitening").matrix
        )
        return matrix.shape[1], np.any(matrix, axis=0).sum()

    heard = [each.inputs for each in part.samples("train", "none")]
    explained = normalise.Whitening().fit(heard).explained
    count = 1 + int(np.sum(np.cumsum(explained) < 0.9))
    assert kept(0.9) == (count, count) and 1 < count < 100
    assert kept(None) == (743, len(explained))


def test_it_learns_what_the_tones_tell(corpus, tmp_path):
    experiment = opened(corpus, epochs=25, protocol=LOSO)
    part = experiment.parts[0]
    fit = part.fit(tmp_path, "classes", CONFIGURATION, 0)
    found = part.outputs_of(fit, CONFIGURATION)
    assert part.score(found["test"], "test")["emotion"]["uar"] >= 0.75
    again = part.outputs_of(fit, CONFIGURATION)
    np.testing.assert_array_equal(
        again["test"]["classes"], found["test"]["classes"]
    )


def test_utterances_that_validate_twice_have_no_interval(tmp_path):
    four = spoken.write(tmp_path / "four", speakers=4, each=1)
    found = opened(pipelines.corpus("manifest", four), protocol=LOSO)
    scores = {}
    for split in ("dev", "test"):
        predictions = {"classes": np.eye(4)[found.y_true(split)]}
        scores[split] = found.score(predictions, split)["emotion"]
    assert len(found.ids("dev")) == 2 * len(found.ids("test"))
    assert scores["dev"] == {"uar": 1, "wa": 1}
    assert scores["test"]["low"] == scores["test"]["wa_low"] == 1


def test_posteriors_come_in_the_order_of_the_fold(experiment):
    part = experiment.parts[0]
    model = part.build("classes", CONFIGURATION)
    found = part.outputs(model, "train", CONFIGURATION.training)["classes"]
    for place in (0, 7, -1):
        heard = part.samples("train", "none")[place].inputs
        alone = model(
            {
                "features": heard[None],
                "lengths": np.array([len(heard)], "int32"),
            }
        )["emotion"]
        alone = keras.ops.convert_to_numpy(alone)[0]
        np.testing.assert_allclose(found[place, 0], alone, atol=1e-5)


def test_weights_of_classes_balance_them(experiment):
    part = experiment.parts[0]
    batches = part.job("classes", CONFIGURATION).train(0, 0)
    inputs, true, weights = next(iter(batches))
    assert inputs["features"].shape[1] % 32 == 0
    assert set(true) == set(weights) == {"emotion"}
    np.testing.assert_allclose(weights["emotion"], 1)  # all are as frequent


def test_a_run_pools_its_folds(trained):
    report, folder = trained.report, trained.folder
    assert report["recordings"] == {"utterances": 36, "folds": 3}
    with np.load(folder / "predictions.npz", allow_pickle=False) as arrays:
        found, true = arrays["test/classes"], arrays["test/true"]
        assert len({*arrays["test/id"]}) == 36
    matrix = classification.confusion(true[:, 0], found[:, 0].argmax(-1), 4)
    shown = report["metrics"]["test"]["emotion"]
    assert shown["uar"] == classification.unweighted_average_recall(matrix)
    assert shown["low"] <= shown["uar"] <= shown["high"]
    assert shown["wa_low"] <= shown["wa"] <= shown["wa_high"]
    assert "trained on all speakers but" in (folder / "report.md").read_text()
    for name in ("confusion.png", "attention.png", "history.png"):
        assert (folder / name).stat().st_size > 5000


def test_a_run_is_loaded_and_packaged_with_what_was_tested(trained, tmp_path):
    model = zoo.get(EMOTIONAL, weights=str(trained.folder))
    features = np.ones((1, 9, 743), "float32")
    answer = model({"features": features, "lengths": np.array([9], "int32")})
    assert answer["emotion"].shape == (1, 4)
    record = package.package(trained.folder, tmp_path)
    assert (
        record.figures["cross-validation"]
        == (trained.report["metrics"]["test"])
    )
    assert "3 folds" in record.protocol and record.corpus == "manifest"


def test_a_seed_gives_the_same_network_again(experiment, tmp_path):
    part = experiment.parts[0]
    found = []
    for name in ("one", "two"):
        fit = part.fit(tmp_path / name, "classes", CONFIGURATION, 3)
        found.append(part.outputs_of(fit, CONFIGURATION)["test"]["classes"])
    np.testing.assert_array_equal(*found)


def test_a_finished_run_is_not_trained_again(trained, monkeypatch):
    monkeypatch.setattr(keras.Model, "fit", never)
    resumed = run(train.main, *trained.argv)
    assert resumed.code == 0, resumed.err


def never(*args, **kwargs):
    raise AssertionError("trained again")


def test_a_trial_goes_by_the_mean_of_the_folds(corpus, tmp_path, monkeypatch):
    experiment = opened(corpus, protocol=LOSO)
    for place, part in enumerate(experiment.parts):
        fit = Fit("classes", 0, place + 1, 0.2 * place, place, tmp_path)
        monkeypatch.setattr(part, "fit", lambda *given, fit=fit: fit)
    fit = experiment.fit(tmp_path, "classes", CONFIGURATION, 0)
    assert fit.best == pytest.approx(0.2) and fit.epochs == 3
    assert [each.best_epoch for each in fit.folds] == [0, 1, 2]


def test_levels_are_learnt_from_the_waveform(corpus, tmp_path):
    experiment = opened(corpus, LEVELS, epochs=1, protocol=LOSO)
    configuration = hyperparameters.configure(
        recipe(LEVELS), "classes", ["framing=shared"]
    )
    part = experiment.parts[0]
    fit = part.fit(tmp_path, "classes", configuration, 0)
    model = part.load(fit, configuration)
    waves = np.concatenate(
        [each.inputs for each in part.samples("train", "none")]
    )
    scale = model.get_layer("scaling").scale
    np.testing.assert_allclose(scale, [waves.std()], rtol=1e-4)
    scores = part.score(part.predict(model, "test", {**TRAINING}), "test")
    assert {"arousal", "valence", "dominance", "arousal: low"} < {*scores}


def test_a_fixed_partition_is_one_fold(data, tmp_path):
    lines = (data / "manifest.csv").read_text().splitlines()
    sides = ["train"] * 12 + ["dev"] * 12 + ["test"] * 12
    table = [lines[0] + ",split"]
    table += [f"{row},{side}" for row, side in zip(lines[1:], sides)]
    for path in data.glob("*.wav"):
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "manifest.csv").write_text("\n".join(table) + "\n")
    found = opened(pipelines.corpus("manifest", tmp_path))
    assert found.counts() == {"train": 12, "dev": 12, "test": 12}
    assert found.fold.name == "fixed"


def test_a_cross_validated_run_is_evaluated_on_another_corpus(trained, data):
    own = run(evaluate.main, trained.folder)
    assert "was trained on every speaker" in own.sentence
    words = ("--corpus=manifest", f"--data={data}", "--json")
    other = run(evaluate.main, trained.folder, *words)
    assert other.code == 0, other.err
    assert "emotion" in json.loads(other.out)["metrics"]["test"]
