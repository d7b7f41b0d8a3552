"""One's own words with features, from a table to a trained model."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import word_tables
from commands import run
from experiments import open_experiment

import zoo
from pipelines.datasets.word_features import WordFeatures
from tuning import evaluate, search, train
from tuning.experiments import word_data
from tuning.runs import options
from zoo.papers import mosei_fusion

pytestmark = pytest.mark.slow

SMALL = ["--epochs=2", "--seeds=1", "--corpus-option=scale=-1,1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return word_tables.feature_folder(tmp_path_factory.mktemp("own") / "x", 12)


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "r"
    argv = ["mosei_blstm", "--corpus=word_manifest", f"--data={folder}"]
    options = ["--corpus-option=labels=joy,calm", "--set=scaling=z"]
    done = run(train.main, *argv, *SMALL, *options, f"--out={out}")
    assert done.code == 0, done.err
    return out


def test_the_model_has_the_tables_sizes_labels_and_range(trained):
    model = zoo.get("mosei_blstm", weights=str(trained))
    assert model.input["features"].shape == (None, None, 12)
    assert model.get_layer("missing").values == (5, 4, 3)
    bounded = model.get_layer("bounded")
    assert (bounded.low, bounded.high) == (-1, 1)
    joined = mosei_fusion.join_modalities(
        {"a": np.ones((1, 6, 4))}, "tav", {"t": 5, "a": 4, "v": 3}
    )
    outputs = model({"features": joined, "lengths": np.array([6], "int32")})
    assert outputs["emotions"].shape == (1, 2)


def test_a_search_runs_on_any_modalities(tmp_path):
    values = {"audio": 4, "video": 2}
    own = word_tables.feature_folder(tmp_path / "x", 12, values=values)
    argv = ["mosei_cnn", "--corpus=word_manifest", f"--data={own}"]
    out = tmp_path / "r"
    done = run(search.main, *argv, *SMALL, "--trials=2", f"--out={out}")
    assert done.code == 0, done.err
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert set(report["metrics"]["test"]) == {"joy", "calm", "overall"}
    config = json.loads((out / "config.json").read_text("utf-8"))
    assert config["arguments"]["values"] == {"a": 4, "v": 2}


def test_all_sets_of_modalities_are_those_of_the_table(tmp_path):
    values = {"text": 5, "audio": 4}
    own = word_tables.feature_folder(tmp_path / "x", 4, values=values)
    parser = options.parser("train", None)
    options.add_run(parser, "")
    command = ["mosei_blstm", "--corpus=word_manifest", f"--data={own}"]
    arguments = parser.parse_args([*command, "--modalities=all"])
    requests = options.run_requests(arguments)
    sets = [request.choices.modalities for request in requests]
    assert sets == ["t", "a", "ta"]


def test_a_path_among_the_options_names_one_folder(tmp_path):
    parser = options.parser("train", None)
    options.add_run(parser, "")
    command = ["mosei_blstm", "--corpus=word_manifest", f"--data={tmp_path}"]
    command += ["--corpus-option=audio=/your/voice.csd"]
    (request,) = options.run_requests(parser.parse_args(command))
    assert request.out.name == "mosei_blstm-word_manifest-_your_voice.csd"
    assert request.out.parent == options.DEFAULT_RUNS


def test_a_run_is_evaluated_again_with_its_own_options(trained):
    done = run(evaluate.main, trained)
    assert done.code == 0, done.err


def test_a_run_is_evaluated_without_a_modality(trained, tmp_path):
    values = {"text": 5, "audio": 4}
    own = word_tables.feature_folder(tmp_path / "x", 12, values=values)
    argv = ["--corpus=word_manifest", f"--data={own}", *SMALL[2:]]
    done = run(evaluate.main, trained, *argv)
    assert done.code == 0, done.err
    every = sum(range(3, 15))
    assert f"{every} of {every} words without video, zeros" in done.out
    values = {"text": 5, "audio": 7}
    own = word_tables.feature_folder(tmp_path / "y", 12, values=values)
    argv = ["--corpus=word_manifest", f"--data={own}", *SMALL[2:]]
    done = run(evaluate.main, trained, *argv)
    assert done.code == 1 and "4 values of audio a word" in done.sentence


def test_words_that_lack_a_modality_do_not_change_its_scale(tmp_path):
    own = word_tables.feature_folder(tmp_path / "x", 12)
    corpus = word_tables.open_table(own)
    whole = open_experiment("mosei_blstm", corpus)._prepare(20, "z", "glove")
    (path,) = (u.files[0] for u in corpus.utterances if u.id == "s00")
    arrays = {key: array for key, array in np.load(path).items()}
    arrays["video"] = np.concatenate([arrays["video"], [[np.nan] * 3]])
    for name in ("text", "audio"):
        arrays[name] = np.concatenate([arrays[name], arrays[name][:1]])
    np.savez(path, **arrays)
    longer = word_tables.open_table(own)
    experiment = open_experiment("mosei_blstm", longer)
    features, segments = experiment._prepare(20, "z", "glove")
    np.testing.assert_allclose(features.scale[9:], whole[0].scale[9:])
    np.testing.assert_allclose(features.offset[9:], whole[0].offset[9:])
    (first,) = [own for own in segments["train"] if own.id == "s00"]
    assert np.isnan(first.dense[-1, 9:]).all()
    every = sum(range(3, 15)) + 1
    assert experiment.notes() == [
        f"1 of {every} words without video, zeros after scaling"
    ]


def test_a_modality_that_is_always_missing_is_not_scaled(tmp_path):
    own = word_tables.feature_folder(tmp_path / "x", 4)
    read = word_data.read(word_tables.open_table(own), False, print)
    without = {
        split: [
            dataclasses.replace(
                sample,
                features={n: sample.features[n] for n in "ta"},
            )
            for sample in samples
        ]
        for split, samples in read.items()
    }
    filled = word_data.with_missing(without, {"v": 3})
    assert word_data.missing_lines(filled) == [
        "18 of 18 words without video, zeros after scaling"
    ]
    features = WordFeatures(filled["train"], "tav", scaling="z")
    assert features.values_by_modality == {"t": 5, "a": 4, "v": 3}
    assert not features.offset[9:].any() and (features.scale[9:] == 1).all()
