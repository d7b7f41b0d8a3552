"""Simulated words in the layout of CMU-MOSEI."""

from __future__ import annotations

import itertools
import json
import os
import shutil

import numpy as np
import pytest
from contracts_corpus import check_corpus
from sklearn.linear_model import Ridge

import pipelines
from pipelines import simulate
from pipelines.corpora._io import csd
from pipelines.corpora.mosei import labels
from pipelines.datasets import words
from pipelines.datasets.word_features import WordFeatures
from pipelines.simulation import folders, mosei, opinion_videos
from pipelines.simulation.recola import simulate_recola


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "sim"
    return mosei.simulate_mosei(folder, videos=50)


@pytest.fixture(scope="module")
def corpus(root):
    return pipelines.corpus("simulated_mosei", root)


@pytest.mark.slow
def test_the_simulated_corpus_keeps_the_contract(corpus):
    check_corpus(corpus, audio=False, count=20)
    assert corpus.simulated and "made by a program" in corpus.card()
    counts = {split: 0 for split in ("train", "dev", "test")}
    for video in corpus.speakers:
        counts[video.split("_")[0]] += 1
    assert counts == {"train": 36, "dev": 7, "test": 7}
    assert all(u.id.startswith(u.split) for u in corpus.utterances)


def test_the_files_are_those_of_the_sdk(root):
    assert sorted(os.listdir(root)) == [
        "CMU_MOSEI_COVAREP.csd",
        "CMU_MOSEI_Labels.csd",
        "CMU_MOSEI_TimestampedWordVectors.csd",
        "CMU_MOSEI_TimestampedWords.csd",
        "CMU_MOSEI_VisualFacet42.csd",
        folders.MANIFEST,
    ]


def test_moseis_own_reader_reads_it_but_for_its_folds(root, corpus, tmp_path):
    file = csd.ComputationalSequence(root / "CMU_MOSEI_Labels.csd")
    release, columns = labels.columns(file, "emotions")
    assert release.endswith("as the file names them") and columns["happy"] == 1
    assert labels.EMOTIONS == opinion_videos.EMOTIONS
    bare = shutil.copytree(root, tmp_path / "bare")
    (bare / folders.MANIFEST).unlink()
    with pytest.raises(FileNotFoundError, match="3227 of the folds' 3227"):
        pipelines.corpus("mosei", bare)
    with pytest.raises(ValueError, match="50 videos left out, in no fold"):
        pipelines.corpus("mosei", bare, partial=True)


def stream(root, name):
    return csd.ComputationalSequence(root / f"CMU_MOSEI_{name}.csd")


def test_streams_have_the_real_rates_dimensions_and_flaws(root):
    voice, face = stream(root, "COVAREP"), stream(root, "VisualFacet42")
    infinite = lost = 0
    for video in voice.videos:
        frames = voice.features(video)
        assert frames.shape[1] == 74 and frames.dtype == np.float32
        steps = np.diff(voice.intervals(video), axis=0)
        np.testing.assert_allclose(steps, 0.01, atol=1e-9)
        infinite += np.isneginf(frames).sum()
        assert np.isfinite(frames[:, :7]).all()
        unvoiced = frames[:, 1] == 0
        assert (frames[unvoiced, 0] == 0).all()
        assert (frames[~unvoiced, 0] >= 50).all()
        times = face.intervals(video)
        np.testing.assert_allclose(times[:, 1] - times[:, 0], 1 / 30)
        lost += (times[1:, 0] - times[:-1, 1] > 0.2).sum()
        assert face.shape(video)[1] == 35
    assert infinite > 100 and lost > 20


def test_words_have_vectors_and_texts_that_belong_together(corpus):
    meaning: dict[str, bytes] = {}
    unknown = 0
    for utterance in corpus.utterances:
        vectors = corpus.words(utterance, "t")["t"]
        for text, vector in zip(corpus.text(utterance), vectors):
            assert text.isalpha() and text != opinion_videos.PAUSE
            if not vector.any():
                unknown += 1
                continue
            known = meaning.setdefault(text, vector.tobytes())
            assert known == vector.tobytes()
    assert len(set(meaning.values())) == len(meaning) > 200
    assert 10 < unknown < 200


def test_segments_have_the_words_that_were_made_for_them(corpus):
    lengths = [len(corpus.words(u, "t")["t"]) for u in corpus.utterances]
    assert (min(lengths), max(lengths)) == (5, 18)
    (early,) = [
        problem for problem in corpus.warnings if "before 0 s" in problem
    ]
    assert sum(corpus.warnings[early].values()) == 50


def test_emotions_are_as_frequent_as_the_paper_has_them():
    intensities = opinion_videos.draw_emotions(np.random.default_rng(0), 20_000)
    assert intensities.shape == (20_000, 6)
    np.testing.assert_allclose(3 * intensities, np.round(3 * intensities))
    assert (intensities.min(), intensities.max()) == (0, 3)
    present = intensities > 0
    counts = np.bincount(present.sum(axis=1), minlength=7) / len(present)
    assert 0.7 < counts[1] + counts[2] < 0.95 and counts[6] > 0
    names = [
        " ".join(itertools.compress(opinion_videos.EMOTIONS, row))
        for row in present
    ]
    ranked = sorted(set(names), key=names.count, reverse=True)
    assert ranked[:3] == ["happy", "", "sad"]
    assert ranked.index("fear") > ranked.index("happy sad")
    assert ranked.index("fear") > ranked.index("anger happy")


def test_each_modality_tells_something_and_three_tell_more(corpus):
    train, test = (
        words.read(corpus, some, "tav")
        for some in (
            corpus.split("train"),
            corpus.split("dev") + corpus.split("test"),
        )
    )

    def error(modalities):
        prepare = WordFeatures(train, modalities, scaling="z")
        (x, y), (other, targets) = (
            (
                np.array([s.features.mean(axis=0) for s in prepare(some)]),
                np.array([list(sample.labels.values())[:6] for sample in some]),
            )
            for some in (train, test)
        )
        spread = x.std(axis=0) + 1e-3
        predicted = Ridge(300).fit(x / spread, y).predict(other / spread)
        unexplained = np.square(targets - predicted).mean()
        return unexplained / np.square(targets - y.mean(axis=0)).mean()

    one, two = (
        [error("".join(some)) for some in itertools.combinations("tav", n)]
        for n in (1, 2)
    )
    assert max(one) < 0.9
    assert max(two) < 0.95 * max(one)
    assert error("tav") < 0.95 * min(two)


def tree(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
def test_the_same_seed_gives_the_same_files(tmp_path):
    first, again, other = (
        tree(mosei.simulate_mosei(tmp_path / name, seed, 3))
        for name, seed in (("a", 5), ("b", 5), ("c", 6))
    )
    assert first == again
    assert all(first[name] != other[name] for name in first)


def test_an_existing_folder_is_kept_or_refused(tmp_path):
    folder = tmp_path / "x"
    pipelines.corpus("simulated_mosei", folder, videos=4)
    before = (folder / folders.MANIFEST).stat().st_mtime_ns
    pipelines.corpus("simulated_mosei", folder)
    pipelines.corpus("simulated_mosei", folder, videos=4, seed=0)
    assert (folder / folders.MANIFEST).stat().st_mtime_ns == before
    with pytest.raises(FileExistsError, match="seed=1, videos=80.*seed=0, vid"):
        pipelines.corpus("simulated_mosei", folder, seed=1)
    with pytest.raises(FileExistsError, match="corpus=mosei, seed=0"):
        simulate_recola(folder, seconds=1)


def test_the_papers_folds_of_it_leave_the_test_videos_out(root):
    corpus = pipelines.corpus("simulated_mosei", root, folds="paper")
    assert not any(u.speaker.startswith("test") for u in corpus.utterances)
    assert {u.split for u in corpus.utterances} == {"train", "dev", "test"}


def test_a_failure_leaves_nothing(tmp_path, monkeypatch):
    def fail(rng):
        raise OSError("disk full")

    monkeypatch.setattr(opinion_videos, "record", fail)
    with pytest.raises(OSError, match="disk full"):
        mosei.simulate_mosei(tmp_path / "x", videos=3)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "options, message",
    [({"seed": -1}, "seed=-1"), ({"videos": 2}, "videos=2")],
)
def test_options_out_of_range_are_refused(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        mosei.simulate_mosei(tmp_path / "x", **options)
    assert os.listdir(tmp_path) == []


def test_the_command_reports_on_stderr_and_answers_on_stdout(tmp_path, capsys):
    folder = tmp_path / "x"
    argv = ["mosei", "--out", str(folder), "--videos", "3", "--seed", "2"]
    assert simulate.main(argv) == 0
    out, err = capsys.readouterr()
    assert out == f"{folder}\n"
    assert err.split() == ["train_0000", "dev_0000", "test_0000"]
    manifest = json.loads((folder / folders.MANIFEST).read_text())
    assert manifest["seed"] == 2 and manifest["corpus"] == "mosei"
