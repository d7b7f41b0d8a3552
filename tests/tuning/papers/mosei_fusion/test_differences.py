"""Differences in test MAE of more modalities, paired over videos."""

from __future__ import annotations

import types

import numpy as np
import pytest

from tuning.papers.mosei_fusion import differences

VIDEOS = 12


class Corpus:
    """One label; each video has two test segments and two to train on."""

    name, dimensions, rating_scale = "some", ("joy",), (0.0, 3.0)

    def split(self, name):
        return [
            types.SimpleNamespace(
                id=f"{name}{index}",
                speaker=f"{name}-video{index // 2}",
                labels={"joy": float(index % 4)},
            )
            for index in range(2 * VIDEOS)
        ]


def write(folder, errors):
    """Writes predictions that miss the labels by some errors, in any order."""
    test = Corpus().split("test")[::-1]
    values = [[u.labels["joy"] + error] for u, error in zip(test, errors)]
    folder.mkdir()
    np.savez(
        folder / "predictions.npz",
        **{"test/id": [u.id for u in test], "test/emotions": values},
    )
    return folder


def rows(page):
    lines = [line for line in page.splitlines() if line.startswith("| CNN")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def test_a_set_is_compared_with_the_median_and_with_its_parts(tmp_path):
    folders = {
        letters: write(tmp_path / letters, [error] * 2 * VIDEOS)
        for letters, error in (("a", 0.5), ("v", -0.25), ("av", 0.125))
    }
    found = rows(differences.section(Corpus(), {"CNN": folders}))
    # Labels are 0, 1, 2 and 3 alike, so that the median is off by 1.
    assert found == [
        ["CNN", "a", "median", "-0.500 (-0.500 to -0.500)"],
        ["CNN", "v", "median", "-0.750 (-0.750 to -0.750)"],
        ["CNN", "av", "median", "-0.875 (-0.875 to -0.875)"],
        ["CNN", "av", "a", "-0.375 (-0.375 to -0.375)"],
        ["CNN", "av", "v", "-0.125 (-0.125 to -0.125)"],
    ]


def test_errors_that_both_systems_share_do_not_widen_the_interval(tmp_path):
    shared = np.random.default_rng(0).uniform(0.5, 2, 2 * VIDEOS)
    folders = {
        "a": write(tmp_path / "a", shared + 0.1),
        "av": write(tmp_path / "av", shared),
    }
    found = rows(differences.section(Corpus(), {"CNN": folders}))
    assert found[-1] == ["CNN", "av", "a", "-0.100 (-0.100 to -0.100)"]


def test_without_a_run_there_is_no_section():
    assert differences.section(Corpus(), {"CNN": {}}) == ""


def test_predictions_of_other_segments_are_refused(tmp_path):
    folder = write(tmp_path / "a", [0.0] * 3)
    with pytest.raises(ValueError, match="3 test segments; some has 24"):
        differences.section(Corpus(), {"CNN": {"a": folder}})
