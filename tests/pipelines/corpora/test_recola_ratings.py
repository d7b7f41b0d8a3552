"""Files of RECOLA's ratings: gold standards and single raters."""

from __future__ import annotations

import numpy as np
import pytest
from recola_copies import HEADER, RATERS, ROWS, arff, raters, ratings_csv

from pipelines import gold_standard
from pipelines.corpora import recola


@pytest.mark.parametrize(
    "header",
    [
        "@RELATION x\n@ATTRIBUTE name STRING\n@ATTRIBUTE FrameTime REAL\n"
        "@ATTRIBUTE gold_standard REAL\n@DATA\n",
        "% made by hand\n@relation 'a b'\n@attribute 'Instance name' {x, y}\n"
        "@attribute 'frame time' numeric\n"
        '@attribute "Gold Standard" numeric\n@data\n\n% rows\n',
        "@relation x\n@attribute Instance_name string\n"
        "@attribute frametime real\n@attribute GOLDSTANDARD integer\n@data\n",
    ],
)
@pytest.mark.parametrize("name", ["'x'", "x", '"x"', "'a, b'"])
def test_columns_are_found_by_name_in_any_spelling(tmp_path, header, name):
    path = tmp_path / "x.arff"
    path.write_text(arff([1, 2, 3], header, name))
    np.testing.assert_array_equal(recola.read_gold_standard(path), [1, 2, 3])


def test_columns_are_found_in_any_order_among_others(tmp_path):
    path = tmp_path / "x.arff"
    path.write_text(
        "@relation x\n@attribute GoldStandard numeric\n@attribute other "
        "numeric\n@attribute frameTime numeric\n@data\n5,9,0.00\n6,9,0.04\n"
    )
    np.testing.assert_array_equal(recola.read_gold_standard(path), [5, 6])


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda text: text.replace("0.08,", "0.09,"), "line 10.*40 ms.*0.09"),
        (lambda text: text.replace("0.00,", "0.04,"), "line 8.*begin at 0 s"),
        (lambda text: text.replace("0.08,0.5", "0.08,nan"), "line 10.*row 3"),
        (lambda text: text.replace("0.08,0.5", "0.08,inf"), "line 10.*row 3"),
        (lambda text: text.replace("0.08,0.5", "0.08,?"), "line 10.*'[?]'"),
        (lambda text: text.replace("0.08,0.5", "0.08"), "line 10.*3 values"),
        (lambda text: text.replace("0.08,", "nan,"), "line 10.*40 ms"),
        (lambda text: text.replace("GoldStandard", "x"), "goldstandard.*x"),
        (lambda text: text.replace("@data", ""), "line 8.*@data"),
        (lambda text: text[: text.index("@data")], "@data"),
        (lambda text: HEADER, "rows after @data"),
        (lambda text: "", "empty"),
        (lambda text: text.replace("Instance_name string", ""), "line 3"),
        (
            lambda text: text.replace(
                "Instance_name string", "time numeric"
            ).replace("'x'", "1"),
            "exactly one",
        ),
        (
            lambda text: text.replace("frameTime", "GoldStandard"),
            "GoldStandard twice",
        ),
    ],
)
def test_a_broken_gold_standard_is_named_with_its_line(tmp_path, change, words):
    path = tmp_path / "x.arff"
    path.write_text(change(arff([0.5] * ROWS)))
    with pytest.raises(ValueError, match=f"(?s){path}.*{words}"):
        recola.read_gold_standard(path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "x.arff"
    path.write_bytes(b"@relation \xff\xfe\n")
    with pytest.raises(ValueError, match=f"{path}.*UTF-8"):
        recola.read_gold_standard(path)


def test_a_submission_is_read_as_a_gold_standard(tmp_path):
    path = tmp_path / "test_1.arff"
    trace = np.array([0.5, -0.25, 0.125])
    text = gold_standard.arff("test_1", trace, 0.04)
    for column in ("GoldStandard", "value", "Prediction"):
        path.write_text(text.replace("GoldStandard", column))
        np.testing.assert_array_equal(recola.read_gold_standard(path), trace)


@pytest.mark.parametrize("name", ["", "a b", "a,b", "a\nb", "'a'", "%a"])
def test_a_name_that_would_break_the_file_is_refused(name):
    with pytest.raises(ValueError, match="`name`"):
        gold_standard.arff(name, np.zeros(3), 0.04)


def test_a_trace_that_is_not_finite_is_not_written():
    with pytest.raises(ValueError, match="test_1.*nan in row 2"):
        gold_standard.arff("test_1", np.array([0, np.nan]), 0.04)


@pytest.fixture
def ratings():
    return raters(np.random.default_rng(0), ROWS)


def test_raters_are_read_in_the_order_of_their_columns(tmp_path, ratings):
    path = tmp_path / "P16.csv"
    path.write_text(ratings_csv(ratings))
    np.testing.assert_array_equal(recola.read_ratings(path), ratings)


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda text: text.split("\n", 1)[1], "columns time must be there"),
        (lambda text: text.replace(";", ","), "separated by ';'"),
        (lambda text: text.replace("FM2 ", "FM1"), "FM1 twice"),
        (
            lambda text: text.replace("FM1 ;", ""),
            "line 2.*6 values",
        ),
        (lambda text: text.split("\n")[0] + "\n", "rows after the names"),
        (lambda text: "", "empty"),
        (lambda text: text[:-9], "line 27.*7 values"),
        (lambda text: text.replace("\n0.08;", "\n0.09;"), "line 4.*0.09"),
        (lambda text: text.replace("\n0.00;", "\n0.04;"), "line 2.*at 0 s"),
        (lambda text: text.replace("\n0.08;", "\nnan;"), "line 4.*40 ms"),
        (lambda text: text.replace("\n0.08;", "\n0.08;x"), "line 4: FM1"),
    ],
)
def test_a_broken_file_of_raters_is_named_with_its_line(
    tmp_path, ratings, change, words
):
    path = tmp_path / "P16.csv"
    path.write_text(change(ratings_csv(ratings)))
    with pytest.raises(ValueError, match=f"(?s){path}.*{words}"):
        recola.read_ratings(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1.5, -9])
def test_a_rating_outside_of_the_scale_is_refused(tmp_path, ratings, value):
    path = tmp_path / "P16.csv"
    ratings[2, 5] = value
    path.write_text(ratings_csv(ratings))
    with pytest.raises(ValueError, match=f"{path}, line 7.*of FM3"):
        recola.read_ratings(path)


@pytest.mark.parametrize("count", [5, 7])
def test_another_number_of_raters_is_refused(tmp_path, ratings, count):
    path = tmp_path / "P16.csv"
    names = (*RATERS, "FF4")[:count]
    path.write_text(ratings_csv(np.resize(ratings, (count, ROWS)), names))
    with pytest.raises(ValueError, match=f"{path}.*6 raters.*{names[-1]}"):
        recola.read_ratings(path)
