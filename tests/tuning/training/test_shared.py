"""Objects that processes share: the same values, in a mapped file."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from tuning.training.shared import ALIGNMENT, Cache, dump, load


def address(array):
    return array.__array_interface__["data"][0]


def test_arrays_come_back_aligned_read_only_and_once(tmp_path):
    rows = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")
    content = {"rows": rows, "same": rows, "odd": rows[::2], "text": "abc"}
    assert dump(tmp_path / "shared", content) >= rows.nbytes
    copy = load(tmp_path / "shared")
    shutil.rmtree(tmp_path / "shared")
    np.testing.assert_array_equal(copy["rows"], rows)
    np.testing.assert_array_equal(copy["odd"], rows[::2])
    assert copy["same"] is copy["rows"] and copy["text"] == "abc"
    assert not copy["rows"].flags.writeable
    assert address(copy["rows"]) % ALIGNMENT == 0


@pytest.mark.parametrize("content", ["abc", [np.zeros(0)], [np.zeros((0, 3))]])
def test_objects_without_numbers(tmp_path, content):
    dump(tmp_path / "shared", content)
    assert str(load(tmp_path / "shared")) == str(content)


class Squares:
    def __init__(self):
        self.calls = 0
        self.square = Cache(self._square, most=2)

    def _square(self, number):
        self.calls += 1
        return np.array([number**2])


def test_a_cache_keeps_its_last_results_in_copies_too(tmp_path):
    squares = Squares()
    for number in (1, 2, 1, 3, 1):
        assert squares.square(number) == number**2
    assert squares.calls == 3 and not squares.square.has(2)
    dump(tmp_path / "shared", squares)
    copy = load(tmp_path / "shared")
    assert copy.square(3) == 9 and copy.calls == 3
    assert copy.square(2) == 4 and copy.calls == 4 and squares.calls == 3
