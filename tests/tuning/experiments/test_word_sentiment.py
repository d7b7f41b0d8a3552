"""Sentiment in [-3, 3] as the task of the models of words."""

from __future__ import annotations

import json

import numpy as np
import pytest
import sklearn.metrics
from commands import run
from experiments import open_experiment

import pipelines
from pipelines.simulation import mosei
from tuning import train
from zoo.metrics import sentiment

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A small simulated corpus in CMU-MOSEI's layout."""
    return mosei.simulate_mosei(tmp_path_factory.mktemp("mosei") / "c", 0, 9)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """Trains one network for an epoch, by the command line."""
    out = tmp_path_factory.mktemp("runs") / "run"
    argv = [
        "mosei_cnn",
        "--corpus=simulated_mosei",
        f"--data={data}",
        "--corpus-option=labels=sentiment",
        f"--out={out}",
        "--epochs=1",
        "--seeds=1",
    ]
    done = run(train.main, *argv)
    assert done.code == 0, done.err
    return out


def test_an_experiment_has_the_measures_of_sentiment(data, tmp_path):
    corpus = pipelines.corpus("simulated_mosei", data, labels="sentiment")
    experiment = open_experiment("mosei_blstm", corpus, features=tmp_path)
    assert list(experiment.measures) == ["mae", "r", *sentiment.MEASURES]
    y_true = experiment.y_true("test")
    assert y_true.shape == (len(corpus.split("test")), 1)
    assert y_true.min() < 0 < y_true.max()
    assert [*(tmp_path / "words").glob("*/*/t.npy")]


def test_a_run_predicts_and_scores_sentiment(trained, data):
    config = json.loads((trained / "config.json").read_text())
    arguments = config["arguments"]
    assert arguments["labels"] == ["sentiment"]
    assert (arguments["low"], arguments["high"]) == (-3, 3)
    report = json.loads((trained / "report.json").read_text())
    assert set(sentiment.MEASURES) < set(report["measures"])
    corpus = pipelines.corpus("simulated_mosei", data, labels="sentiment")
    y_true = [u.labels["sentiment"] for u in corpus.split("test")]
    with np.load(trained / "predictions.npz", allow_pickle=False) as arrays:
        y_pred = arrays["test/emotions"][:, 0]
    expected = sklearn.metrics.f1_score(
        np.array(y_true) < 0, y_pred < 0, average="weighted"
    )
    text = (trained / "report.md").read_text()
    assert "F1 (negative or not)" in text and "Acc-7" in text
    assert sentiment.f1(y_true, y_pred) == pytest.approx(expected)
    assert f"{expected:.3f}"[1:] in text


def test_aligned_words_are_kept_beside_the_run(trained):
    assert [*(trained.parent / "features" / "words").glob("*/*/a.npy")]
