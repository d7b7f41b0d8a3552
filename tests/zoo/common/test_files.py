"""Atomic writes: what an error or another process leaves behind."""

from __future__ import annotations

import os

import pytest

from zoo.common import files


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, durable):
    path = tmp_path / "labels.json"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        with files.replacing(path, durable) as part:
            part.write_text("half")
            raise RuntimeError
    assert path.read_text() == "old"
    with files.replacing(path, durable) as part:
        assert part.suffix == ".json"
        part.write_text("new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "run"
    with pytest.raises(RuntimeError):
        with files.new_folder(path) as part:
            (part / "half").touch()
            raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with files.new_folder(path) as part:
        (part / "whole").touch()
    assert [file.name for file in path.iterdir()] == ["whole"]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("durable", [False, True])
def test_folders_get_the_next_number(tmp_path, durable):
    for name in ("9", "00000011", "notes", "²", ".part-left"):
        (tmp_path / name).mkdir()
    (tmp_path / "12").touch()
    with files.temporary_folder(tmp_path) as part:
        (part / "variables").mkdir()
        (part / "variables" / "data").touch()
        target = files.move_to_next_number(part, tmp_path, durable)
    assert target == tmp_path / "13"
    assert (target / "variables" / "data").exists() and not part.exists()
    assert target.stat().st_mode & 0o777 == 0o755


def test_a_number_that_another_process_takes_first_is_skipped(
    tmp_path, monkeypatch
):
    rename = os.rename

    def late(part, target):
        if target.name == "1":
            target.mkdir()
            (target / "another").touch()
        rename(part, target)

    monkeypatch.setattr(os, "rename", late)
    with files.temporary_folder(tmp_path) as part:
        assert files.move_to_next_number(part, tmp_path).name == "2"


def test_a_folder_that_cannot_be_moved_is_an_error(tmp_path):
    with pytest.raises(OSError):
        files.move_to_next_number(tmp_path, tmp_path)


def test_temporary_files_of_killed_processes_are_removed(tmp_path):
    (tmp_path / ".part-1-labels.json").touch()
    (tmp_path / ".part-2-folder").mkdir()
    (tmp_path / "7").mkdir()
    files.remove_temporary(tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / "7"]


def test_a_damaged_file_is_named_with_a_remedy(tmp_path):
    path = tmp_path / "card.json"
    path.write_text("{")
    with pytest.raises(ValueError, match="card.json is damaged .*Export it ag"):
        files.read_json(path, "Export it again.")
