"""Damaged and unusual copies of CMU-MOSEI: refusals and warnings."""

import shutil

import csd_files
import h5py
import numpy as np
import pytest

from pipelines.corpora import mosei


class Small(mosei.Mosei):
    def standard_folds(self):
        return {"a": "train", "b": "dev", "c": "test"}


@pytest.fixture
def copy(tmp_path):
    return csd_files.corpus(tmp_path / "mosei")


def words_of(corpus):
    return {u.id: corpus.words(u, "tav") for u in corpus.utterances}


def assert_same_words(one, other):
    assert set(one) == set(other)
    for name, streams in one.items():
        for letter, rows in streams.items():
            np.testing.assert_array_equal(rows, other[name][letter])


@pytest.mark.parametrize(
    "root, named",
    [
        ("COVAREP", "COVAREP (CMU_MOSEI_COVAREP.csd)"),
        ("FACET 4.2", "FACET 4.2 (CMU_MOSEI_VisualFacet42.csd)"),
        ("glove_vectors", "glove_vectors (CMU_MOSEI_TimestampedWordVectors"),
        ("labels", "All Labels (CMU_MOSEI_Labels.csd)"),
    ],
)
def test_a_missing_stream_is_named(copy, root, named):
    (copy / f"{root}.csd").unlink()
    with pytest.raises(FileNotFoundError) as caught:
        Small(copy)
    assert f"missing streams (1): {named}" in str(caught.value)


def test_an_empty_folder_misses_all_streams(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing streams .4.: glove"):
        Small(tmp_path)


def test_a_stream_that_is_there_twice_is_refused(copy):
    shutil.copy(copy / "COVAREP.csd", copy / "again.csd")
    with pytest.raises(
        ValueError, match="again.csd: 'COVAREP' must occur once"
    ):
        Small(copy)


@pytest.mark.parametrize(
    "option, message",
    [
        ({"labels": "mood"}, "one of emotions, sentiment. .*labels='mood'"),
        ({"face": "dlib"}, "one of facet, openface. .*face='dlib'"),
        ({"folds": "mine"}, "one of standard, paper. .*folds='mine'"),
    ],
)
def test_unknown_options_are_refused_before_a_file_is_read(
    tmp_path, option, message
):
    with pytest.raises(ValueError, match=message):
        Small(tmp_path / "nowhere", **option)


def test_what_an_option_asks_for_must_be_there(copy):
    with pytest.raises(FileNotFoundError, match=r"OpenFace_2 \(CMU_MOSEI_Vis"):
        Small(copy, face="openface")
    (copy / "labels.csd").unlink()
    labels = {v: ([[0, 6]], np.zeros((1, 6))) for v in "abc"}
    csd_files.write(copy / "labels.csd", "Emotion Labels", labels)
    with pytest.raises(FileNotFoundError, match="All Labels"):
        Small(copy, labels="sentiment")


@pytest.mark.parametrize("value", [-3.1, 3.1, np.nan, np.inf])
def test_sentiment_out_of_range_leaves_its_segment_out(copy, value):
    ratings = np.ones((2, 7))
    ratings[1, 0] = value
    csd_files.change(copy, "All Labels", "c", features=ratings)
    corpus = Small(copy, labels="sentiment")
    assert corpus.warnings == {
        "segments left out, labels not in range": {"c[1]": 1}
    }


def test_labels_that_are_named_twice_are_refused(copy):
    names = "sentiment happy sad anger happiness disgust fear".split()
    labels = {v: ([[0, 6]], np.zeros((1, 7))) for v in "abc"}
    csd_files.write(copy / "labels.csd", "All Labels", labels, names)
    with pytest.raises(ValueError, match="sad, anger, happiness, disgust"):
        Small(copy)


@pytest.mark.parametrize("root", ["COVAREP", "FACET 4.2"])
def test_frames_out_of_order_are_put_in_order(copy, root):
    whole = words_of(Small(copy))
    with h5py.File(copy / f"{root}.csd") as file:
        group = file[f"{root}/data/b"]
        turned = {name: group[name][()][::-1] for name in group}
    csd_files.change(copy, root, "b", **turned)
    corpus = Small(copy)
    words = words_of(corpus)
    for name, streams in words.items():
        for letter, rows in streams.items():
            np.testing.assert_allclose(rows, whole[name][letter], atol=1e-5)
    (what,) = corpus.warnings
    assert what == f"rows of {root} out of order in time, which changes nothing"
    assert corpus.warnings[what]["b"] == len(turned["intervals"]) - 1


def test_words_out_of_order_are_put_in_order(copy):
    whole = words_of(Small(copy))
    with h5py.File(copy / "glove_vectors.csd") as file:
        group = file["glove_vectors/data/b"]
        order = [4, 0, 2, 5, 1, 3]
        turned = {name: group[name][()][order] for name in group}
    csd_files.change(copy, "glove_vectors", "b", **turned)
    assert_same_words(words_of(Small(copy)), whole)


@pytest.mark.parametrize("wrong", [(3.0, 2.0), (np.nan, 2.0), (1.0, np.inf)])
def test_frames_of_impossible_times_are_left_out(copy, wrong):
    with h5py.File(copy / "COVAREP.csd", "r+") as file:
        group = file["COVAREP/data/b"]
        intervals = group["intervals"][()]
        intervals[100:200] = wrong
        group["intervals"][...] = intervals
        group["features"][100:200] = 1e6
    corpus = Small(copy)
    first = corpus.words(corpus.split("dev")[0], "a")["a"]
    assert not first[1].any() and np.abs(first).max() < 10
    (what,) = corpus.warnings
    assert "rows of COVAREP left out, their times not finite or" in what
    assert corpus.warnings[what] == {"b": 100}
    corpus.words(corpus.split("train")[0], "a")
    corpus.words(corpus.split("dev")[1], "a")
    assert corpus.warnings[what] == {"b": 100}  # counted once


def test_words_of_impossible_times_are_left_out(copy):
    intervals = csd_files.steps(6, 1.0)
    intervals[1] = intervals[1][::-1]
    csd_files.change(copy, "glove_vectors", "a", intervals=intervals)
    corpus = Small(copy)
    lengths = [len(words["t"]) for words in words_of(corpus).values()]
    assert lengths == [2, 3, 3, 3, 3, 3]
    with h5py.File(copy / "glove_vectors.csd") as file:
        vectors = file["glove_vectors/data/a/features"][()]
    first = corpus.words(corpus.utterances[0], "ta")
    np.testing.assert_array_equal(first["t"], vectors[[0, 2]])


def test_segments_may_begin_before_zero_as_the_real_ones_do(copy):
    csd_files.change(
        copy, "All Labels", "a", intervals=[[-0.5, 3.0], [3.0, 6.0]]
    )
    corpus = Small(copy)
    assert len(corpus.utterances) == 6
    assert corpus.warnings == {
        "rows of All Labels that begin before 0 s, kept": {"a": 1}
    }


def test_a_segment_without_a_word_is_left_out(copy):
    csd_files.change(copy, "All Labels", "a", intervals=[[0, 6], [6, 9]])
    corpus = Small(copy)
    assert "a[1]" not in {u.id for u in corpus.utterances}
    assert corpus.warnings == {"segments left out, without a word": {"a[1]": 1}}


def test_ids_keep_the_row_of_the_label_file(copy):
    csd_files.change(copy, "All Labels", "a", intervals=[[2, 1], [3, 6]])
    ids = [u.id for u in Small(copy).utterances]
    assert ids[0] == "a[1]" and len(ids) == 5


@pytest.mark.parametrize(
    "column, value", [(1, 3.1), (6, -0.1), (2, np.nan), (0, np.nan)]
)
def test_labels_out_of_range_leave_their_segment_out(copy, column, value):
    ratings = np.ones((2, 7))
    ratings[1, column] = value
    csd_files.change(copy, "All Labels", "c", features=ratings)
    corpus = Small(copy)
    assert corpus.warnings == {
        "segments left out, labels not in range": {"c[1]": 1}
    }


@pytest.mark.parametrize("root", csd_files.VALUES)
def test_another_dimension_is_refused(copy, root):
    values = csd_files.VALUES[root]
    with h5py.File(copy / f"{root}.csd") as file:
        features = file[f"{root}/data/b/features"][:, :-1]
    for video in "bc":
        csd_files.change(copy, root, video, features=features)
    with pytest.raises(ValueError) as caught:
        Small(copy)
    assert f"{root} must have {values} values a row" in str(caught.value)
    assert f"{values - 1} in b, the first of 2 such" in str(caught.value)


@pytest.mark.parametrize(
    "root, values, names, message",
    [
        ("All Labels", 1, None, "1 columns, named nowhere"),
        ("All Labels", 7, ["joy", *"abcdef"], "named joy, a, b, c"),
        ("Emotion Labels", 6, "x y z u v w", "named x, y, z"),
        ("All Labels", 8, csd_files.COLUMNS, "8 columns, named sentiment"),
    ],
)
def test_labels_without_the_six_emotions_are_refused(
    copy, root, values, names, message
):
    (copy / "labels.csd").unlink()
    labels = {v: ([[0, 6]], np.zeros((1, values))) for v in "abc"}
    csd_files.write(copy / "labels.csd", root, labels, names)
    with pytest.raises(ValueError, match="have anger, disgust") as caught:
        Small(copy)
    assert message in str(caught.value)


def test_labels_of_two_widths_are_refused(copy):
    csd_files.change(copy, "All Labels", "b", features=np.zeros((2, 6)))
    with pytest.raises(ValueError, match="with 6 or 7 columns"):
        Small(copy)


def test_a_truncated_file_is_named(copy):
    path = copy / "FACET 4.2.csd"
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(ValueError, match="FACET 4.2.csd: must be a complete"):
        Small(copy)


def test_a_lost_stream_of_a_video_is_zeros(copy):
    csd_files.change(
        copy,
        "FACET 4.2",
        "a",
        intervals=np.empty((0, 2)),
        features=np.empty((0, 35)),
    )
    corpus = Small(copy)
    words = corpus.words(corpus.utterances[0], "av")
    assert words["v"].shape == (3, 35) and not words["v"].any()
    assert words["a"].any()


def test_values_beyond_float32_become_infinite_without_a_word(copy):
    with h5py.File(copy / "COVAREP.csd") as file:
        features = file["COVAREP/data/a/features"][()].astype("f8")
    features[:, 3] = 1e300
    csd_files.change(copy, "COVAREP", "a", features=features)
    corpus = Small(copy)
    rows = corpus.words(corpus.utterances[0], "a")["a"]
    assert np.isinf(rows[:, 3]).all() and np.isfinite(rows[:, 4:]).all()
