"""A saved model is not tested on what it was trained on."""

from __future__ import annotations

import csv
import json
import shutil

import pytest
import spoken
from commands import run

from tuning import evaluate, train
from tuning.experiments.trained_on import Item, TrainedOn
from tuning.runs import overlap

TRAINED = TrainedOn(
    "toy",
    {
        "train": [Item("1", "anna", ("aa",)), Item("2", "ben", ("bb", "cc"))],
        "dev": [Item("3", "carl", ("dd",))],
    },
)
NEW = Item("9", "zoe", ("zz",))


def sentences(corpus, **items):
    return overlap.sentences(TRAINED, items, corpus, "recordings", "speaker")


def test_a_runs_own_partitions_do_not_overlap():
    own = {**TRAINED.items, "test": [NEW]}
    assert sentences("toy", **own) == []


def test_trained_recordings_in_dev_and_test_are_counted():
    (dev,) = sentences("other", dev=[Item("x", "y", ("cc",)), NEW])
    assert dev.startswith("The model was trained on, or chosen by, 1 of 2 dev")
    first, second = sentences("other", test=[Item("x", "y", ("dd",)), NEW])
    assert "1 of 2 test recordings" in first and "1 speaker" in second


def test_trained_recordings_in_another_corpus_are_counted():
    items = {"train": TRAINED.items["train"], "test": [NEW]}
    (sentence,) = sentences("other", **items)
    assert sentence.endswith("2 of the 3 recordings of other.")


def test_new_recordings_of_trained_speakers_are_counted():
    (sentence,) = sentences("toy", test=[Item("8", "anna", ("ee",)), NEW])
    assert sentence.startswith("1 of 2 test recordings are of 1 speaker that")
    assert sentences("other", test=[Item("8", "anna", ("ee",))]) == []


def test_what_is_written_is_read_again(tmp_path):
    (tmp_path / overlap.FILE).write_text(json.dumps(TRAINED.to_json()))
    assert overlap.read(tmp_path) == TRAINED
    with pytest.raises(ValueError, match="Repeat the command that made"):
        overlap.read(tmp_path / "none")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return spoken.write(tmp_path_factory.mktemp("spoken") / "corpus")


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """Trains on three folds for one epoch."""
    out = tmp_path_factory.mktemp("runs") / "trained"
    done = run(
        train.main,
        "iemocap_attention_blstm_fcn",
        "--corpus=manifest",
        f"--data={data}",
        f"--out={out}",
        "--protocol=leave_one_speaker_out",
        *("--epochs=1", "--seeds=1", "--set=components=40"),
        "--set=branches=fcn",
    )
    assert done.code == 0, done.err
    return done


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--corpus=manifest",)])
def test_a_cross_validated_run_is_not_tested_on_what_it_learnt(
    trained, data, tmp_path, options
):
    """Neither in its own folder nor in another, under other names."""
    own = [f"--data={renamed(data, tmp_path)}"] if options else []
    same = run(evaluate.main, trained.folder, *options, *own)
    assert same.code == 1
    assert "was trained on, or chosen by, all utterances" in same.sentence


@pytest.mark.slow
def test_unseen_speakers_of_a_cross_validated_run_are_tested(
    trained, data, tmp_path
):
    more = spoken.write(tmp_path / "more", speakers=5)
    done = run(evaluate.main, trained.folder, f"--data={more}", "--json")
    assert done.code == 0, done.err
    content = json.loads(done.out)
    assert content["recordings"]["test"] == 2 * 12 and not content["overlap"]
    assert content["units"] == {"train": 2, "dev": 1, "test": 2}


@pytest.mark.slow
def test_new_utterances_of_trained_speakers_are_named_first(
    trained, data, tmp_path
):
    more = spoken.write(tmp_path / "more", speakers=3, each=4)
    done = run(evaluate.main, trained.folder, f"--data={more}")
    assert done.code == 0, done.err
    assert (
        "12 of 12 test utterances are of 3 speakers that the model was"
        in (done.out.splitlines()[0])
    )


def renamed(data, tmp_path):
    """The same recordings under other names and of other speakers."""
    folder = tmp_path / "renamed"
    folder.mkdir()
    with open(data / "manifest.csv", newline="") as file:
        head, *rows = csv.reader(file)
    for row in rows:
        shutil.copy(data / row[0], folder / f"new_{row[0]}")
        row[:2] = f"new_{row[0]}", f"new_{row[1]}"
    with open(folder / "manifest.csv", "w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return folder
