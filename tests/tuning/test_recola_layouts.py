"""Training on RECOLA as its owners distribute it, and without test."""

from __future__ import annotations

import commands
import pytest
from recola_copies import write_challenge, write_owners

from tuning import train

pytestmark = pytest.mark.slow


def trained(data, out, *options):
    argv = commands.small(data, out, corpus="recola", tuner=None, seeds=1)
    done = commands.run(train.main, *argv, *options)
    assert done.code == 0, done.err
    return done.report


def test_participants_and_their_raters_train_a_model(tmp_path):
    data = write_owners(tmp_path / "RECOLA", seconds=2.0)
    (data / "RECOLA-Audio-recordings" / "notes.txt").write_text("")
    report = trained(data, tmp_path / "run", "--corpus-option=lag=0.4")
    assert report["recordings"] == {"train": 8, "dev": 7, "test": 8}
    assert "dealt by this project with seed 0" in report["note"]
    assert list(report["metrics"]) == ["dev", "test"]
    text = (tmp_path / "run" / "report.md").read_text("utf-8")
    for words in ("six raters", "earlier by 0.4 s", "notes.txt"):
        assert words in text


def test_a_copy_without_test_recordings_trains_a_model(tmp_path):
    data = write_challenge(tmp_path / "RECOLA")
    for path in data.rglob("test_*"):
        path.unlink()
    report = trained(data, tmp_path / "run")
    assert report["recordings"] == {"train": 9, "dev": 9, "test": 0}
    assert list(report["metrics"]) == ["dev"]
