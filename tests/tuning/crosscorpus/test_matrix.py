"""The matrix of learnt on, tested on, without training its networks."""

from __future__ import annotations

import json
import pathlib
import types

import keras
import numpy as np
import pytest
import spoken
from commands import run

from tuning.crosscorpus import __main__ as crosscorpus
from tuning.crosscorpus import network_cells
from tuning.experiments.cross_validation import CrossValidation
from tuning.training.fits import Fit
from tuning.training.recipe import recipe

MODEL = "iemocap_attention_blstm_fcn"
CHANGES = ("--set=components=12", "--set=branches=fcn")
CELLS = [(a, b) for a in ("one", "two") for b in ("one", "two")]


@pytest.fixture
def initial(monkeypatch):
    """Instead of trained networks: initial ones, adapted to the training."""
    made = []

    def train(self, request, on_epoch=None):
        fit = Fit(request.target, request.seed, 1, 0.5, 0, request.folder)
        if request.folder.exists():
            return fit
        keras.utils.set_random_seed(request.seed)
        part = self._part(request.fold)
        model = part.build(request.target, request.configuration)
        part.job(request.target, request.configuration).adapt(model)
        request.folder.mkdir(parents=True, exist_ok=True)
        model.save_weights(request.folder / "weights.weights.h5")
        made.append((request.folder, [w.numpy() for w in model.weights]))
        return fit

    monkeypatch.setattr(CrossValidation, "train", train)
    return made


def write(root, name, seed):
    return spoken.write(root / name, speakers=3, each=2, seed=seed)


def matrix(folders, out, *options):
    return run(
        crosscorpus.main,
        MODEL,
        *(f"--corpus=manifest={folder}" for folder in folders),
        f"--out={out}",
        *CHANGES,
        *options,
    )


@pytest.mark.slow
def test_every_corpus_is_learnt_and_tested(initial, tmp_path):
    folders = [
        spoken.with_splits(write(tmp_path, name, seed))
        for name, seed in (("one", 0), ("two", 1))
    ]
    out = tmp_path / "out"
    done = matrix(
        folders, out, "--seeds=2", "--set=normalisation=speaker", "--json"
    )
    assert done.code == 0, done.err
    content = json.loads((out / "matrix.json").read_text())
    assert content == json.loads(done.out)
    assert content["normalisations"] == ["speaker"]
    assert len(content["cells"]) == 4 * len(content["systems"])
    for cell in content["cells"]:
        where = cell["learnt"][-3:], cell["tested"][-3:]
        assert where in CELLS
        is_within = cell["learnt"] == cell["tested"]
        counts = (8, 1) if is_within else (24, 3)
        assert (cell["utterances"], cell["speakers"]) == counts
        assert len(cell["seeds"]) == (2 if cell["system"] == "network" else 1)
        if cell["system"] == "SVM, rbf":  # tones are easily told apart
            assert cell["metrics"]["emotion"]["uar"] > 0.7
        if cell["system"] == "majority class":
            assert cell["metrics"]["emotion"]["uar"] == 0.25
    assert len(content["differences"]) == 4 * 2
    # Two corpora, two seeds, of a fold and of all speakers.
    assert len(initial) == 2 * 2 * 2
    text = (out / "matrix.md").read_text("utf-8")
    assert "| manifest:one | network, ensemble of 2 seeds | *" in text
    assert (out / "matrix-emotion.png").stat().st_size > 9000


@pytest.mark.slow
def test_what_is_tested_changes_nothing_that_is_learnt(initial, tmp_path):
    one = spoken.with_splits(write(tmp_path, "one", 0))
    learnt = []
    for name, seed in (("two", 1), ("other", 2)):
        other = spoken.with_splits(write(tmp_path, name, seed))
        initial.clear()
        done = matrix(
            (one, other),
            tmp_path / f"out-{name}",
            "--seeds=1",
            "--set=normalisation=none",
        )
        assert done.code == 0, done.err
        learnt.append(
            [own for folder, own in initial if "one/folds/all" in str(folder)]
        )
    (first,), (second,) = learnt
    assert len(first) == len(second) > 4
    for weights, again in zip(first, second):
        np.testing.assert_array_equal(weights, again)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ((), ("none", "speaker")),
        (("components=12",), ("none", "speaker")),
        (("normalisation=recording",), ("recording",)),
    ],
)
def test_both_normalisations_are_compared(changes, names):
    request = types.SimpleNamespace(recipe=recipe(MODEL), changes=changes)
    assert network_cells.schemes(request) == names


REFUSED = [
    (["recola_dilated"], 2, "learns from traces"),
    (["mosei_blstm"], 2, "learns from words"),
    ([MODEL, "--classes=sad"], 2, "two or more different emotions"),
    ([MODEL, "--classes=sad,bored"], 1, "it lacks bored"),
    ([MODEL, "--set=depth=3"], 2, "no hyper-parameter 'depth'"),
    (["cheavd_attention_blstm_fcn"], 1, "it lacks"),
    ([MODEL, "--protocol=dealt"], 1, "Corpus manifest:one: "),
]


@pytest.mark.parametrize(("argv", "code", "words"), REFUSED)
def test_what_cannot_be_compared_is_refused(argv, code, words, tmp_path):
    folders = write(tmp_path, "one", 0), write(tmp_path, "two", 1)
    named = [f"--corpus=manifest={folder}" for folder in folders]
    done = run(crosscorpus.main, *argv, *named, f"--out={tmp_path / 'out'}")
    assert done.code == code and words in done.sentence
    assert not (tmp_path / "out").exists()


def test_one_corpus_is_no_matrix(tmp_path):
    one = write(tmp_path, "one", 0)
    done = matrix([one], tmp_path / "out")
    assert done.code == 2 and "named twice or more" in done.sentence


def test_the_same_recordings_are_refused(tmp_path):
    folders = write(tmp_path, "one", 0), write(tmp_path, "two", 0)
    done = matrix(folders, tmp_path / "out")
    assert done.code == 1 and "in two corpora" in done.sentence


def test_a_corpus_without_a_class_is_refused(tmp_path):
    folders = write(tmp_path, "one", 0), write(tmp_path, "two", 1)
    table = pathlib.Path(folders[1]) / "manifest.csv"
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(x for x in lines if ",sad," not in x))
    done = matrix(folders, tmp_path / "out")
    assert done.code == 1 and "it lacks sad" in done.sentence
