"""The reader of CEAP-360VR."""

from __future__ import annotations

import csv
import gzip

import numpy as np
import pytest
from contracts_corpus import check_corpus

import pipelines
from pipelines.corpora.ceap import Ceap

NAMES = ["participant", "video", "time_s", "valence", "arousal"]
SECONDS = 2.0


def write(root, rows, names=NAMES):
    root.mkdir(exist_ok=True)
    with gzip.open(root / "ratings_25hz.csv.gz", "wt", newline="") as file:
        csv.writer(file).writerows([names, *rows])
    return root


def rows():
    """Ramps: participants 2 and 10, videos at 25 Hz and at 30 Hz."""
    return [
        [person, video, round(time, 3), 1 + 4 * time, 9 - 2 * time]
        for person in (2, 10)
        for video, rate in (("V1", 25), ("V2", 30))
        for time in np.linspace(0, SECONDS, round(rate * SECONDS))
    ]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(Ceap, "expected", {"utterances": 4, "speakers": 2})


def test_an_intact_copy_keeps_the_contract(tmp_path):
    corpus = pipelines.corpus("ceap", write(tmp_path / "x", rows()))
    check_corpus(corpus, audio=False, count=4)
    assert [u.id for u in corpus.utterances] == [
        "02_V1",
        "02_V2",
        "10_V1",
        "10_V2",
    ]


def test_traces_stand_on_the_label_grid_whatever_the_rows_rate(tmp_path):
    corpus = pipelines.corpus("ceap", write(tmp_path / "x", rows()))
    time = 0.04 * np.arange(50)
    for utterance in corpus.utterances:
        traces = corpus.traces(utterance)
        np.testing.assert_allclose(traces["valence"], time - 1, atol=1e-3)
        np.testing.assert_allclose(traces["arousal"], 1 - time / 2, atol=1e-3)


def test_columns_are_found_by_name(tmp_path):
    turned = [row[::-1] for row in rows()]
    corpora = [
        pipelines.corpus("ceap", write(tmp_path / "a", rows())),
        pipelines.corpus("ceap", write(tmp_path / "b", turned, NAMES[::-1])),
    ]
    first, second = (c.traces(c.utterances[1]) for c in corpora)
    np.testing.assert_array_equal(first["arousal"], second["arousal"])
    np.testing.assert_array_equal(first["valence"], second["valence"])


def test_nobody_speaks(tmp_path):
    corpus = pipelines.corpus("ceap", write(tmp_path / "x", rows()))
    with pytest.raises(ValueError, match="no audio.*'02_V1'"):
        corpus.waveform(corpus.utterances[0])


@pytest.mark.parametrize(
    "column, value, words",
    [
        (3, "nan", "valence.*1 to 9.*nan"),
        (4, "9.5", "arousal.*1 to 9.*9.5"),
        (4, "x", "arousal must be a number.*'x'"),
        (2, "0.0", "times must increase.*0"),
        (2, "nan", "times must increase.*nan"),
    ],
)
def test_a_bad_value_is_named_with_its_line(tmp_path, column, value, words):
    bad = rows()
    bad[6][column] = value
    with pytest.raises(ValueError, match=f"ratings_25hz.*line 8.*{words}"):
        pipelines.corpus("ceap", write(tmp_path / "x", bad))


def test_a_missing_column_is_named(tmp_path):
    root = write(tmp_path / "x", [r[:4] for r in rows()], NAMES[:4])
    with pytest.raises(ValueError, match="Missing: arousal"):
        pipelines.corpus("ceap", root)


def test_a_missing_participant_is_refused(tmp_path):
    root = write(tmp_path / "x", [r for r in rows() if r[0] == 2])
    with pytest.raises(ValueError, match="4 utterances.*2 utterances"):
        pipelines.corpus("ceap", root)


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="ratings_25hz.csv.gz"):
        pipelines.corpus("ceap", tmp_path)


@pytest.mark.parametrize("cut", [slice(0, 100), slice(0, 0), slice(5, None)])
def test_a_torn_table_is_refused(tmp_path, cut):
    root = write(tmp_path / "x", rows())
    path = root / "ratings_25hz.csv.gz"
    path.write_bytes(path.read_bytes()[cut])
    with pytest.raises(ValueError, match="ratings_25hz.csv.gz"):
        pipelines.corpus("ceap", root)


@pytest.mark.slow
def test_the_real_copy_keeps_the_contract(shared, monkeypatch):
    monkeypatch.undo()
    corpus = pipelines.corpus("ceap", shared("corpora", "ceap"))
    check_corpus(corpus, audio=False, count=8)
    for utterance in corpus.utterances:
        assert len(corpus.traces(utterance)["valence"]) == 1500


def test_a_partial_copy_lacks_participants(tmp_path):
    root = write(tmp_path / "x", [row for row in rows() if row[0] == 2])
    corpus = pipelines.corpus("ceap", root, partial=True)
    check_corpus(corpus, audio=False)
    assert "2 of 4 utterances, 1 of 2 speakers" in corpus.note
