"""A card as text."""

from __future__ import annotations

import dataclasses

import zoo
from zoo import card_text


def text(card: zoo.Card) -> str:
    return "\n".join(card_text.lines(card))


def test_outputs_tell_rate_and_receptive_field():
    shown = text(zoo.card("recola_downup"))
    assert shown.count("a step every 0.04 s; depends on 323 input steps") == 2
    assert "(12.92 s); computed at 1/81 of the input's rate" in shown
    rows = text(zoo.card("mosei_blstm"))
    assert "of anger, disgust, fear, happy, sad, surprise" in rows
    assert "; depends on the whole recording" in rows


def test_recalls_and_the_majority_stand_beside_a_figure():
    card = zoo.card("iemocap_e2e_mtl_att")
    own = card.weights.figures["cross-validation"]["valence: low"]["uar"]
    shown = text(card)
    assert f"  valence: low: recall {own:.3f}" in shown
    assert "constant, majority: arousal uar 0.333" in shown


def test_too_few_units_have_no_interval_and_it_says_so():
    card = zoo.card("mosei_blstm")
    few = dataclasses.replace(
        card.weights,
        figures={"test": {"overall": {"mae": 0.14}}},
        units={"test": 4},
    )
    shown = text(dataclasses.replace(card, weights=few))
    assert "figures of test (no interval: 4 videos):" in shown
    assert "    overall: mae 0.140\n" in shown
    assert "in brackets 95 % intervals over 12 videos" in text(card)


def test_without_weights_it_says_how_to_get_some():
    shown = text(zoo.card("recola_dilated", weights=None))
    assert shown.endswith("loads what it trained.")
    assert "python -m tuning.search recola_dilated --data FOLDER" in shown
