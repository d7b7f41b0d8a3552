"""Incomplete copies of CMU-MOSEI: which are refused, and what is left out."""

import csd_files
import h5py
import pytest

from pipelines.corpora import mosei


class Small(mosei.Mosei):
    def standard_folds(self):
        return {"a": "train", "b": "dev", "c": "test"}


@pytest.fixture
def copy(tmp_path):
    return csd_files.corpus(tmp_path / "mosei")


def test_a_video_that_not_every_stream_has_is_left_out(copy):
    with h5py.File(copy / "FACET 4.2.csd", "r+") as file:
        del file["FACET 4.2/data/b"]
        file.move("FACET 4.2/data/c", "FACET 4.2/data/d")
    corpus = Small(copy, partial=True)
    assert corpus.speakers == ("a",)
    what = "videos left out, not in every stream"
    assert corpus.warnings == {what: {"b": 1, "c": 1, "d": 1}}
    assert f"3 {what}: b, c, d" in corpus.summary()
    assert corpus.missing == ("b", "c")


def test_a_video_that_no_fold_names_is_left_out(tmp_path):
    copy = csd_files.corpus(tmp_path / "more", ("a", "b", "c", "x", "y"))
    corpus = Small(copy)
    assert corpus.speakers == ("a", "b", "c")
    what = "videos left out, in no fold"
    assert corpus.warnings == {what: {"x": 1, "y": 1}}


def test_videos_of_the_folds_that_are_not_there_are_counted(tmp_path):
    corpus = Small(csd_files.corpus(tmp_path / "half", ("a",)), partial=True)
    what = "videos of the folds not in this copy"
    assert corpus.warnings == {what: {"b": 1, "c": 1}}
    assert f"2 {what}: b, c" in corpus.summary()
    assert corpus.missing == ("b", "c")
    assert "partial copy" in corpus.note
    assert "2 videos missing (b, c)" in corpus.note


def test_an_incomplete_copy_is_refused_unless_it_is_called_partial(tmp_path):
    copy = csd_files.corpus(tmp_path / "half", ("a",))
    with pytest.raises(FileNotFoundError) as caught:
        Small(copy)
    message = str(caught.value)
    assert "2 of the folds' 3 videos are not in every stream: b, c" in message
    assert "At most 0 may be missing" in message and "partial" in message


def test_one_incomplete_stream_makes_a_copy_incomplete(copy):
    with h5py.File(copy / "COVAREP.csd", "r+") as file:
        del file["COVAREP/data/b"]
    with pytest.raises(FileNotFoundError, match="1 of the folds' 3 .*: b"):
        Small(copy)


def test_the_few_videos_that_releases_lack_are_tolerated(tmp_path):
    names = [f"v{number:02d}" for number in range(20)]

    class Folds(mosei.Mosei):
        def standard_folds(self):
            return dict.fromkeys([*names, "unlabelled"], "train")

    corpus = Folds(csd_files.corpus(tmp_path / "most", names))
    assert len(corpus.speakers) == 20 and corpus.missing == ()
    what = "videos of the folds not in this copy"
    assert corpus.warnings == {what: {"unlabelled": 1}}


def test_where_nothing_is_left_the_reasons_are_named(copy):
    with pytest.raises(
        ValueError, match="must be at least one usable segment"
    ) as caught:
        mosei.Mosei(copy, partial=True)
    assert "3 videos left out, in no fold: a, b, c" in str(caught.value)
