"""The hand-made baseline: its protocol, its command, its words."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
import sys

import commands
import numpy as np
import pytest
import soundfile

from pipelines.corpora.base import Utterance
from pipelines.features import egemaps, extraction
from tuning import baselines
from tuning.experiments import svm
from tuning.protocols import folds
from zoo.metrics import classification

NAMES = ("calm", "glad", "cross")
CLASSES = len(NAMES)
SMALL = (
    {"kernel": "rbf", "gamma": 1e4},
    {"kernel": "linear", "C": 0.1},
    {"kernel": "rbf", "C": 1.0},
)


def material(speakers=5, each=6, apart=4.0, seed=0):
    """Features, classes and utterances of speakers who differ."""
    rng = np.random.default_rng(seed)
    true = np.tile(np.arange(CLASSES), speakers * each)
    who = np.repeat(np.arange(speakers), CLASSES * each)
    features = rng.normal(size=(len(true), 8)) + rng.normal(size=(99, 8))[who]
    features[np.arange(len(true)), true] += apart
    said = [
        Utterance(f"u{place}", f"{speaker}", (), None, {})
        for place, speaker in enumerate(who)
    ]
    return features * np.logspace(-6, 3, 8), true, said


def recall(true, predicted):
    matrix = classification.confusion(true, predicted, CLASSES)
    return classification.unweighted_average_recall(matrix)


def test_speakers_never_heard_are_told_apart():
    features, true, said = material()
    outer = folds.leave_one_speaker_out(said)
    lines = []
    predicted, chosen = svm.predict(
        features, true, NAMES, said, outer, SMALL, lines.append
    )
    assert recall(true, predicted) > 0.8
    assert len(chosen) == 5 and SMALL[0] not in chosen
    assert lines[-1] == "fold 5 of 5"


def test_noise_is_told_by_chance():
    features, true, said = material(speakers=10, apart=0.0)
    outer = folds.dealt(said)
    predicted, _ = svm.predict(features, true, NAMES, said, outer, SMALL)
    assert 0.2 < recall(true, predicted) < 0.47


def test_nothing_of_the_tested_is_used():
    features, true, said = material(apart=1.0)
    outer = folds.leave_one_speaker_out(said)[:1]
    tested = [place for place, each in enumerate(said) if each.speaker == "0"]
    first, chosen = svm.predict(features, true, NAMES, said, outer, SMALL)
    changed, relabelled = features.copy(), true.copy()
    changed[tested[1:]] *= 1e6
    relabelled[tested] = 0
    again = svm.predict(changed, relabelled, NAMES, said, outer, SMALL)
    assert again[1] == chosen
    assert again[0][tested[0]] == first[tested[0]]
    # What nobody tested was taken for nothing.
    assert (np.delete(first, tested) == -1).all()


def test_of_equal_settings_the_first_is_taken():
    features, true, said = material(apart=50.0)
    outer = folds.leave_one_speaker_out(said)
    grid = ({"C": 1.0}, {"C": 1.0, "kernel": "linear"})
    features = features[:, :CLASSES]
    _, chosen = svm.predict(features, true, NAMES, said, outer, grid)
    assert chosen == [grid[0]] * 5


def test_settings_are_chosen_on_speakers_never_heard():
    features, true, said = material(each=8, apart=2.0, seed=4)
    features /= features.std(axis=0)
    own = np.random.default_rng(5).normal(size=(5, CLASSES, 5))
    speakers = [int(each.speaker) for each in said]
    features[:, CLASSES:] = 5 * own[speakers, true]
    # A narrow kernel learns everybody's own ways by heart.
    grid = ({"gamma": 1.0, "C": 100.0}, {"kernel": "linear", "C": 0.01})
    same = [dataclasses.replace(each, speaker=each.id) for each in said]
    outer = folds.leave_one_speaker_out(said)
    _, chosen = svm.predict(features, true, NAMES, said, outer, grid)
    assert chosen == [grid[1]] * 5
    outer = folds.dealt(same)
    _, chosen = svm.predict(features, true, NAMES, same, outer, grid)
    assert chosen == [grid[0]] * 5


def test_a_class_of_one_speaker_cannot_be_chosen_by():
    features, true, said = material(speakers=4)
    for place, each in enumerate(said):
        if true[place] == 2 and each.speaker not in ("0", "1"):
            true[place] = 0
    outer = folds.leave_one_speaker_out(said)
    lacking = "'speaker 0, inner fold 1' without cross"
    with pytest.raises(ValueError, match=lacking):
        svm.predict(features, true, NAMES, said, outer, SMALL)


def test_two_speakers_are_too_few_to_choose_by():
    features, true, said = material(speakers=2)
    outer = folds.leave_one_speaker_out(said)
    with pytest.raises(ValueError, match="at least 2 speakers"):
        svm.predict(features, true, NAMES, said, outer, SMALL)
    single = SMALL[2:]
    predicted, _ = svm.predict(features, true, NAMES, said, outer, single)
    assert set(predicted) <= {0, 1, 2}


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A corpus whose emotions are loud or soft, and features that hear it."""
    monkeypatch.chdir(tmp_path)

    def loudness(waveform):
        size = np.abs(waveform)
        return np.log([[size.mean(), size.max()]]).astype("float32")

    fake = extraction.FrontEnd(loudness, 16_000, "test")
    monkeypatch.setitem(extraction.FRONT_ENDS, "egemaps", fake)
    monkeypatch.setitem(svm.GRIDS, "nested grid", SMALL)
    rng = np.random.default_rng(0)
    rows = [["file", "speaker", "emotion", "arousal"]]
    kinds = (("sad", 0.01, 1.5), ("neutral", 0.1, 3.0), ("angry", 1.0, 4.5))
    root = tmp_path / "corpus"
    root.mkdir()
    for speaker in range(6):
        for emotion, size, arousal in kinds * 2:
            name = f"{len(rows)}.wav"
            sound = rng.uniform(-size, size, 800)
            soundfile.write(root / name, sound, 16_000)
            rows.append([name, speaker, emotion, arousal])
    with open(root / "manifest.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    return root


def run(data, *words):
    return commands.run(
        baselines.main, "svm", "--corpus=manifest", f"--data={data}", *words
    )


def test_the_command_prints_recalls_with_their_interval(data):
    done = run(data)
    assert done.code == 0, done.err
    assert "openSMILE, for research use only" in done.out
    assert "leave_one_speaker_out" in done.out
    assert "emotion: 12 angry, 12 neutral, 12 sad" in done.out
    assert "| nested grid | emotion | 1.000 | 1.000 | 1.000 | 1.000 |" in (
        done.out
    )
    assert "| SVC() | emotion: sad | 1.000 |" in done.out
    assert "reading utterance" in done.err
    assert list(data.parent.glob("runs/features/egemaps/*/*.npy"))


@pytest.mark.parametrize(
    ("words", "task", "count", "said"),
    [
        (["--classes=sad,angry"], "emotion", 6, 24),
        (["--label=arousal"], "arousal", 5, 36),
        (["--normalisation=speaker", "--protocol=dealt"], "emotion", 5, 36),
    ],
)
def test_machines_read_everything(data, words, task, count, said):
    done = run(data, "--json", *words)
    assert done.code == 0, done.err
    content = json.loads(done.out)
    assert set(content["metrics"]) == {"SVC()", "nested grid"}
    for _name, scores in content["metrics"].items():
        assert scores[task]["uar"] > 0.9
        assert scores[task]["low"] <= scores[task]["uar"] <= 1
        assert len(content["chosen"][_name]) == count
        assert np.sum(content["confusions"][_name]) == said
    left_out = any("left out" in each for each in content["notes"])
    assert left_out is (said == 24)


@pytest.mark.parametrize(
    "splits, tested", [("train train dev test", 6), ("train train dev dev", 12)]
)
def test_a_partition_is_kept_to(data, splits, tested):
    """Where it has no test, those who validate are tested."""
    with open(data / "manifest.csv", newline="") as file:
        head, *rows = csv.reader(file)
    by_speaker = dict(zip("2345", splits.split()))
    with open(data / "manifest.csv", "w", newline="") as file:
        made = csv.writer(file)
        made.writerow([*head, "split"])
        for row in rows:
            made.writerow([*row, by_speaker.get(row[1], "train")])
    done = run(data, "--json")
    assert done.code == 0, done.err
    content = json.loads(done.out)
    assert np.sum(content["confusions"]["SVC()"]) == tested
    each = tested // 3
    assert (
        f"emotion: {each} angry, {each} neutral, {each} sad"
        in (content["notes"])
    )


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--label=arousal", "--classes=sad,angry"], 2, "low, mid, high"),
        (["--classes=sad"], 2, "two or more.*'sad'"),
        (["--classes=sad,sad"], 2, "two or more different"),
        (["--classes=sad,bored"], 1, "lacks bored"),
        (["--label=valence"], 1, "lacks valence"),
        (["--corpus=emotale"], 1, "annotations.csv"),
        (["--corpus=emotael"], 2, "Did you mean 'emotale'"),
    ],
)
def test_a_users_mistake_ends_in_one_sentence(data, words, code, sentence):
    done = run(data, *words)
    assert done.code == code
    assert re.search(sentence, done.sentence)


def test_without_opensmile_people_are_told_what_to_install(data, monkeypatch):
    ours = extraction.FrontEnd(egemaps.functionals, egemaps.RATE, "1")
    monkeypatch.setitem(extraction.FRONT_ENDS, "egemaps", ours)
    monkeypatch.setitem(sys.modules, "opensmile", None)
    egemaps._smile.cache_clear()
    done = run(data)
    egemaps._smile.cache_clear()
    assert done.code == 1
    assert "pip install 'emotion-zoo[baselines]'" in done.sentence
    assert "research use only" in done.sentence


def test_corpora_without_emotions_say_so(tmp_path, monkeypatch, simulated):
    monkeypatch.chdir(tmp_path)
    done = commands.run(
        baselines.main, "svm", "--corpus=simulated", f"--data={simulated}"
    )
    assert done.code == 1
    assert "'simulated' has no emotions" in done.sentence


def test_the_grid_is_what_the_readme_says():
    costs = {
        kernel: sorted(
            {each["C"] for each in svm.GRID if each["kernel"] == kernel}
        )
        for kernel in ("linear", "rbf")
    }
    assert costs == {
        "linear": [0.001, 0.01, 0.1, 1.0],
        "rbf": [0.1, 1.0, 10.0, 100.0],
    }
    assert len(svm.GRID) == 16
