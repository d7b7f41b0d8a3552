"""Options of a corpus, given as text."""

from __future__ import annotations

import pytest

from pipelines import corpora
from pipelines.corpora import check_options, check_values
from zoo.common.cli import UsageError


@pytest.mark.parametrize(
    "name, options",
    [
        ("emotale", ()),
        ("recola", ("ratings", "lag", "partition", "partition_seed")),
        ("mosei", ("folds", "fold_seed", "labels", "face")),
        ("simulated_cheavd", ("seed", "utterances")),
    ],
)
def test_options_are_the_constructors_parameters_besides_root(name, options):
    assert corpora.find(name).options() == options


@pytest.mark.parametrize(
    "name, texts, values",
    [
        ("emotale", {}, {}),
        ("mosei", {"folds": "paper"}, {"folds": "paper"}),
        ("iemocap", {"dataset": "FOUR"}, {"dataset": "FOUR"}),
        ("iemocap", {"dev_session": "3"}, {"dev_session": 3}),
        ("simulated", {"seed": "2"}, {"seed": 2}),
        ("simulated", {"seconds": "2.5"}, {"seconds": 2.5}),
        ("manifest", {"emotions": "sad, glad"}, {"emotions": ("sad", "glad")}),
        (
            "manifest",
            {"lag": "2.5", "scale": "1, 9"},
            {"scale": ("1", "9"), "lag": 2.5},
        ),
    ],
)
def test_texts_become_values_of_the_annotated_type(name, texts, values):
    converted = check_options(corpora.find(name), texts)
    assert converted == values
    assert [type(value) for value in converted.values()] == [
        type(value) for value in values.values()
    ]


@pytest.mark.parametrize("name", sorted(corpora.CORPORA))
def test_every_option_of_every_corpus_can_be_given_as_text(name):
    corpus = corpora.find(name)
    texts = dict.fromkeys(corpus.options(), "1")
    assert tuple(check_options(corpus, texts)) == corpus.options()


@pytest.mark.parametrize(
    "name, texts, message",
    [
        (
            "mosei",
            {"dataset": "FOUR"},
            "corpus mosei has no option dataset. Known: folds, fold_seed, "
            "labels, face.",
        ),
        ("emotale", {"seed": "1"}, "corpus emotale has no option seed. It has"),
        (
            "simulated",
            {"seed": "1.5"},
            "option seed of corpus simulated must be a whole number. "
            "Received: seed=1.5",
        ),
        (
            "simulated",
            {"seconds": "long"},
            "must be a number. Received: seconds=long",
        ),
    ],
)
def test_unknown_options_and_values_of_another_type_are_refused(
    name, texts, message
):
    with pytest.raises(UsageError) as error:
        check_options(corpora.find(name), texts)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "name, values, message",
    [
        ("mosei", {"folds": "x"}, "corpus mosei: `folds` must be one of"),
        ("simulated_mosei", {"folds": "x"}, "`folds` must be one of"),
        ("simulated_mosei", {"videos": 2}, "`videos` must be a whole number"),
        ("iemocap", {"dev_session": 5}, "must be two of 1 to 5"),
        ("emodb", {"classes": 5}, "`classes` must be 7 or 4"),
        ("emotale_sessions", {"order": "x"}, "`order`"),
        ("simulated", {"seconds": 0.0}, "seconds=0"),
    ],
)
def test_values_that_a_corpus_refuses_are_refused_without_it(
    name, values, message
):
    with pytest.raises(UsageError) as error:
        check_values(corpora.find(name), values)
    assert message in str(error.value)


@pytest.mark.parametrize("name", sorted(corpora.CORPORA))
def test_values_are_checked_without_a_folder(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_values(corpora.find(name), {})
    assert not list(tmp_path.iterdir())
