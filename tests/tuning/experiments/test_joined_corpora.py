"""Networks that learn from several corpora at once."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
import spoken
from commands import run
from experiments import open_experiment

import pipelines
from pipelines import normalise
from pipelines.corpora.joined import Joined
from tuning import evaluate, package, train
from tuning.training.fits import Configuration

pytestmark = pytest.mark.slow

MODEL = "iemocap_attention_blstm_fcn"
NAME = "manifest:one+manifest:two"
SPLITS = ("train", "dev", "test")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("corpora")
    return [
        spoken.with_splits(spoken.write(root / "one", each=1)),
        spoken.with_splits(spoken.write(root / "two", each=2, seed=1)),
    ]


@pytest.fixture(scope="module")
def joined(folders):
    return Joined(
        {
            folder.name: pipelines.corpus("manifest", folder)
            for folder in folders
        }
    )


def test_a_run_names_every_corpus(folders, tmp_path):
    done = run(
        train.main,
        MODEL,
        *(f"--corpus=manifest={folder}" for folder in folders),
        f"--out={tmp_path / 'run'}",
        "--epochs=1",
        "--seeds=1",
        "--set=branches=fcn",
        "--set=components=12",
    )
    assert done.code == 0, done.err
    config = json.loads((done.folder / "config.json").read_text())
    assert config["corpus"] == done.report["corpus"] == NAME
    assert list(config["data"].values()) == [str(f) for f in folders]
    assert done.report["recordings"] == dict.fromkeys(SPLITS, 12)
    text = (done.folder / "report.md").read_text("utf-8")
    assert "manifest:two: 24 utterances of 3 speakers" in text
    tested = {"manifest:one:2", "manifest:two:2"}
    assert {*done.report["by_unit"]["test"]} == tested
    check_by_corpus(done)
    record = package.package(done.folder, tmp_path)
    assert record.corpus == NAME
    assert record.terms.startswith("manifest:one: ")
    check_scored(done.folder, 12)
    check_scored(done.folder, 8, f"--corpus=manifest={folders[1]}")


def check_by_corpus(done):
    """Each corpus has figures of its own, of which the whole is a mean."""
    scores = done.report["by_corpus"]["test"]
    assert sorted(scores) == ["manifest:one", "manifest:two"]
    pooled = done.report["metrics"]["test"]["emotion"]["wa"]
    one, two = (own["emotion"]["wa"] for own in scores.values())
    assert pooled == pytest.approx((4 * one + 8 * two) / 12)
    text = (done.folder / "report.md").read_text("utf-8")
    assert f"| test | manifest:two | emotion | {cell(scores)}" in text


def cell(scores):
    return f"{scores['manifest:two']['emotion']['uar']:.3f}"


def check_scored(folder, count, *argv):
    """What was learnt is known in one corpus as in all."""
    again = run(evaluate.main, folder, "--json", *argv)
    assert again.code == 0, again.err
    found = json.loads(again.out)["recordings"]
    assert found == dict.fromkeys(SPLITS, count)


def test_a_speaker_is_normalised_within_one_corpus(joined, tmp_path):
    data = open_experiment(MODEL, joined, 1, features=tmp_path).data
    by_speaker = data.normalised("speaker")
    alone = [
        sample
        for sample in data.normalised("none").values()
        if sample.speaker == "one:0"
    ]
    assert len(alone) == 4
    expected = normalise.z_norm([sample.inputs for sample in alone])
    for sample, inputs in zip(alone, expected):
        np.testing.assert_array_equal(by_speaker[sample.id].inputs, inputs)


def test_every_corpus_has_the_same_weight_in_an_epoch(joined, tmp_path):
    experiment = open_experiment(MODEL, joined, 1, features=tmp_path)
    training = {
        "batch_size": 3,
        "class_weights": "none",
        "learning_rate": 0.1,
        "normalisation": "none",
    }
    job = experiment.job("classes", Configuration({}, training))
    weights = np.concatenate(
        [own["emotion"] for *_, own in job.train(0, 0).take(job.steps)]
    )
    corpora = Counter(
        name.partition(":")[0] for name in experiment.ids("train")
    )
    assert len(corpora) == 2
    expected = {
        round(len(weights) / 2 / count, 4): count for count in corpora.values()
    }
    assert Counter(weights.round(4).tolist()) == pytest.approx(expected)
