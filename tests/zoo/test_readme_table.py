"""The README's table of models."""

from __future__ import annotations

import dataclasses

import pytest

import zoo
from zoo import readme


@pytest.mark.parametrize(
    ("citation", "expected"),
    [
        ("A. One. Title. Venue 2017.", "One 2017"),
        ("A. One, B. Two. Title of 1 study. Venue 2017.", "One and Two 2017"),
        ("A. B. One, C. Two, D. E. Le. Title. 2018.", "One et al. 2018"),
    ],
)
def test_a_citation_is_shortened(citation, expected):
    assert readme.short_citation(citation) == expected


def test_every_model_and_every_variant_of_weights_has_a_row():
    rows = [line.split("`") for line in readme.models_table().split("\n")[2:]]
    expected = zoo.names()
    expected.insert(expected.index("mosei_cnn") + 1, "mosei_cnn-av")
    assert [row[1] for row in rows] == expected
    variant = next(row for row in rows if row[1] == "mosei_cnn-av")
    assert "T×109" in variant[2] and "simulated_mosei" in variant


def test_figures_come_with_the_interval_of_their_record():
    card = zoo.card("iemocap_attention_blstm_fcn")
    own = {"uar": 0.5609, "low": 0.481, "high": 0.638, "wa": 0.56}
    figures = {"emotion": own, "emotion: sad": {"uar": 0.425}}
    record = dataclasses.replace(
        card.weights,
        figures={"cross-validation": figures},
        constants={
            "cross-validation": {"majority": {"emotion": {"uar": 0.25}}}
        },
    )
    assert readme.figure(card, record) == (
        "UAR of cross-validation: emotion 0.56 [0.48, 0.64] "
        "(sad 0.42 to sad 0.42); majority 0.25"
    )


def test_figures_of_all_tasks_together_stand_alone():
    card = zoo.card("mosei_blstm")
    assert readme.figure(card, card.weights).startswith(
        "MAE of test: overall 0.14 ["
    )


def test_without_the_test_partition_the_figure_is_that_of_dev():
    card = zoo.card("recola_dilated")
    dev = dataclasses.replace(
        card.weights, figures={"dev": card.weights.figures["dev"]}
    )
    ccc = dev.figures["dev"]["arousal"]["ccc"]
    expected = f"CCC of dev: arousal {ccc:.2f}"
    assert readme.figure(card, dev).startswith(expected)
