"""Items are known by their content, whatever they are called."""

from __future__ import annotations

import json
import types

import numpy as np
import pytest

from pipelines.corpora.base import Utterance
from tuning.experiments import trained_on
from tuning.experiments.trained_on import Item, TrainedOn

TRAINED = TrainedOn(
    "toy",
    {
        "train": [Item("1", "anna", ("aa",)), Item("2", "ben", ("bb", "cc"))],
        "dev": [Item("3", "carl", ("dd",))],
    },
)


@pytest.mark.parametrize(
    "corpus, item, partition",
    [
        ("toy", Item("1", "anna", ("xx",)), "train"),
        ("other", Item("1", "anna", ("xx",)), None),
        ("other", Item("7", "x", ("cc",)), "train"),
        ("other", Item("7", "x", ("dd", "xx")), "dev"),
        ("toy", Item("9", "anna", ("xx",)), None),
    ],
)
def test_an_item_is_known_by_its_content_or_its_name(corpus, item, partition):
    assert TRAINED.partition(corpus, item) == partition


def test_speakers_of_another_corpus_are_known_by_their_recordings():
    items = [
        Item("7", "x", ("cc",)),
        Item("8", "y", ("ff",)),
        Item("9", "anna", ("gg",)),
    ]
    assert TRAINED.units("other", items) == {"x"}
    assert TRAINED.units("toy", items) == {"x", "anna"}


def test_joined_corpora_have_their_names_in_ids_and_units():
    item = Item("toy:1", "toy:anna", ("xx",))
    other = Item("other:1", "other:anna", ("xx",))
    assert TRAINED.partition("toy+other", item) == "train"
    assert TRAINED.partition("toy+other", other) is None
    assert TRAINED.units("toy+other", [item, other]) == {"toy:anna"}
    joined = TrainedOn("toy+other", {"train": [item], "dev": [other]})
    assert joined.partition("other", Item("1", "anna", ("zz",))) == "dev"
    assert joined.partition("third", Item("1", "anna", ("zz",))) is None
    assert joined.units("toy", [Item("8", "anna", ("zz",))]) == {"anna"}


def test_it_survives_a_file():
    content = json.loads(json.dumps(TRAINED.to_json()))
    assert TrainedOn.from_json(content) == TRAINED


def test_recordings_are_told_apart_by_bytes_and_span(tmp_path):
    for name, text in (("a", "one"), ("b", "two"), ("copy", "one")):
        (tmp_path / name).write_text(text)
    utterances = [
        Utterance(name, "s", (tmp_path / name,), None, {})
        for name in ("a", "b", "copy")
    ]
    whole = types.SimpleNamespace(span=lambda utterance: (0.0, None))
    one, two, copy = trained_on.recordings(whole, utterances)
    assert one.content == copy.content != two.content
    part = types.SimpleNamespace(span=lambda utterance: (1.0, 2.0))
    (cut, *_) = trained_on.recordings(part, utterances)
    assert cut.content != one.content and cut.id == "a"


def test_segments_are_told_apart_by_their_features():
    arrays = {"a": np.ones((2, 3), "float32"), "v": np.zeros((2, 1), "float32")}
    item = trained_on.features("1", "video", arrays)
    assert item == trained_on.features(
        "1", "video", dict(reversed(arrays.items()))
    )
    other = {**arrays, "v": np.ones((2, 1), "float32")}
    assert trained_on.features("1", "video", other).content != item.content
