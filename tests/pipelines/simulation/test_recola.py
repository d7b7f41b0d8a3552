"""Simulated recordings in the layout of RECOLA, and the command."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from contracts_corpus import check_corpus
from scipy.ndimage import gaussian_filter1d
from scipy.signal import periodogram

import pipelines
from pipelines import simulate
from pipelines.corpora.recola import Recola
from pipelines.simulation import recola, voice
from pipelines.simulation.folders import MANIFEST
from pipelines.simulation.recola import simulate_recola
from zoo.common import files


def tree(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return simulate_recola(
        tmp_path_factory.mktemp("made") / "sim", seconds=20.0
    )


@pytest.mark.slow
def test_the_simulated_corpus_keeps_the_contract(root):
    corpus = pipelines.corpus("simulated", root, seconds=20.0)
    assert corpus.simulated
    check_corpus(corpus, count=9)
    assert all(corpus.has_traces(u) for u in corpus.utterances)


@pytest.mark.slow
def test_recolas_own_reader_reads_it(root, tmp_path):
    bare = shutil.copytree(root, tmp_path / "bare")
    (bare / MANIFEST).unlink()
    corpus = pipelines.corpus("recola", bare)
    assert isinstance(corpus, Recola) and not corpus.simulated
    for utterance in corpus.split("dev"):
        assert len(corpus.traces(utterance)["valence"]) == 500
        assert len(corpus.waveform(utterance)) == 320_000


@pytest.mark.slow
def test_the_same_seed_gives_the_same_files(tmp_path):
    first, again, other = (
        simulate_recola(tmp_path / name, seed, 2.0, recordings=2)
        for name, seed in (("a", 5), ("b", 5), ("c", 6))
    )
    assert tree(first) == tree(again)
    wav = "recordings_audio/dev_2.wav"
    assert tree(first)[wav] != tree(other)[wav]


def test_recordings_differ_from_each_other(root):
    sounds = {data for name, data in tree(root).items() if "wav" in name}
    assert len(sounds) == 27


@pytest.mark.parametrize("seconds", [1.0, 1.039, 2.5, 3.3333])
def test_any_length_has_labels_that_fit(tmp_path, seconds):
    corpus = pipelines.corpus("simulated", tmp_path / "x", seconds=seconds)
    assert all(corpus.traces(u) for u in corpus.utterances)


def test_traces_move_slowly_and_use_their_range(root):
    corpus = pipelines.corpus("simulated", root)
    traces = [corpus.traces(u) for u in corpus.split("train")]
    for dimension in corpus.dimensions:
        values = np.stack([trace[dimension] for trace in traces])
        hertz, power = periodogram(values, 25, "hann", detrend="linear")
        assert power[:, hertz < 1].sum() > 0.95 * power.sum()
        assert 0.15 < values.std() < 0.6


def frames_of(sound):
    return sound[: len(sound) // 640 * 640].reshape(-1, 640)


def test_loudness_precedes_rated_arousal(root):
    """Loudness agrees best with ratings of one to three seconds later."""
    corpus = pipelines.corpus("simulated", root)
    agreement = np.zeros(126)
    for utterance in corpus.utterances:
        energy = np.square(frames_of(corpus.waveform(utterance))).mean(1)
        loudness = gaussian_filter1d(np.sqrt(energy), 25)
        arousal = corpus.traces(utterance)["arousal"]
        agreement += [
            np.corrcoef(loudness[: 500 - lag], arousal[lag:])[0, 1]
            for lag in range(126)
        ]
    assert agreement.max() / 27 > 0.4
    assert 25 <= agreement.argmax() <= 75


def speak(arousal, valence, seed=0, seconds=4):
    samples = seconds * voice.RATE
    flat = np.ones(voice.control_frames(samples))
    speaker = voice.Speaker(pitch=120.0, tract=1.0, level=0.05, floor=1e-5)
    rng = np.random.default_rng(seed)
    return voice.speak(rng, speaker, arousal * flat, valence * flat, samples)


def share_above(sound, hertz):
    at, power = periodogram(sound / 32768, voice.RATE)
    return power[at > hertz].sum() / power[at > 50].sum()


def periodicity(sound):
    """How much of the louder frames repeats after a pitch period."""
    frames = frames_of(sound).astype(float)
    frames = frames[frames.std(1) > np.median(frames.std(1))]
    power = np.abs(np.fft.rfft(frames * np.hanning(640), 2048)) ** 2
    repeats = np.fft.irfft(power)
    return np.median(repeats[:, 80:250].max(1) / repeats[:, 0])


def test_the_voice_is_sound_of_16_bits():
    sound = speak(0.0, 0.0)
    assert sound.dtype == np.int16 and sound.shape == (64_000,)
    assert 1000 < np.abs(sound).max() <= 32767
    assert np.mean(np.abs(sound.astype(int)) >= 32767) < 1e-3


def test_arousal_makes_the_voice_loud_and_bright():
    low = [speak(-0.8, 0.0, seed) for seed in range(4)]
    high = [speak(0.8, 0.0, seed) for seed in range(4)]
    assert np.std(high) > 2 * np.std(low)
    bright = [np.mean([share_above(s, 1000) for s in x]) for x in (low, high)]
    assert bright[1] > 1.4 * bright[0]


def test_the_pitch_is_the_speakers_and_rises_with_arousal():
    for arousal, semitones in ((-0.7, -2.8), (0.0, 0.0), (0.7, 2.8)):
        sound = speak(arousal, 0.0).astype(float)
        spectrum = np.abs(np.fft.rfft(sound, 1 << 17)) ** 2
        peaks = np.fft.irfft(spectrum)[80:250]
        pitch = voice.RATE / (80 + np.argmax(peaks))
        assert pitch == pytest.approx(120 * 2 ** (semitones / 12), rel=0.12)


@pytest.mark.parametrize("seed", range(3))
def test_valence_takes_breath_out_of_the_voice(seed):
    sad, glad = (speak(0.0, valence, seed) for valence in (-0.9, 0.9))
    assert periodicity(glad) > periodicity(sad) + 0.05


def test_an_existing_folder_of_the_same_options_is_kept(root):
    before = (root / MANIFEST).stat().st_mtime_ns
    simulate_recola(root, seconds=20)
    assert (root / MANIFEST).stat().st_mtime_ns == before


@pytest.mark.parametrize("options", [{"seed": 1}, {"seconds": 10.0}])
def test_other_options_are_refused(root, options):
    with pytest.raises(FileExistsError, match="seed=0, seconds=20.0"):
        pipelines.corpus("simulated", root, **{"seconds": 20.0, **options})


@pytest.mark.parametrize("text", ["{}", "[1]", "null", "\0"])
def test_what_the_simulator_did_not_make_is_refused(tmp_path, text):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(FileExistsError, match="did not make"):
        simulate_recola(tmp_path)
    assert os.listdir(tmp_path) == [MANIFEST]


def test_a_file_in_its_place_is_refused(tmp_path):
    (tmp_path / "x").write_text("mine")
    with pytest.raises(FileExistsError, match="did not make"):
        simulate_recola(tmp_path / "x")
    with pytest.raises(OSError, match="`out` must lie in a folder"):
        simulate_recola(tmp_path / "x" / "y")


def test_an_empty_folder_is_filled(tmp_path):
    simulate_recola(tmp_path / "x", seconds=1, recordings=1)
    (tmp_path / "y").mkdir()
    simulate_recola(tmp_path / "y", seconds=1, recordings=1)
    assert tree(tmp_path / "x") == tree(tmp_path / "y")


def test_a_failure_leaves_nothing(tmp_path, monkeypatch):
    def fail(name, gold, hop):
        raise OSError("disk full")

    monkeypatch.setattr(recola.gold_standard, "arff", fail)
    with pytest.raises(OSError, match="disk full"):
        simulate_recola(tmp_path / "x", seconds=1)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_another_process_made_first_is_used(
    tmp_path, monkeypatch
):
    """Another process makes the same corpus just before this one."""

    def lose(partial, out):
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / MANIFEST).write_text((partial / MANIFEST).read_text())
        raise OSError("not empty")

    monkeypatch.setattr(files.os, "replace", lose)
    simulate_recola(tmp_path / "x", seconds=1, recordings=1)
    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize(
    "options, word",
    [
        ({"seed": -1}, "seed=-1"),
        ({"seconds": 0.5}, "seconds=0.5"),
        ({"seconds": float("nan")}, "seconds=nan"),
        ({"seconds": 1e9}, "seconds=1"),
        ({"recordings": 0}, "recordings=0"),
    ],
)
def test_options_out_of_range_are_refused(tmp_path, options, word):
    with pytest.raises(ValueError, match=word):
        simulate_recola(tmp_path / "x", **options)
    assert os.listdir(tmp_path) == []


def test_the_command_reports_on_stderr_and_answers_on_stdout(tmp_path, capsys):
    argv = ["recola", "--out", str(tmp_path / "x"), "--seconds", "1"]
    assert simulate.main(argv) == 0
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / 'x'}\n"
    assert len(err.splitlines()) == 27
    manifest = json.loads((tmp_path / "x" / MANIFEST).read_text())
    assert manifest["seed"] == 0 and manifest["seconds"] == 1.0


@pytest.mark.slow
def test_the_module_can_be_run(tmp_path):
    argv = ["-m", "pipelines.simulate", "recola", "--seconds", "0"]
    done = subprocess.run(
        [sys.executable, "-W", "error", *argv, "--out", str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and done.stdout == ""
    assert "error: `seconds` must be from 1 to 300." in done.stderr


def test_the_command_refuses_in_one_sentence(tmp_path, capsys):
    (tmp_path / "mine").write_text("")
    argv = ["recola", "--out", str(tmp_path)]
    assert simulate.main(argv) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.slow
def test_a_kill_leaves_no_half_corpus(tmp_path):
    argv = ["-m", "pipelines.simulate", "recola", "--seconds", "300"]
    with subprocess.Popen(
        [sys.executable, *argv, "--out", str(tmp_path / "x")],
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.rglob("*.wav")):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "x").exists()
    simulate_recola(tmp_path / "x", seconds=1, recordings=1)
    assert (tmp_path / "x" / MANIFEST).exists()
