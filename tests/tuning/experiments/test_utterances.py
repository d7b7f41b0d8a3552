"""Experiments on utterances: cross-validated training, scores, saved runs."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import spoken
from commands import run
from experiments import open_experiment

import pipelines
import zoo
from pipelines.whitening import Whitening
from tuning import package, train
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


SMALL = ("--set=components=20", "--set=units=4")


@pytest.fixture(scope="module")
def corpus(data):
    return pipelines.corpus("manifest", data)


def open_utterances(corpus, model=EMOTIONAL, epochs=2, **choices):
    return open_experiment(model, corpus, epochs, **choices)


@pytest.fixture(scope="module")
def experiment(corpus):
    return open_utterances(corpus, protocol=LOSO)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """Trains on three folds, by the command line."""
    out = tmp_path_factory.mktemp("runs") / "trained"
    done = run(train.main, *arguments(data, out))
    assert done.code == 0, done.err
    return done


def arguments(data, out, model=EMOTIONAL, *options):
    return [
        model,
        "--corpus=manifest",
        f"--data={data}",
        f"--out={out}",
        "--epochs=2",
        "--seeds=1",
        *(SMALL if model == EMOTIONAL else ()),
        *options,
    ]


def test_every_utterance_is_tested_once_by_a_network_not_trained_on_its_speaker(
    experiment, corpus
):
    speaker = {
        utterance.id: utterance.speaker for utterance in corpus.utterances
    }
    tested = [name for part in experiment.parts for name in part.ids("test")]
    assert sorted(tested) == sorted(speaker)
    for part in experiment.parts:
        used = {speaker[name] for name in part.ids("train")}
        used |= {speaker[name] for name in part.ids("dev")}
        assert used.isdisjoint(speaker[name] for name in part.ids("test"))
        assert part.ids("dev")


def test_the_saved_model_is_trained_on_all_but_the_first_folds_dev(
    experiment,
):
    whole, first = experiment.whole.fold, experiment.parts[0].fold
    assert whole.dev == first.dev and not whole.test
    assert {*whole.train} == {*first.train, *first.test}


def test_whitening_is_fitted_on_the_train_partition_alone(corpus, experiment):
    part = experiment.parts[0]
    model = part.build("classes", CONFIGURATION)
    part.job("classes", CONFIGURATION).adapt(model)
    layer = model.get_layer("whitening")
    train = part.samples("train", "none")
    frames = np.concatenate([sample.inputs for sample in train])
    low = np.quantile(frames, 0.001, axis=0, method="higher")
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer.low), low)
    whitened = np.concatenate(
        [
            keras.ops.convert_to_numpy(layer(sample.inputs[None])[0])
            for sample in train
        ]
    )
    np.testing.assert_allclose(whitened.mean(axis=0), 0, atol=0.02)
    np.testing.assert_allclose(whitened.std(axis=0), 1, atol=0.02)


def test_a_share_of_variance_gives_the_number_of_components(
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

    features = [sample.inputs for sample in part.samples("train", "none")]
    explained = Whitening().fit(features).explained
    count = 1 + int(np.sum(np.cumsum(explained) < 0.9))
    assert kept(0.9) == (count, count) and 1 < count < 100
    assert kept("all") == (743, len(explained))


def test_a_network_learns_to_classify_the_tones(corpus, tmp_path):
    experiment = open_utterances(corpus, epochs=25, protocol=LOSO)
    part = experiment.parts[0]
    fit = part.fit(tmp_path, "classes", CONFIGURATION, 0)
    outputs = part.outputs_of(fit, CONFIGURATION)
    assert part.score(outputs["test"], "test")["emotion"]["uar"] >= 0.75
    again = part.outputs_of(fit, CONFIGURATION)
    np.testing.assert_array_equal(
        again["test"]["classes"], outputs["test"]["classes"]
    )


def test_a_speaker_of_two_dev_partitions_is_one_unit(tmp_path):
    folder = spoken.write(tmp_path / "eight", speakers=8, each=1)
    corpus = pipelines.corpus("manifest", folder)
    experiment = open_utterances(corpus, protocol=LOSO)
    scores = {}
    for split in ("dev", "test"):
        predictions = {"classes": np.eye(4)[experiment.y_true(split)]}
        scores[split] = experiment.score(predictions, split)["emotion"]
    assert len(experiment.ids("dev")) == 2 * len(experiment.ids("test"))
    assert len({*experiment.units("dev")}) == 8
    assert scores["dev"] == scores["test"]
    assert scores["test"]["low"] == scores["test"]["wa_low"] == 1
    majority = experiment.constants("test")["majority"]["emotion"]
    assert majority["uar"] == majority["low"] == majority["high"] == 0.25
    assert majority["f1"] < 0.25


def test_posteriors_have_the_order_of_the_folds_utterances(experiment):
    part = experiment.parts[0]
    model = part.build("classes", CONFIGURATION)
    outputs = part.outputs(model, "train", CONFIGURATION.training)
    for index in (0, 7, -1):
        features = part.samples("train", "none")[index].inputs
        unbatched = model(
            {
                "features": features[None],
                "lengths": np.array([len(features)], "int32"),
            }
        )["emotion"]
        np.testing.assert_allclose(
            outputs["classes"][index, 0],
            keras.ops.convert_to_numpy(unbatched)[0],
            atol=1e-5,
        )


def test_class_weights_of_equally_frequent_classes_are_one(experiment):
    part = experiment.parts[0]
    batches = part.job("classes", CONFIGURATION).train(0, 0)
    inputs, y_true, weights = next(iter(batches))
    assert inputs["features"].shape[1] % 32 == 0
    assert set(y_true) == set(weights) == {"emotion"}
    np.testing.assert_allclose(weights["emotion"], 1)


def test_a_run_pools_its_folds(trained):
    report, folder = trained.report, trained.folder
    assert report["recordings"] == {"utterances": 36, "folds": 3}
    with np.load(folder / "predictions.npz", allow_pickle=False) as arrays:
        posteriors, y_true = arrays["test/classes"], arrays["test/true"]
        assert len({*arrays["test/id"]}) == 36
        for split in ("dev", "test"):
            folds, speakers = (
                arrays[f"{split}/fold"],
                arrays[f"{split}/speaker"],
            )
            assert len({*zip(folds, speakers)}) == 3  # a speaker each
    y_pred = posteriors[:, 0].argmax(-1)
    matrix = classification.confusion(y_true[:, 0], y_pred, 4)
    scores = report["metrics"]["test"]["emotion"]
    assert scores["uar"] == classification.unweighted_average_recall(matrix)
    assert "trained on all speakers but" in (folder / "report.md").read_text()
    for name in ("confusion.png", "attention.png", "history.png"):
        assert (folder / name).stat().st_size > 5000


def test_a_run_is_loaded_and_packaged_with_its_figures(trained, tmp_path):
    model = zoo.get(EMOTIONAL, weights=str(trained.folder))
    features = np.ones((1, 9, 743), "float32")
    outputs = model({"features": features, "lengths": np.array([9], "int32")})
    assert outputs["emotion"].shape == (1, 4)
    calibrated = trained.report["calibration"]["emotion"]
    softmax = model.get_layer("softmax")
    assert softmax.temperature == calibrated["temperature"] != 1
    saved = trained.report["saved"]["metrics"]["dev"]["emotion"]["ece"]
    assert saved == pytest.approx(calibrated["errors"]["dev"]["after"])
    record = package.package(trained.folder, tmp_path)
    assert (
        record.figures["cross-validation"] == trained.report["metrics"]["test"]
    )
    assert "3 folds" in record.protocol and record.corpus == "manifest"


def test_a_seed_gives_the_same_network_again(experiment, tmp_path):
    part = experiment.parts[0]
    posteriors = []
    for name in ("one", "two"):
        fit = part.fit(tmp_path / name, "classes", CONFIGURATION, 3)
        posteriors.append(
            part.outputs_of(fit, CONFIGURATION)["test"]["classes"]
        )
    np.testing.assert_array_equal(*posteriors)


def test_a_finished_run_is_not_trained_again(trained, monkeypatch):
    monkeypatch.setattr(keras.Model, "fit", refuse_to_train)
    resumed = run(train.main, *trained.argv)
    assert resumed.code == 0, resumed.err


def refuse_to_train(*args, **kwargs):
    raise AssertionError("trained again")


def test_the_score_of_a_trial_is_the_mean_over_folds(
    corpus, tmp_path, monkeypatch
):
    experiment = open_utterances(corpus, protocol=LOSO)
    for index, part in enumerate(experiment.parts):
        fit = Fit("classes", 0, index + 1, 0.2 * index, index, tmp_path)
        monkeypatch.setattr(part, "train", lambda *args, fit=fit: fit)
    fit = experiment.fit(tmp_path, "classes", CONFIGURATION, 0)
    assert fit.best == pytest.approx(0.2) and fit.epochs == 3
    assert [fold.best_epoch for fold in fit.folds] == [0, 1, 2]


def test_rating_levels_are_learnt_from_the_waveform(corpus, tmp_path):
    experiment = open_utterances(corpus, LEVELS, epochs=1, protocol=LOSO)
    configuration = hyperparameters.configure(
        recipe(LEVELS), "classes", ["framing=shared"]
    )
    part = experiment.parts[0]
    fit = part.fit(tmp_path, "classes", configuration, 0)
    model = part.load(fit, configuration)
    waveforms = np.concatenate(
        [sample.inputs for sample in part.samples("train", "none")]
    )
    scale = model.get_layer("scaling").scale
    np.testing.assert_allclose(scale, [waveforms.std()], rtol=1e-4)
    scores = part.score(part.predict(model, "test", {**TRAINING}), "test")
    assert {"arousal", "valence", "dominance", "arousal: low"} < {*scores}


def test_a_fixed_partition_is_one_fold(data, tmp_path):
    lines = (data / "manifest.csv").read_text().splitlines()
    splits = ["train"] * 12 + ["dev"] * 12 + ["test"] * 12
    table = [lines[0] + ",split"]
    table += [f"{row},{split}" for row, split in zip(lines[1:], splits)]
    for path in data.glob("*.wav"):
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "manifest.csv").write_text("\n".join(table) + "\n")
    experiment = open_utterances(pipelines.corpus("manifest", tmp_path))
    assert experiment.counts() == {"train": 12, "dev": 12, "test": 12}
    assert experiment.fold.name == "fixed"
