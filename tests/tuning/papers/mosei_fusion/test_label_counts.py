"""Combinations of emotions, counted."""

from __future__ import annotations

import numpy as np

from tuning.papers.mosei_fusion import label_counts

NAMES = ("anger", "happy", "sad")


class Corpus:
    """Seven training segments of three emotions."""

    name = "seven"
    dimensions = NAMES
    partial = False

    def split(self, name: str):
        rows = [(0, 1, 0)] * 3 + [(0, 0, 0)] * 2 + [(0, 2, 1 / 3), (1, 1, 1)]
        return [Segment(dict(zip(NAMES, row))) for row in rows]


class Segment:
    def __init__(self, labels):
        self.labels = labels


def test_combinations_are_named_and_counted():
    labels = np.array([[0, 1, 0], [0, 3, 0.33], [0, 0, 0], [0, 2, 0]])
    assert label_counts.combinations(labels, NAMES) == {
        "happy": 2,
        "happy + sad": 1,
        "no emotion": 1,
    }


def test_the_section_tells_what_the_paper_tells():
    text = label_counts.section(Corpus())
    assert "7 segments. One or two emotions: 57.1 %." in text
    assert "No emotion: 28.6 %, rank 2." in text
    assert "0: 28.6 %; 1: 42.9 %; 2: 14.3 %; 3: 14.3 %" in text
    assert "| 1 | happy | 3 | 42.9 % |" in text
    assert "more than 70 %" in text


def test_nothing_published_stands_beside_a_partial_copy():
    corpus = Corpus()
    corpus.partial = True
    text = label_counts.section(corpus)
    assert "| 1 | happy | 3 | 42.9 % |" in text
    assert "Published" not in text and "more than 70 %" not in text
