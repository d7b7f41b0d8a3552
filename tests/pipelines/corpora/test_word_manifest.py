"""One's own words with features: tables, files, refusals."""

from __future__ import annotations

import csd_files
import numpy as np
import pytest
import word_tables
from contracts_corpus import check_corpus
from word_tables import change_row, open_table

from pipelines.datasets import words


@pytest.mark.parametrize("suffix", [".npz", ".h5", ".hdf5"])
def test_features_are_those_of_the_files(tmp_path, suffix):
    corpus = open_table(word_tables.feature_folder(tmp_path / "x", 8, suffix))
    check_corpus(corpus, audio=False, count=8)
    assert corpus.modalities == {"t": 5, "a": 4, "v": 3}
    assert corpus.dimensions == ("joy", "calm")
    assert corpus.expected["train"] == 4 and corpus.expected["test"] == 2
    for number, utterance in enumerate(corpus.utterances):
        own = corpus.words(utterance, "vt")
        expected = word_tables.arrays(3 + number, number)
        np.testing.assert_array_equal(own["t"], expected["text"])
        np.testing.assert_array_equal(own["v"], expected["video"])


@pytest.mark.parametrize("names", [["audio"], ["text", "video"]])
def test_any_modalities_may_be_there(tmp_path, names):
    values = {name: 2 + len(name) for name in names}
    corpus = open_table(
        word_tables.feature_folder(tmp_path / "x", values=values)
    )
    assert list(corpus.modalities) == [name[0] for name in names]
    check_corpus(corpus, audio=False)


def test_compressed_files_and_other_arrays_are_read(tmp_path):
    folder = word_tables.feature_folder(
        tmp_path / "x",
        save=lambda path, **own: np.savez_compressed(
            path, times=np.zeros((3, 2)), **own
        ),
    )
    check_corpus(open_table(folder), audio=False)


def test_labels_and_their_scale_are_options(tmp_path):
    folder = word_tables.feature_folder(tmp_path / "x")
    corpus = open_table(folder, labels=["calm"], scale=("-2", "2"))
    assert corpus.dimensions == ("calm",) and corpus.rating_scale == (-2, 2)
    assert set(corpus.utterances[0].labels) == {"calm"}
    assert "calm in [-2, 2]" in corpus.summary()
    labels = [
        v for u in open_table(folder).utterances for v in u.labels.values()
    ]
    assert open_table(folder).rating_scale == (min(labels), max(labels))


def test_speakers_are_dealt_without_a_split(tmp_path):
    folder = word_tables.feature_folder(tmp_path / "x")
    table = folder / "words.csv"
    table.write_text(table.read_text("utf-8").replace("split", "half"), "utf-8")
    corpus = open_table(folder, labels=["joy"])
    counts = [corpus.expected[split] for split in ("train", "dev", "test")]
    assert counts == [4, 2, 2]
    assert corpus.partition == "speakers dealt to partitions at random"
    check_corpus(corpus, audio=False)
    again = open_table(folder, labels=["joy"])
    assert again.utterances == corpus.utterances


def test_csd_files_know_the_segments(tmp_path):
    rows = word_tables.table_rows(4)
    word_tables.write_table(tmp_path / "words.csv", rows)
    content = {}
    for name in ("text", "audio"):
        own = {
            row["segment"]: (
                csd_files.steps(4, 0.5),
                word_tables.arrays(4, number)[name],
            )
            for number, row in enumerate(rows)
        }
        content[name] = own
        csd_files.write(tmp_path / f"{name}.csd", name, own)
    paths = {name: str(tmp_path / f"{name}.csd") for name in content}
    corpus = open_table(tmp_path, **paths)
    check_corpus(corpus, audio=False, count=4)
    assert corpus.modalities == {"t": 5, "a": 4}
    (second,) = [u for u in corpus.utterances if u.id == "s01"]
    np.testing.assert_array_equal(
        corpus.words(second, "a")["a"], content["audio"]["s01"][1]
    )
    word_tables.write_table(
        tmp_path / "words.csv", [*rows, {**rows[0], "segment": "s99"}]
    )
    with pytest.raises(FileNotFoundError, match="1 of 5 .*s99"):
        open_table(tmp_path, **paths)
    assert open_table(tmp_path, partial=True, **paths).missing == ("s99",)


def test_a_partial_copy_names_what_it_lacks(tmp_path):
    folder = word_tables.feature_folder(tmp_path / "x")
    (folder / "s03.npz").unlink()
    with pytest.raises(FileNotFoundError, match="1 of 8 files.*s03.npz"):
        open_table(folder)
    corpus = open_table(folder, partial=True)
    assert corpus.missing == ("s03.npz",)
    assert "s03" not in [utterance.id for utterance in corpus.utterances]
    for path in folder.glob("*.npz"):
        path.unlink()
    with pytest.raises(ValueError, match="must be a segment.*s00.npz"):
        open_table(folder, partial=True)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"joy": "nan"}, "line 3: joy must be a number.*'nan'"),
        ({"joy": "glad"}, "line 3: joy must be a number.*'glad'"),
        ({"split": "valid"}, "line 3: split must be one of train, dev, test"),
        ({"split": ""}, "line 3: split must be one of"),
        ({"segment": ""}, "line 3: segment must be given"),
        ({"speaker": ""}, "line 3: speaker must be given"),
        ({"features": ""}, "line 3: features must be given"),
        ({"segment": "s00"}, "unique.*s00"),
        ({"speaker": "p2"}, "same in all rows.*'p2'"),
    ],
)
def test_bad_rows_are_refused_by_line(tmp_path, cells, message):
    folder = word_tables.feature_folder(tmp_path / "x")
    change_row(folder, 3, **cells)
    with pytest.raises(ValueError, match=message):
        open_table(folder)


def test_labels_off_the_scale_are_refused(tmp_path):
    folder = word_tables.feature_folder(tmp_path / "x")
    change_row(folder, 4, joy=1.5)
    with pytest.raises(ValueError, match="line 4: joy .* -1 to 1.*1.5"):
        open_table(folder, scale=(-1, 1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": ["joy", "joy"]}, "`labels` must be a sequence of differ"),
        ({"labels": ["fear"]}, "column for each label. Missing: fear"),
        ({"scale": ("1", "0")}, "`scale` must be two finite numbers"),
        ({"scale": ("0",)}, "`scale` must be two finite numbers"),
        ({"scale": ("0", "nan")}, "`scale` must be two finite numbers"),
        ({"scale": ("0", "many")}, "`scale` must be two finite numbers"),
        ({"voice": "mfcc"}, "`voice` must be one of egemaps, log_mel"),
        ({"voice": "log_mel"}, "need the columns file and words"),
        ({"glove": "vectors.txt"}, "need the columns file and words"),
    ],
)
def test_bad_options_are_refused(tmp_path, options, message):
    folder = word_tables.feature_folder(tmp_path / "x")
    with pytest.raises(ValueError, match=message):
        open_table(folder, **options)


def test_a_table_without_features_or_labels_is_refused(tmp_path):
    rows = word_tables.table_rows()
    word_tables.write_table(tmp_path / "words.csv", rows)
    with pytest.raises(ValueError, match="features must come from the column"):
        open_table(tmp_path)
    bare = [
        {"segment": "a", "speaker": "b", "split": "dev", "features": "a.npz"}
    ]
    word_tables.write_table(tmp_path / "words.csv", bare)
    with pytest.raises(ValueError, match="a column for each label. Missing: a"):
        open_table(tmp_path)
    (tmp_path / "words.csv").write_text("segment,joy\na,1\n", "utf-8")
    with pytest.raises(ValueError, match="Missing: speaker"):
        open_table(tmp_path)


def replace(folder, name, **changed):
    own = {**word_tables.arrays(4), **changed}
    own = {key: value for key, value in own.items() if value is not None}
    np.savez(folder / name, **own)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"audio": np.zeros((4, 7))}, "line 4: .*here text 5, audio 4, video"),
        ({"audio": None}, "line 4: every segment .*Received: text 5, video 3"),
        ({"audio": np.zeros((3, 4))}, "line 4: every modality .*audio 3"),
        ({"audio": np.zeros((0, 4))}, r"audio must be numbers.*\(0, 4\)"),
        ({"audio": np.zeros(4)}, r"audio must be numbers.*\(4,\)"),
        ({"audio": np.full((4, 4), "x")}, "audio must be numbers.*kind 'U'"),
    ],
)
def test_features_that_do_not_belong_together_are_refused(
    tmp_path, changed, message
):
    folder = word_tables.feature_folder(tmp_path / "x")
    replace(folder, "s02.npz", **changed)
    with pytest.raises(ValueError, match=message):
        open_table(folder)


def test_rows_of_nan_are_words_without_a_modality(tmp_path):
    folder = word_tables.feature_folder(tmp_path / "x")
    replace(folder, "s00.npz", video=np.full((4, 3), np.nan))
    corpus = open_table(folder)
    assert np.isnan(corpus.words(corpus.utterances[0], "v")["v"]).all()
    (sample,) = words.read(corpus, corpus.utterances[:1], "tav")
    assert sample.features["v"].shape == (4, 3)


def test_a_modality_comes_from_one_source(tmp_path):
    folder = word_tables.feature_folder(tmp_path / "x", 4)
    own = {
        row["segment"]: (csd_files.steps(3, 0.5), np.zeros((3, 4), "f4"))
        for row in word_tables.table_rows(4)
    }
    csd_files.write(tmp_path / "a.csd", "a", own)
    with pytest.raises(ValueError, match="one source. Received: audio from"):
        open_table(folder, audio=str(tmp_path / "a.csd"))
