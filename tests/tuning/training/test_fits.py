"""Fits: their folders, results and histories, and atomic file writes."""

from __future__ import annotations

import dataclasses
import json
import math
import types

import pytest

from tuning.training import fits
from tuning.training.fits import Configuration, Fit
from zoo.common import files

CONFIGURATION = Configuration({"depth": 3, "l2": 0.0}, {"learning_rate": 0.01})


def finish(folder, scores, over=False, name="val_ccc", window=1):
    """Writes a finished fit with these dev scores and returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    finite = [score for score in scores if not math.isnan(score)]
    best = max(finite, default=-math.inf)
    stopping = types.SimpleNamespace(
        monitor=name,
        mode="max",
        window=window,
        best=best,
        best_epoch=scores.index(best) if finite else 0,
        is_over=lambda epochs: over,
    )
    history = [
        {"epoch": epoch, "ccc": 0.9, "loss": 1 - score, name: score}
        for epoch, score in enumerate(scores)
    ]
    checkpoint = types.SimpleNamespace(stopping=stopping, history=history)
    fits.write_history(folder / "history.csv", history)
    return fits.finish(folder, "arousal", 3, checkpoint)


def test_every_configuration_target_and_seed_has_its_own_folder():
    key = fits.key("arousal", CONFIGURATION, 0)
    assert key == fits.key("arousal", CONFIGURATION, 0)
    assert key.startswith("arousal-")
    assert key == fits.key(
        "arousal",
        Configuration({"l2": 0.0, "depth": 3}, {"learning_rate": 0.01}),
        0,
    ), "the order of arguments does not matter"
    others = [
        fits.key("valence", CONFIGURATION, 0),
        fits.key("arousal", CONFIGURATION, 1),
        *(
            fits.key("arousal", dataclasses.replace(CONFIGURATION, **change), 0)
            for change in (
                {"arguments": {"depth": 4, "l2": 0.0}},
                {"arguments": {"depth": 3}},
                {"training": {"learning_rate": 0.02}},
                {"training": {"depth": 3, "l2": 0.0}},
            )
        ),
    ]
    assert len({key, *others}) == 1 + len(others)


def test_a_finished_fit_is_read_again(tmp_path):
    fit = finish(tmp_path, [0.1, 0.5, 0.3])
    assert fit == Fit("arousal", 3, 3, 0.5, 1, tmp_path)
    assert fits.finished(tmp_path, 3) == fit


def test_an_unfinished_fit_is_not_read(tmp_path):
    assert fits.finished(tmp_path, 3) is None
    finish(tmp_path, [0.1, 0.5])
    assert fits.finished(tmp_path, 3) is None


def test_a_fit_that_stopped_early_is_finished_for_any_epochs(tmp_path):
    fit = finish(tmp_path, [0.1, 0.5], over=True)
    assert fits.finished(tmp_path, 60) == fit


@pytest.mark.parametrize("name", ["val_ccc", "val_arousal_ccc"])
@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize(
    "epochs, best, best_epoch", [(1, 0.1, 0), (2, 0.1, 0), (3, 0.4, 2)]
)
def test_a_longer_fit_gives_the_result_of_fewer_epochs(
    tmp_path, epochs, best, best_epoch, over, name
):
    finish(tmp_path, [0.1, -0.2, 0.4, 0.7, 0.2], over, name)
    expected = Fit("arousal", 3, epochs, best, best_epoch, tmp_path)
    assert fits.finished(tmp_path, epochs) == expected


def test_the_score_of_fewer_epochs_is_a_mean_over_the_same_window(tmp_path):
    finish(tmp_path, [0.2, 0.6, 0.4, 0.2, 0.9], window=2)
    fit = fits.finished(tmp_path, 4)
    assert (fit.best, fit.best_epoch) == (pytest.approx(0.5), 2)


def test_a_fit_with_nan_scores_alone_has_the_worst_score(tmp_path):
    nan = float("nan")
    assert finish(tmp_path, [nan, nan, nan]).best == fits.WORST["max"] == -1
    assert fits.finished(tmp_path, 3).best == -1
    assert fits.finished(tmp_path, 2).best == -1
    finish(tmp_path, [nan, 0.2, 0.9])
    assert fits.finished(tmp_path, 2).best == 0.2


def test_a_damaged_result_is_refused_in_one_sentence(tmp_path):
    finish(tmp_path, [0.1])
    (tmp_path / "result.json").write_text('{"epochs": 1')
    with pytest.raises(ValueError, match="result.json is damaged.*--fresh"):
        fits.finished(tmp_path, 1)


def test_an_argument_equal_for_all_targets_is_written_once():
    regularised = Configuration({"depth": 3, "l2": 0.1}, {})
    both = {"arousal": CONFIGURATION, "valence": regularised}
    assert fits.joined(both) == {
        "depth": 3,
        "l2": {"arousal": 0.0, "valence": 0.1},
    }
    assert fits.joined({"arousal": regularised}) == {"depth": 3, "l2": 0.1}


def test_histories_of_all_targets_are_joined(tmp_path):
    arousal = finish(tmp_path / "a", [0.1, 0.5])
    valence = finish(tmp_path / "v", [0.25], name="val_valence_ccc")
    rows = fits.read_histories({"arousal": arousal, "valence": valence})
    assert [(row["target"], row["epoch"]) for row in rows] == [
        ("arousal", "0"),
        ("arousal", "1"),
        ("valence", "0"),
    ]
    assert [float(row["val_ccc"]) for row in rows] == [0.1, 0.5, 0.25]
    assert rows[2]["loss"] == "0.75"
    fits.write_history(tmp_path / "both.csv", rows)
    lines = (tmp_path / "both.csv").read_text().splitlines()
    assert lines[0] == "target,epoch,ccc,loss,val_ccc"
    assert len(lines) == 4


def test_a_file_is_replaced_in_one_step(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("old")
    with files.replacing(path) as part:
        part.write_text("new")
        assert part.suffix == ".keras" and part.parent == tmp_path
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_write_keeps_the_previous_file(tmp_path):
    path = tmp_path / "report.md"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), files.replacing(path) as part:
        part.write_text("ne")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_json_is_read_as_it_was_written(tmp_path):
    content = {"ccc": 0.1234567890123456, "names": ["a", "é"], "none": None}
    files.write_json(tmp_path / "x.json", content)
    assert files.read_json(tmp_path / "x.json") == content
    assert json.loads((tmp_path / "x.json").read_text("utf-8")) == content
