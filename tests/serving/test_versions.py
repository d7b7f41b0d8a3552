"""Versions: atomic publishing under kills, labels and numbers."""

from __future__ import annotations

import random
import subprocess
import sys
import time

import publish_forever
import pytest
import served

from serving import versions

NAME = "summing"


def test_a_folder_that_was_never_pushed_to_serves_its_newest(tmp_path):
    for name in ("3", "00000010", "notes", ".part-x", "-4", "²"):
        (tmp_path / name).mkdir()
    (tmp_path / "99").touch()
    assert versions.numbers(tmp_path) == [3, 10]
    assert versions.served(tmp_path) == [10]
    assert versions.folder(tmp_path, 10).name == "00000010"
    (tmp_path / "labels.json").write_text('{"stable": 3}')
    assert versions.served(tmp_path) == [3]
    (tmp_path / "labels.json").write_text("{")
    with pytest.raises(ValueError, match="labels.json must map labels"):
        versions.served(tmp_path)


def test_a_kill_leaves_the_old_state_or_the_new(tmp_path):
    """Whole versions alone, a label on one, and the next push works."""
    export = served.export(tmp_path / "build" / NAME / "1")
    base = tmp_path / NAME
    expected, source = versions.digest(export), random.Random(0)
    for _ in range(6):
        process = subprocess.Popen(
            [sys.executable, publish_forever.__file__, export, base],
            stdout=subprocess.PIPE,
        )
        assert process.stdout.readline() == b"ready\n"
        before = versions.numbers(base)
        while versions.numbers(base) == before:
            assert process.poll() is None
            time.sleep(0.001)
        time.sleep(source.uniform(0.0, 0.15))
        process.kill()
        process.communicate()
        for number in versions.numbers(base):
            assert versions.digest(base / str(number)) == expected
        assert {*versions.labels(base).values()} <= {*versions.numbers(base)}
    with versions.locked(base):
        last = versions.publish(export, base, expected)
    assert last == max(versions.numbers(base)) > 6
    names = {x.name for x in base.iterdir() if not x.name.isdecimal()}
    assert names <= {".lock", "labels.json"}
