"""Experiments on utterances by their options, and which are refused."""

from __future__ import annotations

import csv
import dataclasses
import re
import shutil

import pytest
import spoken
from commands import run
from experiments import open_experiment

import pipelines
import zoo
from pipelines.corpora import cheavd
from pipelines.datasets import utterances
from pipelines.simulation import utterances as simulated
from tuning import train

pytestmark = pytest.mark.slow

EMOTIONAL = "iemocap_attention_blstm_fcn"
LEVELS = "iemocap_e2e_mtl_att"
LOSO = "leave_one_speaker_out"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return spoken.write(tmp_path_factory.mktemp("spoken") / "corpus")


@pytest.fixture(scope="module")
def corpus(data):
    return pipelines.corpus("manifest", data)


@pytest.fixture
def unread(monkeypatch):
    """Fails the test if a recording is read."""

    def refuse(*args, **kwargs):
        raise AssertionError("a recording was read")

    monkeypatch.setattr(utterances, "read", refuse)


def open_utterances(corpus, model=EMOTIONAL, **choices):
    return open_experiment(model, corpus, 2, **choices)


def run_train(data, out, *options, model=EMOTIONAL):
    paths = ("--corpus=manifest", f"--data={data}", f"--out={out}")
    shorter = ("--epochs=1", "--seeds=1")
    return run(train.main, model, *paths, *shorter, *options)


def copy(data, folder, change=lambda rows: rows):
    """Copies the corpus, with changed rows in its table."""
    shutil.copytree(data, folder, copy_function=shutil.copyfile)
    table = folder / "manifest.csv"
    header, *rows = csv.reader(table.read_text().splitlines())
    with open(table, "w", newline="") as file:
        csv.writer(file).writerows([header, *change(rows)])
    return folder


def test_a_single_task_is_chosen(corpus):
    experiment = open_utterances(
        corpus, "iemocap_e2e_stl", protocol=LOSO, task="valence"
    )
    assert list(experiment.data.tasks) == ["valence"]
    assert experiment.data.arguments == {"tasks": ["valence"]}


def test_a_corpus_without_the_models_classes_keeps_its_own(corpus):
    assert open_utterances(corpus).data.tasks["emotion"] == spoken.EMOTIONS
    subset = open_utterances(corpus, classes="sad, angry").data
    assert subset.tasks["emotion"] == ("sad", "angry")
    assert subset.left_out == {"happy": 9, "neutral": 9}
    assert subset.notes()[-1] == "left out of emotion: 9 happy, 9 neutral"


def test_a_misspelt_label_is_named_with_a_suggestion(data, tmp_path):
    def misspell(rows):
        rows[0][2] = "angyr"
        return rows

    corpus = pipelines.corpus("manifest", copy(data, tmp_path / "x", misspell))
    notes = open_utterances(corpus, protocol=LOSO).notes()
    assert "left out of emotion: 1 angyr (is it angry?)" in notes


def test_the_test_labels_of_cheavd_may_be_secret(tmp_path):
    root = simulated.simulate_cheavd(tmp_path / "cheavd")
    table = root / "labels.csv"
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    with open(table, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        for row in rows:
            is_secret = row["split"] == "test"
            writer.writerow({**row, "emotion": ""} if is_secret else row)
    corpus = pipelines.corpus("simulated_cheavd", root)
    experiment = open_utterances(corpus, "cheavd_attention_blstm_fcn")
    assert experiment.scored == ["dev"]
    assert not experiment.labelled("test")
    assert "30 without a label" in experiment.notes()[-1]


def test_the_classes_of_cheavd_are_those_of_its_network():
    (port,) = zoo.card("cheavd_attention_blstm_fcn", None).outputs
    assert port.labels == cheavd.EMOTIONS


@pytest.mark.usefixtures("unread")
@pytest.mark.parametrize(
    "options, message",
    [
        (["--classes=angry,furious"], "lacks furious. Choose its own"),
        (["--classes=angry"], "two or more different emotions"),
        (["--classes=angry,,sad"], "two or more different emotions"),
        (["--classes=angry,angry"], "two or more different emotions"),
        (["--task=valence"], "--task valence: .* tells the emotion"),
        (["--protocol=by_session"], "label 'session'"),
        (["--protocol=dealt"], "at least 5 speakers.* another protocol"),
        (
            ["--modalities=av"],
            "--modalities is not for iemocap_",
        ),
        (["--set=normalisation=room"], "must be one of none, speaker, rec"),
        (["--set=class_weights=all"], "must be one of none, balanced"),
        (["--set=pooling=mean"], "must be one of attention, average, max"),
        (["--set=shuffle=maybe"], "must be true or false. Received: 'maybe'"),
        (["--set=batch_size=0"], "must be a whole number from 1. Rec"),
        (["--set=learning_rate=-1"], "must be a number above 0. Rec"),
        (["--set=dropout=2"], "must be a number from 0 to below 1. Rec"),
        (["--set=components=0"], "from 1, or below 1 the share"),
        (["--set=components=1.5"], "from 1, or below 1 the share"),
        (["--dataset=IEMO_dataset2"], "corpus manifest has no option dataset"),
    ],
)
def test_invalid_options_are_refused_in_one_sentence(
    data, tmp_path, options, message
):
    done = run_train(data, tmp_path / "bad", *options)
    assert done.code in (1, 2)
    assert re.search(message, done.sentence), done.sentence


@pytest.mark.usefixtures("unread")
def test_one_speaker_is_refused(data, tmp_path):
    one_speaker = copy(data, tmp_path / "one", lambda rows: rows[:12])
    done = run_train(one_speaker, tmp_path / "run")
    assert "at least 3 speakers" in done.sentence
    assert "Received: 1: 0" in done.sentence


@pytest.mark.usefixtures("unread")
def test_one_emotion_is_refused(data, tmp_path):
    def only_angry(rows):
        return [row for row in rows if row[2] == "angry"]

    done = run_train(
        copy(data, tmp_path / "angry", only_angry), tmp_path / "run"
    )
    assert "at least two emotions to tell apart" in done.sentence
    assert "Received: angry" in done.sentence


@pytest.mark.usefixtures("unread")
def test_a_rating_outside_the_scale_is_named(corpus):
    first = corpus.utterances[0]
    wrong = dataclasses.replace(first, labels={**first.labels, "arousal": 7.0})
    corpus = pipelines.corpus("manifest", corpus.root)
    corpus.utterances = (wrong, *corpus.utterances[1:])
    with pytest.raises(ValueError, match=rf"{first.id}, arousal: .*1 to 5"):
        open_utterances(corpus, LEVELS)


def test_a_run_on_other_labels_is_not_resumed(data, tmp_path):
    corpus, out = copy(data, tmp_path / "corpus"), tmp_path / "run"
    options = (
        f"--protocol={LOSO}",
        "--set=components=0.9",
        "--set=branches=fcn",
    )
    assert run_train(corpus, out, *options).code == 0
    assert run_train(corpus, out, *options).code == 0
    table = corpus / "manifest.csv"
    table.write_text(table.read_text().replace("angry,4.5", "sad,4.5", 1))
    done = run_train(corpus, out, *options)
    assert "other utterances: a name, label" in done.sentence
    assert "--fresh" in done.sentence
