"""The signature that decodes: an export of `recola_blstm_cls`."""

from __future__ import annotations

import json

import exports
import keras
import numpy as np
import pytest

import zoo
from serving.export import exporter, savedmodel
from serving.signatures import DECODED, signatures_of
from zoo import decoding, frontends
from zoo.papers import recola_discrete

NAME = "recola_blstm_cls"
ARGUMENTS = {"depth": 1, "levels": (4,), "dimensions": ("arousal",)}


def classifier() -> keras.Model:
    """A small classifier that keeps a decoder."""
    keras.utils.set_random_seed(0)
    model = zoo.get(NAME, None, networks=2, **ARGUMENTS)
    labels = np.repeat([0, 1, 2, 3, 2, 1, 0, 2], 5)
    ngrams = decoding.LanguageModel(3).fit([decoding.regions(labels)], 4).table
    decoder = decoding.LevelDecoder(
        np.linspace(-1, 1, 4),
        np.full(4, 0.25),
        decoding.transition_log_probabilities([labels], 4),
        ngrams,
        0.1,
    )
    recola_discrete.set_decoders(model, {"arousal": {4: decoder}})
    return model


@pytest.mark.slow
def test_an_export_decodes_in_its_graph_and_says_so(tmp_path):
    model, card = classifier(), zoo.card(NAME)
    with exports.short_batches():
        folder, difference = exporter.export(model, card, tmp_path)
    assert difference < 1e-4
    _loaded, signatures = savedmodel.signatures(folder)
    waveform = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 9600))
    waveform[1, 5000:] = np.nan
    inputs = {
        "waveform": waveform.astype("float32"),
        "lengths": np.array([9600, 5000], "int32"),
    }
    outputs = savedmodel.run(signatures[DECODED], inputs)
    assert sorted(outputs) == ["arousal", "lengths"]
    features = frontends.get(card.frontend)(inputs)
    expected = recola_discrete.decoded(model)(features)["arousal"]
    np.testing.assert_allclose(outputs["arousal"], expected, atol=1e-5)
    extra = folder / "assets.extra" / "contract.json"
    kept = json.loads(extra.read_text("utf-8"))["signatures"][DECODED]
    assert [port["name"] for port in kept["outputs"]] == ["arousal", "lengths"]


def test_only_a_model_that_keeps_a_decoder_has_the_signature():
    card = zoo.card(NAME)
    assert DECODED in signatures_of(classifier(), card)
    untrained = zoo.get(NAME, None, **ARGUMENTS)
    assert DECODED not in signatures_of(untrained, card)
    assert DECODED not in signatures_of(exports.model(), exports.CARD)
