"""HDF5 datasets that would take too much memory are refused unread."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from pipelines.corpora._io import hdf5, hdf5_sizes

TEXT = h5py.string_dtype()


@pytest.fixture
def read(tmp_path):
    """Reads the dataset that a function adds to a new file."""

    def read(add, kinds=hdf5.NUMBERS):
        path = tmp_path / "x.h5"
        with h5py.File(path, "w") as file:
            add(file)
        with hdf5.open_file(path) as file:
            return hdf5.read(hdf5.member(file, "x", h5py.Dataset), kinds)

    return read


@pytest.fixture
def limits(monkeypatch):
    """Sets limits low enough for a test."""
    monkeypatch.setattr(hdf5_sizes, "MAX_TEXT_BYTES", 2**16)
    monkeypatch.setattr(hdf5_sizes, "MAX_BYTES", 2**20)
    monkeypatch.setattr(hdf5_sizes, "FREE_BYTES", 2**12)


@pytest.mark.parametrize(
    "options",
    [
        {"shape": (2**20, 2**20), "dtype": "f8", "chunks": (1, 2**10)},
        {"shape": (2**33,), "dtype": "i1", "chunks": (2**10,)},
        {"shape": (10,), "dtype": "S1000000000", "chunks": (1,)},
        {"shape": (2**27,), "dtype": "S100", "chunks": (2**10,)},
    ],
)
def test_a_header_that_promises_too_much_is_refused(read, options):
    kinds = hdf5.TEXTS if "S" in options["dtype"] else hdf5.NUMBERS
    with pytest.raises(ValueError, match="x.h5: /x must .* at most"):
        read(lambda file: file.create_dataset("x", **options), kinds)


def test_zeros_of_a_megabyte_may_be_compressed_by_any_ratio(read):
    zeros = np.zeros((1000, 300), "f4")
    values = read(
        lambda file: file.create_dataset("x", data=zeros, compression="gzip")
    )
    np.testing.assert_array_equal(values, zeros)


def test_a_compressed_bomb_is_refused(read):
    def add(file):
        dataset = file.create_dataset(
            "x", (200, 2**20), "f4", chunks=(1, 2**20), compression="gzip"
        )
        dataset[0] = 0

    with pytest.raises(ValueError, match="100 times as much memory as space"):
        read(add)


def test_a_chunk_far_larger_than_its_dataset_is_refused(read):
    def add(file):
        file.create_dataset(
            "x",
            data=np.zeros((2, 8), "f4"),
            chunks=(2**24, 8),
            maxshape=(None, 8),
            compression="gzip",
        )

    with pytest.raises(ValueError, match="times as much memory as space"):
        read(add)


def test_real_numbers_that_compress_a_little_are_read(read, limits):
    values = np.random.default_rng(0).integers(0, 9, (100, 100))
    found = read(
        lambda file: file.create_dataset("x", data=values, compression=9)
    )
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize("options", [{}, {"chunks": (3, 1)}])
def test_texts_of_variable_length_are_read(read, limits, options):
    texts = [[f"word{number}"] for number in range(40)]
    found = read(
        lambda file: file.create_dataset(
            "x", data=texts, dtype=TEXT, **options
        ),
        hdf5.TEXTS,
    )
    assert found.tolist() == texts


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3)])
def test_texts_of_every_shape_are_read(read, shape):
    found = read(lambda file: file.create_dataset("x", shape, TEXT), hdf5.TEXTS)
    assert found.shape == shape and not np.any(found != "")


def test_one_long_text_is_refused_before_it_is_read(read, limits, monkeypatch):
    monkeypatch.setattr(h5py.Dataset, "__getitem__", None)
    with pytest.raises(ValueError, match="Received: 70000 bytes or more"):
        read(
            lambda file: file.create_dataset("x", data="a" * 70_000), hdf5.TEXTS
        )


def test_many_texts_that_are_one_in_the_file_are_refused(read, limits):
    def add(file):
        dataset = file.create_dataset("x", (2000,), TEXT)
        dataset[0] = "a" * 1000
        offset = dataset.id.get_offset()
        file.flush()
        with open(file.filename, "r+b") as raw:
            raw.seek(offset)
            element = raw.read(16)
            raw.seek(offset)
            raw.write(element * 2000)

    with pytest.raises(ValueError, match="at most 0 MiB together.* 2000000"):
        read(add, hdf5.TEXTS)


def test_long_texts_in_chunks_are_refused_on_the_way(read, limits):
    texts = ["a" * 500] * 100
    with pytest.raises(ValueError, match="together|in chunks"):
        read(
            lambda file: file.create_dataset(
                "x", data=texts, dtype=TEXT, chunks=(10,)
            ),
            hdf5.TEXTS,
        )


def test_one_long_text_among_many_is_refused(read, limits):
    texts = ["a"] * 2000 + ["a" * 1000]
    with pytest.raises(ValueError, match="2001 texts of up to 1000 letters"):
        read(
            lambda file: file.create_dataset("x", data=texts, dtype=TEXT),
            hdf5.TEXTS,
        )


def test_types_that_numpy_does_not_know_are_refused(read):
    def add(file):
        space = h5py.h5s.create_simple((2,))
        odd = h5py.h5t.IEEE_F64LE.copy()
        odd.set_fields(63, 40, 23, 0, 40)
        odd.set_size(9)
        h5py.h5d.create(file.id, b"x", odd, space)

    with pytest.raises(ValueError, match="x.h5"):
        read(add)
