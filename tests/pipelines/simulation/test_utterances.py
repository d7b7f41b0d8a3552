"""Simulated utterances in the layouts of IEMOCAP and CHEAVD."""

from __future__ import annotations

import collections
import json
import os
import shutil

import numpy as np
import pytest
from contracts_corpus import check_corpus
from sklearn.feature_selection import f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import pipelines
from pipelines import labels, simulate
from pipelines.audio import reader
from pipelines.corpora import cheavd, iemocap
from pipelines.corpora.emotion_base import FOUR
from pipelines.simulation import folders, utterances

pytestmark = pytest.mark.slow

LAYOUTS = ("iemocap", "cheavd")
LEVELS = labels.RatingLevels()


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    return {
        name: pipelines.corpus(f"simulated_{name}", folder / name)
        for name in LAYOUTS
    }


@pytest.fixture(scope="module")
def features(corpora):
    """Layout to loudness, brightness and pitch, (utterances, 3)."""
    return {
        name: np.stack([measured(c.waveform(u)) for u in c.utterances])
        for name, c in corpora.items()
    }


def measured(sound):
    """Level in dB, zero crossings a sample and pitch in octaves."""
    frames = sound[: len(sound) // 800 * 800].reshape(-1, 800)
    frames = frames[frames.std(axis=1) > 0.3 * frames.std(axis=1).max()]
    power = np.abs(np.fft.rfft(frames * np.hanning(800), 2048)) ** 2
    lag = 40 + np.fft.irfft(power)[:, 40:230].argmax(axis=1)
    crossings = np.diff(np.signbit(frames), axis=1).mean()
    pitch = np.median(-np.log2(lag))
    return np.array([20 * np.log10(sound.std()), crossings, pitch])


def recall(features, emotions, speakers):
    """Of the emotions on average, every speaker judged by the others."""
    model = make_pipeline(
        StandardScaler(), LogisticRegression(class_weight="balanced")
    )
    judged = cross_val_predict(
        model, features, emotions, groups=speakers, cv=LeaveOneGroupOut()
    )
    return balanced_accuracy_score(emotions, judged)


def column(corpus, name):
    return np.array([u.labels[name] for u in corpus.utterances])


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_simulated_corpora_keep_the_contract(corpora, name):
    corpus = corpora[name]
    check_corpus(corpus, count=9)
    assert corpus.simulated and "made by a program" in corpus.card()
    count = utterances.UTTERANCES[name]
    assert len(corpus.utterances) == count
    card = corpus.card()
    assert f"{count} utterances, {len(corpus.speakers)} speakers" in card
    for utterance in corpus.utterances:
        assert 1 <= reader.duration(utterance.files[0]) <= 2.5


def test_iemocaps_layout_has_its_sessions_actors_and_emotions(corpora):
    corpus = corpora["iemocap"]
    counts = collections.Counter(column(corpus, "emotion"))
    assert counts == {
        **dict.fromkeys(FOUR, 40),
        "excited": 20,
        "frustrated": 20,
    }
    assert corpus.speakers == tuple(f"{n}{g}" for n in "12345" for g in "FM")
    assert {s: len(corpus.split(s)) for s in ("train", "dev", "test")} == {
        "train": 120,
        "dev": 40,
        "test": 40,
    }


def test_iemocaps_own_reader_reads_it(corpora, tmp_path, monkeypatch):
    bare = shutil.copytree(corpora["iemocap"].root, tmp_path / "bare")
    (bare / folders.MANIFEST).unlink()
    with pytest.raises(ValueError, match="10039 utterances.*200 utterances"):
        pipelines.corpus("iemocap", bare)
    expected = corpora["iemocap"].expected
    monkeypatch.setattr(iemocap.Iemocap, "expected", expected)
    monkeypatch.setattr(iemocap, "SESSIONS", dict.fromkeys(range(1, 6), 40))
    real = pipelines.corpus("iemocap", bare)
    assert not real.simulated and real.clipped == []
    simulated, known = (
        {u.id: (u.speaker, u.split, u.labels) for u in corpus.utterances}
        for corpus in (real, corpora["iemocap"])
    )
    assert simulated == known


def test_cheavds_own_reader_reads_it(corpora, tmp_path, monkeypatch):
    bare = shutil.copytree(corpora["cheavd"].root, tmp_path / "bare")
    (bare / folders.MANIFEST).unlink()
    with pytest.raises(ValueError, match="7030 utterances.*160 utterances"):
        pipelines.corpus("cheavd", bare)
    sizes = {
        "train": (20, 20, *[10] * 6),
        "dev": (6, 6, *[3] * 6),
        "test": (6, 6, *[3] * 6),
    }
    monkeypatch.setattr(cheavd, "SIZES", sizes)
    real = pipelines.corpus("cheavd", bare)
    assert real.expected == corpora["cheavd"].expected


def test_a_damaged_simulated_table_is_refused(corpora, tmp_path):
    folder = shutil.copytree(corpora["cheavd"].root, tmp_path / "copy")
    table = folder / "labels.csv"
    table.write_text(table.read_text().replace("sad", "happy", 1))
    with pytest.raises(ValueError, match="intact copy.*16 happy.*17 happy"):
        pipelines.corpus("simulated_cheavd", folder)


@pytest.mark.parametrize("dataset, happy", [("1", 40), ("2", 60)])
def test_the_data_sets_of_four_classes(corpora, dataset, happy):
    corpus = pipelines.corpus(
        "simulated_iemocap",
        corpora["iemocap"].root,
        dataset=f"IEMO_dataset{dataset}",
        dev_session=2,
        test_session=1,
    )
    check_corpus(corpus)
    assert corpus.emotions == FOUR
    assert np.sum(column(corpus, "emotion") == "happy") == happy
    assert len(corpus.utterances) == 120 + happy
    assert {u.labels["session"] for u in corpus.split("test")} == {1}


@pytest.mark.parametrize("utterances", [40, 200])
def test_every_level_occurs_of_every_speaker(corpora, tmp_path, utterances):
    corpus = corpora["iemocap"]
    if utterances != len(corpus.utterances):
        corpus = pipelines.corpus(
            corpus.name, tmp_path / "x", seed=7, utterances=utterances
        )
    for dimension in corpus.dimensions:
        levels_of = collections.defaultdict(set)
        levels = LEVELS.levels(column(corpus, dimension))
        for utterance, level in zip(corpus.utterances, levels):
            levels_of[utterance.speaker].add(level)
        assert len(levels_of) == 10
        assert all(levels == {0, 1, 2} for levels in levels_of.values()), (
            dimension
        )


def test_ratings_follow_the_emotion_and_raters_differ(corpora):
    corpus = corpora["iemocap"]
    emotions = column(corpus, "emotion")
    arousal, valence = (
        {e: column(corpus, name)[emotions == e] for e in FOUR}
        for name in ("arousal", "valence")
    )
    assert arousal["angry"].mean() > arousal["neutral"].mean() + 0.5
    assert arousal["sad"].mean() < arousal["neutral"].mean() - 0.5
    assert valence["happy"].mean() > valence["angry"].mean() + 1.5
    assert all(values.std() > 0.2 for values in arousal.values())
    assert any(value % 1 for value in column(corpus, "arousal"))


def test_emotions_are_heard_with_speakers_left_out(corpora, features):
    emotions = column(corpora["iemocap"], "emotion")
    four = np.isin(emotions, FOUR)
    sessions = column(corpora["iemocap"], "session")
    accuracy = recall(features["iemocap"][four], emotions[four], sessions[four])
    assert 0.45 < accuracy < 0.95  # chance is 0.25
    speakers = [u.speaker for u in corpora["cheavd"].utterances]
    emotions = column(corpora["cheavd"], "emotion")
    assert 0.25 < recall(features["cheavd"], emotions, speakers) < 0.95


@pytest.mark.parametrize("name", LAYOUTS)
def test_speakers_have_voices_of_their_own(corpora, features, name):
    speakers = np.array([u.speaker for u in corpora[name].utterances])
    _, chance = f_classif(features[name], speakers)
    assert (chance < 1e-3).all()


def test_women_speak_higher_than_men(corpora, features):
    gender = column(corpora["iemocap"], "gender")
    woman, man = (
        np.median(features["iemocap"][gender == letter, 2]) for letter in "FM"
    )
    assert woman > man + 0.4


def tree(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_files(tmp_path):
    first, again, other = (
        tree(utterances.simulate_iemocap(tmp_path / name, seed, 40))
        for name, seed in (("a", 5), ("b", 5), ("c", 6))
    )
    assert first == again and len(first) == 40 + 5 + 1
    sounds = [data for name, data in first.items() if name.endswith(".wav")]
    assert len(set(sounds)) == 40
    assert not set(sounds) & set(other.values())


@pytest.mark.parametrize("name", LAYOUTS)
def test_an_existing_folder_is_kept_or_refused(corpora, name):
    folder = corpora[name].root
    before = (folder / folders.MANIFEST).stat().st_mtime_ns
    count = utterances.UTTERANCES[name]
    pipelines.corpus(f"simulated_{name}", folder)
    pipelines.corpus(f"simulated_{name}", folder, seed=0, utterances=count)
    assert (folder / folders.MANIFEST).stat().st_mtime_ns == before
    with pytest.raises(FileExistsError, match=f"seed=1, utterances={count}"):
        pipelines.corpus(f"simulated_{name}", folder, seed=1)


def test_a_failure_leaves_nothing(tmp_path, monkeypatch):
    def fail(*arguments):
        raise OSError("disk full")

    monkeypatch.setattr(utterances.voice, "speak", fail)
    with pytest.raises(OSError, match="disk full"):
        utterances.simulate_cheavd(tmp_path / "x")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "name, options, message",
    [
        ("iemocap", {"seed": -1}, "`seed` .* 0. Received: seed=-1"),
        ("iemocap", {"utterances": 39}, "least 40. Received: utterances=39"),
        ("cheavd", {"utterances": 127}, "least 128. .*: utterances=127"),
    ],
)
def test_options_out_of_range_are_refused(tmp_path, name, options, message):
    with pytest.raises(ValueError, match=message):
        pipelines.corpus(f"simulated_{name}", tmp_path / "x", **options)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_command_reports_on_stderr_and_answers_on_stdout(
    tmp_path, capsys, name
):
    folder = tmp_path / "x"
    count = utterances.LEAST[name]
    argv = [name, f"--out={folder}", f"--utterances={count}", "--seed=2"]
    assert simulate.main(argv) == 0
    out, err = capsys.readouterr()
    assert out == f"{folder}\n" and len(err.split()) == count
    assert all((folder / file).is_file() for file in err.split())
    manifest = json.loads((folder / folders.MANIFEST).read_text())
    assert manifest["seed"] == 2 and manifest["corpus"] == name
