"""Files of others: word times, vectors and arrays that are damaged."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile

import h5py
import numpy as np
import pytest
import word_tables

from pipelines.corpora._io import glove, text_grid, word_arrays
from pipelines.corpora._io.word_times import WordTimesReader

TIMES = word_tables.spoken_times().round(6).tolist()
LONG = word_tables.text_grid(TIMES)
SHORT = word_tables.text_grid(TIMES, is_long=False)


def read_times(path, tier=None, recording="a"):
    return WordTimesReader(tier).read(path, recording, 1.5)


@pytest.mark.parametrize("text", [LONG, SHORT], ids=["long", "short"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_both_formats_of_a_text_grid_are_read(tmp_path, text, encoding):
    path = tmp_path / "a.TextGrid"
    path.write_text(text, encoding)
    own = read_times(path)
    assert own.words == word_tables.WORDS
    np.testing.assert_allclose(own.times, TIMES)


@pytest.mark.parametrize("text", [LONG, SHORT], ids=["long", "short"])
def test_a_text_grid_cut_off_anywhere_is_refused(tmp_path, text):
    path = tmp_path / "a.TextGrid"
    end = text.rindex('"')
    for cut in range(0, end + 1, 7):
        path.write_text(text[:cut], "utf-8")
        with pytest.raises(ValueError, match="a.TextGrid"):
            text_grid.read_intervals(path)


def test_the_tier_of_words_is_found_or_named(tmp_path):
    path = tmp_path / "a.TextGrid"
    tier = SHORT[SHORT.index('"IntervalTier"') :]
    two = SHORT.replace("<exists>\n2", "<exists>\n3")
    path.write_text(two + tier.replace('"words"', '"phones"'), "utf-8")
    assert read_times(path).words == word_tables.WORDS
    assert read_times(path, "phones").words == word_tables.WORDS
    with pytest.raises(ValueError, match="'speaker'.*'words', 'phones'"):
        read_times(path, "speaker")
    path.write_text(two + tier.replace('"words"', '"B - words"'), "utf-8")
    with pytest.raises(ValueError, match="one tier .*'words', 'B - words'"):
        read_times(path)
    assert read_times(path, "B - words").words == word_tables.WORDS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "complete TextGrid.*the file's end"),
        (b"\xff\xfe\x00", "UTF-8 or UTF-16"),
        (b"ooBinaryFile\x08TextGrid\xff\x00", "UTF-8 or UTF-16"),
        (b'"ooTextFile" "Pitch 1"', "must be a TextGrid"),
        (SHORT.replace('"IntervalTier"', '"Tier"').encode(), "must be an Int"),
        (SHORT.replace("<exists>\n2", "<exists>\n-2").encode(), "whole number"),
        (SHORT.replace("<exists>\n2", "<exists>\n9").encode(), "file's end"),
        (SHORT.replace("<exists>\n2", "<absent>").encode(), "tiers.*: none"),
        (LONG.replace("xmin = 0.1 ", "xmin = a ").encode(), "number belongs"),
    ],
)
def test_what_is_no_text_grid_is_refused(tmp_path, content, message):
    path = tmp_path / "a.TextGrid"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_times(path)


def test_a_ctm_holds_many_recordings(tmp_path):
    path = tmp_path / "all.ctm"
    path.write_text("a 1 0.1 0.2 yes\nb 1 0 1 no .5\n\na 1 0.3 0.2 sir\n")
    times = WordTimesReader()
    assert times.read(path, "a", 1.5).words == ("yes", "sir")
    own = times.read(path, "b", 1.5)
    assert own.words == ("no",) and own.times.tolist() == [[0, 1]]
    with pytest.raises(ValueError, match="recording 'c'. .*words of: a, b"):
        times.read(path, "c", 1.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a 1 0.1 0.2\n", "line 1: a line of a CTM must be RECORDING"),
        ("a 1 0.1 x yes\n", "line 1: a time must be a number.*'x'"),
        ("a 1 0.1 -0.1 yes\n", "line 1: a word must end after it begins"),
        ("", "empty"),
    ],
)
def test_a_bad_ctm_is_refused(tmp_path, text, message):
    path = tmp_path / "a.ctm"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_times(path)


def test_times_a_little_beyond_the_recording_end_with_it(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("word,start,end\na,-0.004,0.5\nb,0.4995,1.508\n")
    assert read_times(path).times.tolist() == [[0, 0.5], [0.4995, 1.5]]


@pytest.mark.parametrize("name", ["vectors.txt", "vectors.txt.gz"])
def test_vectors_of_needed_words_are_kept(tmp_path, name):
    path = tmp_path / name
    text = "the 1 2\n. . . 3 4\nThe 5 6\nnothing 7 8e-1\n"
    opened = gzip.open if name.endswith("gz") else open
    with opened(path, "wt", encoding="utf-8") as file:
        file.write(text)
    own = glove.read(path, ["The", "Nothing", "zebra", "the"])
    assert {word: vector.tolist() for word, vector in own.items()} == {
        "The": [5, 6],
        "Nothing": [7, pytest.approx(0.8)],
        "the": [1, 2],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("400000 300\nthe 1 2 3\n", "line 1: .*line of counts"),
        ("the a b\n", "line 1: must be a word and the values"),
        ("the 1 2\nof 1\n", "line 2: a vector must have 2 values.*: 1"),
        ("the 1.0 2.0\nof 1.0 2.0 3.0\n", "line 2: .*2 values.*Received: 3"),
        ("the 1 2\nof 1 nan\n", "line 2: a vector must hold finite"),
        ("the 1 2\nof 1 x\n", "line 2: a vector must hold finite.*b'x'"),
        ("the 1 2\n" + "x" * glove.MOST_BYTES, "line 2: a line must be short"),
    ],
)
def test_bad_vectors_are_refused(tmp_path, text, message):
    path = tmp_path / "vectors.txt"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=message):
        glove.read(path, ["the", "of"])


def test_vectors_cut_off_or_missing_are_refused(tmp_path):
    path = tmp_path / "vectors.txt.gz"
    noise = np.random.default_rng(0).normal(size=2000)
    lines = "".join(f"w{n} {a} {a}\n" for n, a in enumerate(noise))
    path.write_bytes(gzip.compress(lines.encode())[:-20])
    with pytest.raises(ValueError, match="complete gzip file"):
        glove.read(path, ["w1"])
    with pytest.raises(FileNotFoundError, match="nowhere.txt is missing"):
        glove.read(tmp_path / "nowhere.txt", ["w1"])


def npy(shape, dtype="<f4", content=b""):
    """The bytes of an array whose header says what it likes."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"shape": shape, "fortran_order": False, "descr": dtype}
    )
    return file.getvalue() + content


def write_zip(path, content, name="audio.npy"):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npy((10**6, 10**4)), "at most 67108864 values"),
        (npy((100, 4)), "must have the .* bytes that its header says"),
        (npy((1, 1), content=bytes(5)), "that its header says"),
        (npy((1, 1), "|O", bytes(8)), "must be numbers.*kind 'O'"),
        (b"", "must be a complete array"),
        (b"\x93NUMPY\x01\x00", "must be a complete array"),
        (b"\x93NUMPY\x09\x00" + bytes(40), "must be a complete array"),
        (b"\x93NUMPY\x01\x00\x04\x00(((\n", "must be a complete array"),
    ],
)
def test_arrays_of_a_zip_that_lie_are_refused(tmp_path, content, message):
    path = tmp_path / "a.npz"
    write_zip(path, content)
    with pytest.raises(ValueError, match=message):
        word_arrays.shapes(path)


class Code:
    def __reduce__(self):
        return exec, ("raise SystemExit",)


def test_objects_are_never_unpickled(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, audio=np.array([[Code()]], dtype=object))
    for read in (word_arrays.shapes, lambda p: word_arrays.read(p, "a")):
        with pytest.raises(ValueError, match="must be numbers.*kind 'O'"):
            read(path)


def test_a_zip_bomb_is_refused_by_its_header(tmp_path):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("audio.npy", "w", force_zip64=True) as member:
            member.write(npy((1 << 20, 128)))
            for _ in range(512):  # of zeros, 1 MiB each
                member.write(bytes(1 << 20))
    assert path.stat().st_size < 1e6
    with pytest.raises(ValueError, match="at most 67108864 values"):
        word_arrays.shapes(path)


def test_other_files_than_archives_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(b"PK\x03\x04" + bytes(60))
    with pytest.raises(ValueError, match="must be a complete .npz file"):
        word_arrays.shapes(path)
    np.savez_compressed(path, audio=np.random.default_rng(0).random((99, 9)))
    data = bytearray(path.read_bytes())
    data[500:600] = bytes(100)
    path.write_bytes(data)
    with pytest.raises(ValueError, match="must be a complete"):
        word_arrays.read(path, "a")
    with pytest.raises(ValueError, match="must end in .npz, .h5, .hdf5"):
        word_arrays.shapes(tmp_path / "a.mat")
    for name in ("b.npz", "b.h5"):
        with pytest.raises(FileNotFoundError, match=name):
            word_arrays.shapes(tmp_path / name)
    np.savez(path, voice=np.ones((3, 2)))
    with pytest.raises(ValueError, match="text, audio, video. Received: voice"):
        word_arrays.shapes(path)


def test_hdf5_that_is_no_matrix_of_numbers_is_refused(tmp_path):
    path = tmp_path / "a.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(40))
    with pytest.raises(ValueError, match="complete HDF5 file"):
        word_arrays.shapes(path)
    with h5py.File(path, "w") as file:
        file["audio"] = h5py.SoftLink("/elsewhere")
    with pytest.raises(ValueError, match="no link"):
        word_arrays.shapes(path)
    with h5py.File(path, "w") as file:
        file.create_dataset("audio", (1 << 20, 1 << 10), "f4", chunks=True)
    with pytest.raises(ValueError, match="at most"):
        word_arrays.shapes(path)
    with h5py.File(path, "w") as file:
        file["audio"] = np.array([[b"a", b"b"]])
    with pytest.raises(ValueError, match="must be numbers"):
        word_arrays.shapes(path)
    with h5py.File(path, "w") as file:
        file["other"] = np.ones((3, 2))
    with pytest.raises(ValueError, match="Received: other"):
        word_arrays.shapes(path)


def test_a_size_of_the_directory_that_lies_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, audio=np.ones((50, 4), "f4"))
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, entry + 24, 200)  # uncompressed size
    path.write_bytes(data)
    with pytest.raises(ValueError, match="header says|CRC-32"):
        word_arrays.shapes(path)
