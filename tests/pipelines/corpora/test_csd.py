"""Computational sequences: contents, and damaged files."""

from __future__ import annotations

import csd_files
import h5py
import numpy as np
import pytest

from pipelines.corpora._io import csd, hdf5_sizes


def one(path, intervals=((0, 1), (1, 2)), features=((1.0,), (2.0,)), **more):
    video = {"a": (intervals, features)}
    return csd_files.write(path, "COVAREP", video, **more)


def test_what_the_sdk_wrote_is_read(shared):
    file = csd.ComputationalSequence(
        shared("reference", "mmsdk", "FACET_4.2.csd")
    )
    assert file.root == file.metadata["root name"] == "FACET 4.2"
    assert file.videos == tuple(f"synthetic_video_{i}" for i in range(4))
    assert file.shape("synthetic_video_2") == (263, 35)
    intervals = file.intervals("synthetic_video_2")
    assert intervals.shape == (263, 2) and intervals.dtype == np.float64
    gaps = intervals[1:, 0] - intervals[:-1, 1]
    assert gaps.max() == pytest.approx(1 + 1 / 30)  # the lost face


def test_metadata_is_json_or_else_text(tmp_path):
    path = one(tmp_path / "x.csd", names=["f0", "vuv"])
    with h5py.File(path, "r+") as file:
        file["COVAREP/metadata/contact"] = ["not json"]
        file["COVAREP/metadata/nested"] = ["[" * 100_000]
        file["COVAREP/metadata/number"] = [1.5]
    metadata = csd.ComputationalSequence(path).metadata
    assert metadata["dimension names"] == ["f0", "vuv"]
    assert metadata["contact"] == "not json" and metadata["md5"] is None
    assert "number" not in metadata and len(metadata["nested"]) == 100_000


def test_a_single_row_may_be_flat_as_in_the_sdk(tmp_path):
    file = csd.ComputationalSequence(one(tmp_path / "x.csd", [3, 4], [5, 6, 7]))
    assert file.shape("a") == (1, 3)
    np.testing.assert_array_equal(file.intervals("a"), [[3, 4]])
    np.testing.assert_array_equal(file.features("a"), [[5, 6, 7]])


@pytest.mark.parametrize("kind", ["S", h5py.string_dtype()])
def test_words_are_read_as_text(tmp_path, kind):
    texts = np.array([["häuser".encode()], [b"\xff"]], dtype=kind)
    file = csd.ComputationalSequence(one(tmp_path / "x.csd", features=texts))
    assert file.texts("a").tolist() == ["häuser", "\ufffd"]
    with pytest.raises(ValueError, match="features must hold numbers"):
        file.features("a")


def test_numbers_are_no_words(tmp_path):
    file = csd.ComputationalSequence(one(tmp_path / "x.csd"))
    with pytest.raises(ValueError, match="must hold texts. .*float64"):
        file.texts("a")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="x.csd is missing"):
        csd.ComputationalSequence(tmp_path / "x.csd")


@pytest.mark.parametrize("kept", [0, 0.001, 0.1, 0.5, 0.999])
def test_a_truncated_file_is_one_sentence(tmp_path, kept):
    path = one(tmp_path / "x.csd")
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(ValueError, match="complete HDF5 file.*Copy it again"):
        csd.ComputationalSequence(path)


def test_damage_inside_is_one_sentence(tmp_path):
    path = tmp_path / "x.csd"
    with h5py.File(one(path), "r+") as file:
        del file["COVAREP/data/a/features"]
        file["COVAREP/data/a"].create_dataset(
            "features", data=np.random.rand(2, 500), compression="gzip"
        )
    data = bytearray(path.read_bytes())
    for place in range(len(data) - 4000, len(data) - 2000):
        data[place] = 170
    path.write_bytes(data)
    with pytest.raises(ValueError, match="x.csd.*(complete HDF5|must)"):
        file = csd.ComputationalSequence(path)
        file.features("a")


@pytest.mark.parametrize(
    "intervals, features",
    [
        ([[0, 1]], [[1.0], [2.0]]),
        ([[0, 1, 2]], [[1.0]]),
        ([[0, 1]], [[[1.0]]]),
        ([0, 1], [[1.0]]),
    ],
)
def test_what_does_not_belong_together_is_refused(
    tmp_path, intervals, features
):
    file = csd.ComputationalSequence(
        one(tmp_path / "x.csd", intervals, features)
    )
    with pytest.raises(ValueError, match=r"a must have intervals \(rows, 2\)"):
        file.shape("a")


def test_another_layout_is_refused(tmp_path):
    with h5py.File(tmp_path / "two.csd", "w") as file:
        file.create_group("one"), file.create_group("other")
    with pytest.raises(ValueError, match="one root group. Received: 2"):
        csd.ComputationalSequence(tmp_path / "two.csd")
    with h5py.File(tmp_path / "flat.csd", "w") as file:
        file["COVAREP"] = [1.0]
    with pytest.raises(ValueError, match="/COVAREP must be a group"):
        csd.ComputationalSequence(tmp_path / "flat.csd")
    with h5py.File(tmp_path / "bare.csd", "w") as file:
        file.create_group("COVAREP/data")
    with pytest.raises(ValueError, match="must hold 'metadata'"):
        csd.ComputationalSequence(tmp_path / "bare.csd")


@pytest.mark.parametrize("kind", ["external", "soft", "virtual", "storage"])
def test_nothing_outside_the_file_is_read(tmp_path, kind):
    secret = one(tmp_path / "secret.csd")
    (tmp_path / "raw").write_bytes(bytes(64))
    path = one(tmp_path / "x.csd")
    with h5py.File(path, "r+") as file:
        group = file["COVAREP/data/a"]
        del group["features"]
        inside = "COVAREP/data/a/features"
        if kind == "external":
            group["features"] = h5py.ExternalLink(str(secret), inside)
        elif kind == "soft":
            group["features"] = h5py.SoftLink("/COVAREP/data/a/intervals")
        elif kind == "virtual":
            layout = h5py.VirtualLayout((2, 1), "f8")
            layout[:] = h5py.VirtualSource(str(secret), inside, (2, 1))
            group.create_virtual_dataset("features", layout)
        else:
            raw = [(str(tmp_path / "raw"), 0, 16)]
            group.create_dataset("features", (2, 1), "f8", external=raw)
    file = csd.ComputationalSequence(path)
    with pytest.raises(ValueError, match="no link to it|lie in this file"):
        file.features("a")


def test_a_huge_dataset_is_refused_before_it_is_read(tmp_path):
    path = one(tmp_path / "x.csd")
    with h5py.File(path, "r+") as file:
        del file["COVAREP/data/a/features"]
        file["COVAREP/data/a"].create_dataset(
            "features", (2, hdf5_sizes.MAX_VALUES), "f8", chunks=(1, 1000)
        )
    file = csd.ComputationalSequence(path)
    with pytest.raises(
        ValueError, match=f"at most {hdf5_sizes.MAX_VALUES} val"
    ):
        file.features("a")


def test_objects_are_never_read(tmp_path):
    path = one(tmp_path / "x.csd")
    with h5py.File(path, "r+") as file:
        del file["COVAREP/data/a/features"]
        file["COVAREP/data/a"].create_dataset(
            "features", (2, 1), h5py.ref_dtype
        )
    file = csd.ComputationalSequence(path)
    for read in (file.features, file.texts):
        with pytest.raises(ValueError, match="must hold .* Received: object"):
            read("a")
