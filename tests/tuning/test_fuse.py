"""Late fusion of runs on the same utterances and folds."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from commands import run

from tuning import fuse
from tuning.runs import fused, fusion
from zoo.common import files

LABELS = ["angry", "sad", "neutral"]
SPEAKERS, EACH = 9, 12


def write(root, name, accuracy, seed, **config):
    """Writes a run that left each speaker out; the next one was its dev."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for split, offset in (("dev", 1), ("test", 0)):
        fold = np.repeat(np.arange(SPEAKERS), EACH)
        speaker = (fold + offset) % SPEAKERS
        number = np.tile(np.arange(EACH), SPEAKERS)
        y_true = (number % 3)[:, None]
        is_right = rng.random(len(y_true)) < accuracy
        y_pred = np.where(is_right, y_true[:, 0], rng.integers(0, 3, len(fold)))
        confidence = rng.uniform(0.4, 0.9, len(fold))[:, None]
        posteriors = np.eye(3)[y_pred] * confidence + (1 - confidence) / 3
        arrays |= {
            f"{split}/classes": posteriors[:, None].astype("float32"),
            f"{split}/true": y_true,
            f"{split}/id": np.array(
                [f"{s}-{n}" for s, n in zip(speaker, number)]
            ),
            f"{split}/speaker": speaker.astype(str),
            f"{split}/fold": np.array([f"speaker {f}" for f in fold]),
        }
    folder = root / name
    folder.mkdir()
    np.savez(folder / "predictions.npz", **arrays)
    settings = {
        "model": "iemocap_attention_blstm_fcn",
        "corpus": "emotale",
        "utterances": "digest",
        "arguments": {"labels": LABELS},
        **config,
    }
    files.write_json(folder / "config.json", settings)
    report = {"note": "", "corpus": "emotale", "citation": "EmoTale, 2025"}
    files.write_json(folder / "report.json", report)
    return folder


@pytest.fixture
def runs(tmp_path):
    return [
        write(tmp_path, name, accuracy, seed)
        for seed, (name, accuracy) in enumerate(
            {"one": 0.6, "two": 0.6, "guess": 0.0}.items()
        )
    ]


def change(folder, name, index, value):
    """Changes one value of a run's predictions."""
    with np.load(folder / "predictions.npz") as stored:
        arrays = {key: stored[key] for key in stored.files}
    arrays[name][index] = value
    np.savez(folder / "predictions.npz", **arrays)


def test_a_mean_of_posteriors_is_compared_with_each_run(runs):
    done = run(fuse.main, *runs[:2], "--json")
    assert done.code == 0, done.err
    content = json.loads(done.out)
    out = runs[0].parent / "fused-mean-one-two"
    assert content == json.loads((out / "report.json").read_text())
    own = [fused.read(folder).splits["test"] for folder in runs[:2]]
    together = np.mean([split.posteriors for split in own], axis=0)
    is_right = together[:, 0].argmax(-1) == own[0].y_true[:, 0]
    scores = content["metrics"][fuse.FUSION]["emotion"]
    assert scores["uar"] == pytest.approx(is_right.mean())  # equal classes
    assert scores["low"] < scores["uar"] < scores["high"]
    for name in ("one", "two"):
        value, (low, high) = content["differences"][name]["emotion"]
        other = content["metrics"][name]["emotion"]["uar"]
        assert value == pytest.approx(scores["uar"] - other)
        assert low < value < high
    text = (out / "report.md").read_text("utf-8")
    assert "| fusion of all | emotion: sad |" in text
    assert "95 % intervals over 9 speakers" in text


def test_dev_leaves_a_guessing_system_out(runs):
    content = fuse.fuse(runs, "selected")
    assert len(content["weights"]) == SPEAKERS
    for weights in content["weights"].values():
        assert sum(weights) == pytest.approx(1)
    guess = np.mean([own[2] for own in content["weights"].values()])
    assert guess < 0.15
    plain = fuse.fuse(runs, "mean")["metrics"][fuse.FUSION]["emotion"]["uar"]
    assert content["metrics"][fuse.FUSION]["emotion"]["uar"] > plain


def test_a_run_without_dev_is_averaged_alone(runs):
    path = runs[1] / "predictions.npz"
    with np.load(path) as stored:
        arrays = {n: stored[n] for n in stored.files if n.startswith("test")}
    np.savez(path, **arrays)
    assert fuse.fuse(runs, "mean")["split"] == "test"
    with pytest.raises(ValueError, match="no dev; choose --by mean"):
        fuse.fuse(runs, "stacked")


@pytest.mark.parametrize("method", ["selected", "stacked"])
def test_a_fold_is_fused_by_its_own_dev_alone(runs, method):
    before, _ = fusion.METHODS[method]([fused.read(own) for own in runs])
    for folder in runs:
        with np.load(folder / "predictions.npz") as stored:
            learns = stored["dev/fold"] == "speaker 3"
        change(folder, "dev/classes", learns, 1 / 3)
        change(folder, "test/true", slice(None), 0)
    after, _ = fusion.METHODS[method]([fused.read(own) for own in runs])
    changed = (before != after).any(axis=(1, 2))
    with np.load(runs[0] / "predictions.npz") as stored:
        is_third = stored["test/fold"] == "speaker 3"
    assert changed[is_third].any() and not changed[~is_third].any()


def test_stacking_learns_what_a_system_confuses(tmp_path):
    runs = [write(tmp_path, name, 0.9, seed) for seed, name in enumerate("ab")]
    for folder in runs:
        for split in ("dev", "test"):
            with np.load(folder / "predictions.npz") as stored:
                posteriors = stored[f"{split}/classes"][..., [1, 2, 0]]
            change(folder, f"{split}/classes", slice(None), posteriors)
    by_method = {
        method: fuse.fuse(runs, method)["metrics"][fuse.FUSION]["emotion"]
        for method in ("mean", "stacked")
    }
    assert by_method["mean"]["uar"] < 0.2 < 0.8 < by_method["stacked"]["uar"]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"utterances": "other", "corpus": "ravdess"}, "emotale and ravdess"),
        ({"arguments": {"labels": LABELS[::-1]}}, "classes .angry, sad"),
    ],
)
def test_runs_on_other_data_are_refused(runs, tmp_path, config, words):
    other = write(tmp_path, "other", 0.5, 3, **config)
    done = run(fuse.main, runs[0], other)
    assert done.code == 1 and words in done.sentence.replace("(", ".")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("test/fold", "speaker 1", "folds of test"),
        ("test/speaker", "8", "speakers of test"),
        ("dev/id", "x", "folds of dev"),
        ("dev/true", 2, "folds of dev"),
    ],
)
def test_runs_on_other_folds_are_refused(runs, name, value, words):
    change(runs[1], name, 0, value)
    done = run(fuse.main, *runs, "--by=selected")
    assert done.code == 1 and words in done.sentence


def test_a_run_is_fused_once_and_with_another(runs):
    for argv in (runs[:1], [runs[0], runs[0]]):
        done = run(fuse.main, *argv)
        assert done.code == 2 and "Two runs or more" in done.sentence


def test_what_is_no_run_of_utterances_is_refused(runs, tmp_path):
    done = run(fuse.main, runs[0], tmp_path)
    assert done.code == 1 and "holds no finished run" in done.sentence
    traces = shutil.copytree(runs[0], tmp_path / "traces")
    np.savez(traces / "predictions.npz", **{"test/arousal": np.ones(3)})
    done = run(fuse.main, runs[0], traces)
    assert done.code == 1 and "models of utterances" in done.sentence
    older = shutil.copytree(runs[0], tmp_path / "older")
    with np.load(runs[0] / "predictions.npz") as stored:
        arrays = {n: stored[n] for n in stored.files if "fold" not in n}
    np.savez(older / "predictions.npz", **arrays)
    done = run(fuse.main, runs[0], older)
    assert done.code == 1 and "it trains nothing anew" in done.sentence


def test_without_a_test_partition_nothing_is_chosen_on_dev(runs):
    for folder in runs:
        with np.load(folder / "predictions.npz") as stored:
            arrays = {n: stored[n] for n in stored.files if n[0] == "d"}
        np.savez(folder / "predictions.npz", **arrays)
    assert fuse.fuse(runs, "mean")["split"] == "dev"
    with pytest.raises(ValueError, match="--by mean"):
        fuse.fuse(runs, "selected")


def test_stacking_needs_every_class_in_dev(runs):
    for folder in runs:
        change(folder, "dev/true", slice(None), 0)
    with pytest.raises(ValueError, match="Every class must be in dev"):
        fuse.fuse(runs, "stacked")
