"""Signatures of exports and the noise that verifies them."""

from __future__ import annotations

import dataclasses

import exports
import pytest

from serving.signatures import noise, signatures_of, steps_formula


def test_a_card_without_a_front_end_has_no_rule_of_steps():
    assert steps_formula(exports.WITHOUT_FRONTEND) is None


def test_an_input_of_another_type_is_refused():
    blstm = exports.model()
    port = dataclasses.replace(exports.CARD.inputs[0], dtype="string")
    with pytest.raises(ValueError, match="must be float32.*'features'"):
        noise([port], 1, 3)
    assert list(signatures_of(blstm, exports.CARD)) == [
        "serving_default",
        "from_waveform",
    ]
