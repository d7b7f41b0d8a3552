"""The command `tuning.baselines`: support vector machines over eGeMAPS."""

from __future__ import annotations

import csv
import json
import pathlib
import re
import shutil
import sys

import commands
import numpy as np
import pytest
import soundfile

from pipelines.features import egemaps, extraction
from tuning import baselines, fuse, train
from tuning.experiments import svm

GRID = (
    {"kernel": "rbf", "gamma": 1e4},
    {"kernel": "linear", "C": 0.1},
    {"kernel": "rbf", "C": 1.0},
)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A corpus whose emotions differ in loudness, the one feature."""
    monkeypatch.chdir(tmp_path)

    def loudness(waveform):
        size = np.abs(waveform)
        return np.log([[size.mean(), size.max()]]).astype("float32")

    def low_level(waveform):
        return np.repeat(loudness(waveform)[:, :1], 25, axis=1)

    for name, extract in {
        "egemaps": loudness,
        "egemaps_lld": low_level,
    }.items():
        fake = extraction.FrontEnd(extract, 16_000, "test")
        monkeypatch.setitem(extraction.FRONT_ENDS, name, fake)
    monkeypatch.setitem(svm.GRIDS, "nested grid", GRID)
    rng = np.random.default_rng(0)
    rows = [["file", "speaker", "emotion", "arousal"]]
    emotions = (("sad", 0.01, 1.5), ("neutral", 0.1, 3.0), ("angry", 1.0, 4.5))
    root = tmp_path / "corpus"
    root.mkdir()
    for speaker in range(6):
        for emotion, size, arousal in emotions * 2:
            name = f"{len(rows)}.wav"
            waveform = rng.uniform(-size, size, 800)
            soundfile.write(root / name, waveform, 16_000)
            rows.append([name, speaker, emotion, arousal])
    with open(root / "manifest.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    return root


def run(data, *options, corpus="manifest"):
    return commands.run(
        baselines.main, "svm", f"--corpus={corpus}", f"--data={data}", *options
    )


@pytest.mark.slow
def test_the_command_prints_recalls_with_confidence_intervals(data):
    done = run(data)
    assert done.code == 0, done.err
    assert "openSMILE, for research use only" in done.out
    assert "leave_one_speaker_out" in done.out
    assert "emotion: 12 angry, 12 neutral, 12 sad" in done.out
    assert "| nested grid | emotion | 1.000 | 1.000 | 1.000 |" in done.out
    assert "No interval: 6 speakers." in done.out
    assert "| SVC() | emotion: sad | 1.000 |" in done.out
    assert "reading utterance" in done.err
    assert list(data.parent.glob("runs/features/egemaps/*/*.npy"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "task", "folds", "tested"),
    [
        (["--classes=sad,angry"], "emotion", 6, 24),
        (["--label=arousal"], "arousal", 5, 36),
        (["--normalisation=speaker", "--protocol=dealt"], "emotion", 5, 36),
    ],
)
def test_options_choose_the_task_and_the_protocol(
    data, options, task, folds, tested
):
    done = run(data, "--json", *options)
    assert done.code == 0, done.err
    content = json.loads(done.out)
    systems = content["metrics"]
    assert systems.pop("majority")[task]["uar"] == 1 / len(
        content["confusions"]["majority"]
    )
    assert set(systems) == {"SVC()", "nested grid"}
    for name, scores in systems.items():
        assert scores[task]["uar"] > 0.9
        assert "low" not in scores[task], "six speakers"
        assert len(content["chosen"][name]) == folds
        assert np.sum(content["confusions"][name]) == tested
    has_left_out = any("left out" in note for note in content["notes"])
    assert has_left_out is (tested == 24)


@pytest.mark.parametrize(
    "splits, tested", [("train train dev test", 6), ("train train dev dev", 12)]
)
def test_the_corpus_own_partition_is_used(data, splits, tested):
    """Without a test partition, dev is tested."""
    with open(data / "manifest.csv", newline="") as file:
        head, *rows = csv.reader(file)
    by_speaker = dict(zip("2345", splits.split()))
    with open(data / "manifest.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*head, "split"])
        for row in rows:
            writer.writerow([*row, by_speaker.get(row[1], "train")])
    done = run(data, "--json")
    assert done.code == 0, done.err
    content = json.loads(done.out)
    assert np.sum(content["confusions"]["SVC()"]) == tested
    count = tested // 3
    assert (
        f"emotion: {count} angry, {count} neutral, {count} sad"
        in content["notes"]
    )
    speakers = "1 speaker" if tested == 6 else "2 speakers"
    assert f"No interval: {speakers}." in content["notes"]


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (["--label=arousal", "--classes=sad,angry"], 2, "low, mid, high"),
        (["--classes=sad"], 2, "two or more.*'sad'"),
        (["--classes=sad,sad"], 2, "two or more different"),
        (["--classes=sad,bored"], 1, "lacks bored"),
        (["--label=valence"], 1, "lacks valence"),
    ],
)
def test_a_wrong_option_is_refused_in_one_sentence(
    data, options, code, sentence
):
    done = run(data, *options)
    assert done.code == code
    assert re.search(sentence, done.sentence)


@pytest.mark.parametrize(
    ("corpus", "code", "sentence"),
    [
        ("emotale", 1, "annotations.csv"),
        ("emotael", 2, "Did you mean 'emotale'"),
    ],
)
def test_a_wrong_corpus_is_refused_in_one_sentence(
    data, corpus, code, sentence
):
    done = run(data, corpus=corpus)
    assert done.code == code
    assert sentence in done.sentence


def test_without_opensmile_the_error_says_what_to_install(data, monkeypatch):
    front_end = extraction.FrontEnd(egemaps.functionals, egemaps.RATE, "1")
    monkeypatch.setitem(extraction.FRONT_ENDS, "egemaps", front_end)
    monkeypatch.setitem(sys.modules, "opensmile", None)
    egemaps._smile.cache_clear()
    done = run(data)
    egemaps._smile.cache_clear()
    assert done.code == 1
    assert "pip install 'emotion-zoo[baselines]'" in done.sentence
    assert "research use only" in done.sentence


def test_a_corpus_without_emotions_is_refused(tmp_path, monkeypatch, simulated):
    monkeypatch.chdir(tmp_path)
    done = commands.run(
        baselines.main, "svm", "--corpus=simulated", f"--data={simulated}"
    )
    assert done.code == 1
    assert "'simulated' has no emotions" in done.sentence


@pytest.mark.slow
def test_runs_of_machines_are_fused_and_not_repeated(data):
    classes = "--classes=sad,neutral,angry"
    done = [run(data, classes, f"--normalisation={n}") for n in NORMALISATIONS]
    assert [own.code for own in done] == [0, 0, 0], done[-1].err
    folders = [
        pathlib.Path("runs", f"svm-egemaps-manifest-sad_neutral_angry{ending}")
        for ending in ("", "-speaker", "-running")
    ]
    for own, folder in zip(done, folders):
        assert own.out.endswith(f"Report: {folder / 'report.md'}\n")
        assert own.out.startswith((folder / "report.md").read_text("utf-8"))
    again = run(data, classes)
    assert again.out == done[0].out and "fold" not in again.err
    for method in ("mean", "selected", "stacked"):
        content = fuse.fuse(folders[:2], method)
        assert content["metrics"][fuse.FUSION]["emotion"]["uar"] == 1


NORMALISATIONS = ("none", "speaker", "running")


@pytest.mark.slow
def test_dev_is_predicted_by_machines_trained_without_it(data):
    done = run(data, "--json")
    assert done.code == 0, done.err
    path = pathlib.Path("runs", "svm-egemaps-manifest", "predictions.npz")
    with np.load(path, allow_pickle=False) as arrays:
        dev, test = (
            {n: arrays[f"{split}/{n}"] for n in ("classes", "id", "fold")}
            for split in ("dev", "test")
        )
    assert test["classes"].shape == (36, 1, 3)
    assert dev["classes"].shape == (72, 1, 3), "two other speakers a fold"
    of_speaker = dict(zip(test["id"], test["fold"]))
    assert all(of_speaker[i] != fold for i, fold in zip(dev["id"], dev["fold"]))
    scores = json.loads(done.out)["metrics"]
    assert scores["nested grid"]["emotion"]["ece"] < 0.2
    assert "ece" not in scores["SVC()"]["emotion"]


def test_where_dev_cannot_be_predicted_the_report_says_why(data):
    keep_speakers(data, 3)
    done = run(data, "--json")
    assert done.code == 0, done.err
    notes = json.loads(done.out)["notes"]
    (note,) = (note for note in notes if note.startswith("no predictions of"))
    assert "at least 2 speakers" in note


def keep_speakers(data, count):
    """Leaves the recordings of the first speakers alone in the table."""
    lines = (data / "manifest.csv").read_text("utf-8").splitlines()
    speakers = tuple("012345"[:count])
    kept = [line for line in lines[1:] if line.split(",")[1] in speakers]
    (data / "manifest.csv").write_text("\n".join([lines[0], *kept]) + "\n")


def test_a_folder_of_another_run_is_refused(data):
    assert run(data, "--out=runs/one").code == 0
    done = run(data, "--out=runs/one", "--label=arousal")
    assert done.code == 1 and "Name another folder" in done.sentence
    assert run(data, "--out=runs/one", "--label=arousal", "--fresh").code == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("protocol", "label"), [("dealt", None), ("dealt", "arousal")]
)
def test_a_machine_is_fused_with_a_network(data, protocol, label):
    model = "iemocap_egemaps_rnn" if label else "iemocap_attention_blstm_fcn"
    choice = f"--task={label}" if label else "--classes=angry,neutral,sad"
    own = choice.replace("--task", "--label")
    done = run(data, own, f"--protocol={protocol}", "--out=runs/machine")
    assert done.code == 0, done.err
    trained = commands.run(
        train.main,
        model,
        *("--corpus=manifest", f"--data={data}", choice),
        *(f"--protocol={protocol}", "--out=runs/network"),
        *("--epochs=1", "--seeds=1"),
        *(() if label else ("--set=components=4", "--set=branches=fcn")),
    )
    assert trained.code == 0, trained.err
    runs = [pathlib.Path("runs", name) for name in ("machine", "network")]
    for method in ("mean", "selected"):
        content = fuse.fuse(runs, method)
        report = json.loads((runs[0] / "report.json").read_text("utf-8"))
        task = label or "emotion"
        machine = report["metrics"]["nested grid"][task]["uar"]
        assert content["metrics"]["machine"][task]["uar"] == machine


def test_corpora_that_share_a_recording_are_refused(data, tmp_path):
    other = shutil.copytree(data, tmp_path / "other")
    corpora = [f"--corpus=manifest={folder}" for folder in (data, other)]
    done = commands.run(baselines.main, "svm", *corpora)
    assert done.code == 1 and "in two corpora" in done.sentence


@pytest.mark.slow
def test_starting_over_keeps_what_there_is_until_all_is_read(data):
    assert run(data, "--out=runs/one").code == 0
    (data / "1.wav").write_bytes(b"no sound")
    done = run(data, "--out=runs/one", "--fresh")
    assert done.code == 1 and "1.wav" in done.sentence
    assert pathlib.Path("runs/one/report.json").exists()
