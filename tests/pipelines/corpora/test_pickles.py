"""Pickles of arrays: what is read, and what is refused without being run."""

from __future__ import annotations

import collections
import os
import pickle
import struct
import subprocess

import numpy as np
import pytest

from pipelines.corpora._io import pickles

ARRAYS = {
    "float64": np.arange(6.0).reshape(2, 3),
    "float32": np.ones((1, 2, 3), "f4"),
    "big-endian": np.arange(4, dtype=">i2"),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "empty": np.empty((0, 3)),
    "texts": np.array([["v1", "0.5"], ["häuser", "1"]]),
    "bytes": np.array([b"v1", b"video"]),
    "objects": np.array([["v1", 0.5, b"x"], ["v2", 1, b"y"]], object),
    "flags": np.array([True, False]),
}


def save(path, content, protocol=4):
    path.write_bytes(pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_arrays_of_every_protocol_are_read(tmp_path, protocol):
    path = save(tmp_path / "x.pkl", {"train": ARRAYS}, protocol)
    read = pickles.load(path)["train"]
    assert read.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        values = read[name].values
        assert values.dtype == array.dtype and values.shape == array.shape
        if name == "objects":
            values = np.vectorize(plain, otypes=[object])(values)
        np.testing.assert_array_equal(values, array)


def plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


@pytest.mark.parametrize("module", [b"numpy.core", b"numpy._core"])
def test_both_homes_of_numpys_functions_are_known(tmp_path, module):
    content = pickle.dumps({"a": np.arange(3)}, 2)
    for home in (b"numpy._core", b"numpy.core"):
        content = content.replace(home + b".multiarray", b"@")
    path = tmp_path / "x.pkl"
    path.write_bytes(content.replace(b"@", module + b".multiarray"))
    assert pickles.load(path)["a"].values.tolist() == [0, 1, 2]


def test_plain_values_and_containers_are_read(tmp_path):
    content = {
        "list": [1, 300, 70_000, -5, 2**40, 0.5, None, True, False],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "same": ["x" * 300] * 2,
        "nested": {"a": {"b": []}},
        "number": np.float32(2.5),
    }
    assert pickles.load(save(tmp_path / "x.pkl", content)) == content


def test_arrays_are_views_of_the_file(tmp_path):
    path = save(tmp_path / "x.pkl", {"a": np.arange(1000.0)})
    values = pickles.load(path)["a"].values
    assert not values.flags.owndata and not values.flags.writeable


class Payload:
    def __init__(self, function, *arguments):
        self.made = function, arguments

    def __reduce__(self):
        return self.made


@pytest.mark.parametrize(
    "payload, named",
    [
        (Payload(os.system, "touch {}"), "posix.system"),
        (Payload(subprocess.check_call, ["touch", "{}"]), "subprocess.check_"),
        (Payload(eval, "open('{}', 'w')"), "builtins.eval"),
        (Payload(getattr, os, "system"), None),
        (collections.OrderedDict(a=1), "collections.OrderedDict"),
        (np.arange(2).view(np.recarray), None),
        ({1, 2}, "the instruction b'\\x8f'"),
    ],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_code_is_never_run(tmp_path, payload, named, protocol):
    mark = tmp_path / "run"
    if isinstance(payload, Payload):
        function, arguments = payload.made
        payload = Payload(
            function,
            *(
                argument.format(mark) if isinstance(argument, str) else argument
                for argument in arguments
            ),
        )
    try:
        path = save(tmp_path / "x.pkl", {"train": payload}, protocol)
    except TypeError:
        pytest.skip("a module cannot be pickled, so this is no danger")
    with pytest.raises(ValueError, match="no code is run to read it") as caught:
        pickles.load(path)
    assert not mark.exists()
    assert named is None or protocol == 2 or named in str(caught.value)


@pytest.mark.parametrize("kept", [1, 20, 100, -30, -1])
def test_a_cut_file_is_refused(tmp_path, kept):
    path = save(tmp_path / "x.pkl", {"a": np.arange(100.0)})
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match="must be a complete pickle"):
        pickles.load(path)


def test_missing_and_empty_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="x.pkl is missing"):
        pickles.load(tmp_path / "x.pkl")
    (tmp_path / "x.pkl").touch()
    with pytest.raises(ValueError, match="Received: 0 bytes"):
        pickles.load(tmp_path / "x.pkl")


def test_a_file_beyond_the_limit_is_refused_unread(tmp_path):
    path = tmp_path / "x.pkl"
    with open(path, "wb") as file:
        file.truncate(pickles.MAX_BYTES + 1)
    with pytest.raises(ValueError, match="at most 16 GiB"):
        pickles.load(path)


def array_of(shape, dtype, raw):
    """A pickle of one array with a content of one's own."""
    state = pickle.dumps((1, shape, dtype, False, raw), 2)[2:-1]
    return (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n"
        b"cnumpy\nndarray\nK\x00\x85U\x01b\x87R" + state + b"b."
    )


HOSTILE = {
    "no pickle": b"\x89HDF\r\n",
    "text": b"train,valid,test\n",
    "huge bytes": b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"x.",
    "huge text": b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + b"x.",
    "nested lists": b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".",
    "nested key": b"\x80\x02}" + b")" + b"\x85" * 1_000_000 + b"K\x01s.",
    "endless": b"\x80\x02" + b"N0" * (pickles.MAX_STEPS // 2 + 1) + b".",
    "far memo": b"\x80\x02Nr" + struct.pack("<I", 2**32 - 1) + b"j\0\0\0\0.",
    "pop of nothing": b"\x80\x020.",
    "tuple of nothing": b"\x80\x02\x86.",
    "odd items": b"\x80\x02}(U\x01au.",
    "no list": b"\x80\x02}K\x01a.",
    "call of a text": b"\x80\x02U\x01a)R.",
    "state of a text": b"\x80\x02U\x01a)b.",
    "extension": b"\x80\x02\x82\x01.",
    "persistent": b"\x80\x02U\x01aQ.",
    "long name": b"\x80\x02c" + b"a" * 1000 + b"\nb\n.",
    "ascii": b"(dp0\nS'a'\np1\nI1\ns.",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_in_one_sentence(tmp_path, case):
    path = tmp_path / "x.pkl"
    path.write_bytes(HOSTILE[case])
    if case == "nested lists":  # is harmless: nothing walks through it
        assert type(pickles.load(path)) is list
        return
    with pytest.raises(ValueError, match="must be a complete pickle") as caught:
        pickles.load(path)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "shape, dtype, raw",
    [
        ((2**40,), np.dtype("f8"), b"x" * 16),
        ((2**32, 2**32), np.dtype("f8"), b""),
        ((-1,), np.dtype("f8"), b"x" * 8),
        ((1, 1, 1, 1, 1), np.dtype("f8"), b"x" * 8),
        ((1.0,), np.dtype("f8"), b"x" * 8),
        ((1,), np.dtype([("a", "f8")]), b"x" * 8),
        ((1,), np.dtype("M8[s]"), b"x" * 8),
        ((1,), np.dtype(object), b"x" * 8),
        ((1,), np.dtype(object), [[1]]),
        ((2**40,), np.dtype(object), [1]),
        ((1,), np.dtype("f8"), [1.0]),
        ((1,), np.dtype("f8"), None),
        ((2**40,), np.dtype("U0"), b""),
        ((1,), "f8", b"x" * 8),
    ],
)
def test_impossible_arrays_are_refused(tmp_path, shape, dtype, raw):
    path = tmp_path / "x.pkl"
    path.write_bytes(array_of((1,), np.dtype("f8"), b"x" * 8))
    assert pickles.load(path).values.shape == (1,)
    path.write_bytes(array_of(shape, dtype, raw))
    with pytest.raises(ValueError, match="must be a complete pickle"):
        pickles.load(path)
