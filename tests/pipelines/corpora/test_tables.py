"""Tables: separators, and files that are too large or no tables at all."""

from __future__ import annotations

import gzip
import time

import pytest

from pipelines.corpora._io import tables

HEADER = "@relation x\n@attribute a numeric\n@data\n"


def test_another_separator_and_spaces_around_names(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("time;FM1 ; FF1\n0;0.5;1\n0.04;0.25;2\n")
    table = tables.read_csv(path, ("time", "FM1"), True, delimiter=";")
    assert table == {
        "time": ("0", "0.04"),
        "FM1": ("0.5", "0.25"),
        "FF1": ("1", "2"),
    }


def test_the_wrong_separator_is_named(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("time,FM1\n0,0.5\n")
    with pytest.raises(ValueError, match="separated by ';'. Missing: time"):
        tables.read_csv(path, ("time",), delimiter=";")


@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
def test_a_table_that_is_too_large_is_refused_unread(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    opener = gzip.open if suffix.endswith("gz") else open
    with opener(path, "wb") as file:
        for _ in range(tables.MAX_BYTES // 2**20 + 1):
            file.write(b"\n" * 2**20)
    before = time.perf_counter()
    with pytest.raises(ValueError, match=f"{path}.*at most {tables.MAX_BYTES}"):
        tables.read_csv(path, ("time",))
    assert time.perf_counter() - before < 5


def test_an_arff_file_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "x.arff"
    path.write_text(HEADER + "0\n" * (tables.MAX_ARFF_BYTES // 2))
    words = f"{path}.*at most {tables.MAX_ARFF_BYTES}"
    with pytest.raises(ValueError, match=words):
        tables.read_arff(path)


def test_very_many_columns_are_refused_soon(tmp_path):
    path = tmp_path / "x.arff"
    lines = (f"@attribute a{number} real" for number in range(150_000))
    path.write_text("@relation x\n" + "\n".join(lines) + "\n@data\n1\n")
    before = time.perf_counter()
    with pytest.raises(ValueError, match="150000 values. Received: 1"):
        tables.read_arff(path)
    assert time.perf_counter() - before < 5


def test_a_value_of_absurd_length_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("time\n" + "0" * 200_000 + "\n")
    with pytest.raises(ValueError, match=f"{path}.*CSV.*field larger"):
        tables.read_csv(path, ("time",))
    path = tmp_path / "x.arff"
    path.write_text(HEADER + "0" * 200_000 + "\n")
    with pytest.raises(ValueError, match=f"{path}, line 4.*field larger"):
        tables.read_arff(path)
