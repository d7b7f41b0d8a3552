"""Raters' traces from files: joined, and refused where they are wrong."""

from __future__ import annotations

import numpy as np
import pytest
import rated_recordings
from rated_recordings import write_rows

import pipelines
from pipelines.corpora._io import tables, trace_files
from pipelines.gold_standard import gold_standard
from zoo.metrics import concordance_cc

HEAD = ("time", "arousal", "valence")


@pytest.fixture
def root(tmp_path):
    return rated_recordings.write(tmp_path)


def refused(root, words, kind=ValueError, **options):
    with pytest.raises(kind, match=words) as caught:
        pipelines.corpus("manifest", root, **{"lag": 0.0, **options})
    return str(caught.value)


def rows_of(path):
    return [line.split(",") for line in path.read_text().splitlines()[1:]]


def test_join_is_the_gold_standard_of_interpolated_traces():
    rng = np.random.default_rng(0)
    raters, grid = [], 0.04 * np.arange(5, 201)
    for number, (first, last) in enumerate(((0.2, 9.0), (0.0, 8.0))):
        time = np.sort(np.append(rng.uniform(first, last, 60), [first, last]))
        ratings = {"arousal": np.cumsum(rng.normal(0, 0.02, len(time)))}
        name = str(number)
        raters.append(trace_files.RaterTrace(name, name, time, ratings))
    joined = trace_files.join("here", raters)
    np.testing.assert_allclose(joined.time, grid)
    expected = gold_standard(
        [np.interp(grid, r.time, r.ratings["arousal"]) for r in raters]
    )
    np.testing.assert_allclose(
        joined.values["arousal"], expected, rtol=0, atol=1e-9
    )
    ratings = [np.interp(grid, r.time, r.ratings["arousal"]) for r in raters]
    ccc = pytest.approx(concordance_cc(*ratings))
    assert joined.agreement["arousal"] == ccc


@pytest.mark.parametrize(
    "line, column, text, words",
    [
        (5, 0, "0.2", "time must be.*later.*Received: 0.2 after 0.2"),
        (5, 0, "-1", "time must be in seconds.*Received: -1"),
        (2, 0, "-0.1", "time must be in seconds from 0 on.*Received: -0.1"),
        (5, 0, "nan", "time must be a finite number. Received: nan"),
        (5, 0, "0:01", "time must be a number. Received: '0:01'"),
        (5, 1, "nan", "arousal must be a finite number. Received: nan"),
        (5, 2, "inf", "valence must be a finite number. Received: inf"),
        (5, 1, "", "arousal must be a number. Received: ''"),
        (5, 2, "1.01", "valence must be from -1 to 1. Received: 1.01.*scale="),
    ],
)
def test_a_wrong_value_is_named_with_file_and_line(
    root, line, column, text, words
):
    path = root / "ann_1.csv"
    rows = rows_of(path)
    rows[line - 2][column] = text
    write_rows(path, HEAD, rows)
    assert f"{path}, line {line}: " in refused(root, words)


def test_a_gap_is_refused(root):
    path = root / "ann_1.csv"
    rows = [row for row in rows_of(path) if not 0.25 < float(row[0]) < 5.5]
    write_rows(path, HEAD, rows)
    message = refused(root, "by 5 s at most. Received: 5.5 after 0.2")
    assert f"{path}, line 5: " in message


def test_times_of_each_rater_must_rise(root):
    rows = [["0", "x", "0"], ["6", "x", "0"], ["0", "y", "0.1"]]
    write_rows(root / "ann_1.csv", ("time", "rater", "arousal"), rows)
    refused(root, "ann_1.csv, line 3: time must be.*Received: 6 after 0")


@pytest.mark.parametrize(
    "head, words",
    [
        (("time", "arousal", "valance"), "'valance'. Did you mean 'valence'"),
        (("time", "arousal", "anger"), "line 1: a column must be one of time"),
        (("Time", "arousal", "valence"), "Missing: time"),
        (("time", "arousal", "arousal"), "arousal twice"),
    ],
)
def test_columns_are_time_and_dimensions(root, head, words):
    path = root / "ann_1.csv"
    write_rows(path, head, rows_of(path))
    assert str(path) in refused(root, words)


def test_a_trace_needs_a_dimension(root):
    rows = [row[:1] for row in rows_of(root / "ann_1.csv")]
    write_rows(root / "ann_1.csv", ("time",), rows)
    refused(root, "ann_1.csv, line 1: one of the columns arousal, valence")


def test_a_trace_must_cover_its_recording(root):
    path = root / "ann_2.csv"
    rows = rows_of(path)
    write_rows(path, HEAD, [row for row in rows if float(row[0]) < 4.5])
    message = refused(root, "ann.wav is used from 0 to 6 s")
    assert f"{path}: a trace must cover" in message
    write_rows(path, HEAD, [row for row in rows if float(row[0]) > 1.2])
    refused(root, "must cover its recording but for 1 s")
    write_rows(path, HEAD, [row for row in rows if 0.9 < float(row[0]) < 5.1])
    pipelines.corpus("manifest", root, lag=0.0)


def test_times_in_milliseconds_are_refused(root):
    path = root / "ann_2.csv"
    rows = [[str(4 * float(t)), *rest] for t, *rest in rows_of(path)]
    write_rows(path, HEAD, rows)
    refused(root, "may end 10 s after.*Received: 0 to 24 s.*lasts 6 s")
    rows = [[str(1000 * float(t)), *rest] for t, *rest in rows_of(path)]
    write_rows(path, HEAD, rows)
    refused(root, "ann_2.csv, line 3: time must be in seconds")


def test_raters_have_the_same_dimensions(root):
    path = root / "ben_2.csv"
    write_rows(path, HEAD[:2], [row[:2] for row in rows_of(path)])
    message = refused(root, "Received: arousal; .*ann_1.csv has arousal, val")
    assert f"{path}, line 1: " in message


def test_a_missing_trace_is_named_with_the_line_of_the_table(root):
    (root / "ben_2.csv").unlink()
    words = "manifest.csv, line 3: a trace is missing: .*ben_2.csv"
    refused(root, words, FileNotFoundError)


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "is empty"),
        (b"time,arousal\n", "must be rows"),
        (b"time,arousal\n0,0\n1\n", "line 3: a row must have 2 values"),
        (b"\x89PNG\r\n\x1a\n\xff", "must be UTF-8"),
    ],
)
def test_what_is_no_table_is_refused(root, content, words):
    (root / "ann_1.csv").write_bytes(content)
    assert "ann_1.csv" in refused(root, words)


def test_a_trace_of_absurd_size_is_not_read(root):
    with open(root / "ann_1.csv", "r+b") as file:
        file.truncate(2**36)  # sparse
    words = f"ann_1.csv: must be a table of at most {tables.MAX_BYTES} bytes"
    refused(root, words)


def test_a_rater_has_one_trace(root):
    table = root / "manifest.csv"
    text = table.read_text()
    table.write_text(text.replace("ann_2.csv", "ann_1.csv"))
    refused(root, "ann_1.csv: a rater's trace of a recording must be in one")


def test_raters_who_never_agree_are_named(root):
    rows = [["0", "0.5", "0"], ["3", "0.5", "0.1"], ["6", "0.5", "0"]]
    for name in ("ann_1.csv", "ann_2.csv"):
        write_rows(root / name, HEAD, rows)
    refused(root, "manifest.csv, line 2: traces, arousal: .*agree")


def test_numbers_beside_traces_are_refused(root):
    rows = [(f"{s}.wav", s, f"{s}_1.csv", "1") for s in ("ann", "ben")]
    head = ("file", "speaker", "traces", "arousal")
    write_rows(root / "manifest.csv", head, rows)
    refused(root, "not both. Received: traces and arousal")


@pytest.mark.parametrize(
    "options, words",
    [
        ({"scale": ("1",)}, "`scale` must be.*scale=1"),
        ({"scale": ("9", "1")}, "`scale` must be.*scale=9,1"),
        ({"scale": ("low", "high")}, "`scale` must be.*scale=low,high"),
        ({"scale": ("nan", "1")}, "`scale` must be"),
        ({"lag": -1.0}, "`lag` must be.*lag=-1"),
        ({"lag": 8.1}, "from 0 to 8. Received: lag=8.1"),
        ({"lag": float("nan")}, "`lag` must be.*lag=nan"),
    ],
)
def test_options_are_refused_before_the_folder_is_looked_at(
    tmp_path, options, words
):
    refused(tmp_path / "nowhere", words, **options)
