"""What bad input gets: one sentence, an exit code, and nothing half-written.

Copies of a small simulated corpus are damaged in one way each and handed to
the commands as RECOLA.
"""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
import soundfile
from commands import run, small

from pipelines.audio import reader
from pipelines.simulation.folders import MANIFEST
from tuning import evaluate, search, train
from tuning.tables import __main__ as tables

COMMANDS = {"search": search.main, "train": train.main}
QUICK = {"corpus": "recola", "tuner": None, "epochs": 1, "seeds": 1}
RATE = 16_000


@pytest.fixture
def copy(simulated, tmp_path):
    folder = shutil.copytree(simulated, tmp_path / "copy")
    (folder / MANIFEST).unlink()
    return folder


def recording(folder, name):
    return folder / "recordings_audio" / f"{name}.wav"


def labels(folder, name, dimension="valence"):
    return folder / "ratings_gold_standard" / dimension / f"{name}.arff"


def cut(path, size):
    path.write_bytes(path.read_bytes()[:size])


def edit(path, change):
    path.write_text(change(path.read_text()))


def refuse(done, code, *words):
    """Checks that a command refused as it should, and left nothing."""
    assert done.code == code
    for word in words:
        assert str(word) in done.sentence
    assert not done.folder.exists() or not list(done.folder.iterdir())


def no_row(text):
    return text[: text.rstrip().rindex("\n") + 1]


def nan(text):
    return (
        text.replace(",0.40,", ",0.40,NaN %", 1).split("%")[0]
        + "\n"
        + (text.split(",0.40,")[1].partition("\n")[2])
    )


DAMAGES = {
    "no recording": (
        lambda f: recording(f, "dev_4").unlink(),
        "recordings_audio: 1 of 27 files are missing: dev_4.wav. Copy",
    ),
    "no labels": (
        lambda f: labels(f, "dev_4").unlink(),
        "valence: 1 of 27 files are missing: dev_4.arff",
    ),
    "too few rows": (
        lambda f: edit(labels(f, "dev_4"), lambda t: no_row(no_row(t))),
        "dev_4 must have as many rows in every dimension. Received: 151 of "
        "arousal, 149 of valence",
    ),
    "too many rows": (
        lambda f: edit(labels(f, "dev_4"), lambda t: t + "'dev_4',6.04,0.1\n"),
        "dev_4 must have as many rows in every dimension. Received: 151 of "
        "arousal, 152 of valence",
    ),
    "NaN in labels": (
        lambda f: edit(labels(f, "train_2"), nan),
        "train_2.arff, line 18: a gold standard must be a finite number. "
        "Received: nan in row 11",
    ),
    "an empty recording": (
        lambda f: cut(recording(f, "test_9"), 0),
        "test_9.wav' must hold audio. Received an empty file",
    ),
    "a torn recording": (
        lambda f: cut(recording(f, "test_9"), 50_000),
        "test_9.wav' must hold the samples that its header promises",
    ),
    "a recording that is none": (
        lambda f: recording(f, "test_9").write_text("hello " * 99),
        "test_9.wav' must be WAV, FLAC, OGG or MP3 audio",
    ),
    "a recording without samples": (
        lambda f: soundfile.write(recording(f, "train_1"), np.zeros(0), RATE),
        "train_1.wav' must hold samples",
    ),
    "a recording shorter than a window": (
        lambda f: soundfile.write(recording(f, "train_1"), np.ones(399), RATE),
        "train_1.arff: the recording must be longer than one window of 25 ms",
    ),
    "a recording that is not a number": (
        lambda f: soundfile.write(
            recording(f, "train_1"), np.full(6 * RATE, np.nan), RATE, "FLOAT"
        ),
        "train_1.wav' must hold finite samples",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_corpus_is_refused_by_file_and_rule(copy, name, tmp_path):
    damage, words = DAMAGES[name]
    damage(copy)
    done = run(search.main, *small(copy, tmp_path / "out", **QUICK))
    refuse(done, 1, words)


@pytest.mark.slow
def test_a_damaged_corpus_leaves_a_finished_run_as_it_was(
    searched, copy, tmp_path
):
    out = shutil.copytree(searched.folder, tmp_path / "run")
    before = {path: path.read_bytes() for path in out.glob("*.*")}
    cut(recording(copy, "dev_4"), 0)
    done = run(train.main, *small(copy, out, **QUICK), "--fresh")
    assert done.code == 1 and "dev_4.wav" in done.sentence
    assert before == {path: path.read_bytes() for path in out.glob("*.*")}
    assert len(list((out / "fits").iterdir())) > 3


@pytest.mark.parametrize("main", COMMANDS.values(), ids=COMMANDS)
def test_a_missing_folder_is_named(main, tmp_path):
    argv = small(tmp_path / "nowhere", tmp_path / "out", **QUICK)
    refuse(
        run(main, *argv),
        1,
        tmp_path / "nowhere",
        "must be a folder that holds recordings_audio/",
        "How to get it: https://",
    )


def test_a_corpus_without_its_folder_says_what_to_do(tmp_path):
    argv = small(None, tmp_path / "out", **QUICK)
    refuse(run(search.main, *argv), 1, "--corpus recola needs --data")


@pytest.mark.parametrize("main", COMMANDS.values(), ids=COMMANDS)
def test_an_unknown_model_gets_a_suggestion(main, simulated, tmp_path):
    _, *options = small(simulated, tmp_path / "out", **QUICK)
    done = run(main, "recola_dilted", *options)
    refuse(done, 2, "No model 'recola_dilted'. Did you mean 'recola_dilated'?")


@pytest.mark.parametrize("main", COMMANDS.values(), ids=COMMANDS)
def test_an_unknown_corpus_gets_a_suggestion(main, simulated, tmp_path):
    argv = small(simulated, tmp_path / "out", **{**QUICK, "corpus": "recloa"})
    refuse(run(main, *argv), 2, "No corpus 'recloa'. Did you mean 'recola'?")


@pytest.mark.parametrize("name", ["file", "file/run"])
@pytest.mark.parametrize("main", COMMANDS.values(), ids=COMMANDS)
def test_an_out_that_cannot_be_written_is_named(
    main, simulated, tmp_path, name
):
    (tmp_path / "file").write_text("mine")
    changes = {**QUICK, "corpus": "simulated"}
    done = run(main, *small(simulated, tmp_path / name, **changes))
    assert done.code == 1
    for words in (tmp_path / name, "cannot be written to", "another folder"):
        assert str(words) in done.sentence
    assert (tmp_path / "file").read_text() == "mine"


def test_a_simulated_corpus_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("mine")
    done = run(search.main, *small(None, tmp_path / "file" / "run"))
    assert done.code == 1
    assert str(tmp_path / "file" / "simulated") in done.sentence
    assert "Choose another one." in done.sentence
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_named(simulated, tmp_path):
    tmp_path.chmod(0o500)
    done = run(search.main, *small(simulated, tmp_path / "out", **QUICK))
    refuse(done, 1, "--out", "cannot be written to")


@pytest.mark.parametrize(
    "option, words",
    [
        ("--epochs=0", "must be at least 1, not 0"),
        ("--seeds=-1", "must be at least 1, not -1"),
        ("--trials=0", "must be at least 1, not 0"),
        ("--seed=-1", "must be at least 0, not -1"),
        ("--seed=x", "invalid"),
        ("--tuner=best", "invalid choice: 'best'"),
        ("--fast", "unrecognized arguments: --fast"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_read(option, words, tmp_path):
    argv = small(tmp_path / "nowhere", tmp_path / "out", **QUICK)
    done = run(search.main, *argv, option)
    assert done.code == 2 and words in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("paper", ["001", "002"])
def test_tables_refuse_as_well(paper, copy, tmp_path):
    labels(copy, "dev_4").unlink()
    out = tmp_path / "out"
    argv = (paper, "--corpus=recola", f"--data={copy}", f"--out={out}")
    refuse(run(tables.main, *argv), 1, "dev_4.arff")


def test_evaluating_refuses_as_well(searched, copy):
    cut(recording(copy, "test_2"), 50_000)
    argv = (searched.folder, "--corpus=recola", f"--data={copy}")
    done = run(evaluate.main, *argv)
    assert done.code == 1 and "test_2.wav' must hold" in done.sentence


@pytest.mark.slow
def test_other_rates_stereo_and_silence_are_taken(copy, tmp_path):
    """And the sample rate is said, once."""
    reader._log_resampled.cache_clear()
    for name in ("train_1", "train_2", "dev_1"):
        sound, _ = soundfile.read(recording(copy, name))
        soundfile.write(recording(copy, name), np.repeat(sound, 3), 3 * RATE)
    sound, _ = soundfile.read(recording(copy, "dev_2"))
    stereo = np.stack([sound, 0.5 * sound], axis=1)
    soundfile.write(recording(copy, "dev_2"), stereo, RATE)
    for name in ("train_3", "dev_3", "test_3"):
        soundfile.write(recording(copy, name), np.zeros(6 * RATE), RATE)
    argv = small(copy, tmp_path / "out", **QUICK)
    done = run(train.main, *argv, "--set=span=2")
    assert done.code == 0, done.err
    said = "Recordings at 48000 Hz are resampled to 16000 Hz."
    assert done.err.splitlines().count(said) == 1
    for split in ("dev", "test"):
        for scores in done.report["metrics"][split].values():
            assert np.isfinite(list(scores.values())).all()


@pytest.mark.slow
def test_nothing_but_silence_gives_finite_figures(copy, tmp_path):
    for path in (copy / "recordings_audio").iterdir():
        soundfile.write(path, np.zeros(6 * RATE), RATE)
    argv = small(copy, tmp_path / "out", **QUICK)
    done = run(train.main, *argv, "--set=span=2")
    assert done.code == 0, done.err
    for scores in done.report["metrics"]["dev"].values():
        assert abs(scores["ccc"]) < 0.05 and np.isfinite(scores["rmse"])
